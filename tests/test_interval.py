"""How often a judge is asked whose answers take their time."""

from dataclasses import replace

import pytest

from judgement.interval import STEPS, Interval
from judgement.moment import Kind, Moment
from judgement.signals import CONTRADICTION


def partial(at: float, said: str = "so", turn: int = 0) -> Moment:
    return Moment(Kind.PARTIAL, said, at=at, turn=turn)


def pause(pause: float, said: str = "so I went") -> Moment:
    return Moment(Kind.PAUSE, said, pause=pause, at=10 + pause)


def widened(steps: int) -> Interval:
    """As wide as `steps` slow answers in a row make it."""
    interval = Interval()
    slow(interval, STEPS[steps] * 0.49)
    assert interval.seconds == STEPS[steps]
    return interval


def slow(interval: Interval, latency: float, answers: int = 20) -> list[float]:
    """The interval after each of so many answers that took `latency` s, all of another turn."""
    found: list[float] = []
    for _ in range(answers):
        interval.answered(partial(0.0, turn=-1), latency)
        found.append(interval.seconds)
    return found


def asked(interval: Interval, moments: list[Moment]) -> list[Moment]:
    """Those of `moments` that are asked about; each answer takes half of the interval."""
    due: list[Moment] = []
    for moment in moments:
        if interval.is_due(moment):
            due.append(moment)
            interval.answered(moment, interval.seconds / 2)
    return due


def test_quick_answers_leave_no_moment_out():
    interval = Interval()
    assert set(slow(interval, 0.12, 100)) == {STEPS[0]}
    moments = [partial(step / 10) for step in range(20)]
    assert asked(interval, moments) == moments


def test_slow_answers_widen_it_step_by_step_and_quick_ones_narrow_it_again():
    interval = Interval()
    found = slow(interval, 0.4)
    assert list(dict.fromkeys(found)) == [*STEPS]
    assert interval.is_wide
    found = slow(interval, 0.04)
    assert list(dict.fromkeys(found)) == [*reversed(STEPS)]
    assert not interval.is_wide


def test_one_slow_answer_among_quick_ones_changes_nothing():
    interval = Interval()
    slow(interval, 0.04)
    assert not interval.answered(partial(0.0), 0.4)
    assert not interval.is_wide


def test_what_is_known_of_a_pause_does_not_make_the_judge_look_quick():
    interval = widened(3)
    for step in range(4, 30):
        assert not interval.answered(pause(step / 10), 0.0)
    assert interval.seconds == STEPS[3]


@pytest.mark.parametrize("step", [1, 2, 3])
def test_while_the_user_speaks_questions_come_no_sooner_than_that(step: int):
    interval = widened(step)
    times = [each.at for each in asked(interval, [partial(n / 4) for n in range(40)])]
    gaps = {round(b - a, 2) for a, b in zip(times, times[1:], strict=False)}
    assert gaps == {STEPS[step]}


def test_the_first_moment_of_a_turn_and_those_of_other_kinds_are_never_left_out():
    interval = widened(3)
    moments = [
        partial(9.9),
        *(pause(each / 20) for each in range(4, 8)),
        partial(10.4, turn=1),
        Moment(Kind.OVERLAP, "mhm", at=10.45),
        Moment(Kind.OVERLAP, "mhm no", at=10.5),
        Moment(Kind.IDLE, "", at=10.55),
    ]
    assert asked(interval, moments) == moments
    assert not interval.is_due(partial(10.6, turn=1))


def test_a_ground_to_cut_in_is_asked_about_however_wide():
    interval = widened(3)
    first, second = partial(10.0), partial(10.3)
    corrected = replace(second, signals={CONTRADICTION: True})
    assert asked(interval, [first, second]) == [first]
    assert interval.is_due(corrected)
