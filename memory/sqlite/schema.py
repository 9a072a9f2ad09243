"""The tables of memories, and how a file of the version before becomes one of this."""

from memory.engine import sqlite3
from memory.terms import terms_in

_FIRST = """
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
# `previous` is the row of the turn before it in its talk; a `vector` is of float16. Decisions have
# neither words nor vectors, and are `embedded` from the first.
_SECOND = """
DROP TABLE words;
ALTER TABLE memories ADD COLUMN about TEXT NOT NULL DEFAULT '';
ALTER TABLE memories ADD COLUMN value TEXT NOT NULL DEFAULT '';
ALTER TABLE memories ADD COLUMN source TEXT NOT NULL DEFAULT '';
ALTER TABLE memories ADD COLUMN previous INTEGER;
ALTER TABLE memories ADD COLUMN embedded INTEGER NOT NULL DEFAULT 0;
CREATE INDEX memories_by_previous ON memories (previous) WHERE previous IS NOT NULL;
CREATE INDEX memories_by_talk ON memories (talk, made);
CREATE INDEX memories_without_vector ON memories (row) WHERE NOT embedded;
CREATE INDEX facts_by_user ON memories (user, made) WHERE sort = 'fact';
CREATE TABLE users (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    memories INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE words (
    owner INTEGER NOT NULL,
    term TEXT NOT NULL,
    row INTEGER NOT NULL,
    PRIMARY KEY (owner, term, row)
) WITHOUT ROWID;
CREATE TABLE meanings (row INTEGER PRIMARY KEY, vector BLOB NOT NULL);
CREATE TABLE embedding (model TEXT NOT NULL, dimensions INTEGER NOT NULL)
"""

_FOURTH = "CREATE INDEX decisions_by_user ON memories (user, made) WHERE sort = 'decision'"


def _find_words(connection: sqlite3.Connection) -> None:
    """Users and words of the memories that are there already."""
    connection.execute(
        "INSERT INTO users (name, memories) SELECT user, count(*) FROM memories GROUP BY user"
    )
    rows = connection.execute(
        "SELECT number, row, text FROM memories JOIN users ON users.name = memories.user"
    )
    for owner, row, text in rows.fetchall():
        add_words(connection, owner, row, text)


def add_words(connection: sqlite3.Connection, owner: int, row: int, text: str) -> None:
    """Let `row` be found by the words of `text`."""
    connection.executemany(
        "INSERT OR IGNORE INTO words VALUES (?, ?, ?)",
        [(owner, term, row) for term in set(terms_in(text))],
    )


VERSIONS = (_FIRST, _SECOND, _find_words, _FOURTH)
