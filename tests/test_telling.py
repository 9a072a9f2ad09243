"""What the reply model is told of memory, and a judge that cuts in at a contradiction."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from judgement.cuts_in import CutsIn
from judgement.decision import Action
from judgement.moment import Kind, Moment, Policy
from judgement.rules import Rules
from judgement.signals import CONTRADICTION, INTERRUPTIONS_WELCOME
from memory.decisions import Decided
from memory.facts import Facts
from memory.keeper import Keeper
from memory.store import Memory, Sort
from memory.telling import sentence, time_line, told
from memory.volatile import VolatileStore
from memory.wishes import Wish, WishKind

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def memory(text: str, *, who: str = "user", days: int = 0, sort: Sort = Sort.TURN) -> Memory:
    return Memory("a", "sam", "talk", sort, who, text, NOON - timedelta(days=days))


def test_a_turn_is_told_with_who_said_it_and_when():
    assert sentence(memory("tea", days=7), NOON) == 'The user said on 3 March: "tea"'
    assert sentence(memory("tea", who="agent"), NOON) == 'You said: "tea"'
    assert sentence(memory("tea", who="Ann"), NOON) == 'Ann said: "tea"'


@pytest.mark.parametrize(
    ("days", "text"),
    [
        ([0], "The user is Sam."),
        ([7], "The user is Sam (told 3 March)."),
        ([400], "The user is Sam (told 3 February 2025)."),
        ([9, 7], "The user is Sam (since 3 March)."),
        ([9, 0], "The user is Sam (since today)."),
    ],
)
def test_a_fact_is_told_with_its_day_if_it_is_old_or_has_changed(days: list[int], text: str):
    """The fact was another before, but for the last of `days`."""
    stated = [
        replace(memory("The user is Sam.", days=ago, sort=Sort.FACT), id=str(ago), about="name")
        for ago in days
    ]
    facts = Facts(replace(each, value=each.id) for each in stated)
    assert sentence(facts.stated[-1], NOON, facts) == text


def test_what_the_agent_noticed_itself_has_no_day():
    habits = memory("The user talks fast.", who="agent", days=7, sort=Sort.FACT)
    assert sentence(habits, NOON) == "The user talks fast."


def test_a_decision_is_told_as_the_agents_own():
    text = 'Refused "a" (asks for b).'
    decision = memory(text, who="agent", sort=Sort.DECISION)
    assert sentence(decision, NOON) == 'Earlier you refused "a" (asks for b).'
    decision = replace(decision, when=NOON - timedelta(days=7))
    assert sentence(decision, NOON) == 'Earlier on 3 March you refused "a" (asks for b).'


def test_a_long_turn_is_told_in_part():
    assert len(sentence(memory("word " * 500), NOON).split()) < 50


def test_the_time_is_told_with_the_last_talk():
    assert time_line(None, NOON) == "It is Tuesday, 10 March, 12:00."
    assert time_line(NOON - timedelta(days=3), NOON).endswith("You last talked 3 days ago.")
    assert time_line(NOON - timedelta(hours=30), NOON).endswith("You last talked yesterday.")
    assert time_line(NOON - timedelta(minutes=70), NOON).endswith("You last talked 1 hour ago.")


def test_the_last_turn_is_told_with_the_time_once_it_is_a_while_ago():
    told = time_line(None, NOON, NOON - timedelta(minutes=4, seconds=5))
    assert told.endswith("12:00. The last turn was 4 minutes ago.")
    assert time_line(None, NOON, NOON - timedelta(seconds=50)).endswith("12:00.")


async def test_what_presses_most_is_told_first_and_the_time_only_when_it_matters():
    keeper = Keeper(VolatileStore(), "sam", "talk", consent=False)
    keeper.wishes = (Wish(WishKind.BRIEF), Wish(WishKind.NO_INTERRUPTIONS))
    keeper.recalled = [memory("tea\nwith milk")]
    assert told(keeper, "how do I take my tea", NOON) == (
        "The user wants short answers.",
        'The user said: "tea with milk"',
    )
    assert told(keeper, "what day is it", NOON)[-1].startswith("It is ")


async def test_how_long_ago_the_last_turn_was_is_told_to_who_asks():
    keeper = Keeper(VolatileStore(), "sam", "talk", consent=False)
    keeper.heard("agent", "Bye for now.", NOON - timedelta(minutes=9))
    assert told(keeper, "how long was I away", NOON)[-1].endswith(
        "The last turn was 9 minutes ago."
    )
    await keeper.close()


async def test_a_decision_is_told_to_who_asks_about_it_and_to_nobody_else():
    keeper = Keeper(VolatileStore(), "sam", "talk", consent=False)
    keeper.decided(Decided("a", "interrupt", "and then", "rambles"), NOON)
    assert told(keeper, "how do I take my tea", NOON) == ()
    assert told(keeper, "why did you interrupt me", NOON) == (
        'Earlier you interrupted the user at "and then" (rambles).',
    )
    await keeper.close()


async def test_the_fact_that_is_contradicted_is_told_with_its_day():
    keeper = Keeper(VolatileStore(), "sam", "talk", consent=False)
    keeper.heard("user", "My meeting is on Thursday.", NOON - timedelta(days=7))
    keeper.saying("so my meeting is on Tuesday")
    [line] = told(keeper, "so my meeting is on Tuesday", NOON)
    assert "Thursday" in line and line.endswith("(told 3 March).")
    await keeper.close()


@pytest.mark.parametrize(
    ("kind", "proactivity", "welcome", "action"),
    [
        (Kind.PARTIAL, 0.5, False, Action.INTERRUPT), (Kind.PARTIAL, 0.2, False, Action.SILENCE),
        (Kind.PARTIAL, 0.2, True, Action.INTERRUPT), (Kind.PAUSE, 1.0, False, Action.REPLY),
    ],
)  # fmt: skip
async def test_a_contradiction_is_cut_into_as_far_as_that_is_wanted(
    kind: Kind, proactivity: float, welcome: bool, action: Action
):
    signals = {CONTRADICTION: True, INTERRUPTIONS_WELCOME: welcome}
    persona = Policy(proactivity=proactivity)
    moment = Moment(kind, "When is it?", pause=2.0, signals=signals, persona=persona)
    assert (await CutsIn(Rules()).judge(moment)).action is action


@pytest.mark.parametrize(
    ("said", "is_told"),
    [
        ("Tell me a long story.", False),
        ("How long does the paint need to dry?", False),
        ("How long has it been since we talked?", True),
        ("What day is it?", True),
        ("When did we speak?", True),
    ],
)
async def test_the_time_is_told_to_who_asks_for_it_alone(said: str, is_told: bool):
    keeper = Keeper(VolatileStore(), "sam", "talk", consent=False)
    assert any(line.startswith("It is ") for line in told(keeper, said, NOON)) is is_told
    await keeper.close()
