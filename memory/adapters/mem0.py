"""Memories in mem0, the open-source library, over whichever vector store it is set to."""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Self, TypeVar

from memory.adapters import carried
from memory.adapters.carried import Carried
from memory.adapters.mem0_library import NO_MODEL, Embed, Embedder, Mem0, mem0, open_local
from memory.database import storable
from memory.store import Memory, MemoryStoreError, Sort

T = TypeVar("T")

_CANDIDATES = 20  # asked for at least, so that equals can be put in order


class Mem0Store:
    """A `MemoryStore` over mem0: its embedding model, its vector store, its search.

    Texts are kept as they are: mem0's language model is never asked. Ids,
    times and sorts travel as metadata. One thread does the work, so that calls
    are done in their order.

    What mem0 cannot promise:

    - `remember` of several is no transaction. A call that fails takes back
      what it wrote; a process that ends within one leaves a part of it.
    - Words count in a recall only where the vector store searches them (Qdrant
      does with `fastembed` and spaCy installed). Else what is not close in
      meaning is not found, whatever words it shares.
    - An id is a name among one user's memories, not among all users'.
    - mem0's history keeps the words of what was removed. A configuration that
      names no `history_db_path` gets one in this process's memory; see to it
      in a `mem0.Memory` made elsewhere.
    """

    def __init__(
        self,
        memory: Mem0 | Mapping[str, Any],
        *,
        agent: str = "repartee",
        threshold: float = 0.1,
        most: int = 100_000,
    ) -> None:
        """Take a `mem0.Memory`, from now on this store's to close, or a configuration of one.

        A configuration is opened at the first call. `agent` is mem0's
        `agent_id`: the users' memories under another are neither found nor
        removed. Below the similarity `threshold`, 0 to 1, nothing is recalled.
        mem0 is asked to list `most` memories at once; where there are as many,
        a call raises rather than leave some out.
        """
        self._opened: Mem0 | None = None
        if isinstance(memory, Mapping):
            config: dict[str, Any] = {"history_db_path": ":memory:", "llm": NO_MODEL, **memory}
            self._open: Callable[[], Mem0] = lambda: mem0.Memory.from_config(config)
            self._where = f"mem0 over {config.get('vector_store', {}).get('provider', 'qdrant')}"
        else:
            self._open = lambda: memory
            self._where = f"mem0 over {type(memory.vector_store).__name__}"
            self._opened = memory
        self._agent = agent
        self._threshold = threshold
        self._most = most
        self._embedder: Embedder | None = None
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="mem0")
        self._closed = False

    @classmethod
    def local(cls, path: str | Path, embed: Embed, **settings: Any) -> Self:
        """Memories in the folder `path`, compared by `embed`; nothing is sent anywhere.

        Qdrant inside this process reads them all into memory, writes each to
        the disk and locks the folder against other processes: for up to some
        20,000. Of what was removed, traces may stay in the free pages of its
        file until they are written over. Where `fastembed` or spaCy is
        installed, mem0 fetches models for them, once. `settings` are those of
        `Mem0Store`.
        """
        store = cls({}, **settings)
        embedder = Embedder(embed)
        store._embedder = embedder
        store._open = lambda: open_local(Path(path), embedder)
        store._where = f"mem0 in {path}"
        return store

    async def remember(self, *memories: Memory) -> None:
        """Keep all of `memories` or none, unless cut short; the same id twice keeps the later."""
        kept = carried.kept(memories)
        await self._off_the_loop("remembering", lambda opened: self._remember(opened, kept))

    async def recall(
        self, user: str, query: str, *, limit: int = 3, relevant: bool = False
    ) -> list[Memory]:
        """The user's closest memories in mem0's ranking, best first; of equals the newer first.

        The store's own `threshold` applies; `relevant` leaves out no more.
        """
        query = storable(query).strip()
        if limit < 1 or not query:
            return []
        found = await self._off_the_loop(
            "recalling", lambda opened: self._search(opened, user, query, limit)
        )
        return [each.memory for each in carried.latest(found)[:limit]]

    async def facts(self, user: str) -> list[Memory]:
        """All facts stated by or about the user, oldest first."""
        found = carried.oldest_first(await self._list(user_id=user, sort=Sort.FACT.value))
        return [memory for memory in found if memory.sort is Sort.FACT]

    async def decisions(self, user: str, *, limit: int = 50) -> list[Memory]:
        """The user's last decisions, newest first."""
        found = carried.oldest_first(await self._list(user_id=user, sort=Sort.DECISION.value))
        newest = [memory for memory in reversed(found) if memory.sort is Sort.DECISION]
        return newest[: max(limit, 0)]

    async def everything(self, user: str) -> list[Memory]:
        """All the user's memories, oldest first."""
        return carried.oldest_first(await self._list(user_id=user))

    async def last_seen(self, user: str) -> datetime | None:
        """When the user's newest memory was made, or None for a stranger."""
        return max((memory.when for memory in await self.everything(user)), default=None)

    async def forget(self, user: str, ids: Collection[str] | None = None) -> int:
        """Remove all of the user's memories, or those of `ids` and what follows from them."""
        if ids is None:
            return await self._off_the_loop(
                "forgetting", lambda opened: self._forget_all(opened, user)
            )
        return await self._off_the_loop(
            "forgetting", lambda opened: self._forget(opened, user, ids)
        )

    async def expire(self, before: datetime) -> int:
        """Remove every user's memories made before that time; how many there were."""
        until = carried.utc(before)
        return await self._off_the_loop("expiring", lambda opened: self._expire(opened, until))

    async def close(self) -> None:
        """Finish what was begun and let go of mem0 and its vector store. Safe to call twice."""
        if not self._closed:
            self._closed = True
            await asyncio.get_running_loop().run_in_executor(self._worker, self._let_go)
            self._worker.shutdown(wait=False)

    async def _list(self, **filters: str) -> list[Carried]:
        return await self._off_the_loop("listing", lambda opened: self._rows(opened, **filters))

    async def _off_the_loop(self, doing: str, work: Callable[[Mem0], T]) -> T:
        if self._closed:
            raise MemoryStoreError(f"{self._where}: closed")
        loop = asyncio.get_running_loop()
        if self._embedder is not None:
            self._embedder.loop = loop
        return await loop.run_in_executor(self._worker, self._do, doing, work)

    def _do(self, doing: str, work: Callable[[Mem0], T]) -> T:
        try:
            if self._opened is None:
                self._opened = self._open()
            return work(self._opened)
        except MemoryStoreError:
            raise
        except Exception as error:  # mem0 lets through whatever its stores and models raise
            what = f"{type(error).__name__}: {error}"
            raise MemoryStoreError(f"{self._where}: {doing} failed: {what}") from error

    def _remember(self, opened: Mem0, memories: Sequence[Memory]) -> None:
        added: list[str] = []
        replaced: list[Carried] = []
        try:
            for written, memory in enumerate(memories, time.time_ns()):
                replaced += self._same(opened, memory)
                added += self._add(opened, memory, written)
        except BaseException:
            for name in added:
                with suppress(Exception):
                    opened.delete(name)
            raise
        for each in replaced:
            opened.delete(each.name)

    def _same(self, opened: Mem0, memory: Memory) -> list[Carried]:
        """What is there already of the same user and id."""
        found = self._rows(opened, user_id=memory.user, memory_key=carried.key(memory.id))
        return [each for each in found if each.memory.id == memory.id]

    def _add(self, opened: Mem0, memory: Memory, written: int) -> list[str]:
        done = opened.add(
            [{"role": "user", "content": memory.text}],
            user_id=carried.key(memory.user),
            agent_id=self._agent,
            metadata=carried.metadata(memory, written),
            infer=False,
        )
        return [str(row["id"]) for row in done["results"]]

    def _search(self, opened: Mem0, user: str, query: str, limit: int) -> list[Carried]:
        """The closest but decisions: mem0 is asked for more until those leave room for `limit`."""
        most = max(limit, _CANDIDATES)
        while True:
            near = self._nearest(opened, user, query, most)
            found = [each for each in near if each.memory.sort is not Sort.DECISION]
            if len(found) >= limit or len(near) < most:
                return found
            most *= 4

    def _nearest(self, opened: Mem0, user: str, query: str, most: int) -> list[Carried]:
        done = opened.search(
            query,
            top_k=most,
            filters=self._filters(user_id=user),
            threshold=self._threshold,
        )
        scores = {str(row["id"]): round(float(row["score"]), 6) for row in done["results"]}
        found = self._read(done, user)
        return sorted(found, key=lambda each: (scores[each.name], each.memory.when), reverse=True)

    def _rows(self, opened: Mem0, **filters: str) -> list[Carried]:
        chosen = self._filters(**filters)
        done = opened.get_all(filters=chosen, top_k=self._most, show_expired=True)
        if len(done["results"]) >= self._most:
            raise MemoryStoreError(
                f"{self._where}: {self._most} memories or more in one list: allow for more (`most`)"
            )
        return self._read(done, filters.get("user_id"))

    def _filters(self, user_id: str | None = None, **filters: str) -> dict[str, str]:
        whose = {} if user_id is None else {"user_id": carried.key(user_id)}
        return {**whose, "agent_id": self._agent, **filters}

    def _read(self, done: Mapping[str, Any], user: str | None) -> list[Carried]:
        """The memories among mem0's rows; of `user` alone, even where a filter went unheeded."""
        rows = [
            carried.carried(str(row["id"]), str(row["memory"]), row.get("metadata"))
            for row in done["results"]
        ]
        whose = None if user is None else storable(user)
        return [row for row in rows if row and (whose is None or row.memory.user == whose)]

    def _forget_all(self, opened: Mem0, user: str) -> int:
        there = carried.latest(self._rows(opened, user_id=user))
        if there:
            opened.delete_all(carried.key(user), self._agent)
        return len(there)

    def _forget(self, opened: Mem0, user: str, ids: Collection[str]) -> int:
        there = self._rows(opened, user_id=user)
        going = carried.going([each.memory for each in carried.latest(there)], ids)
        for each in there:
            if each.memory.id in going:
                opened.delete(each.name)
        return len(going)

    def _expire(self, opened: Mem0, before: datetime) -> int:
        old = [each for each in self._rows(opened) if each.memory.when < before]
        for each in old:
            opened.delete(each.name)
        return len(carried.latest(old))

    def _let_go(self) -> None:
        opened, self._opened = self._opened, None
        if opened is None:
            return
        opened.close()
        close = getattr(getattr(opened.vector_store, "client", None), "close", None)
        if close is not None:
            close()
