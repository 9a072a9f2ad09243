"""A new judge beside the old one, and into its place if it is better.

    python -m training.promote NEW --old default --data dev.jsonl --talks rows.jsonl
    python -m training.promote NEW --data dev.jsonl --talks rows.jsonl --apply
    python -m training.promote --undo

Both judges answer the same rows, in shadow: nothing is carried out. Rows that
were trained on are left out. The gate (numbers in training/scoring/gate.py): more rows
right than before, in no kind of moment more than half a point worse, nor on our
own talks, and no more ordinary speech cut off. With --apply a judge that passes
is installed as judgement/adapter; the one before is kept beside it, and --undo
brings it back. Exit codes: 0 passed, 1 not passed, 2 something cannot be used.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from judgement.judge import JudgeError
from training.evaluate import answers, asking
from training.rows import Row, RowError, read
from training.scoring.gate import compare, table
from training.scoring.install import ADAPTER, CannotInstall, adapter_in, install, previous_of, undo
from training.scoring.judges import NAMES, NoSuchJudge
from training.scoring.scores import Judged


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, and install if asked to; the exit code."""
    parser = _parser()
    given = parser.parse_args(arguments)
    if not given.undo and not (given.new and (given.data or given.talks)):
        parser.error("give NEW and the rows to compare on (--data, --talks), or --undo")
    try:
        return _undo(given.adapter) if given.undo else _promote(given)
    except (CannotInstall, JudgeError, NoSuchJudge, OSError, RowError, ImportError) as error:
        print(f"promote: {error}", file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m training.promote", description="A new judge beside the old one."
    )
    parser.add_argument("new", nargs="?", metavar="NEW", help=f"the new judge: {NAMES}")
    parser.add_argument("--old", default="default", help="the judge it is to replace (default)")
    parser.add_argument("--data", type=Path, nargs="+", default=[], help="files of rows: dev.jsonl")
    parser.add_argument(
        "--talks", type=Path, nargs="+", default=[], help="files of rows from our own talks"
    )
    parser.add_argument("--apply", action="store_true", help="install it if the gate passes")
    parser.add_argument("--undo", action="store_true", help="bring the previous adapter back")
    parser.add_argument("--adapter", type=Path, default=ADAPTER, help="where it is installed")
    return parser


def _promote(given: argparse.Namespace) -> int:
    if given.apply:
        adapter_in(Path(given.new))  # what cannot be installed need not be scored
    rows = held_out([*given.data, *given.talks])
    old, new = asyncio.run(_both(given.old, given.new, rows))
    outcome = compare(old, new)
    print(table(outcome, old=given.old, new=given.new))
    if not outcome.passed:
        return 1
    if given.apply:
        install(Path(given.new), given.adapter)
        print(f"installed in {given.adapter}; --undo brings the one before back")
    return 0


def held_out(files: Sequence[Path]) -> list[Row]:
    """The rows of `files` that nothing was trained on. Raises `RowError` if a file has none."""
    found: list[Row] = []
    for path in files:
        rows = [row for row in read(path) if row.get("split") != "train"]
        if not rows:
            raise RowError(f"{path}: all its rows are for training: they tell nothing of a judge")
        found += rows
    return found


async def _both(old: str, new: str, rows: Sequence[Row]) -> tuple[list[Judged], list[Judged]]:
    """One after the other, so that one model at a time is in memory."""
    first, second = [await _answers(name, rows) for name in (old, new)]
    return first, second


async def _answers(name: str, rows: Sequence[Row]) -> list[Judged]:
    async with asking(name, Path(), model="local") as ask:
        return await answers(ask, rows)


def _undo(adapter: Path) -> int:
    undo(adapter)
    print(f"{adapter} holds the previous adapter again; {previous_of(adapter)} the one after it")
    return 0


if __name__ == "__main__":
    sys.exit(main())
