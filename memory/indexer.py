"""Vectors for what was remembered, made behind the talk: a recall goes first."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from memory.embedding import Embedding, EmbeddingError, Vectors
from memory.store import MemoryStoreError

log = logging.getLogger(__name__)

AT_ONCE = 4  # texts embedded in one go: as long as a recall may have to wait for
RETRY = 30.0  # s after trouble
Waiting = Sequence[tuple[int, str, str]]  # key, user, text


class Indexer:
    """Asks `waiting` for memories without a vector and hands their vectors to `keep`.

    It runs when it is woken, until nothing waits. Trouble is logged once and
    tried again; what has no vector meanwhile is found by its words.
    """

    def __init__(
        self,
        embedding: Embedding,
        waiting: Callable[[int], Awaitable[Waiting]],
        keep: Callable[[Waiting, Vectors], Awaitable[None]],
    ) -> None:
        """Nothing runs before the first `wake`."""
        self._embedding = embedding
        self._waiting = waiting
        self._keep = keep
        self._asked = 0  # recalls under way
        self._free = asyncio.Event()
        self._free.set()
        self._task: asyncio.Task[None] | None = None
        self._again = False
        self._in_trouble = False

    def wake(self) -> None:
        """There is something new, or may be."""
        self._again = True
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())

    async def query(self, text: str) -> Vectors | None:
        """The vector of a query, ahead of all that waits; None where the model fails."""
        self._asked += 1
        self._free.clear()
        try:
            return (await self._embedding.embed([text]))[0]
        except EmbeddingError as error:
            self._trouble(error)
            return None
        finally:
            self._asked -= 1
            if not self._asked:
                self._free.set()

    async def settled(self) -> None:
        """Wait until nothing waits for its vector, or there is trouble."""
        while self._task is not None and not self._task.done() and not self._in_trouble:
            await asyncio.wait([self._task], timeout=0.05)

    async def close(self) -> None:
        """Stop. What still waits is done when the store is next used."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while self._again:
            self._again = False
            try:
                while found := await self._waiting(AT_ONCE):
                    await self._free.wait()
                    await self._keep(found, await self._embedding.embed([t for *_, t in found]))
                self._in_trouble = False
            except (EmbeddingError, MemoryStoreError) as error:
                self._trouble(error)
                await asyncio.sleep(RETRY)
                self._again = True

    def _trouble(self, error: Exception) -> None:
        if not self._in_trouble:
            log.warning("memories are found by their words alone: %s", error)
        self._in_trouble = True
