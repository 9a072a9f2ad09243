"""The tables of memories in Postgres: made at the first use, brought up to date, closed by user.

Row-level security holds in every table with something of a user's: a transaction
sees and changes the rows of the user that `repartee.user` names, and no others. With
`repartee.housekeeping` on, it sees everybody's, to find what is old or has no vector.
"""

from typing import Any, LiteralString

from psycopg import AsyncConnection, Error

from memory.store import MemoryStoreError

Connection = AsyncConnection[tuple[Any, ...]]

LOCK = 0x5265706172746565  # held while tables change; nothing else of ours is locked by number
EXTENSION = (0, 8)  # of pgvector, the first that goes on searching until it has enough of a user's

_TABLES: LiteralString = """
CREATE TABLE users (
    number integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text COLLATE "C" NOT NULL UNIQUE,
    memories bigint NOT NULL -- how many there are
) WITH (fillfactor = 50);
CREATE TABLE memories (
    row bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner integer NOT NULL REFERENCES users ON DELETE CASCADE,
    id text COLLATE "C" NOT NULL,
    talk text COLLATE "C" NOT NULL,
    sort text NOT NULL,
    who text NOT NULL,
    text text NOT NULL,
    made timestamptz NOT NULL,
    about text NOT NULL,
    value text NOT NULL,
    source text NOT NULL,
    terms text[] NOT NULL, -- its rows in words; none of a decision, which has no vector either
    previous bigint, -- the turn before it in its talk, which may be gone
    UNIQUE (owner, id)
);
CREATE INDEX memories_by_time ON memories (owner, made);
CREATE INDEX facts_by_time ON memories (owner, made) WHERE sort = 'fact';
CREATE INDEX turns_by_talk ON memories (owner, talk, made) WHERE sort = 'turn';
CREATE INDEX memories_by_previous ON memories (previous) WHERE previous IS NOT NULL;
CREATE TABLE words (
    owner integer NOT NULL,
    term text COLLATE "C" NOT NULL,
    row bigint NOT NULL,
    PRIMARY KEY (owner, term, row)
) WITH (autovacuum_vacuum_insert_scale_factor = 0.02); -- only the vacuumed is counted fast
CREATE TABLE meanings (
    row bigint PRIMARY KEY REFERENCES memories ON DELETE CASCADE,
    owner integer NOT NULL,
    vector halfvec NOT NULL
);
CREATE INDEX meanings_by_owner ON meanings (owner);
CREATE TABLE waiting ( -- for their vector
    row bigint PRIMARY KEY REFERENCES memories ON DELETE CASCADE,
    owner integer NOT NULL,
    taken timestamptz NOT NULL DEFAULT '-infinity' -- by a process that makes it
);
CREATE TABLE embedding (model text NOT NULL, dimensions integer NOT NULL);
CREATE TABLE repartee_version (version integer NOT NULL);
INSERT INTO repartee_version VALUES (0);
"""
_MINE: LiteralString = (
    "owner = (SELECT number FROM users WHERE name = current_setting('repartee.user', true))"
)
_ALL: LiteralString = "current_setting('repartee.housekeeping', true) = 'on'"


def _closed_by_user(table: LiteralString, mine: LiteralString = _MINE) -> LiteralString:
    return f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON {table} USING ({mine});
"""


_RULES: LiteralString = (
    _closed_by_user("users", "name = current_setting('repartee.user', true)")
    + _closed_by_user("memories")
    + _closed_by_user("words")
    + _closed_by_user("meanings")
    + _closed_by_user("waiting")
    + f"CREATE POLICY housekeeping ON users FOR SELECT USING ({_ALL});"
    + f"CREATE POLICY housekeeping ON memories FOR SELECT USING ({_ALL});"
    + f"CREATE POLICY housekeeping ON waiting USING ({_ALL});"
)
_SECOND: LiteralString = """
CREATE INDEX decisions_by_time ON memories (owner, made) WHERE sort = 'decision'
"""
VERSIONS: tuple[LiteralString, ...] = (_TABLES + _RULES, _SECOND)


async def prepare(connection: Connection, name: str) -> None:
    """Make the tables or bring them up to date, once for all processes; `name` is for errors."""
    if await _version(connection) != len(VERSIONS):
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            await _bring_up_to_date(connection, name)


async def is_above_the_rules(connection: Connection) -> bool:
    """Whether Postgres lets the connected role see every user's rows."""
    return bool(
        await _value(
            connection,
            "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user",
        )
    )


async def _bring_up_to_date(connection: Connection, name: str) -> None:
    version = await _version(connection)  # another process may have been first
    if version > len(VERSIONS):
        raise MemoryStoreError(
            f"{name}: written by a newer Repartee (schema {version}, this one knows "
            f"{len(VERSIONS)}): update Repartee, or name another database"
        )
    await _have_vectors(connection, name)
    for step in VERSIONS[version:]:
        await connection.execute(step)
    await connection.execute("UPDATE repartee_version SET version = %s", [len(VERSIONS)])


async def _have_vectors(connection: Connection, name: str) -> None:
    try:
        async with connection.transaction():
            await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    except Error as error:
        raise MemoryStoreError(
            f"{name}: pgvector is missing: install it on the server and have an administrator run "
            f"CREATE EXTENSION vector; in this database ({error.diag.message_primary})"
        ) from error
    version = str(
        await _value(connection, "SELECT extversion FROM pg_extension WHERE extname = 'vector'")
    )
    if tuple(int(part) for part in version.split(".")[:2]) < EXTENSION:
        raise MemoryStoreError(
            f"{name}: pgvector {version} is too old: install 0.8 or newer on the server and have "
            "an administrator run ALTER EXTENSION vector UPDATE; in this database"
        )


async def _version(connection: Connection) -> int:
    """Of the tables in the first schema of the search path; 0 where there are none."""
    # Asked of the catalogue's rows: a name that was just missing is remembered as missing.
    if not await _value(
        connection,
        "SELECT true FROM pg_tables"
        " WHERE schemaname = current_schema() AND tablename = 'repartee_version'",
    ):
        return 0
    return int(await _value(connection, "SELECT version FROM repartee_version"))


async def _value(connection: Connection, query: LiteralString) -> Any:
    found = await (await connection.execute(query)).fetchone()
    return found[0] if found else None
