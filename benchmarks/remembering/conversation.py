"""One user's talks, and questions whose answers they hold."""

from dataclasses import dataclass
from datetime import datetime

from memory.store import Memory


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
