"""What the store in Postgres promises besides what every store does."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import psycopg
import pytest
from psycopg import sql

from memory.embedding import Vectors
from memory.keeper import Keeper
from memory.outbox import Outboxed
from memory.postgres import holdings
from memory.postgres.store import PostgresStore
from memory.store import MemoryStoreError, Sort
from tests.embeddings import Hashed
from tests.memories import NOON, said, texts
from tests.postgres import PASSWORD, Server, postgres  # noqa: F401

OF_USERS = ("users", "memories", "words", "meanings", "waiting")


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


@pytest.fixture
async def place(postgres: Server) -> AsyncIterator[Place]:  # noqa: F811
    place = Place(postgres)
    yield place
    await place.close()


@pytest.fixture
async def postgres_store(place: Place) -> PostgresStore:
    """An empty store: for the tests of what every store promises."""
    return place.store()


# Row-level security


async def sam_and_ann(place: Place) -> None:
    store = place.store(Hashed())
    await store.remember(said("my cat is Rex"), said("my dog is Tim", user="ann"))
    await store.settled()


@pytest.mark.parametrize("table", OF_USERS)
async def test_without_a_user_no_row_is_seen(place: Place, table: str):
    await sam_and_ann(place)
    assert place.rows(table) == 0
    assert place.rows(table, user="eve") == 0


async def test_a_query_without_where_sees_one_users_rows(place: Place):
    await sam_and_ann(place)
    with place.connect(user="ann") as connection:
        assert connection.execute("SELECT name FROM users").fetchall() == [("ann",)]
        assert connection.execute("SELECT text FROM memories").fetchall() == [("my dog is Tim",)]
        assert set(connection.execute("SELECT term FROM words")) == {("dog",), ("tim",)}
        assert counted(connection, "meanings") == 1


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE users SET name = 'ann'",
        "UPDATE memories SET owner = %(sam)s",
        "INSERT INTO words VALUES (%(sam)s, 'word', 1)",
        "INSERT INTO meanings SELECT row, %(sam)s, vector FROM meanings",
        "INSERT INTO users (name, memories) VALUES ('eve', 0)",
    ],
)
async def test_a_row_of_another_user_cannot_be_written(place: Place, change: str):
    await sam_and_ann(place)
    with place.connect(user="sam") as connection:
        found = connection.execute("SELECT number FROM users").fetchone()
    with (
        place.connect(user="eve" if "users SET" in change else "ann") as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"),
    ):
        if "users SET" in change:
            connection.execute("INSERT INTO users (name, memories) VALUES ('eve', 0)")
        connection.execute(change.encode(), {"sam": found[0]})  # pyright: ignore


@pytest.mark.parametrize("table", OF_USERS)
async def test_rows_of_others_cannot_be_removed(place: Place, table: str):
    await sam_and_ann(place)
    with place.connect(user="eve") as connection:
        connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
    assert place.all_rows("memories") == 2


async def test_the_housekeeper_sees_everybodys_memories_and_changes_none(place: Place):
    await sam_and_ann(place)
    assert place.rows("memories", housekeeping=True) == 2
    with place.connect(housekeeping=True) as connection:
        assert connection.execute("DELETE FROM memories").rowcount == 0
        assert connection.execute("UPDATE memories SET text = ''").rowcount == 0


async def test_the_rules_hold_for_the_owner_of_the_tables_in_all_of_them(place: Place):
    await place.store().last_seen("sam")
    with place.connect() as connection:
        found = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = %s::regnamespace"
            " AND NOT (relrowsecurity AND relforcerowsecurity)",
            [place.schema],
        )
        assert {name for (name,) in found} == {"embedding", "repartee_version"}


async def test_one_warning_where_the_rules_do_not_hold(
    place: Place, caplog: pytest.LogCaptureFixture
):
    options = f"-csearch_path={place.schema},public"
    dsn = psycopg.conninfo.make_conninfo(
        host=place.server.host, user="postgres", dbname="repartee", options=options
    )
    store = PostgresStore(dsn)
    with caplog.at_level(logging.WARNING, "memory"):
        await store.remember(said("tea"), said("milk", user="ann"))
        assert await texts(store, "tea milk") == ["tea"]
        assert await store.forget("ann") == 1
    await store.close()
    [record] = caplog.records
    assert "BYPASSRLS" in record.message


# The database


async def test_stores_that_start_at_once_make_one_schema(place: Place):
    stores = [place.store(Hashed()) for _ in range(5)]
    await asyncio.gather(*(each.remember(said("tea", id=str(i))) for i, each in enumerate(stores)))
    for store in stores:
        await store.settled()
    assert [len(await store.everything("sam")) for store in stores] == [5] * 5


async def test_a_server_that_was_down_comes_back(place: Place):
    store = place.store()
    await asyncio.gather(*(store.remember(said("tea", minutes=i)) for i in range(20)))
    place.server.stop()
    try:
        for _ in range(2):
            with pytest.raises(MemoryStoreError, match=r"repartee at .*cannot be reached"):
                await store.remember(said("milk"))
    finally:
        place.server.start()
    await store.remember(said("milk"))
    assert (await texts(store, "milk"))[0] == "milk"
    assert len(await store.everything("sam")) == 21


async def test_a_restart_between_two_calls_goes_unnoticed(place: Place):
    store = place.store()
    await asyncio.gather(*(store.remember(said("tea", minutes=i)) for i in range(20)))
    place.server.stop()
    place.server.start()
    await asyncio.gather(*(store.remember(said("milk", minutes=i)) for i in range(20)))
    assert len(await store.everything("sam")) == 40


async def failure(store: PostgresStore) -> str:
    """The error of a call and of all its causes."""
    with pytest.raises(MemoryStoreError) as raised:
        await store.remember(said("tea"))
    await store.close()
    chain: list[BaseException] = [raised.value]
    while chain[-1].__cause__ or chain[-1].__context__:
        chain.append(chain[-1].__cause__ or chain[-1].__context__)  # pyright: ignore
    return " ".join(map(str, chain))


async def test_a_wrong_password_is_told_without_it(place: Place):
    told = await failure(PostgresStore(place.server.dsn(password="wrong-horse")))
    assert "password authentication failed" in told
    assert "database repartee at /tmp" in told and "wrong-horse" not in told


async def test_a_server_that_is_not_there_is_named_without_the_password():
    told = await failure(PostgresStore(f"postgresql://sam:{PASSWORD}@127.0.0.1:1/talks"))
    assert "Postgres database talks at 127.0.0.1: it cannot be reached" in told
    assert PASSWORD not in told


async def test_an_address_that_cannot_be_read_is_refused_without_quoting_it():
    with pytest.raises(ValueError, match="cannot be read: write it as") as raised:
        PostgresStore(f"postgres:/sam:{PASSWORD}@localhost")
    assert PASSWORD not in str(raised.value) and raised.value.__cause__ is None


async def test_a_server_that_does_not_answer_is_not_waited_for():
    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await ended.wait()
        writer.close()

    ended = asyncio.Event()
    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    dsn = f"postgresql://sam@127.0.0.1:{port}/talks"
    assert "no answer" in await failure(PostgresStore(dsn, connect=0.05, statement=0.1))
    ended.set()
    server.close()


async def test_a_lock_is_not_waited_for_longer_than_a_statement_may_take(place: Place):
    store = place.store(statement=0.1)
    await store.remember(said("tea"))
    with place.connect() as other, other.transaction():
        other.execute("LOCK TABLE memories")
        with pytest.raises(MemoryStoreError, match="took too long"):
            await store.remember(said("milk"))
    await store.remember(said("milk"))
    assert len(await store.everything("sam")) == 2


async def test_more_calls_than_connections_wait_their_turn(place: Place):
    store = place.store(connections=1)
    await asyncio.gather(*(store.remember(said("tea", minutes=i)) for i in range(20)))
    assert len(await store.everything("sam")) == 20


async def test_calls_that_are_given_up_leave_the_store_in_order(place: Place):
    store = place.store(connections=2)
    await store.remember(said("tea", id="first"))
    for milliseconds in range(10):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(milliseconds / 1000):
                for i in range(1000):
                    await store.remember(said("milk", id=str(i)), said("cake", id=f"with {i}"))
    kept = await store.everything("sam")
    assert len(kept) % 2 == 1  # all of a call or none
    assert await store.forget("sam") == len(kept)


async def test_a_role_without_rights_learns_what_an_administrator_must_run(postgres: Server):  # noqa: F811
    told = await failure(PostgresStore(postgres.dsn(schema="nowhere")))
    assert "CREATE SCHEMA repartee AUTHORIZATION" in told


async def test_a_database_without_pgvector_learns_what_an_administrator_must_run(
    postgres: Server,  # noqa: F811
):
    told = await failure(PostgresStore(postgres.dsn(database="bare")))
    assert "CREATE EXTENSION vector;" in told


async def test_a_newer_schema_is_left_alone(place: Place):
    store = place.store()
    await store.remember(said("tea"))
    with place.connect() as connection:
        connection.execute("UPDATE repartee_version SET version = 99")
    with pytest.raises(MemoryStoreError, match="newer Repartee"):
        await place.store().last_seen("sam")


async def test_tables_of_others_are_left_alone(place: Place):
    with place.connect() as connection:
        connection.execute("CREATE TABLE users (id integer)")
    with pytest.raises(MemoryStoreError, match="other tables have these names"):
        await place.store().last_seen("sam")


# Memories


async def test_what_is_forgotten_leaves_no_row(place: Place):
    await sam_and_ann(place)
    assert await place.store().forget("ann") == 1
    for table in OF_USERS[:-1]:
        assert place.all_rows(table) == place.rows(table, user="sam") > 0
    assert place.all_rows("waiting") == 0


async def test_with_a_turn_go_its_facts_and_its_talks_summary(place: Place):
    store = place.store(Hashed())
    await store.remember(
        said("we meet on Thursday", id="turn"),
        said("the meeting is on Thursday", sort=Sort.FACT, id="fact", source="turn"),
        said("a talk about Thursday", sort=Sort.SUMMARY, id="summary"),
        said("a talk about tea", sort=Sort.SUMMARY, id="other", talk="another"),
        said("a cup of tea", id="tea", minutes=1),
    )
    await store.settled()
    assert await store.forget("ann", ["turn"]) == 0
    assert await store.forget("sam", ["turn"]) == 3
    assert {memory.id for memory in await store.everything("sam")} == {"other", "tea"}
    left = await texts(store, "Thursday", limit=9)
    assert sorted(left) == ["a cup of tea", "a talk about tea"]
    assert place.all_rows("meanings") == place.all_rows("memories") == 2
    assert place.all_rows("words") == 4


async def test_a_replaced_memory_leaves_nothing_of_the_first(place: Place):
    store = place.store(Hashed())
    await store.remember(said("Leeds", id="home"), said("York", id="home"))
    await store.remember(said("Bath", id="home"))
    await store.settled()
    assert [memory.text for memory in await store.everything("sam")] == ["Bath"]
    assert [place.all_rows(table) for table in OF_USERS] == [1, 1, 1, 1, 0]


async def test_two_users_may_use_the_same_id(place: Place):
    store = place.store()
    await store.remember(said("Leeds", id="home"), said("York", id="home", user="ann"))
    assert await texts(store, "Leeds") == ["Leeds"]
    assert await texts(store, "York", user="ann") == ["York"]


async def test_expiry_removes_everybodys_old_memories_and_whom_none_is_left_of(place: Place):
    store = place.store()
    for user in ("sam", "ann"):
        await store.remember(*(said("tea", user=user, minutes=i) for i in range(3)))
    await store.remember(said("milk", minutes=5))
    assert await store.expire(NOON + timedelta(minutes=4)) == 6
    assert await texts(store, "tea milk") == ["milk"]
    assert [place.all_rows(table) for table in ("users", "memories", "words")] == [1, 1, 1]
    with pytest.raises(ValueError, match="aware"):
        await store.expire(datetime(2026, 3, 1))


async def test_how_many_a_user_has_is_always_known(place: Place):
    store = place.store()
    await asyncio.gather(*(store.remember(said("tea", id=str(i % 7))) for i in range(30)))
    await store.forget("sam", ["1", "2", "none"])
    with place.connect(user="sam") as connection:
        assert connection.execute("SELECT memories FROM users").fetchone() == (5,)
        assert counted(connection, "memories") == 5


async def test_remembering_and_forgetting_at_once_leaves_no_stray_row(place: Place):
    store = place.store(Hashed())
    for turn in range(5):
        await asyncio.gather(
            *(store.remember(said(f"tea {i}")) for i in range(10)),
            *(store.forget("sam") for _ in range(3)),
            *(store.forget("sam", [f"tea {i} 0"]) for i in range(3)),
            store.expire(NOON + timedelta(minutes=turn % 2)),
        )
    await store.settled()
    await store.forget("sam")
    assert [place.all_rows(table) for table in OF_USERS] == [0] * 5


async def test_a_word_longer_than_an_index_takes_is_kept_and_found(place: Place):
    store = place.store()
    chance = np.random.default_rng(1)
    word = "".join(chr(each) for each in chance.integers(0x4E00, 0x9F00, 9000))
    await store.remember(said(word, id="long"))
    assert await texts(store, word) == [word]


# Meaning


async def test_what_means_the_same_is_found_without_a_common_word(place: Place):
    store = place.store(Hashed())
    await store.remember(said("the hound sleeps"), said("the kettle boils", minutes=1))
    await store.settled()
    assert (await texts(store, "dog"))[0] == "the hound sleeps"


async def test_the_index_finds_the_few_of_one_among_the_many_of_others(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    store = place.store(Hashed())
    for user in ("ann", "bob"):
        await store.remember(*(said(f"dog {i}", user=user, minutes=i) for i in range(200)))
    await store.remember(said("the tram"), said("the hound"), said("the kettle"))
    await store.settled()
    exact = await texts(store, "dog")
    assert exact[0] == "the hound" and len(exact) == 3
    monkeypatch.setattr(holdings, "INDEXED_FROM", 0)
    place.dsn += quote(" -c enable_sort=off")  # so few rows would be sorted, not looked up
    assert await texts(place.store(Hashed()), "dog") == exact


async def test_another_model_makes_all_vectors_anew(place: Place):
    first = place.store(Hashed())
    await first.remember(said("the hound sleeps"), said("the hound barks", user="ann"))
    await first.settled()
    other = Hashed("other", 128)
    second = place.store(other)
    await second.recall("sam", "dog")
    await second.settled()
    assert (await texts(second, "dog"))[0] == "the hound sleeps"
    assert len(other.asked) == 2 + 2
    assert place.all_rows("meanings") == 2


async def test_no_model_is_asked_for_a_decisions_vector(place: Place):
    decision = said("refused a discount", sort=Sort.DECISION)
    for name in ("one", "other"):
        model = Hashed(name)
        store = place.store(model)
        await store.remember(decision, said("tea"))
        await store.settled()
        assert model.asked == ["tea"]


async def test_vectors_of_two_models_are_never_mixed(place: Place):
    first, second = Hashed(), Hashed("other")
    old, new = place.store(first), place.store(second)
    await old.remember(said("the hound sleeps"))
    await old.settled()
    await new.recall("sam", "dog")
    await new.settled()
    made = len(first.asked)
    await old.remember(said("the hound barks"))
    await old.settled()
    assert len(first.asked) == made  # they wait for the store with the model in use
    assert await texts(old, "dog") == []  # nor compared
    assert (await texts(old, "barks"))[0] == "the hound barks"
    await new.recall("sam", "dog")
    await new.settled()
    assert await texts(new, "dog")


async def test_the_model_may_change_while_memories_come_and_go(
    place: Place, caplog: pytest.LogCaptureFixture
):
    stores = [place.store(Hashed(name)) for name in ("first", "second", "third")]
    for store in stores:
        await asyncio.gather(
            store.recall("sam", "tea"),
            *(each.remember(said(f"tea {i}", id=str(i % 6))) for i in range(10) for each in stores),
            *(each.forget("sam", [str(i)]) for i in range(6) for each in stores),
        )
    await asyncio.gather(*(each.settled() for each in stores))
    assert not caplog.records
    assert place.all_rows("meanings") == place.all_rows("memories")


async def test_two_stores_share_the_making_of_vectors(place: Place):
    embeddings = [Hashed(), Hashed()]
    stores = [place.store(each) for each in embeddings]
    for i in range(20):
        await stores[i % 2].remember(said(f"cup {i}"))
    for store in stores:
        await store.settled()
    made = [text for each in embeddings for text in each.asked]
    assert sorted(made) == sorted(f"cup {i}" for i in range(20))


async def test_a_vector_that_comes_after_the_forgetting_is_not_kept(place: Place):
    embedding = Held()
    store = place.store(embedding)
    await store.remember(said("my secret"))
    async with asyncio.timeout(5):
        await embedding.is_asked.wait()
    assert await store.forget("sam") == 1
    embedding.free.set()
    await store.settled()
    assert [place.all_rows(table) for table in OF_USERS] == [0] * 5


DOWN = 30.0  # s


@pytest.mark.slow
async def test_a_talk_goes_on_while_the_server_is_down_for_half_a_minute(
    place: Place, tmp_path: Path
):
    """What is said meanwhile is written when it is back, and nobody waits."""
    store = Outboxed(place.store(), tmp_path / "outbox.db", delays=(0.5,))
    keeper = Keeper(store, "sam", "talk", consent=True)
    await keeper.start()
    keeper.heard("user", "before the fall", NOON)
    await keeper.settled()
    place.server.stop()
    try:
        end = asyncio.get_running_loop().time() + DOWN
        spoken = 0
        while (began := asyncio.get_running_loop().time()) < end:
            keeper.heard("user", f"number {spoken}", NOON + timedelta(seconds=spoken))
            keeper.saying(f"and then number {spoken}")
            assert asyncio.get_running_loop().time() - began < 0.05
            spoken += 1
            await asyncio.sleep(0.25)
    finally:
        place.server.start()
    await keeper.close()
    assert await store.delivered() == 0
    turns = [each.text for each in await store.everything("sam") if each.sort is Sort.TURN]
    assert len(turns) == spoken + 1
    await store.close()
