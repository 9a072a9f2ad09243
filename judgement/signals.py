"""Temporal signals and what code knows of a talk: the names that `Moment.signals` may hold.

Seconds are seconds of sound. A signal that is not known is left out.
"""

from collections.abc import Mapping
from datetime import datetime

# Time: the first dimension of memory.
LAST_SESSION_DAYS = "last_session_days"  # days since the user's last talk; absent for a stranger
SINCE_TURN = "since_turn"  # seconds since the last finished turn, of either; absent if none
PAUSE_TO_USUAL = "pause_to_usual"  # this talk's pauses as a multiple of the user's own in others
TURN_TO_USUAL = "turn_to_usual"  # the same of the length of turns
RATE_TO_USUAL = "rate_to_usual"  # the same of words a second
INSISTED = "insisted"  # share of our interruptions, in all talks, that the user talked on over
LOCAL_TIME = "local_time"  # the time of day where the talk is, "21:40"
TALK_SECONDS = "talk_seconds"  # since the talk began
USER_PAUSE_MEAN = "user_pause_mean"  # how long the user's pauses inside a turn last
TURN_SECONDS_MEAN = "turn_seconds_mean"  # how long the user's turns last

# Interruptions by the agent.
SINCE_INTERRUPTION = "since_interruption"  # seconds since it last cut in; absent if never
INTERRUPTIONS = "interruptions"  # how many times it has cut in
REJECTED = "rejected"  # how many of the latest in a row the user talked on over; absent if none
NO_INTERRUPTIONS = "no_interruptions"  # true: the user wished for none
INTERRUPTIONS_WELCOME = "interruptions_welcome"  # true: the user wished for them
SINCE_OPENER = "since_opener"  # seconds since its opener began, while the user still talks

# The present moment.
TURN_OVER = "turn_over"  # probability by the audio model that the turn is over
SOUND_SECONDS = "sound_seconds"  # how long the user's present sound has lasted
AGENT_ASKED = "agent_asked"  # true: the agent's last words were a question, or nearly the last
DOUBTFUL = "doubtful"  # true: the final words may be none, for they are read in several ways
IDLE_COUNT = "idle_count"  # how many times in a row the agent was idle and spoke
AHEAD = "ahead"  # true: the voice has just hushed, and the pause may be about to begin
LAST_WORDS = "last_words"  # true: the voice has just hushed, and no word is left to be read
TYPED = "typed"  # true: the turn was typed, so it is complete
FINISHED = "finished"  # true: the user's sound has ended, and with it its words
MEANT = "meant"  # whether the agent is meant; absent where one person is alone with it
MEANT_WHY = "meant_why"  # by what, in a few words: "speaks to Bob"
HANDED_OVER = "handed_over"  # true: somebody else waits to speak, so the turn is over
ECHO = "echo"  # true: the agent's own words were heard in the user's present sound, and left out
CONTRADICTION = "contradiction"  # true: the open turn contradicts a known fact
ASTRAY = "astray"  # true: the open turn is far from what the agent asked
AFFRONT = "affront"  # true: the open turn abuses the agent
POLICY = "policy"  # the policy touched most by meaning, as "refuse: a discount"
POLICY_MATCH = "policy_match"  # how surely: from about -1, not at all, to 1

DAY_SECONDS = 86400

Signals = dict[str, float | str | bool]  # by the names above


class Mean:
    """A running mean of seconds."""

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self.count = 0
        self._total = 0.0

    def add(self, seconds: float) -> None:
        """Count one more. A negative length is a ValueError."""
        if seconds < 0:
            raise ValueError(f"a length of {seconds} seconds")
        self.count += 1
        self._total += seconds

    @property
    def value(self) -> float | None:
        """The mean, or None while nothing is counted."""
        return self._total / self.count if self.count else None


class Rhythm:
    """How a user talks: the running signals of a talk."""

    def __init__(self) -> None:
        """Begin with nothing known."""
        self._pauses = Mean()
        self._turns = Mean()
        self._words = 0
        self.interruptions = 0
        self.rejected = 0  # of the latest interruptions, in a row
        self._insisted = 0

    def paused(self, seconds: float) -> None:
        """The user fell silent for so long and went on in the same turn."""
        self._pauses.add(seconds)

    def spoke(self, seconds: float, words: int = 0) -> None:
        """A turn of the user's is over; it lasted so long, pauses included."""
        self._turns.add(seconds)
        self._words += words

    def interrupted(self) -> None:
        """The agent cut in."""
        self.interruptions += 1

    def insisted(self) -> None:
        """The user talked on over the interruption."""
        self._insisted += 1
        self.rejected += 1

    def listened(self) -> None:
        """The user heard the interruption to its end."""
        self.rejected = 0

    @property
    def rate(self) -> float | None:
        """Words a second of the user's turns."""
        seconds = (self._turns.value or 0.0) * self._turns.count
        return self._words / seconds if seconds and self._words else None

    def talk(self) -> dict[str, float | None]:
        """The talk's figures by name; None for what was not measured."""
        count = self.interruptions
        return {
            "pause": self._pauses.value,
            "turn": self._turns.value,
            "rate": self.rate,
            "interruptions": float(count),
            "insisted": self._insisted / count if count else None,
        }

    def signals(self) -> dict[str, float]:
        """The means that are known, by name."""
        means = {USER_PAUSE_MEAN: self._pauses.value, TURN_SECONDS_MEAN: self._turns.value}
        return {name: round(value, 3) for name, value in means.items() if value is not None}


def against_usual(
    talk: Mapping[str, float | None], usual: Mapping[str, float | None]
) -> dict[str, float]:
    """This talk's rhythm as multiples of the user's own, of what is known of both."""
    names = {"pause": PAUSE_TO_USUAL, "turn": TURN_TO_USUAL, "rate": RATE_TO_USUAL}
    found: dict[str, float] = {}
    for field, name in names.items():
        now, before = talk.get(field), usual.get(field)
        if now and before:
            found[name] = round(now / before, 2)
    if (share := usual.get("insisted")) is not None:
        found[INSISTED] = round(share, 2)
    return found


def days_since(last_seen: datetime | None, now: datetime) -> dict[str, float]:
    """LAST_SESSION_DAYS to a tenth, never negative; empty for a stranger. Both times aware."""
    if last_seen is None:
        return {}
    days = (now - last_seen).total_seconds() / DAY_SECONDS
    return {LAST_SESSION_DAYS: max(0.0, round(days, 1))}


def local_time(now: datetime) -> dict[str, str]:
    """LOCAL_TIME as hours and minutes of `now`, which is in the talk's own time zone."""
    return {LOCAL_TIME: now.strftime("%H:%M")}
