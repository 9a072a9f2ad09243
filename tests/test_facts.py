"""What is current of a user's facts, what contradicts it, and that nothing is overwritten."""

from datetime import UTC, datetime, timedelta

from memory.anchors import stated_in
from memory.claims import claims_in
from memory.facts import Facts, memory_of
from memory.store import Memory, Sort

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def stated(text: str, days: int = 0) -> list[Memory]:
    when = NOON + timedelta(days=days)
    turn = Memory(f"turn {days}", "sam", "talk", Sort.TURN, "user", text, when)
    return [memory_of(each, turn) for each in stated_in(text, claims_in(text))]


def known(*texts: str) -> Facts:
    return Facts(fact for days, text in enumerate(texts) for fact in stated(text, days))


def test_a_fact_knows_what_it_is_about_and_the_turn_that_stated_it():
    [fact] = stated("My meeting is on Thursday.")
    assert (fact.about, fact.value, fact.source) == ("meet: day", "thursday", "turn 0")


def test_a_contradiction_holds_both_sides():
    facts = known("My meeting is on Thursday.")
    found = facts.against(claims_in("so as my meeting is on Tuesday I will drive up"))
    assert found is not None
    assert "Tuesday" in found.text and "Thursday" in found.text
    assert found.fact.source == "turn 0"


def test_a_change_is_no_contradiction_and_is_current_from_then_on():
    facts = known("My meeting is on Thursday.", "My meeting is now on Tuesday.")
    assert facts.against(claims_in("my meeting is on Tuesday")) is None
    assert facts.against(claims_in("my meeting is on Thursday")) is not None
    assert [fact.value for fact in facts.current()] == ["tuesday"]
    assert [fact.value for fact in facts.stated] == ["thursday", "tuesday"]


def test_a_fact_is_as_old_as_its_first_statement_without_a_change():
    facts = known("My name is Sam.", "My name is Sam.")
    assert [fact.when for fact in facts.current()] == [NOON]


def test_forgetting_a_turn_forgets_what_it_stated():
    facts = known("My name is Sam.", "My meeting is on Thursday.")
    facts.forget(["turn 1"])
    assert [fact.value for fact in facts.current()] == ["sam"]


def test_a_fact_holds_since_its_first_statement_and_until_another_one():
    facts = known("My name is Sam.", "My name is Sam.", "My name is Ann.", "My name is Sam.")
    first, again, other, last = facts.stated
    assert facts.span(again) == {"since": first.when, "until": other.when}
    assert facts.span(last) == {"since": last.when}
    assert [facts.has_changed(each) for each in facts.stated] == [False, False, True, True]


def test_an_unknown_fact_holds_since_it_was_stated():
    [fact] = stated("My name is Sam.", days=3)
    assert Facts().span(fact) == {"since": fact.when} and not Facts().has_changed(fact)
