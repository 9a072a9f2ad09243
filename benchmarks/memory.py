"""How well memory finds what answers a question: LoCoMo's long talks, MemoryBank's users.

    python -m benchmarks.memory --data locomo10.json --out memory.json
    python -m benchmarks.memory --data locomo10.json --memorybank memory_bank_en.json --out F.json

Every turn of a user's talks is remembered; each question is put to the store, and the
share of the turns with its evidence among the first 5, 10 and 20 found is its recall.
Every turn that comes back counts, neighbours included. `ours` is the embedded
profile's store, `bm25` ranks by words alone (Okapi, k1 1.5, b 0.75, speaker and
text), `vectors` by the cosine of all-MiniLM-L6-v2 alone (speaker and text).
"""

import argparse
import asyncio
import math
import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.remembering.conversation import Conversation, Question
from benchmarks.remembering.locomo import LocomoError, read_locomo
from benchmarks.remembering.memorybank import read_memorybank
from benchmarks.report import provenance, write
from judgement.local import MODELS
from memory.embedding import Embedder
from memory.minilm import PACKAGE, gguf_file
from memory.sqlite.store import SqliteStore
from memory.store import Memory

KS = (5, 10, 20)
K1, B = 1.5, 0.75

Ask = Callable[[Question], Awaitable[list[Memory]]]
Contender = Callable[[Conversation, Embedder], Awaitable[Ask]]


async def ours(talks: Conversation, embedder: Embedder) -> Ask:
    """The store of the embedded profile, all vectors made."""
    folder = tempfile.TemporaryDirectory(prefix="repartee-")
    store = SqliteStore(Path(folder.name) / "memory.db", embedder)
    await store.remember(*talks.turns)
    await store.settled()

    async def ask(question: Question) -> list[Memory]:
        _ = folder  # lives as long as the store
        return await store.recall(talks.id, question.text, limit=max(KS))

    return ask


async def bm25(talks: Conversation, _: Embedder) -> Ask:
    """Okapi BM25 over speaker and text."""
    documents = [Counter(_words(f"{turn.who} {turn.text}")) for turn in talks.turns]
    lengths = [sum(each.values()) for each in documents]
    mean = sum(lengths) / len(lengths)
    held = Counter(word for each in documents for word in each)

    def score(question: Question, place: int) -> float:
        norm = K1 * (1 - B + B * lengths[place] / mean)
        return sum(
            math.log(1 + (len(documents) - held[word] + 0.5) / (held[word] + 0.5))
            * documents[place][word]
            * (K1 + 1)
            / (documents[place][word] + norm)
            for word in _words(question.text)
        )

    async def ask(question: Question) -> list[Memory]:
        return _best(talks, np.array([score(question, each) for each in range(len(documents))]))

    return ask


async def vectors(talks: Conversation, embedder: Embedder) -> Ask:
    """Cosine of speaker and text to the question."""
    texts = [f"{turn.who}: {turn.text}" for turn in talks.turns]
    kept = np.concatenate([await embedder.embed([text]) for text in texts])

    async def ask(question: Question) -> list[Memory]:
        return _best(talks, kept @ (await embedder.embed([question.text]))[0])

    return ask


CONTENDERS: dict[str, Contender] = {"ours": ours, "bm25": bm25, "vectors": vectors}


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower())


def _best(talks: Conversation, scores: np.ndarray) -> list[Memory]:
    return [talks.turns[place] for place in np.argsort(-scores, kind="stable")[: max(KS)]]


async def measured(
    contender: Contender, conversations: Sequence[Conversation], embedder: Embedder
) -> dict[str, Any]:
    """The contender's mean recall over all questions, and by category."""
    found: dict[str, list[list[float]]] = defaultdict(list)
    for talks in conversations:
        ask = await contender(talks, embedder)
        for question in talks.questions:
            memories = await ask(question)
            found[question.category].append([question.recall(memories, k) for k in KS])
    everything = [each for group in found.values() for each in group]
    by_category = {name: _means(group) for name, group in sorted(found.items())}
    return _means(everything) | {"by_category": by_category}


def _means(rows: list[list[float]]) -> dict[str, Any]:
    means = np.mean(rows, axis=0).round(3).tolist()
    return {"questions": len(rows)} | {
        f"recall@{k}": mean for k, mean in zip(KS, means, strict=True)
    }


async def report(given: argparse.Namespace) -> dict[str, Any]:
    """Each contender's figures on each set."""
    embedder = await asyncio.to_thread(lambda: Embedder(gguf_file(PACKAGE, MODELS)))
    found: dict[str, Any] = provenance()
    for name, contender in CONTENDERS.items():
        found[name] = await measured(contender, read_locomo(given.data), embedder)
        _tell(f"LoCoMo, {name}", found[name])
        if given.memorybank:
            bank = await measured(contender, read_memorybank(given.memorybank), embedder)
            found[name]["memorybank"] = bank
            _tell(f"MemoryBank, {name}", bank)
    return found


def _tell(title: str, figures: dict[str, Any]) -> None:
    rows = {"all": figures} | figures["by_category"]
    print(f"\n{title}")
    for name, row in rows.items():
        shares = "  ".join(f"@{k} {row[f'recall@{k}']:.3f}" for k in KS)
        print(f"  {name:14} {row['questions']:5} questions  {shares}", flush=True)


def main() -> None:
    """Run the benchmark and write its report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="LoCoMo's JSON file")
    parser.add_argument("--memorybank", type=Path, help="MemoryBank's memory_bank_en.json")
    parser.add_argument("--out", type=Path, required=True, help="where the report goes")
    given = parser.parse_args()
    try:
        write(given.out, asyncio.run(report(given)))
    except (LocomoError, OSError) as error:
        parser.exit(2, f"{parser.prog}: {error}\n")


if __name__ == "__main__":
    main()
