"""Memories for as long as the talk lasts: nothing reaches a disk."""

from datetime import datetime

from memory import rows
from memory.database import Database
from memory.store import Memory


class VolatileStore:
    """A `MemoryStore` in this process's memory, for a talk without consent.

    It searches as `SqliteStore` does. Nothing is awaited inside: a talk's few
    memories take well under a millisecond.
    """

    def __init__(self) -> None:
        """Begin with nothing."""
        self._database = Database(None, [rows.SCHEMA])

    async def remember(self, memory: Memory) -> None:
        """Keep `memory`; the same id twice keeps the later one."""
        with self._database.transaction(write=True) as connection:
            rows.remember(connection, memory)

    async def recall(self, user: str, query: str, *, limit: int = 3) -> list[Memory]:
        """The user's closest memories by their words, best first."""
        with self._database.transaction() as connection:
            return rows.recall(connection, user, query, limit)

    async def everything(self, user: str) -> list[Memory]:
        """All the user's memories, oldest first."""
        with self._database.transaction() as connection:
            return rows.everything(connection, user)

    async def last_seen(self, user: str) -> datetime | None:
        """When the user's newest memory was made, or None for a stranger."""
        with self._database.transaction() as connection:
            return rows.last_seen(connection, user)

    async def forget(self, user: str) -> int:
        """Remove all of the user's memories; how many there were."""
        with self._database.transaction(write=True) as connection:
            return rows.forget(connection, user)

    async def close(self) -> None:
        """Drop everything. Safe to call twice."""
        self._database.close()
