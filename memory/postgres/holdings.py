"""What a user holds in Postgres of a query's words, and how its vectors are best searched."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

from memory.embedding import Embedding
from memory.postgres.rows import TERM, USER
from memory.postgres.schema import Connection
from memory.ranking import rarity

COUNTED = 10_000  # memories that hold a word, at most, in telling how rare it is
INDEXED_FROM = 10_000  # memories of a user; fewer are looked at one by one

_COUNTS: LiteralString = f"""
SELECT
    number,
    memories,
    ARRAY(
        SELECT (
            SELECT count(*) FROM (
                SELECT FROM words WHERE owner = number AND term = asked.term LIMIT %(counted)s
            ) AS holding
        )
        FROM unnest(%(terms)s::text[]) WITH ORDINALITY AS asked(term, place) ORDER BY place
    ),
    EXISTS (SELECT FROM embedding WHERE model = %(model)s AND dimensions = %(dimensions)s),
    (SELECT reltuples FROM pg_class WHERE oid = 'meanings'::regclass)
FROM users WHERE {USER}
"""


@dataclass(frozen=True, slots=True)
class Holdings:
    """A user's number, how many memories they have, and how many of those hold each term."""

    owner: int
    memories: int
    terms: dict[str, int]  # the rarest first; those that none holds are left out
    has_vectors: bool  # of the model in use
    everybodys: float  # vectors, about

    @property
    def rarity(self) -> dict[str, float]:
        """What each term is worth, the rarest first."""
        return {term: rarity(self.memories, count) for term, count in self.terms.items()}

    def need_index(self, wanted: int) -> bool:
        """Whether the index finds the nearest `wanted` sooner than a look at all the user's.

        A look costs about 0.5 us a memory. The index costs about 10 us for each
        that it passes: for one of the user's, as many as everybody has for it.
        """
        few = math.sqrt(wanted * 10 / 0.5 * max(self.everybodys, 0.0))
        return self.memories > max(INDEXED_FROM, few)


async def holdings_of(
    connection: Connection, terms: Sequence[str], embedding: Embedding | None
) -> Holdings | None:
    """What the user of the transaction holds; None for a stranger."""
    values = {
        "terms": [term[:TERM] for term in terms],
        "counted": COUNTED,
        "model": embedding.name if embedding else "",
        "dimensions": embedding.dimensions if embedding else 0,
    }
    found = await (await connection.execute(_COUNTS, values, prepare=True)).fetchone()
    if found is None:
        return None
    owner, memories, counts, has_vectors, everybodys = found
    held = sorted(zip(terms, counts, strict=True), key=lambda pair: pair[1])
    return Holdings(owner, memories, {t: n for t, n in held if n}, has_vectors, everybodys)
