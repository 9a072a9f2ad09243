"""What every memory store promises."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto
from typing import Protocol


class MemoryStoreError(Exception):
    """A store could not answer. An empty recall is no error; this is."""


class Sort(StrEnum):
    """Which dimension a memory belongs to."""

    TURN = auto()  # historical interactions: something said
    FACT = auto()  # factual anchors: something stated about the user


@dataclass(frozen=True, slots=True)
class Memory:
    """One thing remembered. `id` names it for good; `who` said it, `when` is aware UTC."""

    id: str
    user: str
    talk: str
    sort: Sort
    who: str
    text: str
    when: datetime


class MemoryStore(Protocol):
    """An empty recall means nothing matched. A store that cannot answer raises.

    Every method raises `MemoryStoreError` when the store is down.
    """

    async def remember(self, memory: Memory) -> None:
        """Keep `memory`; the same id twice keeps the later one. A naive `when` is a ValueError."""
        ...

    async def recall(self, user: str, query: str, *, limit: int = 3) -> list[Memory]:
        """The user's closest memories, best first, never another user's."""
        ...

    async def everything(self, user: str) -> list[Memory]:
        """All the user's memories, oldest first: to show, to export, to move elsewhere."""
        ...

    async def last_seen(self, user: str) -> datetime | None:
        """When the user's newest memory was made, or None for a stranger."""
        ...

    async def forget(self, user: str) -> int:
        """Remove all of the user's memories; how many there were."""
        ...

    async def close(self) -> None:
        """Let go of files and connections; all else raises from then on. Safe to call twice."""
        ...
