"""The candidates for a query among a user's rows in SQLite, put in order by `memory.ranking`."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from heapq import nlargest

from memory.embedding import Vectors
from memory.engine import sqlite3
from memory.ranking import (
    BY_WORDS,
    HITS,
    POSTINGS,
    Candidate,
    Query,
    promising,
    query_terms,
    ranked,
    rarity,
)
from memory.sqlite import vectors
from memory.sqlite.rows import COLUMNS, memory_of, owner_of
from memory.store import Memory

COUNTED = 5000  # a word that more memories hold counts as one of so many


@dataclass(frozen=True, slots=True)
class Words:
    """What is found by a query's words: how rare each is, and what each row's are worth."""

    owner: int
    rare: dict[str, float]
    worth: dict[int, float]


def by_words(connection: sqlite3.Connection, user: str, query: str, limit: int) -> Words | None:
    """The user's rows that share telling words with `query`; None where there can be no answer."""
    owner, terms = owner_of(connection, user), query_terms(query)
    if owner is None or not terms or limit < 1:
        return None
    rare = _rarities(connection, owner, terms)
    return Words(owner, rare, _by_words(connection, owner, rare, max(BY_WORDS, limit)))


def recall(
    connection: sqlite3.Connection,
    query: Query,
    words: Words,
    vector: Vectors | None,
    limit: int,
) -> list[Memory]:
    """The user's best answers to `query`; by `words` alone where it has no `vector`."""
    near: dict[int, float] = {}
    if vector is not None:
        close = vectors.nearest(connection, words.owner, vector, max(vectors.FIRST_PASS, limit))
        near = vectors.cosines(connection, list({*close, *words.worth}), vector)
    hits = promising(words.worth, near, max(HITS, limit))
    chosen = _with_neighbours(connection, hits)
    if vector is not None:
        near |= vectors.cosines(connection, [each for each in chosen if each not in near], vector)
    return ranked(query, _candidates(connection, chosen, near), limit)


def _rarities(connection: sqlite3.Connection, owner: int, terms: Iterable[str]) -> dict[str, float]:
    """What each term is worth, the rarest first; those that no memory holds are left out."""
    [(total,)] = connection.execute("SELECT memories FROM users WHERE number = ?", (owner,))
    held = {
        term: connection.execute(
            "SELECT count(*) FROM (SELECT 1 FROM words WHERE owner = ? AND term = ? LIMIT ?)",
            (owner, term, COUNTED),
        ).fetchone()[0]
        for term in terms
    }
    return {
        term: rarity(total, count)
        for term, count in sorted(held.items(), key=lambda pair: pair[1])
        if count
    }


def _by_words(
    connection: sqlite3.Connection, owner: int, rare: dict[str, float], limit: int
) -> dict[int, float]:
    """The rows that hold the most telling words and what those are worth.

    Of a very common word only the newest rows count.
    """
    worth: defaultdict[int, float] = defaultdict(float)
    left = POSTINGS
    for term, value in rare.items():
        if left <= 0:
            break
        found = connection.execute(
            "SELECT row FROM words WHERE owner = ? AND term = ? ORDER BY row DESC LIMIT ?",
            (owner, term, left),
        ).fetchall()
        left -= len(found)
        for (row,) in found:
            worth[row] += value
    return dict(nlargest(limit, worth.items(), key=lambda pair: pair[1]))


def _with_neighbours(connection: sqlite3.Connection, rows: list[int]) -> list[int]:
    """`rows` and the turns before and after them."""
    marks = ", ".join("?" for _ in rows)
    before = connection.execute(
        f"SELECT previous FROM memories WHERE row IN ({marks}) AND previous IS NOT NULL", rows
    )
    after = connection.execute(f"SELECT row FROM memories WHERE previous IN ({marks})", rows)
    return list(dict.fromkeys([*rows, *(row for (row,) in before), *(row for (row,) in after)]))


def _candidates(
    connection: sqlite3.Connection, rows: list[int], near: dict[int, float]
) -> dict[int, Candidate]:
    marks = ", ".join("?" for _ in rows)
    found = connection.execute(
        f"SELECT row, previous, {COLUMNS} FROM memories WHERE row IN ({marks})", rows
    )
    return {
        row: Candidate(memory_of(tuple(columns)), near.get(row), previous)
        for row, previous, *columns in found
    }
