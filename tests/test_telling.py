"""What the reply model is told of memory, and a judge that cuts in at a contradiction."""

from datetime import UTC, datetime, timedelta

import pytest

from judgement.corrects import Corrects
from judgement.decision import Action
from judgement.moment import Kind, Moment, Policy
from judgement.rules import Rules
from judgement.signals import CONTRADICTION, INTERRUPTIONS_WELCOME
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
    assert sentence(memory("The user is Sam.", sort=Sort.FACT), NOON) == "The user is Sam."


def test_a_long_turn_is_told_in_part():
    assert len(sentence(memory("word " * 500), NOON).split()) < 50


def test_the_time_is_told_with_the_last_talk():
    assert time_line(None, NOON) == "It is Tuesday, 10 March, 12:00."
    assert time_line(NOON - timedelta(days=3), NOON).endswith("You last talked 3 days ago.")


async def test_what_presses_most_is_told_first_and_the_time_only_when_it_matters():
    keeper = Keeper(VolatileStore(), "sam", "talk", consent=False)
    keeper.wishes = (Wish(WishKind.BRIEF), Wish(WishKind.NO_INTERRUPTIONS))
    keeper.recalled = [memory("tea\nwith milk")]
    assert told(keeper, "how do I take my tea", NOON) == (
        "The user wants short answers.",
        'The user said: "tea with milk"',
    )
    assert told(keeper, "what day is it", NOON)[-1].startswith("It is ")


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
    assert (await Corrects(Rules()).judge(moment)).action is action
