"""One user's talks, and questions whose answers they hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from memory.store import Memory, Sort

TURN_SECONDS = 20  # between two turns, since only a talk's beginning is known


@dataclass(frozen=True, slots=True)
class Question:
    """`evidence` holds the ids of the turns with the answer."""

    text: str
    category: str
    evidence: frozenset[str]

    def recall(self, found: list[Memory], k: int) -> float:
        """The share of the evidence among the first `k` of what was found."""
        return len(self.evidence & {memory.id for memory in found[:k]}) / len(self.evidence)


@dataclass(frozen=True, slots=True)
class Conversation:
    """One user's talks as memories, oldest first, and what is asked afterwards."""

    id: str
    turns: list[Memory]
    questions: list[Question]

    @property
    def end(self) -> datetime:
        """When the last turn was said."""
        return self.turns[-1].when


def turns_of(
    user: str, talk: str, began: datetime, said: Iterable[tuple[str, str, str]]
) -> list[Memory]:
    """One talk's turns; of each its id within the user's talks, who spoke and the text."""
    return [
        Memory(
            id=f"{user} {identity}",
            user=user,
            talk=f"{user} {talk}",
            sort=Sort.TURN,
            who=who,
            text=text,
            when=began + timedelta(seconds=TURN_SECONDS * place),
        )
        for place, (identity, who, text) in enumerate(said)
    ]
