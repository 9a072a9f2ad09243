"""How a user usually talks, over all their talks: what a talk's own rhythm is compared with."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime

from memory.store import Memory, Sort

ABOUT = "habits"
WHO = "agent"  # who noticed them
LONGEST = 20  # talks that the averages look back on, about


@dataclass(frozen=True, slots=True)
class Habits:
    """Averages a talk; seconds, and words a second. None where nothing was measured yet."""

    talks: int = 0
    pause: float | None = None  # inside a turn
    turn: float | None = None
    rate: float | None = None  # words a second of speech
    interruptions: float | None = None  # by the agent, a talk
    insisted: float | None = None  # the share of those that the user talked on over

    def after(self, talk: "Habits") -> "Habits":
        """The averages with one more talk, whose figures `talk` holds."""
        known = min(self.talks, LONGEST - 1)
        return Habits(
            self.talks + 1,
            *(
                _mean(getattr(self, name), known, getattr(talk, name))
                for name in ("pause", "turn", "rate", "interruptions", "insisted")
            ),
        )

    @property
    def text(self) -> str:
        """One sentence, for a person to read."""
        parts = [
            f"{self.rate:.1f} words a second" if self.rate else "",
            f"turns of {self.turn:.0f} s" if self.turn else "",
            f"pauses of {self.pause:.1f} s" if self.pause else "",
        ]
        told = ", ".join(part for part in parts if part) or "nothing measured"
        return f"How the user talks, over {self.talks} talks: {told}."


def habits_in(facts: Iterable[Memory]) -> Habits:
    """The habits among a user's facts; none at all for a stranger, or where they make no sense."""
    for fact in facts:
        if fact.about == ABOUT:
            try:
                return Habits(**json.loads(fact.value))
            except (TypeError, ValueError):
                continue
    return Habits()


def habits_memory(habits: Habits, user: str, talk: str, when: datetime) -> Memory:
    """The habits as a fact of which each user has one."""
    return Memory(
        id=f"{ABOUT} {user}",
        user=user,
        talk=talk,
        sort=Sort.FACT,
        who=WHO,
        text=habits.text,
        when=when,
        about=ABOUT,
        value=json.dumps(asdict(habits)),
    )


def _mean(before: float | None, count: int, now: float | None) -> float | None:
    if now is None or before is None:
        return before if now is None else round(now, 3)
    return round((before * count + now) / (count + 1), 3)
