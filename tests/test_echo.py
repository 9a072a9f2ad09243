"""The agent's own words, heard again, on scripted time."""

import pytest

from judgement.echo import Echo, alike
from judgement.listener import Listener
from judgement.moment import Kind, Moment, Policy
from judgement.signals import ECHO

ANSWER = "The capital of France is Paris and it lies on the river Seine"


def answered(text: str = ANSWER, *, began: float = 0.6, pace: float = 0.25) -> Echo:
    """The agent says a word every `pace` seconds; a voice is heard from `began` on."""
    echo = Echo()
    for number, word in enumerate(text.split(), 1):
        echo.played(word, number * pace)
    echo.voice_begins(began)
    return echo


@pytest.mark.parametrize(
    "heard", ["the capital of France", "The capital of France is.", "a capital of friends is Paris"]
)
def test_a_run_of_the_agent_s_words_is_echo_though_misheard(heard: str):
    assert answered().without(heard, 1.7, final=True) == ""


def test_a_word_that_was_not_the_agent_s_counts():
    echo = answered(began=0.9)
    assert echo.without("of France is Paris stop", 2.0, final=True) == "stop"
    assert answered(began=0.9).without("capital of France stop is", 2.0, final=True) == "stop is"


def test_a_word_that_both_use_stays_in_the_user_s_sentence():
    said = "I am for the river cruise"
    assert answered(began=3.0).without(said, 4.0, final=True) == said


def test_a_user_s_own_sentence_is_left_as_it_is():
    said = "Can you tell me about the weather?"
    assert answered().without(said, 2.0, final=True) == said


def test_a_word_misheard_between_two_that_are_echo_is_echo():
    assert answered().without("the capital of Francis Paris", 1.8, final=True) == ""


def test_half_a_word_behind_echo_does_not_count_before_the_voice_is_over():
    echo = answered()
    assert echo.without("the capital of Fr", 1.2, final=False) == ""
    assert echo.without("the capital of Fridays", 1.7, final=True) == "Fridays"


def test_a_request_to_stop_counts_at_once_behind_echo():
    assert answered().without("the capital of stop", 1.2, final=False) == "stop"


def test_a_repeated_word_is_echo_right_behind_the_agent_s_and_a_question_later():
    soon, later = answered(began=1.7), answered(began=2.5)
    assert soon.without("Paris?", 2.0, final=True) == ""
    assert later.without("Paris?", 2.8, final=True) == "Paris?"


def test_the_first_word_of_a_user_s_sentence_is_no_echo_though_it_is_like_the_agent_s():
    echo = answered("thanks for coming in and I like it", began=1.5)
    assert echo.without("Come", 1.8, final=False) == "Come"
    assert echo.without("I", 1.8, final=True) == "I"
    assert answered(began=1.7).without("Paris", 2.0, final=False) == "Paris"


def test_a_repeated_sentence_counts_where_it_comes_too_late_for_an_echo():
    late = answered(began=5.0)
    assert late.without("The capital of France is Paris?", 6.5, final=True) != ""


def test_a_lone_stop_is_a_user_s_though_the_agent_said_it():
    echo = answered("take the bus to the last stop", began=1.7)
    assert echo.without("Stop.", 2.0, final=True) == "Stop."


def test_words_told_one_by_one_are_each_in_their_own_time():
    echo = answered(began=0.3)
    words = "the capital of France is Paris and it lies".split()
    for count in range(3, len(words) + 1):
        heard = " ".join(words[:count])
        assert echo.without(heard, 0.25 * count + 0.3, final=False) == ""
    assert echo.without(f"{heard} no wait", 3.0, final=True) == "no wait"


def test_short_words_and_requests_are_alike_only_where_they_are_the_same():
    assert alike("capital", "capitol") and alike("stop", "stop")
    assert not alike("wait", "what") and not alike("is", "it")


class Overheard:
    """A listener whose agent speaks, and is heard again."""

    def __init__(self, echo: Echo | None) -> None:
        self.listener = Listener(Policy(), echo=echo)
        self.listener.agent_starts()
        for word in ANSWER.split():
            self.pass_time(0.25)
            self.listener.agent_says(word)
        self.listener.user_starts()

    def pass_time(self, seconds: float) -> list[Moment]:
        return [
            moment for _ in range(round(seconds / 0.05)) for moment in self.listener.sound(0.05)
        ]

    def hears(self, text: str, *, final: bool = False) -> list[Moment]:
        return self.listener.words(text, final=final)


def test_an_overlap_of_echo_alone_says_so_once_and_holds_no_words():
    talk = Overheard(Echo())
    talk.pass_time(0.2)
    [moment] = talk.hears("lies on the river Seine")
    assert moment.kind is Kind.OVERLAP and moment.said == "" and moment.signals[ECHO]
    assert talk.hears("lies on the river Seine") == []


def test_words_behind_the_echo_are_an_overlap_of_their_own():
    talk = Overheard(Echo())
    talk.pass_time(0.2)
    talk.hears("on the river Seine")
    talk.pass_time(0.4)
    [moment] = talk.hears("on the river Seine stop please")
    assert moment.said == "stop please"


def test_an_echo_that_outlasts_the_agent_opens_no_turn():
    talk = Overheard(Echo())
    talk.listener.agent_stops()
    talk.pass_time(0.3)
    talk.listener.user_stops(0.2)
    assert talk.hears("on the river Seine.", final=True) == []
    assert not any(moment.said for moment in talk.pass_time(4.0))


def test_without_a_guard_they_are_the_user_s():
    talk = Overheard(None)
    [moment] = talk.hears("lies on the river Seine")
    assert moment.said == "lies on the river Seine" and ECHO not in moment.signals
