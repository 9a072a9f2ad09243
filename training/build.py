"""Build the data set from all sources.

    python -m training.build --data FOLDER --out DIR [--talks FOLDER]

Writes train.jsonl, dev.jsonl, test.jsonl, the test sets that `training.dataset.composition` fixes
(test_NAME.jsonl) and DATA.md, the data card; all of them or none. Every source in
`training/sources` sets its rows' split by talk. Numbers come from `composition`: whole
runs of rows that share persona, facts and the beginning of the history are kept
together, since those train almost for free.

A source whose folder is missing is named and left out. At pauses of a persona with
policies the rows are told which policy is nearest by meaning, as in a talk, unless
`--no-policies-by-meaning`. Exit code 2: a row is wrong, or a talk is in two splits.
"""

import argparse
import asyncio
import importlib
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from judgement.permitted import ALLOWED
from judgement.rows import moment_of
from memory.minilm import WeightsMissing
from training.dataset.card import card, shortfalls
from training.dataset.choosing import for_tests, kept, without_doubles
from training.dataset.composition import SHARE, SOURCES, TESTS
from training.files import all_or_nothing, write_text
from training.rows import Row, write

SPLITS = tuple(SHARE)
Source = Callable[[random.Random], Iterable[Row]]


class BuildError(Exception):
    """The rows make no data set: the text names source and row."""


@dataclass
class Built:
    """The data set so far: rows by split, rows by test set, and what was left out and why."""

    splits: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in SPLITS})
    tests: dict[str, list[Row]] = field(default_factory=lambda: {name: [] for name in TESTS})
    talks: dict[str, str] = field(default_factory=dict[str, str])  # to its split
    ids: set[str] = field(default_factory=set[str])
    left_out: Counter[str] = field(default_factory=Counter[str])
    missing: list[str] = field(default_factory=list[str])


def main(arguments: Sequence[str] | None = None) -> int:
    """Run every source, choose, write; the exit code."""
    given = parser().parse_args(arguments)
    try:
        found = sources(given.sources, given.data, given.talks)
        built = build(found, small=given.small)
        if given.policies_by_meaning:
            asyncio.run(_told(built, given.out))
        write_all(built, given.out)
    except (BuildError, OSError, WeightsMissing) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted: nothing was written", file=sys.stderr)
        return 130
    return 0


def sources(names: Sequence[str], data: Path, talks: Path | None) -> dict[str, Source]:
    """The sources by name, to be read from `data`, and from `talks` if there are any."""
    found: dict[str, Source] = {
        name: partial(importlib.import_module(f"training.sources.{name}").rows, data)
        for name in names
    }
    if talks:
        found["talks"] = partial(importlib.import_module("training.talks").rows, talks)
    return found


def build(given: Mapping[str, Source], *, small: int | None = None) -> Built:
    """The data set of the sources `given`. Raises `BuildError`."""
    built = Built()
    for name, source in given.items():
        _add(built, name, source, small)
    if not built.splits["train"]:
        raise BuildError(f"no row for train: {'; '.join(built.missing) or 'the sources are empty'}")
    return built


def _add(built: Built, name: str, source: Source, small: int | None) -> None:
    """Run one source and keep of it what the composition asks for."""
    began = time.perf_counter()
    try:
        rows = list(_checked(name, source(random.Random(name)), built))
    except FileNotFoundError as error:
        built.missing.append(f"{name}: there is no {error.filename}")
        print(f"{name}: left out, there is no {error.filename}", file=sys.stderr)
        return
    seen = len(rows)
    rows, doubles = without_doubles(rows, name)
    built.left_out += doubles
    for split in SPLITS:
        of_split = [row for row in rows if row["split"] == split]
        built.splits[split] += kept(of_split, name, SHARE[split], small)
        if split == "test":
            for test, part in for_tests(of_split, name, small).items():
                built.tests[test] += part
    took = time.perf_counter() - began
    counts = ", ".join(
        f"{split} {sum(row['family'] == name for row in built.splits[split])}" for split in SPLITS
    )
    print(f"{name}: {seen} rows, {seen - len(rows)} doubles; kept {counts} ({took:.0f} s)")


def _checked(name: str, rows: Iterable[Row], built: Built) -> Iterator[Row]:
    """`rows` with the source's name as "family". Raises `BuildError` at the first that is wrong."""
    for row in rows:
        where = f"{name}: row {row.get('id', '?')}"
        for key in ("id", "source", "licence", "split", "talk", "how", "moment", "label"):
            if not row.get(key):
                raise BuildError(f"{where}: the field {key!r} is missing or empty")
        if row["split"] not in SPLITS:
            raise BuildError(f"{where}: the split {row['split']!r} is none of {', '.join(SPLITS)}")
        if row["id"] in built.ids:
            raise BuildError(f"{where}: another row has the same id")
        built.ids.add(row["id"])
        try:
            kind = moment_of(row).kind
        except ValueError as error:
            raise BuildError(f"{name}: {error}") from error
        if row["label"] not in ALLOWED[kind]:
            raise BuildError(f"{where}: {row['label']!r} is no label of a {kind}")
        if built.talks.setdefault(row["talk"], row["split"]) != row["split"]:
            raise BuildError(
                f"{where}: its talk {row['talk']!r} is in {row['split']} and in "
                f"{built.talks[row['talk']]}: a talk belongs to one split"
            )
        yield row | {"family": name}


async def _told(built: Built, folder: Path) -> None:
    from training.dataset.touched import tell

    rows = {
        id(row): row for part in (built.splits, built.tests) for of in part.values() for row in of
    }
    began = time.perf_counter()
    told = await tell(rows.values(), folder / ".vectors")
    print(f"{told} rows told the policy nearest by meaning ({time.perf_counter() - began:.0f} s)")


def write_all(built: Built, out: Path) -> None:
    """Every file of the data set, or none."""
    files = {name: rows for name, rows in built.splits.items() if rows}
    files |= {f"test_{name}": rows for name, rows in built.tests.items() if rows}
    with all_or_nothing(out) as folder:
        for name, rows in files.items():
            write(folder / f"{name}.jsonl", rows)
        text = card(built.splits, built.tests, built.left_out, built.missing)
        write_text(folder / "DATA.md", text)
    for name, rows in files.items():
        labels = Counter(row["label"] for row in rows)
        print(f"{out / name}.jsonl: {len(rows)} rows, {dict(labels)}")
    for short in shortfalls(built.tests):
        print(f"short: {short}", file=sys.stderr)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        prog="python -m training.build",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parse.add_argument("--data", type=Path, required=True, help="The folder with the sources.")
    parse.add_argument("--out", type=Path, required=True, help="Write the data set here.")
    parse.add_argument("--talks", type=Path, help="Own talks, recorded with consent.")
    parse.add_argument(
        "--policies-by-meaning",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="Tell rows the policy nearest by meaning (the default).",
    )
    parse.add_argument("--small", type=_count, help="At most so many rows of each cell.")
    parse.add_argument(
        "--sources", type=_sources, default=SOURCES, help=f"Only these of {','.join(SOURCES)}."
    )
    return parse


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of rows")
    return int(text)


def _sources(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if unknown := set(names) - set(SOURCES):
        raise argparse.ArgumentTypeError(f"no source is called {', '.join(sorted(unknown))}")
    return names


if __name__ == "__main__":
    sys.exit(main())
