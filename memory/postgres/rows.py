"""Memories as rows of Postgres: kept, told and removed, each in its user's own transaction."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, LiteralString

from memory.database import storable
from memory.postgres.database import act_for
from memory.postgres.schema import Connection
from memory.store import Memory, Sort
from memory.terms import terms_in

TERM = 500  # characters of a word that are looked at: an index takes no more
COLUMNS: LiteralString = "id, talk, sort, who, text, made, about, value, source"
USER: LiteralString = "name = current_setting('repartee.user', true)"
_OWNER: LiteralString = f"(SELECT number FROM users WHERE {USER})"
_MINE: LiteralString = f"owner = {_OWNER}"  # said in every query, for a role above the rules

# Who changes a user's rows holds the user first, so changes of one user wait for each other.
_LOCK: LiteralString = f"SELECT memories FROM users WHERE {USER} FOR UPDATE"
_COUNT: LiteralString = """
INSERT INTO users (name, memories) VALUES (current_setting('repartee.user'), %s)
ON CONFLICT (name) DO UPDATE SET memories = users.memories + EXCLUDED.memories
"""
_ADD: LiteralString = f"""
WITH added AS (
    INSERT INTO memories (owner, {COLUMNS}, terms, previous)
    SELECT
        {_OWNER}, %(id)s, %(talk)s, %(sort)s, %(who)s, %(text)s, %(made)s, %(about)s, %(value)s,
        %(source)s, %(terms)s,
        CASE WHEN %(sort)s = 'turn' THEN (
            SELECT row FROM memories
            WHERE {_MINE} AND talk = %(talk)s AND sort = 'turn' AND made <= %(made)s
            ORDER BY made DESC, row DESC LIMIT 1
        ) END
    RETURNING owner, row, sort, terms
), queued AS (
    INSERT INTO waiting (row, owner) SELECT row, owner FROM added WHERE sort != 'decision'
)
INSERT INTO words (owner, term, row) SELECT owner, unnest(terms), row FROM added
"""


def _removal(which: LiteralString) -> LiteralString:
    return f"""
WITH gone AS (
    DELETE FROM memories WHERE {_MINE} AND ({which}) RETURNING row, terms
), unheard AS (
    DELETE FROM words USING (SELECT row, unnest(terms) AS term FROM gone) AS held
    WHERE words.owner = {_OWNER} AND words.term = held.term AND words.row = held.row
), counted AS (
    UPDATE users SET memories = memories - (SELECT count(*) FROM gone)
    WHERE {USER} AND EXISTS (SELECT FROM gone)
)
SELECT count(*) FROM gone
"""


_REMOVE: LiteralString = _removal("id = ANY(%(ids)s)")
_FORGET: LiteralString = _removal(f"""
    id = ANY(%(ids)s) OR source = ANY(%(ids)s) AND source != '' OR sort = 'summary' AND talk IN (
        SELECT talk FROM memories WHERE {_MINE} AND sort = 'turn' AND id = ANY(%(ids)s)
    )
""")
_EXPIRE: LiteralString = _removal("made < %(before)s")


async def remember(connection: Connection, memories: Sequence[Memory]) -> None:
    """Keep `memories`, each in place of any of its user and id. User by user, in order."""
    for user, theirs in groupby(sorted(memories, key=_user), _user):
        latest = {storable(memory.id): memory for memory in theirs}
        await act_for(connection, user)
        await connection.execute(_COUNT, [len(latest)])  # and so lock the user
        await connection.execute(_REMOVE, {"ids": list(latest)})
        await connection.cursor().executemany(_ADD, [_values(each) for each in latest.values()])


async def everything(connection: Connection, user: str) -> list[Memory]:
    """All the user's memories, oldest first."""
    return await _found(connection, user, "true ORDER BY made, row")


async def facts(connection: Connection, user: str) -> list[Memory]:
    """The user's facts, oldest first."""
    return await _found(connection, user, "sort = 'fact' ORDER BY made, row")


async def decisions(connection: Connection, user: str, limit: int) -> list[Memory]:
    """The user's last decisions, newest first."""
    last: LiteralString = "sort = 'decision' ORDER BY made DESC, row DESC LIMIT %s"
    return await _found(connection, user, last, [max(limit, 0)])


async def last_seen(connection: Connection) -> datetime | None:
    """When the user's newest memory was made."""
    when = await _value(connection, f"SELECT max(made) FROM memories WHERE {_MINE}")
    return when.astimezone(UTC) if when else None


async def forget(connection: Connection, ids: Collection[str]) -> int:
    """Remove the user's memories of `ids` and what was drawn from them."""
    if await _value(connection, _LOCK) is None:
        return 0
    return await _value(connection, _FORGET, {"ids": [storable(each) for each in ids]})


async def forget_all(connection: Connection) -> int:
    """Remove the user, and with them all their memories."""
    removed = await _value(connection, _LOCK)
    if removed is None:
        return 0
    await connection.execute(f"DELETE FROM words WHERE {_MINE}")
    await connection.execute(f"DELETE FROM users WHERE {USER}")
    return removed


async def users_from_before(connection: Connection, before: datetime) -> list[str]:
    """The housekeeper's: who has memories made before that time."""
    found = await connection.execute(
        "SELECT name FROM users WHERE EXISTS"
        " (SELECT FROM memories WHERE owner = number AND made < %s)",
        [before],
    )
    return [name for (name,) in await found.fetchall()]


async def expire(connection: Connection, before: datetime) -> int:
    """Remove the user's memories made before that time, and the user where none is left."""
    if await _value(connection, _LOCK) is None:
        return 0
    removed = await _value(connection, _EXPIRE, {"before": before})
    await connection.execute(f"DELETE FROM users WHERE {USER} AND memories = 0")
    return removed


def memory_of(user: str, row: Sequence[Any]) -> Memory:
    """What stands in `COLUMNS`, of `user`."""
    identity, talk, sort, who, text, made, about, value, source = row
    when = made.astimezone(UTC)
    return Memory(identity, user, talk, Sort(sort), who, text, when, about, value, source)


def _values(memory: Memory) -> dict[str, Any]:
    text = storable(memory.text)
    return {
        "id": storable(memory.id),
        "talk": storable(memory.talk),
        "sort": memory.sort.value,
        "who": storable(memory.who),
        "text": text,
        "made": memory.when,
        "about": storable(memory.about),
        "value": storable(memory.value),
        "source": storable(memory.source),
        "terms": _terms(memory.sort, text),
    }


def _user(memory: Memory) -> str:
    return storable(memory.user)


def _terms(sort: Sort, text: str) -> list[str]:
    """What a recall finds `text` by; nothing of a decision."""
    return [] if sort is Sort.DECISION else sorted({term[:TERM] for term in terms_in(text)})


async def _found(
    connection: Connection, user: str, which: LiteralString, values: Sequence[Any] = ()
) -> list[Memory]:
    found = await connection.execute(
        f"SELECT {COLUMNS} FROM memories WHERE {_MINE} AND {which}", values
    )
    rows = await found.fetchall()
    return await asyncio.to_thread(lambda: [memory_of(user, row) for row in rows])


async def _value(
    connection: Connection, query: LiteralString, values: dict[str, Any] | None = None
) -> Any:
    found = await (await connection.execute(query, values)).fetchone()
    return found[0] if found else None
