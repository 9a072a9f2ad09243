"""Memories on a Letta server: one archive a user, one passage a memory."""

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import groupby
from zlib import crc32

from letta_client import APIConnectionError, AsyncLetta, LettaError, NotFoundError, omit
from letta_client.types import Passage
from letta_client.types.archives.passage_create_many_params import Passage as NewPassage

from memory.adapters import carried
from memory.adapters.carried import Carried
from memory.database import storable
from memory.store import Memory, MemoryStoreError, Sort

_PAGE = 100  # passages at most that a server gives at once
_AT_ONCE = 8  # passages being removed
_QUERY = 2000  # characters of a long query that are searched for: the last ones
_CANDIDATES = 20  # asked for at least, so that equals can be put in order
_GRAIN = timedelta(milliseconds=1)  # how far a passage's time may be from its memory's
_LONGEST = 2000  # characters of a text that are embedded and searched; the rest is only kept
_RECALLED = [sort.value for sort in Sort if sort is not Sort.DECISION]  # tags; any will do
_BLANK = " "  # stands for an empty text, which embedding models refuse


class LettaStore:
    """A `MemoryStore` over Letta's archival memory: its embedding model, its search.

    A user's memories are the passages of one archive, named after the user.
    A Letta agent to which that archive is attached searches them as well; what
    agents put there is not told here, and goes when the user is forgotten.

    What Letta cannot promise:

    - A recall brings the nearest, however far: only a user without memories
      has none. Words count where the server searches them (with Turbopuffer).
    - A server without an embedding model searches for the whole query as it
      stands, and keeps memories one a call, not several.
    - `remember` is one transaction for each user. The earlier memory of an id
      is removed after the later is kept: where that fails, all but `recall`
      still tell the later one alone.
    - Which ids an archive has is read once. What another process then keeps
      under the same id is not replaced, but lies hidden beside it.
    - An id is a name among one user's memories, not among all users'.
    - Of a text longer than 2,000 characters the beginning alone is searched. An
      embedding model that reads less than it is given refuses it: an error.
    """

    def __init__(
        self, client: AsyncLetta, *, embedding: str | None = None, prefix: str = "repartee"
    ) -> None:
        """Take a client, from now on this store's to close.

        `embedding` is the model of the archives to be made, as the server
        names it ("openai/text-embedding-3-small"); without it the server
        chooses. The names of this store's archives begin with `prefix`.
        """
        self._client = client
        self._where = f"Letta at {client.base_url}"
        self._embedding = embedding
        self._prefix = prefix
        self._writing = asyncio.Lock()
        # Which passages of an archive have which memory's id; some may be gone.
        self._known: dict[str, dict[str, set[str]]] = {}
        self._closed = False

    async def remember(self, *memories: Memory) -> None:
        """Keep all of a user's `memories` or none; the same id twice keeps the later one."""
        kept = carried.kept(memories)
        with self._explained("remembering"):
            async with self._writing:
                for user in dict.fromkeys(memory.user for memory in kept):
                    await self._keep(user, [memory for memory in kept if memory.user == user])

    async def recall(
        self, user: str, query: str, *, limit: int = 3, relevant: bool = False
    ) -> list[Memory]:
        """The user's closest memories in the server's ranking; of the same text the newer first.

        The server gives no score to tell what is `relevant` by: nothing is left out.
        """
        query = storable(query).strip()[-_QUERY:]
        if limit < 1 or not query:
            return []
        with self._explained("recalling"):
            found: list[Carried] = []
            for archive in await self._archives(user):
                results = await self._client.passages.search(
                    archive_id=archive,
                    query=query,
                    tags=_RECALLED,
                    limit=min(max(limit, _CANDIDATES), _PAGE),
                )
                found += _read(result.passage for result in results)
        theirs = [each for each in found if each.memory.user == storable(user)]
        return _newer_of_equals_first(carried.latest(theirs))[:limit]

    async def facts(self, user: str) -> list[Memory]:
        """All facts stated by or about the user, oldest first."""
        return [memory for memory in await self.everything(user) if memory.sort is Sort.FACT]

    async def decisions(self, user: str, *, limit: int = 50) -> list[Memory]:
        """The user's last decisions, newest first."""
        every = await self.everything(user)
        newest = [memory for memory in reversed(every) if memory.sort is Sort.DECISION]
        return newest[: max(limit, 0)]

    async def everything(self, user: str) -> list[Memory]:
        """All the user's memories, oldest first."""
        with self._explained("listing"):
            found: list[Carried] = []
            for archive in await self._archives(user):
                found += _read([passage async for passage in self._passages(archive)])
        return carried.oldest_first(found)

    async def last_seen(self, user: str) -> datetime | None:
        """When the user's newest memory was made, or None for a stranger."""
        return max((memory.when for memory in await self.everything(user)), default=None)

    async def forget(self, user: str, ids: Collection[str] | None = None) -> int:
        """Remove all of the user's memories, or those of `ids` and what follows from them."""
        with self._explained("forgetting"):
            async with self._writing:
                if ids is None:
                    return await self._forget_all(user)
                return await self._forget(user, ids)

    async def expire(self, before: datetime) -> int:
        """Remove every user's memories made before that time; how many there were."""
        until = carried.utc(before)
        with self._explained("expiring"):
            async with self._writing:
                archives = self._client.archives.list(order="asc")
                return sum(
                    [
                        await self._expire(archive.id, until)
                        async for archive in archives
                        if archive.name.rpartition("/")[0] == self._prefix
                    ]
                )

    async def close(self) -> None:
        """Let go of the connections. Safe to call twice."""
        if not self._closed:
            self._closed = True
            await self._client.close()

    @contextmanager
    def _explained(self, doing: str) -> Generator[None, None, None]:
        if self._closed:
            raise MemoryStoreError(f"{self._where}: closed")
        try:
            yield
        except APIConnectionError as error:
            what = "no answer; see that it runs there, and that it can be reached"
            raise MemoryStoreError(f"{self._where}: {doing} failed: {what} ({error})") from error
        except LettaError as error:
            raise MemoryStoreError(f"{self._where}: {doing} failed: {error}") from error

    async def _keep(self, user: str, memories: Sequence[Memory]) -> None:
        archive = await self._archive(user)
        known = await self._ids(archive)
        try:
            created = _read(await self._create(archive, memories))
            earlier = [name for each in created for name in known.get(each.memory.id, ())]
            await self._remove(archive, earlier)
        except BaseException:
            del self._known[archive]  # what is there is uncertain
            raise
        known |= {each.memory.id: {each.name} for each in created}

    async def _create(self, archive: str, memories: Sequence[Memory]) -> list[Passage]:
        passages = [
            _passage(memory, written) for written, memory in enumerate(memories, time.time_ns())
        ]
        if len(passages) > 1:
            return await self._client.archives.passages.create_many(archive, passages=passages)
        return [await self._client.archives.passages.create(archive, **one) for one in passages]

    async def _archive(self, user: str) -> str:
        """The archive of `user`, made if there is none."""
        archives = await self._archives(user)
        if archives:
            return archives[0]
        made = await self._client.archives.create(
            name=self._name(user),
            description="What is remembered of one user",
            embedding=self._embedding or omit,
        )
        return made.id

    async def _archives(self, user: str) -> list[str]:
        """The archives of `user`, oldest first: two if two processes made one at once."""
        page = await self._client.archives.list(name=self._name(user), order="asc")
        return [archive.id for archive in page.items]

    def _name(self, user: str) -> str:
        return f"{self._prefix}/{carried.key(user)}"

    async def _ids(self, archive: str) -> dict[str, set[str]]:
        """Which passages hold which memory's id."""
        if archive not in self._known:
            known: dict[str, set[str]] = {}
            for each in _read([passage async for passage in self._passages(archive)]):
                known.setdefault(each.memory.id, set()).add(each.name)
            self._known[archive] = known
        return self._known[archive]

    async def _passages(
        self, archive: str, until: datetime | None = None
    ) -> AsyncIterator[Passage]:
        """All passages of an archive, oldest first; each page begins at the last one's end."""
        seen: set[str | None] = set()
        since: datetime | None = None
        while True:
            results = await self._client.passages.search(
                archive_id=archive, limit=_PAGE, start_date=since or omit, end_date=until or omit
            )
            fresh = [result.passage for result in results if result.passage.id not in seen]
            for passage in fresh:
                yield passage
            if len(results) < _PAGE:
                return
            if not fresh:
                raise MemoryStoreError(f"{self._where}: more than {_PAGE} passages of one instant")
            seen |= {passage.id for passage in fresh}
            since = fresh[-1].created_at

    async def _remove(self, archive: str, names: Sequence[str]) -> None:
        """Remove passages, some at once; one that is gone already is no error."""
        for first in range(0, len(names), _AT_ONCE):
            outcomes = await asyncio.gather(
                *(
                    self._client.archives.passages.delete(name, archive_id=archive)
                    for name in names[first : first + _AT_ONCE]
                ),
                return_exceptions=True,
            )
            for outcome in outcomes:
                if isinstance(outcome, BaseException) and not isinstance(outcome, NotFoundError):
                    raise outcome

    async def _forget_all(self, user: str) -> int:
        ids: set[str] = set()
        for archive in await self._archives(user):
            self._known.pop(archive, None)
            passages = [passage async for passage in self._passages(archive)]
            ids |= {each.memory.id for each in _read(passages)}
            # One by one, since vectors that lie outside the server's database stay otherwise.
            await self._remove(archive, [passage.id for passage in passages if passage.id])
            await self._client.archives.delete(archive)
        return len(ids)

    async def _forget(self, user: str, ids: Collection[str]) -> int:
        there = {
            archive: _read([passage async for passage in self._passages(archive)])
            for archive in await self._archives(user)
        }
        all_of_them = carried.latest(each for found in there.values() for each in found)
        going = carried.going([each.memory for each in all_of_them], ids)
        for archive, found in there.items():
            await self._remove(archive, [each.name for each in found if each.memory.id in going])
        return len(going)

    async def _expire(self, archive: str, before: datetime) -> int:
        passages = [passage async for passage in self._passages(archive, before + _GRAIN)]
        old = [each for each in _read(passages) if each.memory.when < before]
        await self._remove(archive, [each.name for each in old])
        return len(carried.latest(old))


