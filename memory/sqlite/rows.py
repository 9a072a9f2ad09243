"""Memories as rows of SQLite: kept, told and removed."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from memory.database import storable
from memory.engine import sqlite3
from memory.sqlite.schema import add_words
from memory.store import Memory, Sort, need_aware
from memory.terms import terms_in

COLUMNS = "id, user, talk, sort, who, text, made, about, value, source"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Row = tuple[Any, ...]  # of COLUMNS


def remember(connection: sqlite3.Connection, memories: Sequence[Memory]) -> None:
    """Keep `memories`, each in place of any of the same id. A naive `when` is a ValueError."""
    for memory in memories:
        need_aware(memory.when)
    for memory in memories:
        _remove(connection, _rows(connection, "id = ?", [storable(memory.id)]))
        _add(connection, memory)


def everything(connection: sqlite3.Connection, user: str) -> list[Memory]:
    """All the user's memories, oldest first."""
    return _found(connection, "user = ? ORDER BY made, row", [storable(user)])


def facts(connection: sqlite3.Connection, user: str) -> list[Memory]:
    """The user's facts, oldest first."""
    return _found(connection, "user = ? AND sort = 'fact' ORDER BY made, row", [storable(user)])


def decisions(connection: sqlite3.Connection, user: str, limit: int) -> list[Memory]:
    """The user's last decisions, newest first."""
    last = "user = ? AND sort = 'decision' ORDER BY made DESC, row DESC LIMIT ?"
    return _found(connection, last, [storable(user), max(limit, 0)])


def last_seen(connection: sqlite3.Connection, user: str) -> datetime | None:
    """When the user's newest memory was made."""
    found = connection.execute(
        "SELECT max(made) FROM memories WHERE user = ?", (storable(user),)
    ).fetchone()
    return None if found[0] is None else _time(found[0])


def forget(connection: sqlite3.Connection, user: str, ids: Collection[str] | None) -> int:
    """Remove the user's memories, or those of `ids` and what was drawn from them."""
    user = storable(user)
    if ids is None:
        return _forget_all(connection, user)
    named = [storable(each) for each in ids]
    marks = _marks(named)
    chosen = f"SELECT talk FROM memories WHERE user = ? AND sort = 'turn' AND id IN ({marks})"
    rows = _rows(
        connection,
        f"user = ? AND (id IN ({marks}) OR source IN ({marks}) AND source != ''"
        f" OR sort = 'summary' AND talk IN ({chosen}))",
        [user, *named, *named, user, *named],
    )
    return _remove(connection, rows)


def _forget_all(connection: sqlite3.Connection, user: str) -> int:
    owner = owner_of(connection, user)
    mine = "row IN (SELECT row FROM memories WHERE user = ?)"
    connection.execute(f"DELETE FROM meanings WHERE {mine}", (user,))
    if _has_codes(connection):
        rows = _rows(connection, "user = ?", [user])
        connection.executemany("DELETE FROM codes WHERE rowid = ?", [(row,) for row in rows])
    connection.execute("DELETE FROM words WHERE owner = ?", (owner,))
    connection.execute("DELETE FROM users WHERE number = ?", (owner,))
    return connection.execute("DELETE FROM memories WHERE user = ?", (user,)).rowcount


def expire(connection: sqlite3.Connection, before: datetime) -> int:
    """Remove all memories made before that time. A naive one is a ValueError."""
    need_aware(before)
    return _remove(connection, _rows(connection, "made < ?", [_microseconds(before)]))


def owner_of(connection: sqlite3.Connection, user: str) -> int | None:
    """The number of the user, None for a stranger."""
    found = connection.execute(
        "SELECT number FROM users WHERE name = ?", (storable(user),)
    ).fetchone()
    return int(found[0]) if found else None


def memory_of(row: Row) -> Memory:
    """What stands in `COLUMNS`."""
    identity, user, talk, sort, who, text, made, about, value, source = row
    return Memory(identity, user, talk, Sort(sort), who, text, _time(made), about, value, source)


def _add(connection: sqlite3.Connection, memory: Memory) -> None:
    user, talk, text = (storable(each) for each in (memory.user, memory.talk, memory.text))
    made = _microseconds(memory.when)
    names = (memory.about, memory.value, memory.source)
    row = connection.execute(
        f"INSERT INTO memories ({COLUMNS}, previous, embedded)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(storable(memory.id), user, talk, memory.sort, storable(memory.who), text, made),
            *(storable(each) for each in names),
            _turn_before(connection, user, talk, made) if memory.sort is Sort.TURN else None,
            memory.sort is Sort.DECISION,  # it waits for no vector
        ),
    ).lastrowid
    [(owner,)] = connection.execute(
        "INSERT INTO users (name, memories) VALUES (?, 1)"
        " ON CONFLICT (name) DO UPDATE SET memories = memories + 1 RETURNING number",
        (user,),
    ).fetchall()
    assert row is not None
    if memory.sort is not Sort.DECISION:  # a recall finds none
        add_words(connection, owner, row, text)


def _turn_before(connection: sqlite3.Connection, user: str, talk: str, made: int) -> int | None:
    found = connection.execute(
        "SELECT row FROM memories WHERE talk = ? AND made <= ? AND user = ? AND sort = 'turn'"
        " ORDER BY made DESC, row DESC LIMIT 1",
        (talk, made, user),
    ).fetchone()
    return found[0] if found else None


def _rows(connection: sqlite3.Connection, where: str, values: Sequence[str | int]) -> list[int]:
    return [row for (row,) in connection.execute(f"SELECT row FROM memories WHERE {where}", values)]


def _remove(connection: sqlite3.Connection, rows: Sequence[int]) -> int:
    """Remove whole rows: the text, its words, its vector."""
    has_codes = _has_codes(connection)
    for row in rows:
        owner, text = connection.execute(
            "SELECT number, text FROM memories JOIN users ON name = user WHERE row = ?", (row,)
        ).fetchone()
        connection.executemany(
            "DELETE FROM words WHERE owner = ? AND term = ? AND row = ?",
            [(owner, term, row) for term in set(terms_in(text))],
        )
        connection.execute("UPDATE users SET memories = memories - 1 WHERE number = ?", (owner,))
        connection.execute("DELETE FROM meanings WHERE row = ?", (row,))
        if has_codes:
            connection.execute("DELETE FROM codes WHERE rowid = ?", (row,))
        connection.execute("UPDATE memories SET previous = NULL WHERE previous = ?", (row,))
        connection.execute("DELETE FROM memories WHERE row = ?", (row,))
    return len(rows)


def _has_codes(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT 1 FROM embedding").fetchone())


def _found(connection: sqlite3.Connection, where: str, values: Sequence[str | int]) -> list[Memory]:
    found = connection.execute(f"SELECT {COLUMNS} FROM memories WHERE {where}", values)
    return [memory_of(row) for row in found]


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" for _ in values)


def _microseconds(when: datetime) -> int:
    return (when - EPOCH) // timedelta(microseconds=1)


def _time(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)
