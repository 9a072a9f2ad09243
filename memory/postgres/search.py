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
SELECT held.row, sum(worth) AS worth, NULL::float8 AS cosine
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


def _by_both(by_meaning: LiteralString) -> LiteralString:
    return f"""
WITH held AS MATERIALIZED ({_BY_WORDS}),
close AS MATERIALIZED ({by_meaning}),
chosen AS (SELECT row FROM held UNION SELECT row FROM close),
near AS ({_NEAR})
SELECT row, coalesce(worth, 0), near.cosine FROM held FULL JOIN near USING (row)
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
SELECT row, coalesce(cosine, 0), previous, {COLUMNS}
FROM memories LEFT JOIN near USING (row)
WHERE owner = %(owner)s AND row = ANY(ARRAY(SELECT row FROM chosen))
ORDER BY row
"""


_BY_WORDS_AND_INDEX: LiteralString = _by_both(_BY_INDEX)
_BY_WORDS_AND_LOOKING: LiteralString = _by_both(_BY_LOOKING)
_AROUND: LiteralString = _around("SELECT 0 AS row, 0 AS cosine WHERE false")
_AROUND_AND_NEAR: LiteralString = _around(_NEAR)
_GO_ON: LiteralString = """
SELECT
    set_config('hnsw.ef_search', %s, true),
    set_config('hnsw.iterative_scan', 'relaxed_order', true)
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for: a query's terms and its vector, and how many memories are wanted."""

    terms: Sequence[str]
    vector: Vectors | None
    limit: int


async def candidates(
    connection: Connection, user: str, asked: Asked, embedding: Embedding | None
) -> tuple[dict[str, float], dict[int, Candidate]]:
    """What each term is worth, and the user's rows that may answer, by their keys.

    The vector is of `embedding`, and goes unused where those kept are of another.
    """
    holdings = await holdings_of(connection, asked.terms, embedding)
    if holdings is None or not asked.terms or asked.limit < 1:
        return {}, {}
    values: dict[str, Any] = {"owner": holdings.owner}
    if asked.vector is not None and holdings.has_vectors:
        values["vector"] = literal(asked.vector)
    values["hits"] = await _hits(connection, holdings, values, asked.limit)
    query = _AROUND_AND_NEAR if "vector" in values else _AROUND
    found = await connection.execute(query, values, prepare=True)
    return holdings.rarity, {
        row: Candidate(memory_of(user, columns), cosine, previous)
        for row, cosine, previous, *columns in await found.fetchall()
    }


async def _hits(
    connection: Connection, holdings: Holdings, values: dict[str, Any], limit: int
) -> list[int]:
    """The rows that stand out by their words and their meaning."""
    looked_at = accumulate(holdings.terms.values(), initial=0)  # before each term
    values = values | {
        "terms": [term[:TERM] for term in holdings.terms],
        "worths": list(holdings.rarity.values()),
        "most": [max(POSTINGS - n, 0) for n, _ in zip(looked_at, holdings.terms, strict=False)],
        "by_words": max(BY_WORDS, limit),
        "by_meaning": max(BY_MEANING, limit),
    }
    query = _BY_WORDS
    if "vector" in values:
        query = _BY_WORDS_AND_LOOKING
        if holdings.need_index(values["by_meaning"]):
            query = _BY_WORDS_AND_INDEX
            await connection.execute(_GO_ON, [str(min(values["by_meaning"], AT_ONCE))])
    found = await (await connection.execute(query, values, prepare=True)).fetchall()
    worth = {row: worth for row, worth, _ in found}
    near = {row: cosine for row, _, cosine in found if cosine is not None}
    return promising(worth, near, max(HITS, limit))
