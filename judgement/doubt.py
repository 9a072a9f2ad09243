"""What the agent's sound does while it is unclear whether somebody wants the floor.

The clock is the voice detector's windows, so the same sound gives the same doubt
at any speed.
"""

from enum import StrEnum, auto
from typing import Protocol

from judgement.bids import assents
from judgement.floor import Event
from judgement.moment import Moment
from judgement.signals import ECHO, FINISHED
from judgement.words import words_of

WINDOW = 0.032  # s of sound that the voice detector judges at a time
NOISE_OVER = 0.42  # s of silence after which a sound that was no speech is over
SETTLED = 0.5  # s for speech: the detector's pause, then 0.3 s in which its last words come
BREATH = 0.1  # s for "mhm": sooner, it may be what was understood of the first half of a word
TAIL = 0.1  # s since a voice was last heard that is still the end of what was said before


class Level(StrEnum):
    """How loud the agent is."""

    FULL = auto()
    LOW = auto()
    NONE = auto()


class State(StrEnum):
    """What is made of a voice over the agent's."""

    SILENT = auto()  # the agent makes no sound: there is nothing to doubt
    CLEAR = auto()  # it speaks, and nobody else does
    DOUBT = auto()  # somebody else makes a sound
    DISMISSED = auto()  # and that sound, until it is over, is no bid for the floor
    OWN = auto()  # the agent has cut in itself: it holds the floor
    YIELDING = auto()  # the floor is the user's; Pipecat's interruption is under way


class Sign(StrEnum):
    """What changes the state."""

    VOICE = auto()  # a window of voice
    SPEECH = auto()  # the voice is speech for sure
    HUSH = auto()  # nobody has made a sound for a while
    STARTS = auto()  # the agent's sound begins
    STOPS = auto()  # and is over
    CUTS_IN = auto()  # it begins because the agent takes the floor
    DISMISSED = auto()
    YIELDED = auto()


def _row(*then: State) -> dict[Sign, State]:
    return dict(zip(Sign, then, strict=True))


_S, _C, _D, _N, _O, _Y = State
#             voice speech hush starts stops cuts in dismissed yielded
NEXT: dict[State, dict[Sign, State]] = {
    _S: _row(_S, _S, _S, _C, _S, _O, _S, _S),
    _C: _row(_D, _D, _C, _C, _S, _O, _N, _Y),
    _D: _row(_D, _D, _C, _D, _S, _O, _N, _Y),
    _N: _row(_N, _D, _C, _N, _S, _O, _N, _Y),
    _O: _row(_O, _O, _O, _O, _S, _O, _O, _Y),
    _Y: _row(_Y, _Y, _Y, _Y, _S, _O, _Y, _Y),
}


class Sound(Protocol):
    """The agent's sound on its way out."""

    def play(self, level: Level) -> None:
        """From now on, play it at `level`; at `NONE` it waits and nothing is lost."""

    def drop(self) -> None:
        """What waits is stale; what comes next is played in full."""


class Doubt:
    """Turns the agent down at once, pauses it while doubt lasts, lets it go on or end."""

    def __init__(self, sound: Sound, *, pause_after: float = 0.06, longest: float = 3.0) -> None:
        """Pause after `pause_after` seconds of voice, for `longest` at most."""
        self.state = State.SILENT
        self._sound = sound
        self._pause_after = pause_after
        self._longest = longest
        self._voice = 0.0  # s of voice since nobody made a sound
        self._anew = 0.0  # s of it since the last breath
        self._quiet = NOISE_OVER  # s since it was last heard
        self._paused = 0.0  # s that the agent has waited
        self._is_speech = False  # whether the voice has been speech since it began
        self._acknowledges = False  # whether it said no more than "mhm" so far
        self._user_speaks = False
        self._level = Level.FULL

    def window(self, voiced: bool) -> None:
        """`WINDOW` seconds of the user's sound."""
        if voiced:
            self._anew = WINDOW + (self._anew if self._quiet < TAIL else 0.0)
            self._voice += WINDOW
            self._quiet = 0.0
            self._move(Sign.VOICE)
        else:
            self._quiet += WINDOW
            if self._quiet >= self._enough():
                self._over()
        if self._level is Level.NONE:
            self._paused += WINDOW
            if self._paused >= self._longest:
                self._move(Sign.DISMISSED)

    def floor(self, event: Event) -> None:
        """The user's voice is speech for sure, or has paused; the agent starts or stops."""
        match event:
            case Event.USER_STARTS:
                self._user_speaks = self._is_speech = True
                self._move(Sign.SPEECH)
            case Event.USER_STOPS:
                self._user_speaks = False
            case Event.AGENT_STARTS:
                self._begin()
            case Event.AGENT_STOPS:
                self._move(Sign.STOPS)
                self._sound.drop()

    def cuts_in(self) -> None:
        """The agent takes the floor from the user and holds it."""
        self._move(Sign.CUTS_IN)

    def went_on(self, moment: Moment) -> None:
        """The agent was to go on at `moment`, which ends a doubt only where it knew enough.

        "No" is taken for no bid, and yet "wait" may follow: other words than a
        backchannel's wait until nobody makes a sound. Its own voice is no doubt at all.
        """
        if moment.signals.get(ECHO) and not words_of(moment.said):
            self.hears_itself()
        self._acknowledges = assents(moment.said)
        if self._acknowledges and moment.signals.get(FINISHED):
            self._move(Sign.DISMISSED)

    def hears_itself(self) -> None:
        """The sound over the agent is its own echo; speech that begins behind it may be more."""
        self._voice = 0.0
        self._move(Sign.DISMISSED)

    def yielded(self) -> None:
        """The floor is the user's."""
        self._move(Sign.YIELDED)

    def _begin(self) -> None:
        """The agent's sound is on its way. The end of what it answers is no bid.

        But who speaks again already has not said all: nothing of it is heard.
        """
        goes_on = self._quiet == 0.0 and self._anew >= self._pause_after
        self._voice = self._anew if goes_on else 0.0
        self._move(Sign.STARTS)
        if self.state is not State.CLEAR:
            return
        if goes_on:
            self._move(Sign.VOICE)
        elif self._quiet < TAIL and not self._user_speaks:
            self._move(Sign.DISMISSED)

    def _enough(self) -> float:
        """How long a silence ends the doubt."""
        if self._acknowledges:
            return BREATH
        return SETTLED if self._is_speech else NOISE_OVER

    def _over(self) -> None:
        self._voice = 0.0
        self._is_speech = self._acknowledges = False
        self._move(Sign.HUSH)

    def _move(self, sign: Sign) -> None:
        self.state = NEXT[self.state][sign]
        level = self._due()
        if level is not self._level:
            self._level, self._paused = level, 0.0
            self._sound.play(level)

    def _due(self) -> Level:
        match self.state:
            case State.DOUBT:
                return Level.LOW if self._voice < self._pause_after else Level.NONE
            case State.YIELDING:
                return Level.NONE
            case State.SILENT | State.CLEAR | State.DISMISSED | State.OWN:
                return Level.FULL
