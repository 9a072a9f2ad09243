"""Memories in Postgres with pgvector: for several processes and machines at once."""

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime
from functools import partial

from memory.database import storable
from memory.embedding import Embedding, Vectors
from memory.indexer import Indexer, Waiting
from memory.postgres import rows, vectors
from memory.postgres.database import PostgresDatabase
from memory.postgres.search import by_words, candidates
from memory.ranking import Query, query_terms, ranked
from memory.store import Memory, need_aware

REMODELLING = 600.0  # s that the change to another sentence model may take
REMOVING = 60.0  # s that the removal of a user's whole past may take


class PostgresStore:
    """A `MemoryStore` in the database at `dsn`, which any number of processes may share.

    What `remember` has acknowledged is on the server's disk, as far as the
    server is set to write it there, and can be found by its words; its vector
    follows. The database is opened at the first call, which makes the tables,
    and again after an error, so a server that was down comes back by itself.

    Postgres itself keeps users apart, by row-level security: see
    `memory.postgres.schema`. What was forgotten leaves its files when it next
    vacuums, and its log and backups when those go.
    """

    def __init__(
        self,
        dsn: str,
        embedding: Embedding | None = None,
        *,
        connections: int = 8,
        connect: float = 2.0,
        statement: float = 5.0,
    ) -> None:
        """Use up to so many `connections`, waiting `connect` and `statement` seconds at most.

        Without an `embedding` memories are found by their words alone.
        """
        self._database = PostgresDatabase(
            dsn, connections=connections, connect=connect, statement=statement
        )
        self._embedding = embedding
        self._indexer = Indexer(embedding, self._take, self._keep) if embedding else None
        self._is_prepared = False
        self._closed = False

    async def remember(self, *memories: Memory) -> None:
        """Keep all of `memories` or none; the same user's id twice keeps the later one."""
        for memory in memories:
            need_aware(memory.when)
        more = len(memories) / 100
        await self._database.run(lambda link: rows.remember(link, memories), more=more)
        if self._indexer:
            self._indexer.wake()

    async def recall(
        self, user: str, query: str, *, limit: int = 3, relevant: bool = False
    ) -> list[Memory]:
        """The user's closest memories by meaning and words, best first."""
        user, terms = storable(user), query_terms(query)
        worded, vector = await asyncio.gather(
            self._database.run(
                lambda link: by_words(link, terms, limit, self._embedding), user=user
            ),
            self._vector(query),
        )
        if worded is None:
            return []
        found = await self._database.run(
            lambda link: candidates(link, user, worded, vector, limit), user=user
        )
        asked = Query(query, datetime.now(UTC), worded.holdings.rarity, relevant)
        return await asyncio.to_thread(ranked, asked, found, limit)

    async def facts(self, user: str) -> list[Memory]:
        """All of the user's facts, oldest first."""
        user = storable(user)
        return await self._database.run(lambda link: rows.facts(link, user), user=user)

    async def decisions(self, user: str, *, limit: int = 50) -> list[Memory]:
        """The user's last decisions, newest first."""
        user = storable(user)
        return await self._database.run(lambda link: rows.decisions(link, user, limit), user=user)

    async def everything(self, user: str) -> list[Memory]:
        """All the user's memories, oldest first."""
        user = storable(user)
        return await self._database.run(lambda link: rows.everything(link, user), user=user)

    async def last_seen(self, user: str) -> datetime | None:
        """When the user's newest memory was made, or None for a stranger."""
        return await self._database.run(rows.last_seen, user=storable(user))

    async def forget(self, user: str, ids: Collection[str] | None = None) -> int:
        """Remove all of the user's memories or those of `ids`, with their words and vectors."""
        user = storable(user)
        if ids is None:
            return await self._database.run(rows.forget_all, user=user, more=REMOVING)
        return await self._database.run(lambda link: rows.forget(link, ids), user=user)

    async def expire(self, before: datetime) -> int:
        """Remove every user's memories made before that time; how many there were.

        User by user: after an error, those of some are gone.
        """
        need_aware(before)
        users = await self._database.run(
            lambda link: rows.users_from_before(link, before), housekeeping=True, more=REMOVING
        )
        return sum([await self._expire(user, before) for user in users])

    async def settled(self) -> None:
        """Wait until all that was remembered here can be found by its meaning too.

        What another process has taken to make its vector is not waited for.
        """
        if self._indexer:
            self._indexer.wake()
            await self._indexer.settled()

    async def close(self) -> None:
        """Finish what was begun and let go of the connections. Safe to call twice."""
        if not self._closed:
            self._closed = True
            if self._indexer:
                await self._indexer.close()
            await self._database.close()

    async def _expire(self, user: str, before: datetime) -> int:
        return await self._database.run(
            lambda link: rows.expire(link, before), user=user, more=REMOVING
        )

    async def _vector(self, query: str) -> Vectors | None:
        if self._closed or not self._indexer or not query.strip():
            return None
        if not self._is_prepared:
            self._indexer.wake()  # vectors may be missing since the last process
        return await self._indexer.query(query)

    async def _take(self, limit: int) -> Waiting:
        embedding = self._embedding
        assert embedding is not None
        if not self._is_prepared:
            await self._database.run(
                lambda link: vectors.use_model(link, embedding),
                housekeeping=True,
                more=REMODELLING,
            )
            self._is_prepared = True
        return await self._database.run(
            lambda link: vectors.take(link, embedding, limit), housekeeping=True
        )

    async def _keep(self, waiting: Waiting, made: Vectors) -> None:
        embedding = self._embedding
        assert embedding is not None
        for (row, user, _), vector in zip(waiting, made, strict=True):
            work = partial(vectors.keep, embedding=embedding, row=row, vector=vector)
            await self._database.run(work, user=user)
