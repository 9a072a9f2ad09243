"""Judges side by side on one recorded talk, decision by decision.

    python -m training.replay TALK --judge rules --judge default

TALK is a talk kept with consent (data/talks/ID.jsonl), the page's download (its
.zip, its folder or its rows.jsonl), any file of rows, or a timed talk as
training.collect writes it. Each judge is asked about every moment of it, as it
was, on its own: without the limits that a talk puts on it. A star marks where
they differ. "then" is what was decided in the talk; "label" what it should have
been, where that is known: by a mark, by what followed, or by the data set.
"""

import argparse
import asyncio
import random
import sys
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from judgement.decision import Action, Decision
from judgement.judge import Judge, JudgeError
from judgement.moment import Moment
from judgement.rows import moment_of
from training.labelling.evidence import evidence
from training.labelling.recorded import Decided, Recorded, parse_talk
from training.labelling.timed import TalkError
from training.rows import RowError
from training.scoring.judges import NAMES, NoSuchJudge, open_judge

ROWS = "rows.jsonl"  # of the page's download
WORDS = 36  # characters shown of what was said


@dataclass(frozen=True, slots=True)
class Step:
    """One moment of the talk; what was decided then and what should have been, if known."""

    moment: Moment
    at: float
    then: str
    label: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 2 with a sentence where a talk or a judge cannot be used."""
    parser = argparse.ArgumentParser(
        prog="python -m training.replay", description="Judges side by side on one recorded talk."
    )
    parser.add_argument("talk", type=Path, metavar="TALK", help="a recorded talk, or rows")
    parser.add_argument("--judge", action="append", required=True, help=f"{NAMES}; twice or more")
    parser.add_argument("--differ", action="store_true", help="only where the judges differ")
    parser.add_argument("--model", help="the model's name at a server")
    given = parser.parse_args(arguments)
    try:
        steps = read_steps(given.talk)
        answers = asyncio.run(_ask_all(given.judge, steps, given.model))
    except (OSError, ImportError, JudgeError, NoSuchJudge, RowError, TalkError) as error:
        print(f"replay: {error}", file=sys.stderr)
        return 2
    print("\n".join(table(steps, given.judge, answers, only_differing=given.differ)))
    return 0


def read_steps(path: Path) -> list[Step]:
    """The moments of the talk at `path`. Raises `OSError`, `RowError` or `TalkError`."""
    text, name = _text(path)
    steps = _timed(path) if _is_timed(text) else _steps(parse_talk(text, name))
    if not steps:
        raise RowError(f"{name} holds no decisions")
    return steps


def _text(path: Path) -> tuple[str, str]:
    """The lines of a talk in whatever it comes, and what to call them in an error."""
    if path.is_dir():
        return _text(path / ROWS)
    if not zipfile.is_zipfile(path):
        return path.read_text(encoding="utf-8", errors="replace"), str(path)
    with zipfile.ZipFile(path) as packed:
        if ROWS not in packed.namelist():
            raise RowError(f"{path}: there is no {ROWS} in it")
        return packed.read(ROWS).decode("utf-8", errors="replace"), f"{path}/{ROWS}"


def _is_timed(text: str) -> bool:
    first = text.lstrip().partition("\n")[0]
    return all(f'"{key}":' in first for key in "sbet")


def _timed(path: Path) -> list[Step]:
    """The moments that annotation finds in the first talk of a file of timed talks."""
    from training.annotate import Origin, rows_of
    from training.labelling.timed import read

    talk = next(iter(read(path)))
    rows: list[dict[str, Any]] = list(rows_of(talk, Origin("talk", "private"), random.Random(0)))
    return [Step(moment_of(row), 0.0, "", str(row["label"])) for row in rows]


def _steps(talk: Recorded) -> list[Step]:
    return [
        Step(each.moment, each.at, str(each.row.get("decided", "")), _label(talk, each))
        for each in talk.decisions
    ]


def _label(talk: Recorded, decided: Decided) -> str:
    """What should have been decided; a row that tells what was, labels only if it was marked."""
    row = decided.row
    if "decided" not in row or "how" in row or "marked" in row:
        return str(row.get("label", ""))
    found = evidence(talk, decided)
    return found.label.value if found else ""


async def _ask_all(
    names: Sequence[str], steps: Sequence[Step], model: str | None
) -> list[list[Decision | None]]:
    """What each judge answers to each step, one judge after the other; None where it failed."""
    answers: list[list[Decision | None]] = []
    for name in names:
        async with open_judge(name, **({"model": model} if model else {})) as judge:
            answers.append([await _ask(judge, step.moment) for step in steps])
    return answers


async def _ask(judge: Judge, moment: Moment) -> Decision | None:
    try:
        return await judge.judge(moment)
    except JudgeError:
        return None


def table(
    steps: Sequence[Step],
    names: Sequence[str],
    answers: Sequence[Sequence[Decision | None]],
    *,
    only_differing: bool = False,
) -> list[str]:
    """The lines to print: a head, a line a step, a summary."""
    titles = [_tail(name, 15) for name in names]
    columns = "".join(f"  {title:15}" for title in titles)
    lines = [f"{'time':>7}  {'kind':7}  {'last words':{WORDS}}{columns}  *  {'then':9}  label"]
    for number, step in enumerate(steps):
        given = [each[number] for each in answers]
        if _differ(given) or not only_differing:
            lines.append(_line(step, given))
    return [*lines, "", *_summary(steps, names, answers)]


def _line(step: Step, given: Sequence[Decision | None]) -> str:
    columns = "".join(f"  {_answer(each):15}" for each in given)
    star = "*" if _differ(given) else " "
    moment = step.moment
    said = f"{_tail(moment.said, WORDS):{WORDS}}"
    line = f"{step.at:7.1f}  {moment.kind.value:7}  {said}{columns}  {star}"
    return f"{line}  {step.then:9}  {step.label}".rstrip()


def _answer(decision: Decision | None) -> str:
    if decision is None:
        return "failed"
    return f"{decision.action.value:9} {decision.probabilities[decision.action]:5.2f}"


def _tail(text: str, width: int) -> str:
    """The end of `text` on one line, without what could drive a terminal."""
    plain = "".join(each if each.isprintable() else " " for each in text)
    return plain if len(plain) <= width else f"..{plain[2 - width :]}"


def _differ(given: Sequence[Decision | None]) -> bool:
    return len({each and each.action for each in given}) > 1


def _summary(
    steps: Sequence[Step],
    names: Sequence[str],
    answers: Sequence[Sequence[Decision | None]],
) -> list[str]:
    differ = sum(_differ(given) for given in zip(*answers, strict=True))
    known = [number for number, step in enumerate(steps) if step.label]
    lines = [f"{len(steps)} decisions, {differ} of them differ; {len(known)} with a label"]
    for name, given in zip(names, answers, strict=True):
        right = sum(_action(given[number]) == steps[number].label for number in known)
        counts = Counter(_action(each) or "failed" for each in given)
        told = ", ".join(f"{what} {counts[what]}" for what in (*Action, "failed") if counts[what])
        share = f"right {right} of {len(known)}; " if known else ""
        lines.append(f"{name}: {share}{told}")
    return lines


def _action(decision: Decision | None) -> str:
    return decision.action.value if decision else ""


if __name__ == "__main__":
    sys.exit(main())
