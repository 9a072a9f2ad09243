"""What every memory store promises."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, auto
from typing import Protocol

USER, AGENT = "user", "agent"  # who speaks; any other is a guest's name


class MemoryStoreError(Exception):
    """A store could not answer. An empty recall is no error; this is."""


class Sort(StrEnum):
    """Which dimension a memory belongs to."""

    TURN = auto()  # historical interactions: something said
    FACT = auto()  # factual anchors: something stated about the user
    SUMMARY = auto()  # historical interactions: what a talk was about
    DECISION = auto()  # historical interactions: what the agent did but reply, and what came of it


@dataclass(frozen=True, slots=True)
class Memory:
    """One thing remembered. `id` names it for good; `who` said it, `when` is aware UTC.

    A fact also has what it is `about` ("meeting"), the `value` stated of that
    ("Thursday") and its `source`, the id of the turn that stated it. A decision is
    `about` an action and its policy ("refuse: discounts"), the `value` is what
    came of it, empty while that is open, the `source` the turn that it was about.
    """

    id: str
    user: str
    talk: str
    sort: Sort
    who: str
    text: str
    when: datetime
    about: str = ""
    value: str = ""
    source: str = ""


def need_aware(when: datetime) -> None:
    """Raise ValueError for a naive time: no store takes one."""
    if when.tzinfo is None:
        raise ValueError(f"a memory's time must be aware: {when}")


class MemoryStore(Protocol):
    """An empty recall means nothing matched. A store that cannot answer raises.

    Every method raises `MemoryStoreError` when the store is down.
    """

    async def remember(self, *memories: Memory) -> None:
        """Keep all of `memories` or none; the same id twice keeps the later one.

        What has returned survives the end of the process. A naive `when` is a
        ValueError.
        """
        ...

    async def recall(
        self, user: str, query: str, *, limit: int = 3, relevant: bool = False
    ) -> list[Memory]:
        """The user's closest memories, best first, never another user's.

        By meaning and by words; of equals the newer first. A turn may bring the
        turns around it: they count towards `limit`. With `relevant`, what most
        likely does not bear on the query is left out, where the store can tell.
        Decisions are never among them: `decisions` has those.
        """
        ...

    async def facts(self, user: str) -> list[Memory]:
        """All facts stated by or about the user, oldest first."""
        ...

    async def decisions(self, user: str, *, limit: int = 50) -> list[Memory]:
        """The last decisions about what the user said, newest first."""
        ...

    async def everything(self, user: str) -> list[Memory]:
        """All the user's memories, oldest first: to show, to export, to move elsewhere."""
        ...

    async def last_seen(self, user: str) -> datetime | None:
        """When the user's newest memory was made, or None for a stranger."""
        ...

    async def forget(self, user: str, ids: Collection[str] | None = None) -> int:
        """Remove all of the user's memories, or those of `ids`; how many went.

        With a turn go the facts that it stated, the decisions about it and the
        summary of its talk.
        """
        ...

    async def expire(self, before: datetime) -> int:
        """Remove every user's memories made before that time; how many there were.

        A naive time is a ValueError.
        """
        ...

    async def close(self) -> None:
        """Let go of files and connections; all else raises from then on. Safe to call twice."""
        ...
