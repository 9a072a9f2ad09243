"""Writes that wait for a store: queued at once, done in order, kept while the store is down."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Generic, TypeVar

from memory.store import MemoryStoreError

T = TypeVar("T")


class Backlog(Generic[T]):
    """Items on their way to `write`, one at a time, by one task.

    A write that raises `MemoryStoreError` is tried again after each of
    `delays` seconds; then the backlog rests until something is added. Nothing
    is dropped but by `close`, when its time is up.
    """

    def __init__(
        self,
        write: Callable[[T], Awaitable[None]],
        trouble: Callable[[MemoryStoreError], None],
        *,
        delays: Sequence[float],
    ) -> None:
        """`trouble` hears of each failed attempt. Writing starts with `start`."""
        self._write = write
        self._trouble = trouble
        self._delays = delays
        self._waiting: deque[T] = deque()
        self._more = asyncio.Event()
        self._writing = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        """How many items are not written yet."""
        return len(self._waiting)

    def start(self) -> None:
        """Begin to write, from within the event loop. Safe to call twice."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def add(self, item: T) -> None:
        """Queue `item` behind the others."""
        self._waiting.append(item)
        self._more.set()

    def add_first(self, items: Iterable[T]) -> None:
        """Queue `items`, in their order, before the others."""
        self._waiting.extendleft(reversed(list(items)))
        self._more.set()

    def drop(self, which: Callable[[T], bool] = lambda _: True) -> int:
        """Drop what waits, or what of it `which` is true of; how many items that were."""
        before = len(self._waiting)
        self._waiting = deque(item for item in self._waiting if not which(item))
        return before - len(self._waiting)

    async def written(self) -> None:
        """Wait until nothing waits."""
        while self._waiting:
            self._more.set()
            await asyncio.sleep(0.005)

    def between_writes(self) -> asyncio.Lock:
        """While it is held, no write is under way."""
        return self._writing

    async def close(self, seconds: float) -> int:
        """Write what waits, trying for up to `seconds`; how many items were lost."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        try:
            async with asyncio.timeout(seconds):
                await self._write_at_last()
        except TimeoutError:
            pass  # the number lost tells
        return len(self._waiting)

    async def _write_at_last(self) -> None:
        while True:
            if await self._write_all():
                return
            await asyncio.sleep(0.05)

    async def _run(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            for delay in (*self._delays, None):
                if await self._write_all() or delay is None:
                    break
                await asyncio.sleep(delay)

    async def _write_all(self) -> bool:
        """Whether all that waited is written."""
        while self._waiting:
            async with self._writing:
                if not self._waiting:
                    break
                item = self._waiting[0]
                try:
                    await self._write(item)
                except MemoryStoreError as error:
                    self._trouble(error)
                    return False
                if self._waiting and self._waiting[0] is item:  # not cleared meanwhile
                    self._waiting.popleft()
        return True
