"""Rows from our own talks: what was decided, labelled by what followed.

python -m training.talks data/talks --out rows.jsonl

Reads the talks that were kept with consent. A mark by the user is the label;
otherwise it comes from what the user did next (talked on over the answer,
repeated themselves, asked "are you there", objected, thanked, went on), and
decisions of which that says nothing certain are dropped. The rows are private:
they hold what people said.
"""

import argparse
import hashlib
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from training.labelling.chunks import split_of
from training.labelling.evidence import Evidence, evidence
from training.labelling.recorded import Decided, Recorded, read_talk
from training.rows import Row, RowError, write

ALIKE = 2  # rows of one turn, kind and label: a growing pause is asked about every 50 ms


def rows(folder: Path, chance: random.Random) -> Iterator[Row]:
    """The rows of all talks in `folder`; `chance` picks among those that are nearly the same.

    Raises `FileNotFoundError` without the folder, `RowError` at a broken line.
    """
    for talk in talks_in(folder):
        yield from rows_of(talk, chance)


def talks_in(folder: Path) -> Iterator[Recorded]:
    """The talks kept in `folder`, by name."""
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder}: there is no such folder of talks")
    for path in sorted(folder.glob("*.jsonl")):
        yield read_talk(path)


def rows_of(talk: Recorded, chance: random.Random) -> list[Row]:
    """One talk's rows, in its order."""
    known = [(decided, evidence(talk, decided)) for decided in talk.decisions]
    alike: dict[tuple[object, ...], list[int]] = defaultdict(list)
    kept: list[int] = []
    for place, (decided, found) in enumerate(known):
        if found and decided.number in talk.marks:
            kept.append(place)
        elif found:
            alike[decided.turn, decided.moment.kind, found.label].append(place)
    for places in alike.values():
        kept += chance.sample(places, min(ALIKE, len(places)))
    return [
        _row(talk, known[place][0], found) for place in sorted(kept) if (found := known[place][1])
    ]


def _row(talk: Recorded, decided: Decided, found: Evidence) -> Row:
    group = group_of(talk)
    return {
        "id": f"talk:{talk.talk}:{decided.number}",
        "source": "talk",
        "licence": "private",
        "split": split_of(group),
        "talk": group,
        "moment": decided.row["moment"],
        "label": found.label.value,
        "decided": decided.action.value,
        "how": found.how,
    }


def group_of(talk: Recorded) -> str:
    """What must not be split: all talks of a user, who is not named."""
    name = hashlib.sha256((talk.user or talk.talk).encode()).hexdigest()[:12]
    return f"talk:{name}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the rows; 2 with a sentence where that cannot be done."""
    parser = argparse.ArgumentParser(
        prog="python -m training.talks", description="Rows from our own talks."
    )
    parser.add_argument("folder", type=Path, help="where talks are kept: data/talks")
    parser.add_argument("--out", type=Path, required=True, help="the rows' file")
    parser.add_argument("--seed", type=int, default=0, help="picks among rows nearly the same")
    options = parser.parse_args(arguments)
    try:
        found = list(rows(options.folder, random.Random(options.seed)))
        decisions = sum(len(talk.decisions) for talk in talks_in(options.folder))
        if not found:
            raise RowError(
                f"{options.folder}: {decisions} decisions, and of none of them is it certain "
                "what it should have been; only talks with consent are kept there"
            )
        write(options.out, found)
    except (OSError, RowError) as error:
        print(f"talks: {error}", file=sys.stderr)
        return 2
    print(_summary(found, decisions, options.out))
    return 0


def _summary(found: list[Row], decisions: int, out: Path) -> str:
    counts = Counter((row["moment"]["kind"], row["label"]) for row in found)
    wrong = sum(row["label"] != row["decided"] for row in found)
    lines = [f"{kind:8} {label:10} {n:6}" for (kind, label), n in sorted(counts.items())]
    lines.append(
        f"{len(found)} rows of {decisions} decisions in {out}; {wrong} were decided otherwise"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
