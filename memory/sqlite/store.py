"""Memories in a SQLite file, off the event loop."""

import asyncio
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from memory.database import Database
from memory.embedding import Embedding, Vectors
from memory.engine import sqlite3
from memory.indexer import Indexer, Waiting
from memory.ranking import Query
from memory.sqlite import rows, search, vectors
from memory.sqlite.schema import VERSIONS
from memory.store import Memory, MemoryStoreError

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


class SqliteStore:
    """A `MemoryStore` in the file at `path`, which any number of processes may share.

    What `remember` has acknowledged is on the disk and can be found by its
    words; its vector follows. The file is opened at the first call, and again
    after an error, so a store that was down comes back by itself. One thread
    does the work, in the order of the calls.
    """

    def __init__(
        self,
        path: str | Path | None,
        embedding: Embedding | None = None,
        *,
        busy: float = 5.0,
        begin_anew: bool = False,
    ) -> None:
        """Wait up to `busy` seconds for another process's write.

        Without an `embedding` memories are found by their words alone. With
        `begin_anew` a damaged file is moved aside, and the next call has a new one.
        """
        file = Path(path) if path is not None else None
        self._database = Database(
            file, VERSIONS, busy=busy, every_write_to_disk=True, vectors=True, begin_anew=begin_anew
        )
        self._name = str(path or "memory in this process")
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="memory")
        self._embedding = embedding
        self._indexer = (
            Indexer(embedding, self._without_vector, self._keep_vectors) if embedding else None
        )
        self._is_prepared = False
        self._closed = False

    async def remember(self, *memories: Memory) -> None:
        """Keep all of `memories` or none; the same id twice keeps the later one."""
        await self._write(lambda connection: rows.remember(connection, memories))
        if self._indexer:
            self._indexer.wake()

    async def recall(
        self, user: str, query: str, *, limit: int = 3, relevant: bool = False
    ) -> list[Memory]:
        """The user's closest memories by meaning and words, best first."""
        words, vector = await asyncio.gather(
            self._read(lambda connection: search.by_words(connection, user, query, limit)),
            self._vector(query),
        )
        if words is None:
            return []
        asked = Query(query, datetime.now(UTC), words.rare, relevant)
        return await self._read(
            lambda connection: search.recall(connection, asked, words, vector, limit)
        )

    async def facts(self, user: str) -> list[Memory]:
        """All of the user's facts, oldest first."""
        return await self._read(lambda connection: rows.facts(connection, user))

    async def decisions(self, user: str, *, limit: int = 50) -> list[Memory]:
        """The user's last decisions, newest first."""
        return await self._read(lambda connection: rows.decisions(connection, user, limit))

    async def everything(self, user: str) -> list[Memory]:
        """All the user's memories, oldest first."""
        return await self._read(lambda connection: rows.everything(connection, user))

    async def last_seen(self, user: str) -> datetime | None:
        """When the user's newest memory was made, or None for a stranger."""
        return await self._read(lambda connection: rows.last_seen(connection, user))

    async def forget(self, user: str, ids: Collection[str] | None = None) -> int:
        """Remove all of the user's memories or those of `ids`, and their words from the file."""
        removed = await self._write(lambda connection: rows.forget(connection, user, ids))
        await self._run(self._database.tidy)
        return removed

    async def expire(self, before: datetime) -> int:
        """Remove every user's memories made before that aware time; how many there were."""
        removed = await self._write(lambda connection: rows.expire(connection, before))
        if removed:
            await self._run(self._database.tidy)
        return removed

    async def settled(self) -> None:
        """Wait until all that was remembered can be found by its meaning too."""
        if self._indexer:
            self._indexer.wake()
            await self._indexer.settled()

    async def look(self, work: Work[T]) -> T:
        """What `work` reads from the file itself, for figures."""
        return await self._read(work)

    async def close(self) -> None:
        """Finish what was begun and let go of the file. Safe to call twice."""
        if not self._closed:
            if self._indexer:
                await self._indexer.close()
            await self._run(self._database.close)
            self._closed = True
            self._worker.shutdown(wait=False)

    async def _vector(self, query: str) -> Vectors | None:
        if self._closed or not self._indexer or not query.strip():
            return None
        if not self._is_prepared:
            await self._write(self._prepare)
            self._indexer.wake()  # vectors may be missing since the last process
        return await self._indexer.query(query)

    async def _without_vector(self, limit: int) -> Waiting:
        return await self._write(lambda connection: self._waiting(connection, limit))

    def _waiting(self, connection: sqlite3.Connection, limit: int) -> vectors.Waiting:
        self._prepare(connection)
        return vectors.waiting(connection, limit)

    def _prepare(self, connection: sqlite3.Connection) -> None:
        """Have the file hold vectors of this store's model."""
        if not self._is_prepared and self._embedding:
            vectors.use_model(connection, self._embedding.name, self._embedding.dimensions)
            self._is_prepared = True

    async def _keep_vectors(self, waiting: Waiting, made: Vectors) -> None:
        await self._write(lambda connection: vectors.add(connection, list(waiting), made))

    async def _read(self, work: Work[T]) -> T:
        def transact() -> T:
            with self._database.transaction() as connection:
                return work(connection)

        return await self._run(transact)

    async def _write(self, work: Work[T]) -> T:
        def transact() -> T:
            with self._database.transaction(write=True) as connection:
                return work(connection)

        return await self._run(transact)

    async def _run(self, work: Callable[[], T]) -> T:
        if self._closed:
            raise MemoryStoreError(f"{self._name}: closed")
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)
