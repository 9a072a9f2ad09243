"""Decisions as memories: what they say, the turn that they were about, when they are told."""

from datetime import UTC, datetime, timedelta

import pytest

from memory.decisions import BEHIND, Came, Decided, Decisions
from memory.store import Memory, Sort

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CUT_IN = Decided("cut in", "interrupt", "so I told him and", "goes round in circles")
REFUSED = Decided("refused", "refuse", "make it cheaper", "asks for discounts", "discounts")


def turn(text: str, name: str = "turn") -> Memory:
    return Memory(name, "sam", "talk", Sort.TURN, "user", text, NOON)


def came(decided: Decided, came: Came, seconds: float | None = None) -> Decided:
    return Decided(
        decided.id, decided.action, decided.said, decided.reason, decided.topic, came, seconds
    )


def decisions(*made: Decided) -> Decisions:
    found = Decisions("sam", "talk")
    for each in made:
        assert found.take(each, NOON)
        found.about(turn(each.said, f"turn of {each.id}"))
    return found


def test_a_decision_says_what_was_done_why_and_what_came_of_it():
    assert REFUSED.text == (
        'Refused what the user asked for with "make it cheaper" (asks for discounts).'
    )
    assert came(CUT_IN, Came.TALKED_ON, 1.62).text == (
        'Interrupted the user at "so I told him and" (goes round in circles). '
        "The user talked on and took the floor back after 1.6 s."
    )


def test_of_a_long_turn_the_last_words_are_quoted():
    long = Decided("a", "silence", "word " * 40 + "end", "may go on")
    assert '"… word' in long.text and long.text.count("word") == 11


def test_what_came_of_a_decision_takes_its_place():
    made = Decisions("sam", "talk")
    first = made.take(REFUSED, NOON)
    later = made.take(came(REFUSED, Came.ASKED_AGAIN), NOON + timedelta(minutes=1))
    assert first and later and first.id == later.id
    assert (first.sort, first.about, first.value) == (Sort.DECISION, "refuse: discounts", "")
    assert (later.value, later.when) == ("asked again", NOON)


def test_a_decision_finds_its_turn_and_stands_behind_it():
    made = Decisions("sam", "talk")
    made.take(REFUSED, NOON - timedelta(seconds=1))
    [found] = made.about(turn("Well, make it cheaper!"))
    assert (found.source, found.when) == ("turn", NOON + BEHIND)
    assert made.about(turn("make it cheaper", "next")) == []
    later = made.take(came(REFUSED, Came.WENT_ON), NOON)
    assert later and later.source == "turn"


def test_a_turn_of_other_words_is_not_what_a_decision_was_about():
    made = Decisions("sam", "talk")
    made.take(REFUSED, NOON)
    assert made.about(turn("when do you close")) == []


@pytest.mark.parametrize("forgotten", ["cut in", "turn of cut in"])
def test_what_came_of_a_forgotten_decision_brings_it_not_back(forgotten: str):
    made = decisions(CUT_IN)
    made.recalled = [turn("x", "cut in")]
    made.forget([forgotten])
    assert made.take(came(CUT_IN, Came.LISTENED), NOON) is None
    assert made.bearing_on("why did you interrupt me") == []


@pytest.mark.parametrize(
    ("said", "actions"),
    [
        ("Why did you interrupt me?", ["interrupt"]),
        ("you cut me off just now", ["interrupt"]),
        ("why can’t you make it cheaper", ["refuse"]),
        ("you didn't answer", ["silence"]),
        ("why did you change the subject", ["deflect"]),
        ("please do not interrupt me", []),
        ("what is the capital of France", []),
        ("do you know a quick recipe", []),
    ],
)
def test_a_decision_is_told_when_the_user_asks_about_it(said: str, actions: list[str]):
    made = decisions(
        CUT_IN,
        REFUSED,
        Decided("quiet", "silence", "I think aloud", "may go on"),
        Decided("led", "deflect", "who wins", "turns to politics"),
    )
    assert [each.about.partition(":")[0] for each in made.bearing_on(said)] == actions


def test_the_last_ones_are_told_then_those_of_earlier_talks():
    made = decisions(CUT_IN)
    [own] = made.bearing_on("why did you interrupt me")
    earlier = Memory("old", "sam", "t", Sort.DECISION, "agent", "x", NOON, "interrupt")
    made.recalled = [own, earlier]  # a recall may find what is of this talk as well
    assert [each.id for each in made.bearing_on("why did you interrupt me")] == ["cut in", "old"]


def test_of_earlier_ones_those_come_first_that_share_most_words():
    made = Decisions("sam", "talk")
    texts = ("Refused (politics).", "Refused (a refund).", "Refused (a discount).")
    made.recalled = [
        Memory(text, "sam", "t", Sort.DECISION, "agent", text, NOON, "refuse") for text in texts
    ]
    told = [each.text for each in made.bearing_on("why did you refuse me the discount")]
    assert told == ["Refused (a discount).", "Refused (politics)."]


def test_an_interruption_that_was_talked_over_is_told_until_that_turn_is_over():
    made = decisions(CUT_IN)
    made.take(came(CUT_IN, Came.LISTENED), NOON)
    assert made.bearing_on("and then he said") == []
    made.take(came(CUT_IN, Came.TALKED_ON, 1.6), NOON)
    assert [each.id for each in made.bearing_on("and then he said")] == ["cut in"]
    made.about(turn("and then he said", "next"))
    assert made.bearing_on("so what about tea") == []
