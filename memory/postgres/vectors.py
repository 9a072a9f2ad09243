"""The vectors of memories in Postgres: half precision, in an index where that pays.

The model that they are of is named in the database; another one begins anew.
"""

from psycopg import sql

from memory.embedding import Embedding, Vectors
from memory.indexer import Waiting
from memory.postgres.schema import LOCK, Connection

INDEXED = 4000  # dimensions that pgvector can index; above, a search looks at all of a user's
LEASE = 25.0  # s for which a process has memories to itself, to make their vectors

_TAKE = """
WITH taken AS (
    UPDATE waiting SET taken = now() WHERE row IN (
        SELECT row FROM waiting
        WHERE taken < now() - make_interval(secs => %(lease)s)
        ORDER BY row DESC LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ) AND EXISTS (SELECT FROM embedding WHERE model = %(model)s AND dimensions = %(dimensions)s)
    RETURNING row
)
SELECT row, name, text
FROM taken JOIN memories USING (row) JOIN users ON number = owner
ORDER BY row DESC
"""
_KEEP = """
WITH kept AS (
    INSERT INTO meanings (row, owner, vector)
    SELECT row, owner, %(vector)s::halfvec FROM memories, embedding
    WHERE row = %(row)s AND model = %(model)s AND dimensions = %(dimensions)s
    FOR KEY SHARE OF memories -- before its rows elsewhere, as one who removes it does
    ON CONFLICT (row) DO UPDATE SET vector = EXCLUDED.vector
    RETURNING row
)
DELETE FROM waiting USING kept WHERE waiting.row = kept.row
"""


async def use_model(connection: Connection, embedding: Embedding) -> None:
    """Have the vectors be of this model: those of another are dropped and wait to be made."""
    await connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    model = (embedding.name, embedding.dimensions)
    found = await connection.execute("SELECT model, dimensions FROM embedding")
    if await found.fetchone() == model:
        return
    await connection.execute("LOCK TABLE memories IN SHARE ROW EXCLUSIVE MODE")  # to be read
    await connection.execute("LOCK TABLE meanings IN ACCESS EXCLUSIVE MODE")
    await connection.execute("DELETE FROM embedding")
    await connection.execute("INSERT INTO embedding VALUES (%s, %s)", model)
    await connection.execute(
        "INSERT INTO waiting (row, owner) SELECT row, owner FROM memories WHERE sort != 'decision'"
        " ON CONFLICT (row) DO UPDATE SET taken = '-infinity'"
    )
    await connection.execute("DROP INDEX IF EXISTS meanings_by_vector")
    await connection.execute("TRUNCATE meanings")
    await connection.execute(
        sql.SQL("ALTER TABLE meanings ALTER vector TYPE halfvec({})").format(model[1])
    )
    if embedding.dimensions <= INDEXED:
        await connection.execute(
            "CREATE INDEX meanings_by_vector ON meanings USING hnsw (vector halfvec_ip_ops)"
        )


async def take(connection: Connection, embedding: Embedding, limit: int) -> Waiting:
    """The housekeeper's: memories without a vector that no other process took, newest first."""
    values = {
        "lease": LEASE,
        "limit": limit,
        "model": embedding.name,
        "dimensions": embedding.dimensions,
    }
    await _need_not_be_on_disk(connection)
    return await (await connection.execute(_TAKE, values)).fetchall()


async def keep(connection: Connection, embedding: Embedding, row: int, vector: Vectors) -> None:
    """Keep the vector of `row` if that is still there, and this still the model in use.

    One row a transaction: of several, someone who removes them may hold the
    next and wait for the first.
    """
    values = {
        "row": row,
        "vector": literal(vector),
        "model": embedding.name,
        "dimensions": embedding.dimensions,
    }
    await _need_not_be_on_disk(connection)
    await connection.execute(_KEEP, values)


def literal(vector: Vectors) -> str:
    """A vector as Postgres reads it: as many digits as half precision has, and some."""
    return "[" + ",".join(f"{each:.6g}" for each in vector) + "]"


async def _need_not_be_on_disk(connection: Connection) -> None:
    """Do not wait for the disk: what a power cut takes is made again."""
    await connection.execute("SELECT set_config('synchronous_commit', 'off', true)")
