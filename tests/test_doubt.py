"""How loud the agent is while somebody makes a sound, window by window."""

from itertools import product

import pytest

from judgement.doubt import NEXT, SETTLED, WINDOW, Doubt, Level, Sign, State
from judgement.floor import Event
from judgement.moment import Kind, Moment
from judgement.signals import ECHO

FULL, LOW, NONE = Level.FULL, Level.LOW, Level.NONE


class Played:
    """The agent's sound, as it was told to be."""

    def __init__(self) -> None:
        self.levels = [FULL]
        self.drops = 0

    def play(self, level: Level) -> None:
        self.levels.append(level)

    def drop(self) -> None:
        self.drops += 1


class Overheard:
    """A doubt while the agent speaks, and what became of its sound."""

    def __init__(self) -> None:
        self.sound = Played()
        self.doubt = Doubt(self.sound, pause_after=0.06, longest=3.0)
        self.doubt.floor(Event.AGENT_STARTS)

    @property
    def level(self) -> Level:
        return self.sound.levels[-1]

    def voice(self, seconds: float) -> "Overheard":
        return self._windows(seconds, True)

    def silence(self, seconds: float) -> "Overheard":
        return self._windows(seconds, False)

    def _windows(self, seconds: float, voiced: bool) -> "Overheard":
        for _ in range(round(seconds / WINDOW)):
            self.doubt.window(voiced)
        return self


def overlap(said: str, *, finished: bool = False) -> Moment:
    return Moment(Kind.OVERLAP, said, signals={"finished": finished})


def test_every_sign_leads_somewhere_from_every_state():
    assert all(NEXT[state][sign] in State for state, sign in product(State, Sign))
    assert {NEXT[state][Sign.STOPS] for state in State} == {State.SILENT}


def test_the_first_window_of_voice_turns_the_agent_down():
    assert Overheard().voice(WINDOW).level is LOW


def test_a_voice_that_lasts_pauses_the_agent():
    assert Overheard().voice(WINDOW).level is LOW
    assert Overheard().voice(2 * WINDOW).level is NONE


def test_a_click_is_turned_down_for_and_no_more():
    heard = Overheard().voice(WINDOW).silence(0.5)
    assert heard.sound.levels == [FULL, LOW, FULL]


def test_a_word_and_the_next_are_one_doubt_where_the_gap_is_short():
    heard = Overheard().voice(0.16).silence(0.35).voice(0.3)
    assert heard.sound.levels == [FULL, LOW, NONE]


def test_a_sound_that_nobody_decided_on_is_over_soon():
    assert Overheard().voice(0.3).silence(0.35).level is NONE
    assert Overheard().voice(0.3).silence(0.45).level is FULL


def test_after_speech_the_final_words_are_waited_for():
    heard = Overheard().voice(0.2)
    heard.doubt.floor(Event.USER_STARTS)
    heard.voice(0.2).silence(0.2)
    heard.doubt.floor(Event.USER_STOPS)
    assert heard.silence(SETTLED - 0.25).level is NONE
    assert heard.silence(0.1).level is FULL


def test_the_agent_goes_on_at_once_over_its_own_voice_until_somebody_speaks():
    heard = Overheard().voice(0.3)
    heard.doubt.went_on(Moment(Kind.OVERLAP, "", signals={ECHO: True}))
    assert heard.level is FULL
    assert heard.voice(0.5).level is FULL
    heard.doubt.floor(Event.USER_STARTS)
    assert heard.voice(0.1).level is NONE


def test_words_beside_the_agent_s_own_are_doubted_on():
    heard = Overheard().voice(0.3)
    heard.doubt.went_on(Moment(Kind.OVERLAP, "Tuesday", signals={ECHO: True}))
    assert heard.level is NONE


def test_a_final_backchannel_lets_go_at_once():
    heard = Overheard().voice(0.4)
    heard.doubt.went_on(overlap("mhm", finished=True))
    assert heard.level is FULL
    assert heard.voice(1.0).level is FULL


