"""Each action through the real pipeline: real ears, voice and reply model, a scripted judge."""

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.conversation import Conversation, spoken, talk_to
from benchmarks.ear import understood
from benchmarks.sound import RATE, Pcm
from judgement.decision import Action
from judgement.judge import Judge
from judgement.moment import Kind
from judgement.permitted import Limits, Permitted
from judgement.words import words_of
from memory.store import Memory, Sort
from processors.lines import QUIET
from processors.role import Role
from processors.services.voice import shared_voice
from processors.shared import Shared
from tests.air import ScriptedJudge, carries

QUESTION = "What is the capital of France?"
STORY = (
    "So yesterday I went down to the market to buy some apples for my mother, "
    "and then I met my old neighbour on the way, and he told me all about his garden, "
    "and his dog, and his car, and the weather on the coast."
)


class Judged(Shared):
    """What is loaded already, with another judge."""

    script: Judge

    def judge(self, role: Role) -> Judge:
        return Permitted(self.script, Limits(0, 0), patience=lambda: role.persona.patience)


def judged(shared: Shared, kind: Kind, action: Action, when=lambda _: True) -> Shared:
    other = Judged(**vars(shared))
    other.script = ScriptedJudge(kind, action, when)
    return other


@pytest.mark.slow
async def test_reply_is_a_normal_turn(shared: Shared):
    async with talk_to(shared, persona="assistant") as talk:
        await talk.until(talk.quiet_for(1.0))
        ended = await talk.say(QUESTION)
        await talk.until(talk.outcome("replied"))
        await talk.until(lambda: talk.heard_from(ended))
        await talk.until(talk.quiet_for(1.0), 20)
        roles = [role for role, _ in talk.context()]
        assert roles == ["assistant", "user", "assistant"]
        assert "france" in talk.context()[1][1].lower()
        heard = words_of(understood(talk.heard(ended)))
        assert set(heard) & set(words_of(talk.context()[2][1]))


@pytest.mark.slow
async def test_chosen_silence_runs_no_model_and_keeps_the_words(shared: Shared):
    silent = judged(shared, Kind.PAUSE, Action.SILENCE)
    async with talk_to(silent) as talk:
        await talk.until(talk.quiet_for(1.0))
        ended = await talk.say("I am just thinking aloud here.")
        chosen = await talk.until(talk.outcome("chose silence"))
        assert chosen["reason"] == "as the script says"
        await talk.until(lambda: len(talk.context()) == 2)
        assert "thinking aloud" in talk.context()[1][1].lower()
        await talk.until(talk.quiet_for(1.5))
        assert talk.heard_from(ended) is None
        assert not [m for m in talk.air.loudspeaker.messages if m["type"] == "bot-llm-started"]


@pytest.mark.slow
async def test_an_interruption_is_heard_at_once_and_goes_on_with_an_answer(shared: Shared):
    eager = judged(shared, Kind.PARTIAL, Action.INTERRUPT, lambda m: m.turn_seconds > 3)
    async with talk_to(eager, persona="interviewer") as talk:
        await talk.until(talk.quiet_for(1.0))
        began = talk.now
        talk.begin(STORY)
        decision = await talk.until(talk.outcome("cut in"))
        opener = await talk.until(lambda: talk.heard_from(began))
        assert opener - decision["sent"] < 0.1
        yielded = await talk.until(talk.outcome("yielded"))
        assert yielded["reason"] == "insists on finishing"
        assert 1.0 < yielded["sent"] - opener < 2.2
        await talk.until(lambda: len(talk.context()) >= 3)
        user, agent = talk.context()[1:3]
        assert user[0] == "user" and "market" in user[1].lower()
        assert (
            agent[0] == "assistant" and agent[1].split()[0] in understood(talk.heard(began)).title()
        )


