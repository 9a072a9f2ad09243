"""What is said piece by piece."""

import math

import pytest

from judgement.decision import Action, Decision
from judgement.dictation import PATIENCE, least_wait
from judgement.moment import Kind, Moment, Turn
from judgement.rules import pause_to_wait_for
from judgement.tuned import Calibration, timed


def pause(said: str, asked: str = "", seconds: float = 0.2) -> Moment:
    history = (Turn("agent", asked, 1.0),) if asked else ()
    return Moment(Kind.PAUSE, said, history=history, pause=seconds, signals={"turn_over": 0.99})


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("My number is zero seven nine", ""),
        ("0 7 9", ""),
        ("It's J O H", ""),
        ("sam dot", ""),
        ("My e-mail is sam at", ""),
        ("five five", "What is your phone number?"),
        ("S", "Can you spell that, please?"),
    ],
)
def test_what_is_dictated_is_waited_for(said: str, asked: str):
    assert least_wait(pause(said, asked)) == PATIENCE


@pytest.mark.parametrize("said", ["Let me think.", "Hold on, let me check.", "one second"])
def test_who_asks_for_a_moment_has_it(said: str):
    assert least_wait(pause(said)) == math.inf


@pytest.mark.parametrize("said", ["Wait, stop.", "Stop it, please.", "No, let me finish."])
def test_who_only_stops_the_agent_may_go_on(said: str):
    assert least_wait(pause(said)) == PATIENCE


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        ("What is the capital of France?", ""),
        ("Wait, what?", ""),
        ("Stop, tell me about Rome.", ""),
        ("No, no.", "Is that all?"),
        ("I have two", ""),
        ("I'd like a table for four.", ""),
        ("Sam at example dot com", "What is your e-mail address?"),
        ("zero seven nine four six one two three five five", "What is your number?"),
        ("I left at ten", ""),
        ("Yes, I do.", "Is that your phone number?"),
        ("I can't think of anything else to say about it, hold on to that thought though", ""),
        ("", "What is your number?"),
    ],
)
def test_all_else_is_waited_for_as_its_end_is_in_doubt(said: str, asked: str):
    assert least_wait(pause(said, asked)) == 0.0


def test_both_judges_wait_for_more():
    spelt, plain = pause("It's J O H."), pause("It's John.")
    assert pause_to_wait_for(spelt) >= PATIENCE > pause_to_wait_for(plain)
    shares = {action: 0.0 for action in Action} | {Action.REPLY: 0.98, Action.SILENCE: 0.02}
    sure = Decision(Action.REPLY, shares, "", "test")
    assert timed(sure, plain, 0.95, Calibration()).action is Action.REPLY
    assert timed(sure, spelt, 0.95, Calibration()).action is Action.SILENCE
    later = pause("It's J O H.", seconds=PATIENCE)
    assert timed(sure, later, 0.95, Calibration()).action is Action.REPLY
