"""Temporal signals from plain numbers."""

from datetime import UTC, datetime, timedelta

import pytest

from judgement import signals

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_rhythm_begins_with_nothing_known():
    assert signals.Rhythm().signals() == {}


def test_a_rhythm_holds_the_means_of_pauses_and_turns():
    rhythm = signals.Rhythm()
    for seconds in (0.2, 0.4):
        rhythm.paused(seconds)
    assert rhythm.signals() == {"user_pause_mean": 0.3}
    rhythm.spoke(4.0)
    assert rhythm.signals() == {"user_pause_mean": 0.3, "turn_seconds_mean": 4.0}


def test_a_length_is_never_negative():
    with pytest.raises(ValueError, match="-1"):
        signals.Mean().add(-1)


@pytest.mark.parametrize(
    ("ago", "days"),
    [(timedelta(days=3), 3.0), (timedelta(hours=12), 0.5), (timedelta(hours=-1), 0.0)],
)
def test_the_last_talk_is_so_many_days_ago(ago: timedelta, days: float):
    assert signals.days_since(NOON - ago, NOON) == {"last_session_days": days}


def test_a_stranger_has_no_last_talk():
    assert signals.days_since(None, NOON) == {}


def test_the_local_time_is_hours_and_minutes():
    assert signals.local_time(datetime(2026, 3, 1, 9, 5)) == {"local_time": "09:05"}


def test_no_two_signals_share_a_name():
    names = [value for name, value in vars(signals).items() if name.isupper() and name[0] != "_"]
    names = [name for name in names if isinstance(name, str)]
    assert len(names) == len(set(names)) and all(name == name.lower() for name in names)