def _passage(memory: Memory, written: int) -> NewPassage:
    """`memory` as a passage. Its time differs from others' of that instant, for the paging."""
    coarse = memory.when.replace(microsecond=memory.when.microsecond // 1000 * 1000)
    fine = timedelta(microseconds=crc32(memory.id.encode()) % 1000)
    whole = {"whole": memory.text} if len(memory.text) > _LONGEST else {}
    return {
        "text": memory.text[:_LONGEST] or _BLANK,
        "metadata": {**carried.metadata(memory, written), "empty": not memory.text, **whole},
        "tags": [memory.sort.value],
        "created_at": (coarse + fine).isoformat(),
    }


def _read(passages: Iterable[Passage]) -> list[Carried]:
    """The memories among `passages`."""
    found: list[Carried | None] = []
    for passage in passages:
        fields = passage.metadata or {}
        text = "" if fields.get("empty") else fields.get("whole", passage.text)
        found.append(carried.carried(passage.id or "", str(text), fields))
    return [each for each in found if each]


def _newer_of_equals_first(found: Iterable[Carried]) -> list[Memory]:
    """The server gives no score to compare: those of one text that follow each other are equals."""
    memories: list[Memory] = []
    for _, equals in groupby((each.memory for each in found), key=lambda memory: memory.text):
        memories += sorted(equals, key=lambda memory: memory.when, reverse=True)
    return memories
