"""Memories for as long as the talk lasts: nothing reaches a disk."""

from collections.abc import Callable
from typing import TypeVar

from memory.embedding import Embedding
from memory.sqlite.store import SqliteStore
from memory.store import MemoryStoreError

T = TypeVar("T")


class VolatileStore(SqliteStore):
    """A `MemoryStore` in this process's memory, for a talk without consent.

    It searches as the one on disk does, without its threads: a talk's few
    memories take well under a millisecond.
    """

    def __init__(self, embedding: Embedding | None = None) -> None:
        """Begin with nothing."""
        super().__init__(None, embedding)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._closed:
            raise MemoryStoreError("memory in this process: closed")
        return work()
