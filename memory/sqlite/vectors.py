"""The vectors of memories in SQLite: signs in sqlite-vec for a first look, float16 for the second.

The model that they are of is named in the file; another one begins anew.
"""

import numpy as np
from numpy.typing import NDArray

from memory.embedding import Vectors
from memory.engine import sqlite3
from memory.sqlite.rows import owner_of

FIRST_PASS = 48  # rows that the signs let through
Waiting = list[tuple[int, str, str]]  # row, user, text


def use_model(connection: sqlite3.Connection, name: str, dimensions: int) -> None:
    """Have the vectors be of this model: those of another are dropped and wait to be made."""
    found = connection.execute("SELECT model, dimensions FROM embedding").fetchone()
    if found == (name, dimensions):
        return
    connection.execute("DROP TABLE IF EXISTS codes")
    connection.execute(
        "CREATE VIRTUAL TABLE codes USING vec0"
        f" (owner INTEGER PARTITION KEY, code bit[{dimensions}])"
    )
    connection.execute("DELETE FROM meanings")
    connection.execute("DELETE FROM embedding")
    connection.execute("UPDATE memories SET embedded = 0 WHERE embedded AND sort != 'decision'")
    connection.execute("INSERT INTO embedding VALUES (?, ?)", (name, dimensions))


def waiting(connection: sqlite3.Connection, limit: int) -> Waiting:
    """Memories without a vector, the newest first."""
    return connection.execute(
        "SELECT row, user, text FROM memories WHERE NOT embedded ORDER BY row DESC LIMIT ?",
        (limit,),
    ).fetchall()


def add(connection: sqlite3.Connection, rows: Waiting, vectors: Vectors) -> None:
    """Keep the vector of each row that is still there with the same text."""
    for (row, user, text), vector in zip(rows, vectors, strict=True):
        found = connection.execute(
            "SELECT text FROM memories WHERE row = ? AND NOT embedded", (row,)
        ).fetchone()
        if found != (text,):
            continue
        connection.execute("INSERT OR REPLACE INTO meanings VALUES (?, ?)", (row, _exact(vector)))
        connection.execute(
            "INSERT INTO codes (rowid, owner, code) VALUES (?, ?, vec_bit(?))",
            (row, owner_of(connection, user), _signs(vector)),
        )
        connection.execute("UPDATE memories SET embedded = 1 WHERE row = ?", (row,))


def nearest(
    connection: sqlite3.Connection, owner: int, vector: Vectors, limit: int = FIRST_PASS
) -> list[int]:
    """The user's rows whose signs agree best with those of `vector`."""
    found = connection.execute(
        "SELECT rowid FROM codes WHERE owner = ? AND code MATCH vec_bit(?) AND k = ?",
        (owner, _signs(vector), limit),
    )
    return [row for (row,) in found]


def cosines(connection: sqlite3.Connection, rows: list[int], vector: Vectors) -> dict[int, float]:
    """How close each of `rows` that has a vector is to `vector`, both of length 1."""
    marks = ", ".join("?" for _ in rows)
    found = connection.execute(
        f"SELECT row, vector FROM meanings WHERE row IN ({marks})", rows
    ).fetchall()
    if not found:
        return {}
    kept = np.frombuffer(b"".join(blob for _, blob in found), np.float16)
    near = kept.reshape(len(found), -1).astype(np.float32) @ vector
    return {row: float(each) for (row, _), each in zip(found, near, strict=True)}


def _exact(vector: NDArray[np.float32]) -> bytes:
    return vector.astype(np.float16).tobytes()


def _signs(vector: NDArray[np.float32]) -> bytes:
    return np.packbits(vector > 0, bitorder="little").tobytes()