@pytest.mark.slow
async def test_an_interruption_waits_until_the_user_draws_breath(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("processors.timing.LONGEST", 2.0)  # the breath comes first
    eager = judged(shared, Kind.PARTIAL, Action.INTERRUPT, lambda m: m.turn_seconds > 1.2)
    first, rest = spoken("I went down to the market on the coast"), spoken(STORY)
    breath = np.zeros(RATE // 3, np.int16)
    voiced = len(np.trim_zeros(np.where(np.abs(first) > 300, first, 0), "b")) / RATE
    async with talk_to(eager, persona="interviewer") as talk:
        await talk.until(talk.quiet_for(1.0))
        began = talk.now
        speaking = asyncio.create_task(talk.play(np.concatenate([first, breath, rest])))
        cut_in = await talk.until(talk.outcome("cut in"))
        opener = await talk.until(lambda: talk.heard_from(began))
        speaking.cancel()
        silent = began + voiced
        assert silent < opener < silent + 0.5
        assert cut_in["said"]


def in_two(text: str, words: int) -> tuple[Pcm, Pcm]:
    """`text` spoken, its first `words` words and the rest."""
    line = shared_voice().line(text)
    end = round(line.words[words - 1][1] / line.rate * RATE)
    return spoken(text)[:end], spoken(text)[end:]


@pytest.mark.slow
async def test_a_backchannel_is_heard_quietly_and_is_no_turn_of_the_agent_s(shared: Shared):
    patient = judged(shared, Kind.PAUSE, Action.SILENCE, lambda m: m.pause < 1.5)
    first, rest = in_two(STORY, 36)
    pause = np.zeros(RATE * 6 // 10, np.int16)
    async with talk_to(patient, persona="clerk") as talk:
        await talk.until(talk.quiet_for(1.0))
        began = talk.now
        speaking = asyncio.create_task(talk.play(np.concatenate([first, pause, rest])))
        said = await talk.until(talk.outcome("acknowledged"), 12)
        heard = await talk.until(lambda: talk.heard_from(began))
        assert heard - said["sent"] < 0.1
        await speaking
        line = np.abs(np.frombuffer(shared.lines["Um-hum."].pcm, np.int16)).max()
        assert np.abs(talk.heard(began)).max() == pytest.approx(QUIET * line, rel=0.1)
        assert len(talk.context()) == 1 and "overlap" not in " ".join(talk.outcomes())
        assert not talk.words_told(began) and not talk.agent_began(began)
        await talk.until(talk.outcome("replied"))
        await talk.until(lambda: len(talk.context()) == 3)
        words = talk.context()[1][1].lower()
        assert "market" in words and "coast" in words


@pytest.mark.slow
async def test_refusal_is_the_persona_s_own_line_and_never_a_grant(shared: Shared):
    refusing = judged(shared, Kind.PAUSE, Action.REFUSE)
    async with talk_to(refusing, persona="clerk") as talk:
        await talk.until(talk.quiet_for(1.0))
        ended = await talk.say("Could you give me half off on these shoes?")
        await talk.until(talk.outcome("refused"))
        await talk.until(lambda: talk.heard_from(ended))
        await talk.until(talk.quiet_for(1.0))
        line = talk.talk.role.persona.refusals[0]
        assert talk.context()[-1] == ("assistant", line)
        assert carries(talk.heard(ended), shared.lines[line])


@pytest.mark.slow
async def test_deflection_is_the_persona_s_own_line(shared: Shared):
    deflecting = judged(shared, Kind.PAUSE, Action.DEFLECT)
    async with talk_to(deflecting, persona="clerk") as talk:
        await talk.until(talk.quiet_for(1.0))
        await talk.say("Tell me about your personal life.")
        await talk.until(talk.outcome("deflected"))
        await talk.until(lambda: len(talk.context()) == 3)
        assert talk.context()[-1][1] == talk.talk.role.persona.deflections[0]


async def test_a_bid_for_the_floor_stops_the_agent_and_the_context_keeps_what_was_heard(
    shared: Shared,
):
    async with talk_to(shared, persona="interviewer") as talk:
        await talk.until(lambda: talk.heard_for(1.0))
        began = talk.now
        await talk.say("No wait, stop that please.")
        yielded = await talk.until(talk.outcome("yielded"))
        await talk.until(talk.quiet_for(0.3))
        assert talk.air.loudspeaker.played[-1][0] - yielded["sent"] < 3
        await talk.until(lambda: len(talk.context()) >= 2)
        kept = words_of(talk.context()[0][1])
        greeting = words_of(talk.talk.role.persona.greeting)
        assert kept == greeting[: len(kept)] and len(kept) < len(greeting)
        assert began


@pytest.mark.slow
async def test_a_backchannel_does_not_stop_the_agent(shared: Shared):
    async with talk_to(shared, persona="interviewer") as talk:
        await talk.until(lambda: talk.heard_from(0))
        await talk.say("Yeah.")
        await talk.until(talk.quiet_for(1.0))
        assert talk.context() == [("assistant", talk.talk.role.persona.greeting)]
        assert "overlap: yielded" not in talk.outcomes()


async def test_typing_is_a_turn_that_goes_through_the_judge(shared: Shared):
    refusing = judged(shared, Kind.PAUSE, Action.REFUSE)
    async with talk_to(refusing, persona="clerk") as talk:
        await talk.until(lambda: talk.heard_from(0))
        await talk.type("make it cheaper")
        await talk.until(talk.outcome("refused"))
        await talk.until(lambda: ("user", "make it cheaper") in talk.context())


def told_off(talk: Conversation) -> list[str]:
    kinds = [m["type"] for m in talk.server_messages()]
    return [kind for kind in kinds if kind in ("warning", "blocked")]


@pytest.mark.slow
async def test_abuse_is_warned_of_and_then_blocked_over_restarts(shared: Shared):
    async with talk_to(shared, persona="assistant", user="rude") as talk:
        await talk.until(talk.quiet_for(0.5))
        for told in range(1, 4):
            await talk.type("you are a stupid idiot")
            await talk.until(lambda: len(told_off(talk)) == told)  # noqa: B023
        assert told_off(talk) == ["warning", "warning", "blocked"]
        decided = len(talk.decisions())
        await talk.say("Hello, are you there?", silence=1.0)
        await talk.type("hello")
        assert len(talk.decisions()) == decided
    async with talk_to(shared, user="rude") as talk:
        await talk.until(lambda: talk.server_messages()[-1]["type"] == "blocked")
    assert shared.blocks.lift("rude")


@pytest.mark.slow
async def test_an_idle_agent_opens(shared: Shared):
    quick = replace(
        shared,
        settings=shared.settings.model_copy(
            update={"limits": shared.settings.limits.model_copy(update={"idle_seconds": 1.0})}
        ),
    )
    async with talk_to(quick, persona="assistant") as talk:
        await talk.until(talk.outcome("opened"))
        await talk.until(talk.outcome("changed the subject"))
        lines = [text for role, text in talk.context() if role == "assistant"]
        assert len(set(lines)) == len(lines)


@pytest.mark.slow
async def test_words_of_a_turn_that_nobody_finished_are_remembered(shared: Shared):
    async with talk_to(shared, user="vanished", consent=True) as talk:
        await talk.until(talk.quiet_for(0.5))
        talk.begin("My favorite fruit is an apple and")
        await talk.until(lambda: "apple" in talk.talk.listener.unfinished.lower())
    kept = await shared.store.everything("vanished")
    assert any("apple" in memory.text.lower() for memory in kept)


async def kept_of(shared: Shared, user: str) -> tuple[list[Memory], dict[str, Memory]]:
    """The decisions kept of `user`, and all that is kept, by id."""
    kept = await shared.store.everything(user)
    decisions = [each for each in kept if each.sort is Sort.DECISION]
    return decisions, {each.id: each for each in kept}


@pytest.mark.slow
async def test_a_refusal_is_remembered_with_its_turn_and_that_the_user_insisted(shared: Shared):
    refusing = judged(shared, Kind.PAUSE, Action.REFUSE)
    async with talk_to(refusing, persona="clerk", user="haggler", consent=True) as talk:
        await talk.until(talk.quiet_for(0.5))
        for times in (1, 2):
            await talk.type("give me a discount")
            await talk.until(lambda: talk.outcomes().count("pause: refused") == times)  # noqa: B023
    decisions, kept = await kept_of(shared, "haggler")
    assert [each.value for each in decisions] == ["asked again", ""]
    assert kept[decisions[0].source].text == "give me a discount"
    assert decisions[0].about.startswith("refuse: ")


@pytest.mark.slow
async def test_an_interruption_is_remembered_and_told_to_who_asks(shared: Shared):
    eager = judged(shared, Kind.PARTIAL, Action.INTERRUPT, lambda m: m.turn_seconds > 3)
    async with talk_to(eager, persona="interviewer", user="interrupted", consent=True) as talk:
        await talk.until(talk.quiet_for(1.0))
        talk.begin(STORY)
        await talk.until(talk.outcome("yielded"))
        keeper = talk.talk.keeper
        [told] = await talk.until(lambda: keeper.decisions.bearing_on("and then I met"))
        assert told.value == "talked on"
        await talk.until(
            lambda: any("interrupted the user" in each for each in talk.talk.listener.told)
        )
    decisions, kept = await kept_of(shared, talk.talk.user)
    assert decisions[0].value == "talked on"
    assert "market" in kept[decisions[0].source].text.lower()
