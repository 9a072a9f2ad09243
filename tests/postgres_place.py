"""A schema of a test's own in the Postgres that all tests share."""

import asyncio
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from memory.embedding import Vectors
from memory.postgres.store import PostgresStore
from tests.embeddings import Hashed
from tests.memories import said
from tests.postgres import PASSWORD, Server, postgres  # noqa: F401


class Held(Hashed):
    """A sentence model that answers once it is `free`."""

    def __init__(self) -> None:
        super().__init__()
        self.is_asked, self.free = asyncio.Event(), asyncio.Event()

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.is_asked.set()
        await self.free.wait()
        return await super().embed(texts)


class Place:
    """A schema of its own, with stores in it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.schema = server.new_schema()
        self.dsn = server.dsn(schema=self.schema)
        self._stores: list[PostgresStore] = []

    def store(self, embedding: Hashed | None = None, **settings: float) -> PostgresStore:
        store = PostgresStore(self.dsn, embedding, **settings)  # pyright: ignore
        self._stores.append(store)
        return store

    def connect(self, *, user: str | None = None, housekeeping: bool = False) -> psycopg.Connection:
        """As the store's own role, with its settings or without."""
        connection = psycopg.connect(self.dsn, autocommit=True)
        if user is not None:
            connection.execute("SELECT set_config('repartee.user', %s, false)", [user])
        if housekeeping:
            connection.execute("SET repartee.housekeeping = 'on'")
        return connection

    def rows(self, table: str, **settings: Any) -> int:
        """How many rows of `table` the store's role sees with these settings."""
        with self.connect(**settings) as connection:
            return counted(connection, table)

    def all_rows(self, table: str) -> int:
        with self.server.admin() as connection:
            connection.execute(sql.SQL("SET search_path = {}").format(sql.Identifier(self.schema)))
            return counted(connection, table)

    async def close(self) -> None:
        for store in self._stores:
            await store.close()


def counted(connection: psycopg.Connection, table: str) -> int:
    query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))
    return connection.execute(query).fetchone()[0]  # pyright: ignore


async def sam_and_ann(place: Place) -> None:
    store = place.store(Hashed())
    await store.remember(said("my cat is Rex"), said("my dog is Tim", user="ann"))
    await store.settled()
