"""The candidates for a query among a user's rows in Postgres, for `memory.ranking` to order."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, LiteralString

from memory.embedding import Embedding, Vectors
from memory.postgres.holdings import Holdings, holdings_of
from memory.postgres.rows import COLUMNS, TERM, memory_of
from memory.postgres.schema import Connection
from memory.postgres.vectors import literal
from memory.ranking import BY_WORDS, HITS, POSTINGS, Candidate, promising

BY_MEANING = 48  # candidates
AT_ONCE = 1000  # that pgvector's index can look for before it goes on

_BY_WORDS: LiteralString = """
SELECT held.row, sum(worth) AS worth
FROM unnest(%(terms)s::text[], %(worths)s::float8[], %(most)s::bigint[])
    AS asked(term, worth, most)
CROSS JOIN LATERAL (
    SELECT row FROM words WHERE owner = %(owner)s AND term = asked.term
    ORDER BY row DESC LIMIT most
) AS held
GROUP BY held.row ORDER BY worth DESC, held.row DESC LIMIT %(by_words)s
"""
_BY_INDEX: LiteralString = """
SELECT row FROM meanings WHERE owner = %(owner)s
ORDER BY vector <#> %(vector)s::halfvec LIMIT %(by_meaning)s
"""
_BY_LOOKING: LiteralString = """
SELECT row FROM meanings WHERE owner = %(owner)s
ORDER BY (vector <#> %(vector)s::halfvec) + 0 LIMIT %(by_meaning)s -- + 0: not by the index
"""
# Lists of rows, not joins of them, so that each is looked up and no table read whole.
_NEAR: LiteralString = """
    SELECT row, -(vector <#> %(vector)s::halfvec) AS cosine FROM meanings
    WHERE owner = %(owner)s AND row = ANY(ARRAY(SELECT row FROM chosen))
"""


def _near_any(by_meaning: LiteralString) -> LiteralString:
    """How close those found by words are, and the closest of all."""
    return f"""
WITH close AS MATERIALIZED ({by_meaning}),
chosen AS (SELECT unnest(%(by_words)s::bigint[]) AS row UNION SELECT row FROM close)
{_NEAR}
"""


def _around(near: LiteralString) -> LiteralString:
    return f"""
WITH chosen AS MATERIALIZED (
    SELECT unnest(%(hits)s::bigint[]) AS row
    UNION
    SELECT previous FROM memories
    WHERE owner = %(owner)s AND row = ANY(%(hits)s::bigint[]) AND previous IS NOT NULL
    UNION
    SELECT row FROM memories WHERE owner = %(owner)s AND previous = ANY(%(hits)s::bigint[])
),
near AS MATERIALIZED ({near})
SELECT row, cosine, previous, {COLUMNS}
FROM memories LEFT JOIN near USING (row)
WHERE owner = %(owner)s AND row = ANY(ARRAY(SELECT row FROM chosen))
ORDER BY row
"""


_CLOSE_BY_INDEX: LiteralString = _near_any(_BY_INDEX)
_CLOSE_BY_LOOKING: LiteralString = _near_any(_BY_LOOKING)
_AROUND: LiteralString = _around("SELECT 0 AS row, 0 AS cosine WHERE false")
_AROUND_AND_NEAR: LiteralString = _around(_NEAR)
_GO_ON: LiteralString = """
SELECT
    set_config('hnsw.ef_search', %s, true),
    set_config('hnsw.iterative_scan', 'relaxed_order', true)
"""


@dataclass(frozen=True, slots=True)
class Worded:
    """What is found by a query's words: what the user holds, and what each row's are worth."""

    holdings: Holdings
    worth: dict[int, float]


async def by_words(
    connection: Connection, terms: Sequence[str], limit: int, embedding: Embedding | None
) -> Worded | None:
    """The rows that share telling words with the query; None where there can be no answer."""
    if not terms or limit < 1:
        return None
    holdings = await holdings_of(connection, terms, embedding)
    if holdings is None:
        return None
    looked_at = accumulate(holdings.terms.values(), initial=0)  # before each term
    values = {
        "owner": holdings.owner,
        "terms": [term[:TERM] for term in holdings.terms],
        "worths": list(holdings.rarity.values()),
        "most": [max(POSTINGS - n, 0) for n, _ in zip(looked_at, holdings.terms, strict=False)],
        "by_words": max(BY_WORDS, limit),
    }
    found = await connection.execute(_BY_WORDS, values, prepare=True)
    return Worded(holdings, dict(await found.fetchall()))


async def candidates(
    connection: Connection, user: str, worded: Worded, vector: Vectors | None, limit: int
) -> dict[int, Candidate]:
    """The user's rows that may answer, by their keys.

    A vector goes unused where those kept are of another model.
    """
    values: dict[str, Any] = {"owner": worded.holdings.owner}
    near: dict[int, float] = {}
    if vector is not None and worded.holdings.has_vectors:
        values["vector"] = literal(vector)
        near = await _near(connection, worded, values, max(BY_MEANING, limit))
    values["hits"] = promising(worded.worth, near, max(HITS, limit))
    query = _AROUND_AND_NEAR if "vector" in values else _AROUND
    found = await connection.execute(query, values, prepare=True)
    return {
        row: Candidate(memory_of(user, columns), cosine, previous)
        for row, cosine, previous, *columns in await found.fetchall()
    }


async def _near(
    connection: Connection, worded: Worded, values: dict[str, Any], wanted: int
) -> dict[int, float]:
    """The cosines of the rows found by words and of the `wanted` nearest."""
    query = _CLOSE_BY_LOOKING
    if worded.holdings.need_index(wanted):
        query = _CLOSE_BY_INDEX
        await connection.execute(_GO_ON, [str(min(wanted, AT_ONCE))])
    values = values | {"by_words": list(worded.worth), "by_meaning": wanted}
    return dict(await (await connection.execute(query, values, prepare=True)).fetchall())
