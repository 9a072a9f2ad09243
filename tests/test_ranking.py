"""Which memories come first."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from memory.ranking import Candidate, Query, promising, ranked, rarity, who_is_named
from memory.store import Memory, Sort
from memory.terms import query_terms
from memory.times import times_in

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)


def said(text: str, *, who: str = "user", days: float = 10) -> Memory:
    when = NOW - timedelta(days=days)
    return Memory(text, "sam", "talk", Sort.TURN, who, text, when)


def order(query: str, *candidates: Candidate) -> list[str]:
    rare = {term: rarity(100, 5) for term in query_terms(query)}
    found = ranked(Query(query, NOW, rare), dict(enumerate(candidates)), len(candidates))
    return [memory.text for memory in found]


def test_what_means_more_alike_comes_first():
    near, far = Candidate(said("a b c"), meaning=0.6), Candidate(said("d e f"), meaning=0.1)
    assert order("anything", far, near) == ["a b c", "d e f"]


def test_a_question_comes_after_an_answer_as_near():
    asks, tells = (
        Candidate(said("where is the key?"), 0.5),
        Candidate(said("there is the key"), 0.5),
    )
    assert order("key", asks, tells)[0] == "there is the key"


def test_an_answer_is_found_by_the_question_before_it():
    question = Candidate(said("Where did you put the car key?", who="agent"), 0.7)
    answer = Candidate(said("in the blue bowl upstairs"), 0.15, previous=0)
    other = Candidate(said("in the green tent outside"), 0.15)
    found = order("car key", question, answer, other)
    assert found.index(answer.memory.text) < found.index(other.memory.text)


@pytest.mark.parametrize(
    ("query", "first"), [("what did I say", "user"), ("what did you say", "agent")]
)
def test_who_is_named_comes_first(query: str, first: str):
    both = [Candidate(said(f"{who} speaks here", who=who), 0.3) for who in ("user", "agent")]
    assert order(query, *both)[0].startswith(first)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("Which one did you recommend?", True),
        ("You just said it was open.", True),
        ("What was your advice?", True),
        ("What was that restaurant you've recommended?", True),
        ("Which book was it that you’d mentioned to me?", True),
        ("Didn't you say something about soup?", True),
        ("What was the price you quoted me?", True),
        ("Did you know I have a cat?", False),
        ("Have you got any milk?", False),
        ("Could you explain what a volcano is?", False),
        ("What do you like to do on a Sunday?", False),
    ],
)
def test_a_request_is_not_about_what_the_agent_said(query: str, named: bool):
    assert ("agent" in who_is_named(query)) is named


def test_a_guest_is_named_by_their_name_alone():
    guest = Candidate(said("the guest speaks", who="User 2"), 0.3)
    own = Candidate(said("I speak", who="user"), 0.3)
    assert order("What did I say?", guest, own)[0] == "I speak"
    assert order("What did User 2 say?", guest, own)[0] == "the guest speaks"


def test_what_was_said_at_the_time_that_is_named_comes_first():
    old, new = (
        Candidate(said("one thing", days=60), 0.3),
        Candidate(said("two things", days=1), 0.3),
    )
    assert order("what did we say in March", new, old)[0] == "one thing"
    assert order("what did we say yesterday", old, new)[0] == "two things"


def test_of_equals_the_newer_comes_first():
    one = said("the same")
    newer = replace(one, id="newer", when=one.when + timedelta(seconds=1))
    found = ranked(Query("same", NOW), {0: Candidate(one), 1: Candidate(newer)}, 2)
    assert [memory.id for memory in found] == ["newer", "the same"]


def bearing_on(query: str, *candidates: Candidate) -> list[str]:
    rare = {term: rarity(100, 5) for term in query_terms(query)}
    asked = Query(query, NOW, rare, relevant=True)
    return [memory.text for memory in ranked(asked, dict(enumerate(candidates)), 9)]


def test_what_bears_on_a_query_is_told_apart_by_its_score():
    text = "we walked along the river to the old mill"
    near, far = Candidate(said(text), 0.6), Candidate(said(text[::-1]), 0.1)
    assert bearing_on("the stream at the mill", near, far) == [text]
    assert bearing_on("hello", far) == []


def test_what_falls_below_the_floor_takes_no_place():
    long, word = Candidate(said("a" + " word" * 20), 0.1), Candidate(said("tea"))
    assert order("tea", word, long)[0] == long.memory.text
    asked = Query("tea", NOW, {"tea": 1.0}, relevant=True)
    assert ranked(asked, {0: long, 1: word}, 1) == [word.memory]


def test_without_a_vector_a_shared_word_is_enough():
    word, none = Candidate(said("tea")), Candidate(said("milk"))
    assert bearing_on("tea or coffee", word, none) == ["tea"]
    assert bearing_on("tea or coffee", replace(word, meaning=0.0)) == []


def test_without_a_vector_a_turn_beside_others_is_given_a_usual_cosine():
    asked = Candidate(said("Where did you put the car key?", who="agent"))
    answer = said("in the blue bowl upstairs, where it always is")
    short = Candidate(said("oh"), previous=0)
    told = bearing_on("my car key", asked, Candidate(answer, previous=0))
    assert told == [answer.text, asked.memory.text]
    assert bearing_on("my car key", asked, short) == [asked.memory.text]


def test_a_rare_word_is_worth_more_and_none_less_than_nothing():
    assert rarity(1000, 1) > rarity(1000, 100) > rarity(1000, 1000) >= 0
    assert rarity(1, 1) > 0


def test_the_promising_stand_out_by_words_or_by_meaning():
    assert promising({1: 9.0, 2: 0.1}, {3: 0.9, 4: 0.0}, 2) == [3, 1]


@pytest.mark.parametrize(
    ("query", "when", "fit"),
    [
        ("in May 2026", NOW, 1), ("on 20 May", NOW, 2), ("May 20th", NOW, 2), ("may I ask", NOW, 0),
        ("in May 2025", NOW, 0), ("two days ago", NOW - timedelta(days=2), 1),
        ("last week", NOW - timedelta(days=7), 1), ("last week", NOW, 0), ("yesterday", NOW, 0),
        ("today", NOW, 1), ("3 weeks ago", NOW - timedelta(days=20), 1),
    ],
)  # fmt: skip
def test_a_query_names_times(query: str, when: datetime, fit: float):
    assert max((time.fits(when, NOW) for time in times_in(query)), default=0) == fit
