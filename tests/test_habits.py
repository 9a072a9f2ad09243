"""How a user usually talks."""

from datetime import UTC, datetime

from judgement.signals import INSISTED, PAUSE_TO_USUAL, RATE_TO_USUAL, Rhythm, against_usual
from memory.habits import Habits, habits_in, habits_memory

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_talk_counts_as_much_as_each_before_it():
    usual = Habits().after(Habits(1, pause=0.5, rate=2.0)).after(Habits(1, pause=1.1))
    assert (usual.talks, usual.pause, usual.rate, usual.turn) == (2, 0.8, 2.0, None)


def test_habits_come_back_from_the_facts():
    usual = Habits(3, 0.5, 4.0, 2.5, 1.0, 0.25)
    memory = habits_memory(usual, "sam", "talk", NOON)
    assert habits_in([memory]) == usual
    assert "2.5 words a second" in memory.text
    assert habits_in([]) == Habits()


def test_a_rhythm_is_compared_with_the_users_own():
    rhythm = Rhythm()
    rhythm.paused(1.0)
    rhythm.spoke(2.0, words=8)
    rhythm.interrupted()
    rhythm.insisted()
    talk = rhythm.talk()
    assert talk == {"pause": 1.0, "turn": 2.0, "rate": 4.0, "interruptions": 1.0, "insisted": 1.0}
    found = against_usual(talk, {"pause": 0.5, "rate": 2.0, "insisted": 0.25})
    assert found == {PAUSE_TO_USUAL: 2.0, RATE_TO_USUAL: 2.0, INSISTED: 0.25}