def test_more_may_follow_on_a_word_that_is_no_bid_by_itself():
    heard = Overheard().voice(0.3)
    heard.doubt.floor(Event.USER_STARTS)
    heard.silence(0.3).doubt.went_on(overlap("no", finished=True))
    assert heard.level is NONE
    assert heard.voice(0.1).level is NONE
    assert heard.silence(0.55).level is FULL


def test_a_backchannel_lets_go_as_soon_as_it_is_over():
    heard = Overheard().voice(0.4)
    heard.doubt.went_on(overlap("mhm"))
    assert heard.voice(0.1).level is NONE
    assert heard.silence(0.16).level is FULL


def test_what_was_taken_for_a_backchannel_and_goes_on_is_doubted_on():
    heard = Overheard().voice(0.4)
    heard.doubt.went_on(overlap("oh"))
    heard.voice(0.2).doubt.went_on(overlap("hold"))
    assert heard.silence(0.2).level is NONE


@pytest.mark.parametrize("said", ["", "and"])
def test_going_on_without_knowing_much_ends_no_doubt(said: str):
    heard = Overheard().voice(0.4)
    heard.doubt.went_on(overlap(said))
    assert heard.level is NONE


def test_what_follows_a_dismissed_sound_is_doubted_anew():
    heard = Overheard().voice(0.4)
    heard.doubt.went_on(overlap("yeah", finished=True))
    assert heard.silence(0.5).voice(0.2).level is NONE
    heard = Overheard().voice(0.4)
    heard.doubt.went_on(overlap("yeah", finished=True))
    heard.doubt.floor(Event.USER_STARTS)
    assert heard.level is NONE


def test_a_yield_is_silent_at_once_and_drops_what_waited():
    heard = Overheard()
    heard.doubt.yielded()
    assert heard.level is NONE
    heard.doubt.floor(Event.AGENT_STOPS)
    assert heard.level is FULL and heard.sound.drops == 1


def test_no_pause_lasts_for_ever():
    heard = Overheard().voice(3.0)
    assert heard.level is NONE
    assert heard.voice(0.3).level is FULL
    assert heard.voice(5.0).level is FULL


def test_an_agent_that_cuts_in_is_neither_turned_down_nor_paused():
    heard = Overheard()
    heard.doubt.floor(Event.AGENT_STOPS)
    heard.doubt.floor(Event.USER_STARTS)
    heard.voice(2.0).doubt.cuts_in()
    heard.doubt.floor(Event.AGENT_STARTS)
    heard.voice(1.0).silence(0.5)
    heard.doubt.floor(Event.USER_STARTS)
    assert heard.voice(0.5).sound.levels == [FULL]
    heard.doubt.yielded()
    assert heard.level is NONE


def test_the_tail_of_what_is_answered_is_no_bid_but_speech_is():
    heard = Overheard()
    heard.doubt.floor(Event.AGENT_STOPS)
    heard.voice(0.5).silence(WINDOW)
    heard.doubt.floor(Event.AGENT_STARTS)
    assert heard.voice(0.2).level is FULL
    heard.doubt.floor(Event.USER_STARTS)
    assert heard.level is NONE


def test_who_speaks_again_when_the_answer_begins_is_not_spoken_over():
    heard = Overheard()
    heard.doubt.floor(Event.AGENT_STOPS)
    heard.doubt.floor(Event.USER_STARTS)
    heard.voice(0.5).silence(0.2).voice(0.1)
    heard.doubt.floor(Event.AGENT_STARTS)
    assert heard.level is NONE


def test_a_sound_of_one_window_does_not_hold_the_answer():
    heard = Overheard()
    heard.doubt.floor(Event.AGENT_STOPS)
    heard.voice(0.5).silence(0.2).voice(WINDOW)
    heard.doubt.floor(Event.AGENT_STARTS)
    assert heard.level is FULL
