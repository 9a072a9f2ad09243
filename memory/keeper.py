"""One talk's memory, as the stages of a talk use it: nothing here ever makes them wait."""

import asyncio
import logging
import uuid
from collections import deque
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial

from memory.anchors import Stated, stated_in, wishes_in
from memory.backlog import Backlog
from memory.claims import Ear
from memory.decisions import Decided, Decisions, asks_about_decisions
from memory.embedding import Embedding
from memory.extraction import FactFinder
from memory.facts import Contradiction, Facts, memory_of
from memory.habits import Habits, habits_in, habits_memory
from memory.store import AGENT, USER, Memory, MemoryStore, MemoryStoreError, Sort
from memory.volatile import VolatileStore
from memory.wishes import Wish, Wishes

log = logging.getLogger(__name__)

RECALLED = 6
RECENT = 8  # the talk's last turns are in its history: they need no recall
START_SECONDS = 1.0  # a talk waits no longer for what is known of its user
DELAYS = (0.1, 0.5, 1.0, 2.0, 5.0)  # between attempts at a store that is down


class Keeper:
    """What is said goes to `store`, what is recalled comes from it.

    Without consent it lasts for the talk only; so do wishes that hold words,
    while those about interruptions last in any case. What others than the user
    say is kept under their name and states no facts about the user. A store
    that is down is logged once and the talk goes on: what is said meanwhile is
    written when it is back.
    """

    def __init__(
        self,
        store: MemoryStore,
        user: str,
        talk: str,
        *,
        consent: bool,
        wishes: Wishes | None = None,
        embedding: Embedding | None = None,
        finder: FactFinder | None = None,
        recalled: int = RECALLED,
        delays: Sequence[float] = DELAYS,
    ) -> None:
        """The store and `wishes` belong to the caller, who closes them; `talk` names the talk.

        `recalled` is how many memories a recall gives; `embedding` is for what
        lasts as long as the talk; `finder` looks for facts beside the patterns.
        """
        self.user = user
        self.consent = consent
        self.recalled: list[Memory] = []  # by the last finished recall, best first
        self.last_seen: datetime | None = None  # before this talk
        self.last_turn: datetime | None = None  # when the last finished turn of this talk was over
        self.wishes: tuple[Wish, ...] = ()  # in force now
        self.contradiction: Contradiction | None = None  # of what is being said
        self.habits = Habits()  # before this talk
        self.facts = Facts()
        self.decisions = Decisions(user, talk)
        self._limit = recalled
        self._finder = finder
        self._finding: set[asyncio.Task[None]] = set()
        self._ear = Ear()
        self._talk = talk
        self._durable = store
        self._embedding = embedding
        self._store = store if consent else VolatileStore(embedding)
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
        turn = Memory(uuid.uuid4().hex, self.user, self._talk, Sort.TURN, who, text, when)
        self._recent.append(turn.id)
        self._memories.add(turn)
        self.last_turn = when
        if who == USER:
            self._learn(turn)
            for decision in self.decisions.about(turn):
                self._memories.add(decision)
        elif who == AGENT:
            self._ear.agent_said(text)

    def saying(self, text: str, *, goes_on: bool = False) -> None:
        """The open turn so far: recall what it is about, and see whether it fits the facts.

        It `goes_on` while the user speaks: the last word may not be all said.
        """
        self.contradiction = self.facts.against(self._ear.claims_in(text, goes_on=goes_on))
        self.recall_soon(text)

    def wish(self, wish: Wish) -> None:
        """Obey `wish` from now on, in place of any about the same."""
        others = tuple(each for each in self.wishes if each.about != wish.about)
        self.wishes = (*others, wish)
        if self.consent or not wish.holds_words:
            self._wished.add(wish)

    def decided(self, decided: Decided, when: datetime) -> None:
        """Queue what the agent did but reply, or what came of it later. Aware `when`."""
        if not self._closed and (memory := self.decisions.take(decided, when)):
            self._memories.add(memory)

    def talked(self, talk: Habits, when: datetime) -> None:
        """The talk is over; `talk` holds how the user talked in it."""
        after = self.habits.after(talk)
        self._memories.add(habits_memory(after, self.user, self._talk, when))

    def summed_up(self, text: str, when: datetime) -> None:
        """What the talk was about so far, in place of any earlier summary of it."""
        name = f"summary {self._talk}"
        self._memories.add(
            Memory(name, self.user, self._talk, Sort.SUMMARY, AGENT, text.strip(), when)
        )

    async def remembered(self) -> list[Memory]:
        """All that is kept of the user, oldest first; without consent, of this talk.

        Raises `MemoryStoreError`.
        """
        async with self._memories.between_writes():
            return await self._store.everything(self.user)

    def recall_soon(self, query: str) -> None:
        """Start a recall into `recalled`; while one runs, the latest query waits."""
        if self._closed:
            return
        self._query = query
        if self._recall is None or self._recall.done():
            self._recall = asyncio.create_task(self._recall_all())

    async def recalled_now(self) -> list[Memory]:
        """What is recalled once the recall under way is over: for figures, never in a talk."""
        if self._recall is not None:
            await self._recall
        return self.recalled

    async def settled(self) -> None:
        """Wait until what was said is written: for figures and tests."""
        await self._memories.written()

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
            self._store = VolatileStore(self._embedding)
            self.recalled, self.decisions.recalled = [], []

    async def forget(self, ids: Collection[str] | None = None) -> int:
        """Remove all that is kept of the user, wishes too, or the memories of `ids`; how many.

        Raises `MemoryStoreError` where that fails: a person waits for the answer.
        """
        await self._drop_recall()
        await self._drop_finding()
        self.recalled, self.contradiction = [], None
        async with self._memories.between_writes(), self._wished.between_writes():
            if ids is not None:
                return await self._forget_some(frozenset(ids))
            waiting = self._memories.drop()
            self._wished.drop()
            self.facts, self.habits = Facts(), Habits()
            self.decisions = Decisions(self.user, self._talk)
            self.wishes, self.last_seen = (), None
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
        if self._finding:
            await asyncio.wait(self._finding, timeout=seconds)
        await self._drop_finding()
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
                    known = await self._store.facts(self.user)
                    self.habits = habits_in(known)
                    self.facts = Facts([*known, *self.facts.stated])
        except TimeoutError:
            self._trouble("memory", MemoryStoreError("it took too long to load"))
        except MemoryStoreError as error:
            self._trouble("memory", error)

    async def _load_wishes(self) -> None:
        if self._standing is not None:
            known = await asyncio.to_thread(self._standing.get, self.user)
            said = {wish.about for wish in self.wishes}
            self.wishes += tuple(wish for wish in known if wish.about not in said)

    def _learn(self, turn: Memory) -> None:
        """The facts and wishes in a turn of the user's."""
        self._note(turn, stated_in(turn.text, self._ear.user_said(turn.text)))
        if self._finder:
            task = asyncio.create_task(self._find(self._finder, turn))
            self._finding.add(task)
            task.add_done_callback(self._finding.discard)
        for wish in wishes_in(turn.text):
            self.wish(wish)

    def _note(self, turn: Memory, found: Sequence[Stated]) -> None:
        for stated in found:
            if not self.facts.is_known(stated):
                fact = memory_of(stated, turn)
                self.facts.add(fact)
                self._memories.add(fact)

    async def _find(self, finder: FactFinder, turn: Memory) -> None:
        self._note(turn, await finder.facts_in(turn.text))

    async def _forget_some(self, ids: frozenset[str]) -> int:
        self.facts.forget(ids)
        self.decisions.forget(ids)
        waiting = self._memories.drop(lambda each: each.id in ids or each.source in ids)
        return waiting + await self._store.forget(self.user, ids)

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
            limit = self._limit + RECENT
            try:
                found = await self._store.recall(self.user, query, limit=limit, relevant=True)
                if asks_about_decisions(query):
                    self.decisions.recalled = await self._store.decisions(self.user)
            except MemoryStoreError as error:
                self._trouble("memory", error)
            else:
                self.recalled = [m for m in found if self._tells(m)][: self._limit]

    def _tells(self, memory: Memory) -> bool:
        """Whether it is no outdated fact, no decision and no turn that the talk's history holds."""
        match memory.sort:
            case Sort.FACT:
                return self.facts.is_current(memory)
            case Sort.DECISION:
                return False
            case Sort.TURN | Sort.SUMMARY:
                return memory.id not in self._recent

    async def _drop_recall(self) -> None:
        self._query = None
        if self._recall is not None:
            self._recall.cancel()
            await asyncio.gather(self._recall, return_exceptions=True)

    async def _drop_finding(self) -> None:
        for task in self._finding:
            task.cancel()
        await asyncio.gather(*self._finding, return_exceptions=True)

    def _trouble(self, part: str, error: MemoryStoreError) -> None:
        if part not in self._down:
            log.warning("%s is down, the talk goes on: %s", part, error)
        self._down.add(part)

    def _well(self, part: str) -> None:
        if part in self._down:
            log.info("%s is back", part)
        self._down.discard(part)
