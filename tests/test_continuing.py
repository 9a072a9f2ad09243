"""What of a second service's words is new, after a first one's."""

import pytest

from processors.failover.continuing import Continuation, go_on, unheard, unsaid

BEGUN = "We close at nine"


def heard(said: str, *pieces: str) -> str:
    rest = Continuation(said)
    return "".join([*(rest.hear(piece) for piece in pieces), rest.end()])


def test_an_answer_that_goes_on_is_said_as_it_comes():
    assert heard(BEGUN, " in the", " evening.") == " in the evening."


def test_an_answer_that_begins_anew_is_said_from_where_it_was_cut():
    assert heard(BEGUN, "We ", "close", " at nine in", " the evening.") == "in the evening."


def test_another_answer_is_said_whole():
    assert heard(BEGUN, "We ", "open ", "at eight.") == "We open at eight."


def test_an_answer_that_only_repeats_adds_nothing():
    assert heard(BEGUN, "We close at nine.") == ""


def test_nothing_said_holds_nothing_back():
    assert Continuation("").hear("We") == "We"


def test_a_model_is_told_to_go_on_behind_what_was_heard():
    messages = go_on([{"role": "user", "content": "When?"}], BEGUN)
    assert [each["role"] for each in messages] == ["user", "system", "assistant"]
    assert messages[-1]["content"] == BEGUN
    assert go_on([], " ") == []


@pytest.mark.parametrize(
    ("spoken", "rest"),
    [("", "Yes, at nine."), ("yes,", "at nine."), ("Yes, at", "nine."), ("Yes at nine", "")],
)
def test_a_voice_goes_on_at_the_next_word(spoken: str, rest: str):
    assert unsaid("Yes, at nine.", spoken) == rest


@pytest.mark.parametrize(
    ("words", "already", "new"),
    [
        ("what time do you close today", "", "what time do you close today"),
        ("what time do you close today", "What time do you", "close today"),
        ("what time to you close today", "What time do you", "close today"),
        ("what time do you", "What time do you", ""),
        ("do you close today", "What time do you", "close today"),
        ("and on sundays", "What time do you close", "and on sundays"),
    ],
)
def test_words_that_were_final_already_are_not_heard_twice(words: str, already: str, new: str):
    assert unheard(words, already) == new
