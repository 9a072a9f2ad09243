"""Memories in a SQLite file, off the event loop."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from memory import rows
from memory.database import Database
from memory.store import Memory, MemoryStoreError

T = TypeVar("T")


class SqliteStore:
    """A `MemoryStore` in the file at `path`, which any number of processes may share.

    What `remember` has acknowledged is on the disk. The file is opened at the
    first call, and again after an error, so a store that was down comes back
    by itself. One thread does the work, so that calls are done in their order.
    """

    def __init__(self, path: str | Path, *, busy: float = 5.0) -> None:
        """Wait up to `busy` seconds for another process's write."""
        self._path = Path(path)
        self._database = Database(self._path, [rows.SCHEMA], busy=busy, every_write_to_disk=True)
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="memory")
        self._closed = False

    async def remember(self, memory: Memory) -> None:
        """Keep `memory`; the same id twice keeps the later one."""
        await self._write(lambda connection: rows.remember(connection, memory))

    async def recall(self, user: str, query: str, *, limit: int = 3) -> list[Memory]:
        """The user's closest memories by their words, best first."""
        return await self._read(lambda connection: rows.recall(connection, user, query, limit))

    async def everything(self, user: str) -> list[Memory]:
        """All the user's memories, oldest first."""
        return await self._read(lambda connection: rows.everything(connection, user))

    async def last_seen(self, user: str) -> datetime | None:
        """When the user's newest memory was made, or None for a stranger."""
        return await self._read(lambda connection: rows.last_seen(connection, user))

    async def forget(self, user: str) -> int:
        """Remove all of the user's memories, and their words from the file; how many there were."""
        removed = await self._write(lambda connection: rows.forget(connection, user))
        await self._off_the_loop(self._database.tidy)
        return removed

    async def close(self) -> None:
        """Finish what was begun and let go of the file. Safe to call twice."""
        if not self._closed:
            await self._off_the_loop(self._database.close)
            self._closed = True
            self._worker.shutdown(wait=False)

    async def _read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def transact() -> T:
            with self._database.transaction() as connection:
                return work(connection)

        return await self._off_the_loop(transact)

    async def _write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def transact() -> T:
            with self._database.transaction(write=True) as connection:
                return work(connection)

        return await self._off_the_loop(transact)

    async def _off_the_loop(self, work: Callable[[], T]) -> T:
        if self._closed:
            raise MemoryStoreError(f"{self._path}: closed")
        return await asyncio.get_running_loop().run_in_executor(self._worker, work)
