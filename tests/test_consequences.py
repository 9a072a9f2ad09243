"""What comes of an interruption, a refusal, a deflection and a chosen silence, on sound time."""

from dataclasses import dataclass, field

import pytest

from judgement.consequences import Consequences
from judgement.decision import Action, decide
from judgement.listener import Listener
from judgement.moment import Kind, Moment, Policy
from memory.decisions import Came, Decided

CHUNK = 0.02
PATIENCE = 1.0
SHOP = Policy(refuse=("discounts (discount, cheaper)",), deflect=("politics (election)",))


@dataclass
class Talk:
    """A listener whose moments are decided by hand, the way strategy carries it out."""

    ear: Listener = field(
        default_factory=lambda: Listener(SHOP, patience=PATIENCE, idle_seconds=3.0)
    )
    consequences: Consequences = field(default_factory=Consequences)
    told: list[Decided] = field(default_factory=list[Decided])

    def hear(self, seconds: float) -> list[Moment]:
        return [m for _ in range(round(seconds / CHUNK)) for m in self.ear.sound(CHUNK)]

    def act(self, moment: Moment, action: Action, outcome: str, reason: str = "as told") -> None:
        self.told += self.consequences.after(moment, decide(action, reason), outcome)

    def begin(self, text: str, seconds: float = 1.0) -> Moment:
        """The user begins to say `text`."""
        self.ear.user_starts()
        self.hear(seconds)
        [moment] = self.ear.words(text, final=False)
        return moment

    def turn(self, text: str) -> Moment:
        """A whole turn up to the first question about its pause."""
        self.act(self.begin(text), Action.SILENCE, "kept listening")
        return self.stop(text)

    def stop(self, text: str) -> Moment:
        self.hear(0.2)
        self.ear.user_stops(0.2)
        return (self.ear.turn_over(0.9) + self.ear.words(text, final=True))[-1]

    def close(self, moment: Moment, action: Action, outcome: str, reason: str = "as told") -> None:
        self.ear.turn_closed(moment.said, cut_in=outcome == "cut in")
        self.act(moment, action, outcome, reason)

    def cut_in(self) -> None:
        moment = self.begin("so I told him and then he told me")
        self.close(moment, Action.INTERRUPT, "cut in", "goes round in circles")
        self.ear.agent_starts()

    @property
    def came(self) -> list[tuple[str, Came | None]]:
        return [(each.action, each.came) for each in self.told]


def test_an_interruption_that_the_user_talks_on_over_was_not_wanted():
    talk = Talk()
    talk.cut_in()
    for moment in talk.hear(1.6):
        talk.act(moment, Action.SILENCE, "went on")
    assert talk.came == [("interrupt", None)]
    [moment] = talk.hear(0.5)
    talk.act(moment, Action.REPLY, "yielded")
    first, last = talk.told
    assert first.id == last.id and last.came is Came.TALKED_ON
    assert last.seconds is not None and 1.9 < last.seconds < 2.1
    assert (last.said, last.reason) == (
        "so I told him and then he told me", "goes round in circles"
    )  # fmt: skip


def test_an_interruption_is_listened_to_if_the_agent_comes_to_its_end():
    talk = Talk()
    talk.cut_in()
    talk.hear(0.3)
    talk.ear.user_stops(0.2)
    talk.hear(1.0)
    talk.ear.agent_stops()
    assert talk.came == [("interrupt", None)]
    talk.turn("okay what do you mean")
    assert talk.came == [("interrupt", None), ("interrupt", Came.LISTENED)]


def test_a_user_who_speaks_through_to_the_agents_end_has_talked_on():
    talk = Talk()
    talk.cut_in()
    talk.hear(0.5)
    talk.ear.words("so I told him and then he told me that it was", final=False)
    [moment] = talk.ear.agent_stops()
    talk.act(moment, Action.SILENCE, "kept listening")
    assert talk.came[-1] == ("interrupt", Came.TALKED_ON)


@pytest.mark.parametrize(
    ("text", "outcome", "came"),
    [
        ("a discount I said", "refused", Came.ASKED_AGAIN),
        ("when do you close", "replied", Came.WENT_ON),
        ("who wins the election", "deflected", Came.WENT_ON),
    ],
)
def test_after_a_refusal_the_next_turn_tells(text: str, outcome: str, came: Came):
    talk = Talk()
    moment = talk.turn("can I have a discount please")
    talk.close(moment, Action.REFUSE, "refused", "asks for discounts")
    action = {"refused": Action.REFUSE, "deflected": Action.DEFLECT}.get(outcome, Action.REPLY)
    moment = talk.turn(text)
    assert [each.came for each in talk.told] == [None]  # a turn that is open tells nothing
    talk.close(moment, action, outcome)
    refused = [each for each in talk.told if each.id == talk.told[0].id]
    assert [(each.topic, each.came) for each in refused] == [
        ("discounts", None),
        ("discounts", came),
    ]


def test_the_policy_is_found_in_the_reason_or_in_the_words():
    for reason in ("refuse: discounts", "refuse at 83%"):
        talk = Talk()
        talk.close(talk.turn("make it cheaper please"), Action.REFUSE, "refused", reason)
        assert talk.told[0].topic == "discounts" and "discounts" in talk.told[0].reason


def chosen_silence() -> Talk:
    talk = Talk()
    talk.turn("I am just thinking aloud here")
    moment = talk.hear(1.0)[-1]
    talk.close(moment, Action.SILENCE, "chose silence")
    return talk


def test_a_silence_is_broken_by_the_user():
    talk = chosen_silence()
    talk.hear(1.0)
    talk.act(talk.begin("so where were we"), Action.SILENCE, "kept listening")
    last = talk.told[-1]
    assert last.came is Came.USER_SPOKE
    assert last.seconds == pytest.approx(2.2, abs=0.05)


def test_a_silence_is_broken_by_the_agent():
    talk = chosen_silence()
    first, *_ = talk.hear(3.1)
    assert first.kind is Kind.IDLE
    talk.act(first, Action.SILENCE, "chose silence")
    assert talk.came == [("silence", None)]  # an idle silence leaves nothing unanswered
    [second] = talk.hear(3.0)
    talk.act(second, Action.REPLY, "opened")
    assert talk.came[1:] == [("silence", Came.AGENT_SPOKE)]


def test_an_acknowledgement_without_an_answer_is_nothing_to_remember():
    talk = Talk()
    talk.turn("okay")
    talk.close(talk.hear(1.0)[-1], Action.SILENCE, "chose silence")
    assert talk.told == []


def test_what_came_too_late_and_what_is_ordinary_is_nothing_to_remember():
    talk = Talk()
    moment = talk.turn("what time is it")
    talk.act(moment, Action.REFUSE, "too late")
    talk.close(moment, Action.REPLY, "replied")
    assert talk.told == []
