"""The data card: what a data set holds, where it comes from, and what its labels rest on."""

import random
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from judgement.decision import Action
from judgement.prompt import render
from judgement.rows import moment_of
from training.dataset.choosing import cell_of
from training.dataset.composition import TESTS
from training.rows import Row

Part = Mapping[str, Sequence[Row]]

SHOWN = 10  # random rows of each label
HOWS = 6  # of a source: the commonest ways in which its labels came about
LONGEST = 900  # letters of a prompt that is shown: its end
HEAD = """\
# Data card

Made by `python -m training.build`. Splits share no talk. `how` in a row says how its label
came about; `family` names the module in `training/sources` that made it.
"""


def card(splits: Part, tests: Part, left_out: Mapping[str, int], missing: Sequence[str]) -> str:
    """The card as Markdown. Its random rows are the same for the same data."""
    rows = [row for part in splits.values() for row in part]
    lines = [
        HEAD,
        *_section("Rows", _rows(splits)),
        *_section("Test sets", _tests(tests)),
        *_section("Short of the composition", _short(tests)),
        *_section("Licences", _licences(rows)),
        *_section("How the labels came about", _hows(rows)),
        *_section("Left out", (f"- {n} x {why}" for why, n in sorted(left_out.items()))),
        *_section("Sources that were not there", (f"- {each}" for each in missing)),
        *_section(f"{SHOWN} random rows of each label", _examples(splits.get("train", []))),
    ]
    return "\n".join(lines)


def shortfalls(tests: Part) -> list[str]:
    """The cells of test sets that have fewer rows than the composition says."""
    found: list[str] = []
    for name, test in TESTS.items():
        have = Counter(cell_of(row) for row in tests.get(name, []))
        for cell, count in test.cells.items():
            if have[cell] < count:
                found.append(f"{name}: {' '.join(cell)} has {have[cell]} of {count} rows")
    return found


def _section(title: str, lines: Iterable[str]) -> list[str]:
    """Nothing of a section without lines."""
    body = list(lines)
    return [f"## {title}", "", *body, ""] if body else []


def _table(head: Sequence[str], lines: Iterable[Sequence[object]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for line in lines:
        yield f"| {' | '.join(map(str, line))} |"


def _rows(splits: Part) -> Iterator[str]:
    counts = {split: Counter(map(cell_of, rows)) for split, rows in splits.items()}
    cells = sorted({cell for count in counts.values() for cell in count})
    yield from _table(
        ("family", "kind", "label", *splits),
        [
            *((*cell, *(count[cell] for count in counts.values())) for cell in cells),
            *(("all", "", action, *_of(splits, action)) for action in map(str, Action)),
            ("all", "", "", *(len(rows) for rows in splits.values())),
            ("talks", "", "", *(len({row["talk"] for row in rows}) for rows in splits.values())),
        ],
    )


def _of(splits: Part, label: str) -> list[int]:
    return [sum(row["label"] == label for row in rows) for rows in splits.values()]


def _tests(tests: Part) -> Iterator[str]:
    yield from _table(
        ("set", "family", "kind", "label", "rows", "talks"),
        (
            (name, *cell, len(group), len({row["talk"] for row in group}))
            for name, rows in tests.items()
            for cell, group in sorted(_cells(rows).items())
        ),
    )


def _cells(rows: Sequence[Row]) -> dict[tuple[str, str, str], list[Row]]:
    cells: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        cells[cell_of(row)].append(row)
    return cells


def _short(tests: Part) -> list[str]:
    return [f"- {each}" for each in shortfalls(tests)]


def _licences(rows: Sequence[Row]) -> Iterator[str]:
    counts = Counter((row["source"], row["licence"]) for row in rows)
    yield from _table(
        ("source", "licence", "rows"), ((*key, counts[key]) for key in sorted(counts))
    )


def _hows(rows: Sequence[Row]) -> Iterator[str]:
    """The commonest ways, numbers and quoted words left open."""
    ways: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for row in rows:
        way = re.sub(r"\d+(\.\d+)?", "N", re.sub(r"(['\"]).+?\1(?!\w)", "'...'", row["how"]))
        ways[row["family"], row["label"]][way] += 1
    yield from _table(
        ("family", "label", "how", "rows"),
        (
            (*key, way.replace("|", "/"), n)
            for key in sorted(ways)
            for way, n in ways[key].most_common(HOWS)
        ),
    )


def _examples(rows: Sequence[Row]) -> Iterator[str]:
    """As a judge reads them, to be read by eye."""
    chance = random.Random(1)
    for action in Action:
        of_label = sorted(
            (row for row in rows if row["label"] == action), key=lambda row: row["id"]
        )
        yield f"### {action}\n"
        for row in chance.sample(of_label, min(SHOWN, len(of_label))):
            prompt = render(moment_of(row))
            shown = prompt if len(prompt) <= LONGEST else f"[...]{prompt[-LONGEST:]}"
            yield f"`{row['id']}`: {row['how']}\n\n```\n{shown} {row['label']}\n```\n"
