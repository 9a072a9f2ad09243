"""One talk's memory, as the stages of a talk use it: nothing here ever makes them wait."""

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from memory.anchors import facts_in, wishes_in
from memory.backlog import Backlog
from memory.database import storable
from memory.store import Memory, MemoryStore, MemoryStoreError, Sort
from memory.volatile import VolatileStore
from memory.wishes import Wish, Wishes, WishKind

log = logging.getLogger(__name__)

USER = "user"  # who, when it is the user who speaks
RECALLED = 3
RECENT = 8  # the talk's last turns are in its history: they need no recall
START_SECONDS = 1.0  # a talk waits no longer for what is known of its user
DELAYS = (0.1, 0.5, 1.0, 2.0, 5.0)  # between attempts at a store that is down


class Keeper:
    """What is said goes to `store`, what is recalled comes from it.

    Without consent it lasts for the talk only; so does the name the user goes
    by, while wishes about interruptions, which hold no words, last in any
    case. A store that is down is logged once and the talk goes on: what is
    said meanwhile is written when it is back.
    """

    def __init__(
        self,
        store: MemoryStore,
        user: str,
        talk: str,
        *,
        consent: bool,
        wishes: Wishes | None = None,
        delays: Sequence[float] = DELAYS,
    ) -> None:
        """The store and `wishes` belong to the caller, who closes them; `talk` names the talk."""
        self.user = user
        self.consent = consent
        self.recalled: list[Memory] = []  # by the last finished recall, best first
        self.last_seen: datetime | None = None  # before this talk
        self.wishes: tuple[Wish, ...] = ()  # in force now
        self._talk = talk
        self._durable = store
        self._store = store if consent else VolatileStore()
        self._standing = wishes
        self._memories = Backlog[Memory](
            self._remember, partial(self._trouble, "memory"), delays=delays
        )
        self._wished = Backlog[Wish](
            self._keep_wish, partial(self._trouble, "the file of wishes"), delays=delays
        )
        self._recent: deque[str] = deque(maxlen=RECENT)
        self._query: str | None = None  # waits for the recall under way
        self._recall: asyncio.Task[None] | None = None
        self._down: set[str] = set()
        self._closed = False

    async def start(self) -> None:
        """Load what is known of the user, within a second, and begin to write."""
        self._memories.start()
        self._wished.start()
        await self._load()

    def heard(self, who: str, text: str, when: datetime) -> None:
        """Queue the turn, and the facts and wishes in it if the user said it. Aware `when`."""
        if when.tzinfo is None:
            raise ValueError(f"the time of a turn must be aware: {when}")
        if self._closed or not text.strip():
            return
        turn = self._memory(uuid.uuid4().hex, Sort.TURN, who, text, when)
        self._recent.append(turn.id)
        self._memories.add(turn)
        if who == USER:
            for fact in facts_in(text):
                # Stated twice it is the same fact, as new as its last statement.
                name = uuid.uuid5(uuid.NAMESPACE_OID, storable(f"{self.user}\n{fact}")).hex
                self._memories.add(self._memory(name, Sort.FACT, who, fact, when))
            for wish in wishes_in(text):
                self._wish(wish)

    def recall_soon(self, query: str) -> None:
        """Start a recall into `recalled`; while one runs, the latest query waits."""
        if self._closed:
            return
        self._query = query
        if self._recall is None or self._recall.done():
            self._recall = asyncio.create_task(self._recall_all())

    async def consented(self) -> None:
        """Keep from now on, and what this talk has held so far with it."""
        if self.consent or self._closed:
            return
        self.consent = True
        async with self._memories.between_writes():
            held = await self._store.everything(self.user)
            await self._store.close()
            self._store = self._durable
            await self._load()
            self._memories.add_first(held)
        for wish in self.wishes:
            self._wished.add(wish)

    async def withdrawn(self) -> None:
        """Keep nothing more beyond this talk; what is kept already stays until it is forgotten."""
        if not self.consent or self._closed:
            return
        async with self._memories.between_writes():
            self.consent = False
            self._store = VolatileStore()
            self.recalled = []

    async def forget(self) -> int:
        """Remove all that is kept of the user, wishes too; how many memories there were.

        Raises `MemoryStoreError` where that fails: a person waits for the answer.
        """
        await self._drop_recall()
        async with self._memories.between_writes(), self._wished.between_writes():
            waiting = len(self._memories)
            self._memories.clear()
            self._wished.clear()
            self.recalled, self.wishes, self.last_seen = [], (), None
            if self._standing is not None:
                await asyncio.to_thread(self._standing.forget, self.user)
            held = 0 if self.consent else await self._store.forget(self.user)
            return waiting + held + await self._durable.forget(self.user)

    async def close(self, seconds: float = 5.0) -> None:
        """Write what waits, trying for up to `seconds`. Safe to call twice."""
        if self._closed:
            return
        self._closed = True
        await self._drop_recall()
        lost = await asyncio.gather(self._memories.close(seconds), self._wished.close(seconds))
        if sum(lost):
            log.error("memory: %d memories and %d wishes could not be written", *lost)
        if not self.consent:
            await self._store.close()

    async def _load(self) -> None:
        try:
            async with asyncio.timeout(START_SECONDS):
                await self._load_wishes()
                if self.consent:
                    self.last_seen = await self._store.last_seen(self.user)
        except TimeoutError:
            self._trouble("memory", MemoryStoreError("it took too long to load"))
        except MemoryStoreError as error:
            self._trouble("memory", error)

    async def _load_wishes(self) -> None:
        if self._standing is not None:
            known = await asyncio.to_thread(self._standing.get, self.user)
            said = {wish.about for wish in self.wishes}
            self.wishes += tuple(wish for wish in known if wish.about not in said)

    def _memory(self, name: str, sort: Sort, who: str, text: str, when: datetime) -> Memory:
        return Memory(name, self.user, self._talk, sort, who, text, when)

    def _wish(self, wish: Wish) -> None:
        others = tuple(each for each in self.wishes if each.about != wish.about)
        self.wishes = (*others, wish)
        if self.consent or wish.kind is not WishKind.CALL_ME:
            self._wished.add(wish)

    async def _remember(self, memory: Memory) -> None:
        await self._store.remember(memory)
        self._well("memory")

    async def _keep_wish(self, wish: Wish) -> None:
        if self._standing is not None:
            await asyncio.to_thread(self._standing.set, self.user, wish)
            self._well("the file of wishes")

    async def _recall_all(self) -> None:
        while (query := self._query) is not None:
            self._query = None
            try:
                found = await self._store.recall(self.user, query, limit=RECALLED + RECENT)
            except MemoryStoreError as error:
                self._trouble("memory", error)
            else:
                self.recalled = [m for m in found if m.id not in self._recent][:RECALLED]

    async def _drop_recall(self) -> None:
        self._query = None
        if self._recall is not None:
            self._recall.cancel()
            await asyncio.gather(self._recall, return_exceptions=True)

    def _trouble(self, part: str, error: MemoryStoreError) -> None:
        if part not in self._down:
            log.warning("%s is down, the talk goes on: %s", part, error)
        self._down.add(part)

    def _well(self, part: str) -> None:
        if part in self._down:
            log.info("%s is back", part)
        self._down.discard(part)
