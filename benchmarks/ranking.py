"""The weights of `memory.ranking`, fitted, and what they find in conversations they never saw.

    python -m benchmarks.ranking --data locomo_dev.json

Each conversation is left out once: the weights come from the others (a logistic
regression of "is evidence" on the features, all turns as candidates), recall from it.
The weights from all of them follow (`fact` cannot be learnt from turns), then what a floor loses.
"""

import argparse
import asyncio
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from benchmarks.memory import KS
from benchmarks.remembering.conversation import Conversation
from benchmarks.remembering.locomo import read_locomo
from memory.embedding import Embedder
from memory.keeper import RECALLED
from memory.minilm import PACKAGE, gguf_file
from memory.ranking import FEATURES, FLOOR, WEIGHTS, Candidate, Query, features, rarity
from memory.terms import query_terms, terms_in

LEARNT = [place for place, name in enumerate(FEATURES) if name not in ("fact", "fresh")]
FLOORS = (7.0, 8.0, 9.0)  # to compare `memory.ranking`'s with
OTHERS = 0.1  # of the turns that are no evidence, the share that is learnt from

Numbers = NDArray[np.float64]
Example = tuple[Numbers, list[int]]  # features of every turn, which of them are evidence


async def examples(talks: Conversation, embedder: Embedder) -> list[Example]:
    """One for each question."""
    kept = np.concatenate([await embedder.embed([turn.text]) for turn in talks.turns])
    held = Counter(term for turn in talks.turns for term in set(terms_in(turn.text)))
    found: list[Example] = []
    for question in talks.questions:
        near = kept @ (await embedder.embed([question.text]))[0]
        terms = query_terms(question.text)
        rare = {term: rarity(len(talks.turns), held[term]) for term in terms if held[term]}
        candidates = {
            place: Candidate(turn, float(near[place]), _before(talks, place))
            for place, turn in enumerate(talks.turns)
        }
        evidence = [place for place, turn in enumerate(talks.turns) if turn.id in question.evidence]
        found.append((features(Query(question.text, talks.end, rare), candidates), evidence))
    return found


def _before(talks: Conversation, place: int) -> int | None:
    same = place and talks.turns[place - 1].talk == talks.turns[place].talk
    return place - 1 if same else None


def fitted(given: list[Example]) -> Numbers:
    """A weight for each feature."""
    chance = np.random.default_rng(1)
    rows, labels = [], []
    for values, evidence in given:
        label = np.zeros(len(values))
        label[evidence] = 1
        chosen = (label == 1) | (chance.random(len(values)) < OTHERS)
        rows.append(values[chosen][:, LEARNT])
        labels.append(label[chosen])
    every = np.concatenate(rows)
    mean, spread = every.mean(0), every.std(0) + 1e-9
    model = LogisticRegression(max_iter=500).fit((every - mean) / spread, np.concatenate(labels))
    weights = np.zeros(len(FEATURES))
    weights[LEARNT] = model.coef_[0] / spread
    return weights


def recalls(given: list[Example], weights: Numbers) -> list[list[float]]:
    """Recall at each k of each question."""
    found: list[list[float]] = []
    for values, evidence in given:
        order = np.argsort(-(values @ weights), kind="stable").tolist()
        found.append([len(set(order[:k]) & set(evidence)) / len(evidence) for k in KS])
    return found


def lost(given: list[Example], floor: float) -> float:
    """Of the evidence among the best so many as a talk tells, the share below `floor`."""
    scores: list[float] = []
    for values, evidence in given:
        score = values @ WEIGHTS
        best = np.argsort(-score, kind="stable")[:RECALLED]
        scores += [float(score[place]) for place in best if place in evidence]
    return float(np.mean(np.array(scores) < floor))


async def run(path: Path) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        embedder = Embedder(gguf_file(PACKAGE, Path(folder)))
        every = [await examples(talks, embedder) for talks in read_locomo(path)]
    left_out: list[list[float]] = []
    for place, held in enumerate(every):
        others = [each for other, group in enumerate(every) if other != place for each in group]
        found = recalls(held, fitted(others))
        left_out += found
        print(f"without {place}: {np.mean(found, axis=0).round(3)}", flush=True)
    print(f"recall at {KS}, each left out: {np.mean(left_out, axis=0).round(3)}")
    weights = fitted([each for group in every for each in group])
    print(dict(zip(FEATURES, weights.round(2).tolist(), strict=True)))
    given = [each for group in every for each in group]
    for floor in (FLOOR, *FLOORS):
        print(f"a floor of {floor} loses {lost(given, floor):.1%} of the best evidence")
    near = [values[evidence, FEATURES.index("meaning")] for values, evidence in given]
    print(f"the cosine of half the evidence is {np.median(np.concatenate(near)):.2f} or more")


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="LoCoMo's JSON file")
    asyncio.run(run(parser.parse_args().data))


if __name__ == "__main__":
    main()
