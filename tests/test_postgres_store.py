"""What the store in Postgres promises besides what every store does."""

import asyncio
import logging
from collections.abc import AsyncIterator

import psycopg
import pytest
from psycopg import sql

from memory.postgres.store import PostgresStore
from memory.store import MemoryStoreError
from tests.embeddings import Hashed
from tests.memories import said, texts
from tests.postgres import PASSWORD, Server, postgres  # noqa: F401
from tests.postgres_place import Place, counted, sam_and_ann

OF_USERS = ("users", "memories", "words", "meanings", "waiting")


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
