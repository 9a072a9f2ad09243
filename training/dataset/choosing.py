"""Which rows of a source are kept: no doubles, no more than the composition says.

Every choice is by a hash of ids, so that it is the same whatever order the rows come in.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from judgement.prompt import render
from judgement.rows import moment_of
from training.dataset.composition import OBSERVED, OTHERS, TESTS, TRAIN, Cell, TestSet
from training.rows import Row

ORDER = ("test", "dev", "train")  # a double is kept where it was first


def cell_of(row: Row) -> Cell:
    """The cell that a row is counted in."""
    return row["family"], row["moment"]["kind"], row["label"]


def without_doubles(rows: Sequence[Row], family: str) -> tuple[list[Row], Counter[str]]:
    """One row for each prompt, and how many were left out, by reason.

    The same prompt with two labels is a mistake of a source that makes its labels:
    neither stays. Where labels are what happened, both do. What test or dev has,
    train does not.
    """
    prompts = [render(moment_of(row)) for row in rows]
    labels: dict[str, set[str]] = defaultdict(set)
    for row, prompt in zip(rows, prompts, strict=True):
        labels[prompt].add(row["label"])
    stay: dict[int, Row] = {}
    left_out: Counter[str] = Counter()
    seen: dict[tuple[str, str], str] = {}
    held: set[str] = set()  # by test or dev
    for at in sorted(range(len(rows)), key=lambda at: ORDER.index(rows[at]["split"])):
        row, prompt = rows[at], prompts[at]
        if len(labels[prompt]) > 1 and family not in OBSERVED:
            left_out[f"{family}: contradicts another row"] += 1
        elif prompt in held and row["split"] == "train":
            left_out[f"{family}: is in another split too"] += 1
        elif (prompt, row["label"]) in seen:
            left_out[f"{family}: the same again"] += 1
        else:
            seen[prompt, row["label"]] = row["split"]
            stay[at] = row
            if row["split"] != "train":
                held.add(prompt)
    return [stay[at] for at in sorted(stay)], left_out


def kept(rows: Sequence[Row], family: str, share: float, small: int | None) -> list[Row]:
    """Runs of `rows` until every cell has its number, in the order they came in.

    A run shares talk, persona, facts and the beginning of the history.
    """
    room: dict[Cell, int] = {}
    taken: set[str] = set()
    runs: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        runs[run_of(row)].append(row)
    for run in sorted(runs, key=lambda run: _hash(family, run)):
        for row in runs[run]:
            cell = cell_of(row)
            left = room.setdefault(cell, _most(cell, share, small))
            if left:
                room[cell] -= 1
                taken.add(row["id"])
    return [row for row in rows if row["id"] in taken]


def run_of(row: Row) -> str:
    """What rows share that train almost for free together."""
    moment = row["moment"]
    first = [turn["text"] for turn in moment.get("history", [])[:1]]
    return repr((row["talk"], moment.get("persona"), moment.get("facts"), first))


def turn_of(row: Row) -> str:
    """What rows share that show one turn up to the same word, whatever the pause."""
    moment = row["moment"]
    texts = [turn["text"] for turn in moment.get("history", [])]
    return _hash(row.get("talk", row["id"]), repr(moment.get("persona")), moment["said"], *texts)


def _most(cell: Cell, share: float, small: int | None) -> int:
    return round(share * (TRAIN.get(cell, OTHERS) if small is None else small))


def for_tests(rows: Sequence[Row], family: str, small: int | None) -> dict[str, list[Row]]:
    """Of each test set, the rows that are this family's."""
    cells: Mapping[Cell, list[Row]] = defaultdict(list)
    for row in rows:
        cells[cell_of(row)].append(row)
    return {
        name: [
            row
            for cell, count in test.cells.items()
            if cell[0] == family
            for row in _drawn(cells.get(cell, []), name, test, min(count, small or count))
        ]
        for name, test in TESTS.items()
    }


def _drawn(rows: Sequence[Row], name: str, test: TestSet, count: int) -> list[Row]:
    """A row of each of `count` turns, or all their rows; the talks take part in turn."""
    turns: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: _hash(name, row["id"])):
        turns[turn_of(row)].append(row)
    talks: Counter[str] = Counter()
    places: list[tuple[int, str, list[Row]]] = []
    for turn in turns.values():
        talk = turn[0]["talk"]
        places.append((talks[talk], _hash(name, turn[0]["id"]), turn))
        talks[talk] += 1
    drawn = sorted(places, key=lambda place: place[:2])[:count]
    return [row for _, _, turn in drawn for row in (turn if test.turns else turn[:1])]


def _hash(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()
