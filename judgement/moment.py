"""All that a judge may look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum, auto
from types import MappingProxyType

BREATH = 0.8  # s between a turn's end and more words that may still be of the same thought


class Kind(StrEnum):
    """A chance to act."""

    PARTIAL = auto()  # the user is speaking and new words came
    PAUSE = auto()  # the user fell silent
    OVERLAP = auto()  # the user makes a sound while the agent speaks
    IDLE = auto()  # nobody has spoken for a while


@dataclass(frozen=True, slots=True)
class Turn:
    """One finished stretch of speech. `ago` is the seconds since it ended."""

    who: str
    text: str
    ago: float


@dataclass(frozen=True, slots=True)
class Policy:
    """What of the persona a judge may know: data rows carry the first three.

    `least_pause` is the seconds of silence that any answer waits for.
    """

    refuse: tuple[str, ...] = ()
    deflect: tuple[str, ...] = ()
    proactivity: float = 0.5
    least_pause: float = 0.0


@dataclass(frozen=True, slots=True)
class Moment:
    """One chance to act, as it looks while it lasts: nothing of what follows.

    Times are seconds of sound received. `said` holds the words of the open turn
    so far, as the recogniser gives them. `signals` are temporal signals and
    what code knows of the talk, by name; see `judgement.signals`.
    """

    kind: Kind
    said: str
    history: tuple[Turn, ...] = ()
    pause: float = 0.0
    turn_seconds: float = 0.0
    facts: tuple[str, ...] = ()
    signals: Mapping[str, float | str | bool] = field(default_factory=lambda: MappingProxyType({}))
    persona: Policy = Policy()
    turn: int = 0  # which turn of the talk: decisions about an earlier one are stale
    at: float = 0.0  # seconds of sound since the talk began
    speaker: str = ""  # who speaks, where several people could

    @property
    def line(self) -> str:
        """The words so far, with who says them where several people could."""
        return f"{self.speaker}: {self.said}" if self.speaker else self.said

    @property
    def breath(self) -> str:
        """The words so far, with a turn before them if they go on from it in one breath.

        A pause between two sentences may have ended a turn that was not over.
        """
        for turn in reversed(self.history[-2:]):  # the agent may have begun to answer
            if turn.who == (self.speaker or "user"):
                goes_on = turn.ago - self.turn_seconds <= BREATH
                return f"{turn.text} {self.said}" if goes_on else self.said
        return self.said

    def signal(self, name: str, default: float = 0.0) -> float:
        """A numeric signal, or `default` where it is missing or not a number."""
        value = self.signals.get(name, default)
        return float(value) if isinstance(value, (int, float)) else default
