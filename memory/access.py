"""The file of what is kept of everyone, consent or not, and holds no words.

Blocks, standing wishes, and which invitations were used.
"""

from pathlib import Path

from memory.database import Database

SCHEMA = """
CREATE TABLE affronts (
    user TEXT NOT NULL,
    made REAL NOT NULL -- seconds since 1970: a warning that still counts
);
CREATE INDEX affronts_by_user ON affronts (user, made);
CREATE TABLE blocks (
    user TEXT PRIMARY KEY,
    times INTEGER NOT NULL, -- how many blocks so far
    until REAL -- seconds since 1970; empty when it lasts
);
CREATE TABLE wishes (
    user TEXT NOT NULL,
    about TEXT NOT NULL, -- a later wish about the same replaces it
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (user, about)
)
"""
INVITATIONS = """
CREATE TABLE invitations (
    id TEXT PRIMARY KEY,
    until REAL NOT NULL -- seconds since 1970: no longer good then anyway
)
"""


def open_access(path: str | Path, *, busy: float = 2.0) -> Database:
    """The file at `path`, made at the first call that needs it."""
    return Database(Path(path), [SCHEMA, INVITATIONS], busy=busy)
