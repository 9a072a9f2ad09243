"""A listener in a room of several people."""

import pytest

from judgement.among import Among
from judgement.company import Company
from judgement.decision import Action
from judgement.listener import Listener
from judgement.moment import Kind, Moment, Policy
from judgement.permitted import Limits, Permitted
from judgement.rules import Rules
from judgement.signals import HANDED_OVER, MEANT, MEANT_WHY

STEP = 0.02


def room(*people: str) -> Listener:
    company = Company("Repartee", "assistant")
    for name in people:
        company.join(name, name)
    return Listener(Policy(proactivity=0.4), among=Among(company))


def says(listener: Listener, who: str, text: str, *, pause: float = 0.5) -> list[Moment]:
    """All moments of a turn and the pause behind it."""
    listener.among.speaker = who
    listener.user_starts()
    moments = listener.words(text, final=False)
    listener.sound(1.0)
    listener.user_stops(0.16)
    moments += listener.words(text, final=True) + listener.turn_over(0.9)
    for _ in range(round(pause / STEP)):
        moments += listener.sound(STEP)
    return moments


def answered(listener: Listener, who: str, text: str, answer: str) -> None:
    says(listener, who, text)
    listener.turn_closed(text, speaker=who)
    listener.agent_starts()
    listener.sound(1.0)
    listener.agent_stops()
    listener.agent_said(answer)


async def decided(moment: Moment) -> tuple[Action, str]:
    judge = Permitted(Rules(), Limits(), patience=lambda: 3.0)
    decision = await judge.judge(moment)
    return decision.action, decision.reason


def test_with_one_person_alone_nothing_is_added():
    for moment in says(room("Ann"), "Ann", "What is the capital of France?"):
        assert moment.speaker == "" and MEANT not in moment.signals


async def test_talk_between_people_meets_silence():
    listener = room("Ann", "Bob")
    moments = says(listener, "Ann", "Bob, can you pass me that?")
    assert {moment.speaker for moment in moments} == {"Ann"}
    assert await decided(moments[-1]) == (Action.SILENCE, "not meant: speaks to Bob")
    listener.turn_closed("")
    listener.aside("Ann", "Bob, can you pass me that?")
    [*_, moment] = says(listener, "Bob", "Is it this one?")
    assert [(turn.who, turn.text) for turn in moment.history] == [
        ("Ann", "Bob, can you pass me that?")
    ]
    assert (await decided(moment))[0] is Action.SILENCE


async def test_who_calls_the_agent_is_answered():
    [*_, moment] = says(room("Ann", "Bob"), "Ann", "Assistant, what is the capital of France?")
    assert (await decided(moment))[0] is Action.REPLY


@pytest.mark.parametrize(("who", "action"), [("Ann", Action.REPLY), ("Bob", Action.SILENCE)])
async def test_whom_it_answered_may_go_on_asking(who: str, action: Action):
    listener = room("Ann", "Bob")
    answered(listener, "Ann", "Assistant, what is the capital of France?", "Paris.")
    [*_, moment] = says(listener, who, "And what is the capital of Spain?")
    assert (await decided(moment))[0] is action


async def test_a_turn_ends_where_the_next_one_waits():
    listener = room("Ann", "Bob")
    says(listener, "Ann", "Assistant, the thing is", pause=0.2)
    assert listener.is_busy
    [moment] = listener.hand_over()
    assert moment.kind is Kind.PAUSE and moment.signals[HANDED_OVER]
    action, why = await decided(moment)
    assert action is Action.REPLY and why.startswith("called it by name")
    listener.turn_closed("Assistant, the thing is", speaker="Ann")
    assert not listener.is_busy


def test_a_turn_without_words_ends_where_the_next_one_waits():
    listener = room("Ann", "Bob")
    listener.among.speaker = "Ann"
    listener.user_starts()
    listener.sound(0.4)
    listener.user_stops(0.16)
    assert listener.is_busy and listener.hand_over() == []
    listener.sound(1.2)
    assert not listener.is_busy


@pytest.mark.parametrize("kind", [Kind.PARTIAL, Kind.IDLE])
async def test_the_agent_neither_cuts_in_nor_opens_among_people(kind: Kind):
    signals = {MEANT: False, MEANT_WHY: "nobody speaks"}
    moment = Moment(kind, "", turn_seconds=200, signals=signals, persona=Policy(proactivity=1))
    assert (await decided(moment))[0] is Action.SILENCE
