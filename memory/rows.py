"""Memories as rows, and the search over their words."""

import hashlib
import re
import sqlite3
from datetime import UTC, datetime, timedelta

from memory.database import storable
from memory.store import Memory, Sort

SCHEMA = """
CREATE TABLE memories (
    row INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    user TEXT NOT NULL,
    talk TEXT NOT NULL,
    sort TEXT NOT NULL,
    who TEXT NOT NULL,
    text TEXT NOT NULL,
    made INTEGER NOT NULL -- microseconds since 1970, UTC
);
CREATE INDEX memories_by_user ON memories (user, made);
CREATE VIRTUAL TABLE words USING fts5 (owner, body, tokenize = 'porter unicode61')
"""
COLUMNS = "id, user, talk, sort, who, text, made"
FACT_WEIGHT = 2.0  # a fact says the same in fewer words than the turn it was stated in
QUERY_WORDS = 32  # of a long query, the last ones
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# Words that are in every sentence and tell none from another.
COMMON = frozenset(
    "a about am an and are as at be been but by can could did do does for from had has have he her "
    "him his how i if in is it its just like me my no not now of oh ok okay on or our please she "
    "so some tell than that the their them then there these they this to uh um us was we well were "
    "what when where which who why will with would yes you your s t m re ve ll d".split()
)


def remember(connection: sqlite3.Connection, memory: Memory) -> None:
    """Keep `memory` in place of any of the same id. A naive `when` is a ValueError."""
    if memory.when.tzinfo is None:
        raise ValueError(f"a memory's time must be aware: {memory.when}")
    _remove(connection, "id = ?", storable(memory.id))
    user, text = storable(memory.user), storable(memory.text)
    made = (memory.when - EPOCH) // timedelta(microseconds=1)
    row = connection.execute(
        f"INSERT INTO memories ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (storable(memory.id), user, storable(memory.talk), memory.sort, storable(memory.who))
        + (text, made),
    ).lastrowid
    connection.execute(
        "INSERT INTO words (rowid, owner, body) VALUES (?, ?, ?)", (row, _owner(user), text)
    )


def recall(connection: sqlite3.Connection, user: str, query: str, limit: int) -> list[Memory]:
    """The user's best matches of any of the query's words, facts first among equals, then newer."""
    words = query_words(query)
    if not words or limit < 1:
        return []
    user = storable(user)
    any_word = " OR ".join(f'"{word}"' for word in words)
    found = connection.execute(
        f"""
        SELECT {COLUMNS} FROM words JOIN memories ON memories.row = words.rowid
        WHERE words MATCH ? AND memories.user = ?
        ORDER BY bm25(words, 0.0, 1.0) * iif(sort = 'fact', {FACT_WEIGHT}, 1.0), made DESC
        LIMIT ?
        """,
        (f"owner : {_owner(user)} AND body : ({any_word})", user, limit),
    )
    return [_memory(row) for row in found]


def everything(connection: sqlite3.Connection, user: str) -> list[Memory]:
    """All the user's memories, oldest first."""
    found = connection.execute(
        f"SELECT {COLUMNS} FROM memories WHERE user = ? ORDER BY made, row", (storable(user),)
    )
    return [_memory(row) for row in found]


def last_seen(connection: sqlite3.Connection, user: str) -> datetime | None:
    """When the user's newest memory was made."""
    found = connection.execute(
        "SELECT max(made) FROM memories WHERE user = ?", (storable(user),)
    ).fetchone()
    return None if found[0] is None else _time(found[0])


def forget(connection: sqlite3.Connection, user: str) -> int:
    """Remove all of the user's memories, the traces in the word index included."""
    removed = _remove(connection, "user = ?", storable(user))
    if removed:
        connection.execute("INSERT INTO words (words) VALUES ('optimize')")
    return removed


def query_words(query: str) -> list[str]:
    """The last distinct telling words of `query`, in lower case: no punctuation, no syntax."""
    words = [word for word in re.findall(r"[^\W_]+", query.lower()) if word not in COMMON]
    return list(dict.fromkeys(reversed(words)))[:QUERY_WORDS]


def _remove(connection: sqlite3.Connection, where: str, value: str) -> int:
    chosen = f"SELECT row FROM memories WHERE {where}"
    connection.execute(f"DELETE FROM words WHERE rowid IN ({chosen})", (value,))
    return connection.execute(f"DELETE FROM memories WHERE {where}", (value,)).rowcount


def _memory(row: tuple[str, str, str, str, str, str, int]) -> Memory:
    *names, sort, who, text, made = row
    identity, user, talk = (str(name) for name in names)
    return Memory(identity, user, talk, Sort(str(sort)), str(who), str(text), _time(int(made)))


def _time(microseconds: int) -> datetime:
    return EPOCH + timedelta(microseconds=microseconds)


def _owner(user: str) -> str:
    """The user as one word of the index, so that a search reads no other user's entries."""
    return "u" + hashlib.sha256(user.encode()).hexdigest()
