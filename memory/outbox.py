"""Memories on their way to a store elsewhere: on this disk until they are there."""

import asyncio
import json
import logging
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from memory.database import Database, storable
from memory.store import Memory, MemoryStore, MemoryStoreError, Sort, need_aware

T = TypeVar("T")

log = logging.getLogger(__name__)

SCHEMA = """
CREATE TABLE waiting (number INTEGER PRIMARY KEY, user TEXT NOT NULL, memory TEXT NOT NULL);
CREATE INDEX waiting_by_user ON waiting (user)
"""
DELAYS = (0.2, 1.0, 5.0, 15.0)  # s between attempts at a store that is down; the last goes on
BATCH = 50


class Outboxed:
    """A `MemoryStore` whose `remember` returns once the memories are in the outbox's file.

    They are delivered in order, as soon as the store takes them, by this process
    or the next. All else is asked of the store itself, with what still waits
    told by `everything` and removed by `forget`.
    """

    def __init__(
        self, store: MemoryStore, path: str | Path, *, delays: Sequence[float] = DELAYS
    ) -> None:
        """`store` is closed with this one."""
        self._store = store
        self._database = Database(Path(path), [SCHEMA], every_write_to_disk=True)
        self._delays = delays
        self._more = asyncio.Event()
        self._delivering = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def remember(self, *memories: Memory) -> None:
        """Keep `memories` for delivery. Raises ValueError for a naive time."""
        for memory in memories:
            need_aware(memory.when)
        await self._at_work(lambda: self._add(memories))

    async def recall(
        self, user: str, query: str, *, limit: int = 3, relevant: bool = False
    ) -> list[Memory]:
        """As the store does; what still waits is not found."""
        self._start()
        return await self._store.recall(user, query, limit=limit, relevant=relevant)

    async def facts(self, user: str) -> list[Memory]:
        """As the store does, with what waits."""
        found = {memory.id: memory for memory in await self._store.facts(user)}
        waiting = [each for each in await self._waiting_of(user) if each.sort is Sort.FACT]
        return _sorted(found | {memory.id: memory for memory in waiting})

    async def decisions(self, user: str, *, limit: int = 50) -> list[Memory]:
        """As the store does, with what waits."""
        found = {memory.id: memory for memory in await self._store.decisions(user, limit=limit)}
        waiting = [each for each in await self._waiting_of(user) if each.sort is Sort.DECISION]
        newest = _sorted(found | {memory.id: memory for memory in waiting})[::-1]
        return newest[: max(limit, 0)]

    async def everything(self, user: str) -> list[Memory]:
        """As the store does, with what waits."""
        found = {memory.id: memory for memory in await self._store.everything(user)}
        return _sorted(found | {memory.id: memory for memory in await self._waiting_of(user)})

    async def last_seen(self, user: str) -> datetime | None:
        """As the store does, with what waits."""
        times = [memory.when for memory in await self._waiting_of(user)]
        stored = await self._store.last_seen(user)
        return max([*times, *([stored] if stored else [])], default=None)

    async def forget(self, user: str, ids: Collection[str] | None = None) -> int:
        """Remove from the outbox and from the store; how many memories there were."""
        async with self._delivering:
            waiting = await self._at_work(lambda: self._drop(user, ids))
            return waiting + await self._store.forget(user, ids)

    async def expire(self, before: datetime) -> int:
        """As the store does."""
        return await self._store.expire(before)

    async def delivered(self) -> int:
        """Try to deliver all that waits, once; how much still waits."""
        try:
            while await self._deliver():
                pass
        except MemoryStoreError as error:
            log.warning("memories wait in the outbox: %s", error)
        return await self._at_work(self._count)

    async def close(self) -> None:
        """Deliver what can be delivered now and let go of the file and the store."""
        if self._closed:
            return
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self.delivered()
        self._closed = True
        await asyncio.to_thread(self._database.close)
        await self._store.close()

    def _start(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run())
        self._more.set()

    async def _run(self) -> None:
        attempts = 0
        while True:
            await self._more.wait()
            try:
                while await self._deliver():
                    attempts = 0
                self._more.clear()
            except MemoryStoreError as error:
                if not attempts:
                    log.warning("memories wait in the outbox: %s", error)
                await asyncio.sleep(self._delays[min(attempts, len(self._delays) - 1)])
                attempts += 1

    async def _deliver(self) -> bool:
        """Deliver some of what waits; False when nothing did."""
        async with self._delivering:
            found = await asyncio.to_thread(self._first)
            if not found:
                return False
            await self._store.remember(*(memory for _, memory in found))
            await asyncio.to_thread(self._done, [number for number, _ in found])
            return True

    async def _at_work(self, work: Callable[[], T]) -> T:
        if self._closed:
            raise MemoryStoreError("the outbox: closed")
        try:
            return await asyncio.to_thread(work)
        finally:
            self._start()

    async def _waiting_of(self, user: str) -> list[Memory]:
        return await self._at_work(lambda: self._of(user))

    def _add(self, memories: Sequence[Memory]) -> None:
        rows = [(storable(memory.user), _written(memory)) for memory in memories]
        with self._database.transaction(write=True) as connection:
            connection.executemany("INSERT INTO waiting (user, memory) VALUES (?, ?)", rows)

    def _first(self) -> list[tuple[int, Memory]]:
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT number, memory FROM waiting ORDER BY number LIMIT ?", (BATCH,)
            )
            return [(number, _read(text)) for number, text in rows]

    def _done(self, numbers: Sequence[int]) -> None:
        with self._database.transaction(write=True) as connection:
            connection.executemany(
                "DELETE FROM waiting WHERE number = ?", [(each,) for each in numbers]
            )

    def _of(self, user: str) -> list[Memory]:
        with self._database.transaction() as connection:
            rows = connection.execute(
                "SELECT memory FROM waiting WHERE user = ? ORDER BY number", (storable(user),)
            )
            return [_read(text) for (text,) in rows]

    def _drop(self, user: str, ids: Collection[str] | None) -> int:
        with self._database.transaction(write=True) as connection:
            rows = connection.execute(
                "SELECT number, memory FROM waiting WHERE user = ?", (storable(user),)
            ).fetchall()
            numbers = [
                (number,)
                for number, text in rows
                if ids is None or {(memory := _read(text)).id, memory.source} & set(ids)
            ]
            connection.executemany("DELETE FROM waiting WHERE number = ?", numbers)
        self._database.tidy()
        return len(numbers)

    def _count(self) -> int:
        with self._database.transaction() as connection:
            return connection.execute("SELECT count(*) FROM waiting").fetchone()[0]


def _sorted(memories: dict[str, Memory]) -> list[Memory]:
    return sorted(memories.values(), key=lambda memory: memory.when)


def _written(memory: Memory) -> str:
    return storable(json.dumps(asdict(memory) | {"when": memory.when.isoformat()}))


def _read(text: str) -> Memory:
    fields = json.loads(text)
    when, sort = datetime.fromisoformat(fields["when"]), Sort(fields["sort"])
    return Memory(**fields | {"when": when, "sort": sort})
