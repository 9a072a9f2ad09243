"""One Postgres database: connected when needed, again after trouble, errors that say what to do."""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from typing import TypeVar

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from memory.postgres.schema import Connection, is_above_the_rules, prepare
from memory.store import MemoryStoreError

log = logging.getLogger(__name__)
T = TypeVar("T")
Work = Callable[[Connection], Awaitable[T]]

# What to do about an error of Postgres', by the beginning of its SQLSTATE; the rest is psycopg's.
OWN_SCHEMA = (
    "have an administrator run CREATE SCHEMA repartee AUTHORIZATION the_role; "
    "ALTER ROLE the_role SET search_path = repartee, public;"
)
ADVICE = {
    "25006": "it takes no writes: name the primary server, not a standby",
    "3F000": f"it has no schema for the tables: {OWN_SCHEMA}",
    "40": "others write the same: try again",
    "42501": f"the role lacks a right: {OWN_SCHEMA}",
    "42P01": "its tables were removed: call again, to make them anew",
    "42P07": f"other tables have these names: {OWN_SCHEMA}",
    "53100": "its disk is full: make room",
    "54": "a name of a user, a talk or a memory is too long: shorten it",
    "57014": "it took too long: see what keeps it busy or locked, or try again",
    "57P": "it is stopping or starting: try again",
    "connection": "it cannot be reached: see that the server runs, and that address, user and "
    "password are right",
    "pool": "every connection is in use: let the store have more, and the server allow more",
}


class PostgresDatabase:
    """A pool of connections, on which work is done as one user or as the housekeeper.

    It is opened at the first call, and looked at afresh after an error, so a
    server that was down comes back by itself. Everything raises
    `MemoryStoreError`, with host and database, never with the password.
    """

    def __init__(self, dsn: str, *, connections: int, connect: float, statement: float) -> None:
        """Wait up to `connect` seconds for a connection and `statement` for each statement."""
        try:
            given = {key: str(value) for key, value in conninfo_to_dict(dsn).items() if value}
        except psycopg.ProgrammingError:  # it quotes the password
            raise ValueError(
                "the address of Postgres cannot be read: write it as "
                "postgresql://user:password@host:port/database"
            ) from None
        patience = {
            "connect_timeout": str(math.ceil(connect)),
            "tcp_user_timeout": f"{(connect + statement) * 1000:.0f}",
            "application_name": "repartee",
        }
        host = given.get("host") or given.get("hostaddr") or "localhost"
        database = given.get("dbname") or given.get("user") or "(the default)"
        self.name = f"Postgres database {database} at {host}"
        self._conninfo = make_conninfo(**(patience | given))
        self._pool = AsyncConnectionPool[Connection](
            self._conninfo,
            kwargs={"autocommit": True},  # BEGIN and COMMIT travel with the work
            min_size=1,
            max_size=connections,
            timeout=connect,
            reconnect_timeout=connect,  # then by the next call
            open=False,
        )
        self._connect = connect
        self._statement = statement
        self._opening = asyncio.Lock()
        self._is_open = False
        self._warned = False
        self._closed = False

    async def run(
        self, work: Work[T], *, user: str = "", housekeeping: bool = False, more: float = 0.0
    ) -> T:
        """Do `work` in one transaction: all of it, or nothing.

        What it does not fetch it does not wait for: its statements travel
        together. It may take `more` seconds than usual.
        """
        if self._closed:
            raise MemoryStoreError(f"{self.name}: closed")
        try:
            async with asyncio.timeout(3 * self._connect + self._statement + more):
                return await self._persist(work, user, housekeeping, more)
        except psycopg.Error as error:
            self._is_open = False
            raise MemoryStoreError(f"{self.name}: {_explained(error)}") from error
        except TimeoutError as error:
            self._is_open = False
            raise MemoryStoreError(f"{self.name}: no answer: {ADVICE['connection']}") from error

    async def close(self) -> None:
        """Let go of the connections for good. Safe to call twice."""
        self._closed = True
        await self._pool.close()

    async def _persist(self, work: Work[T], user: str, housekeeping: bool, more: float) -> T:
        """Do `work`, and once more where the server went or came back meanwhile."""
        await self._open()
        try:
            return await self._transact(work, user, housekeeping, more)
        except psycopg.OperationalError as error:
            if not _is_passing(error):
                raise
            self._is_open = False
        await self._open()
        return await self._transact(work, user, housekeeping, more)

    async def _transact(self, work: Work[T], user: str, housekeeping: bool, more: float) -> T:
        timeout = f"{(self._statement + more) * 1000:.0f}"
        async with self._pool.connection() as connection, connection.pipeline():
            await connection.execute("BEGIN")
            await connection.execute(
                "SELECT set_config('repartee.user', %s, true),"
                " set_config('repartee.housekeeping', %s, true),"
                " set_config('statement_timeout', %s, true)",
                [user, "on" if housekeeping else "off", timeout],
            )
            result = await work(connection)
            await connection.execute("COMMIT")
        return result

    async def _open(self) -> None:
        async with self._opening:
            if self._is_open:
                return
            # A pool keeps to itself why it does not connect, so look first.
            async with await Connection.connect(self._conninfo, autocommit=True) as connection:
                await prepare(connection, self.name)
                await self._warn_above_the_rules(connection)
            await self._pool.open()
            await self._pool.check()  # its connections may be of a server that is gone
            self._is_open = True

    async def _warn_above_the_rules(self, connection: Connection) -> None:
        if not self._warned and await is_above_the_rules(connection):
            self._warned = True
            log.warning(
                "%s: the role may see every row, so nothing but Repartee's own queries keeps "
                "users apart: use a role that is no superuser and has no BYPASSRLS",
                self.name,
            )


async def act_for(connection: Connection, user: str) -> None:
    """Have what follows in the transaction be done as `user`."""
    await connection.execute("SELECT set_config('repartee.user', %s, true)", [user])


def _is_passing(error: psycopg.OperationalError) -> bool:
    """Whether nothing was done, or what may be done again: the same id keeps the later one."""
    gone = error.sqlstate is None or error.sqlstate.startswith("57P")
    return gone or isinstance(error, errors.DeadlockDetected | errors.SerializationFailure)


def _explained(error: psycopg.Error) -> str:
    code = "pool" if isinstance(error, PoolTimeout) else error.sqlstate or "connection"
    what = error.diag.message_primary or " ".join(str(error).split())
    steps = [step for beginning, step in ADVICE.items() if code.startswith(beginning)]
    return f"{steps[0]} ({what})" if steps else what
