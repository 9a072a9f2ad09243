"""Score a judge on labelled rows.

    python -m training.evaluate --data test.jsonl --judge default --report out.json

Judges: `rules`; `timeout` (answers after 0.7 s of pause, stops for any sound);
`always-LABEL`; `base`
and `default`, the embedded profile's model without and with its adapter; the path of
another adapter (GGUF); the URL of any OpenAI-compatible server, with `--model` the
model's name there and OPENAI_API_KEY its key; `smart-turn`, Pipecat's, on the rows
that have sound. Rows are asked one at a time, in their order.

The report holds `n`, `accuracy`, `macro_f1`, `per_action`, `confusion` (label, then
answer), `by_source`, `by_kind`, `calibration_error` and `latency_ms`; `mean_precision`
and `mean_recall` over the actions present; `pause` (AUC of 1 - P(silence), balanced
accuracy, recall of turn ends at 5 % and 10 % cut-ins); `partial` (false interruptions in
10 minutes, an ordinary row counting as 0.25 s of speech, and recall); `overlap`,
`policies` (rows whose persona has some) and `declining`; with `--rows` every answer.
A row that the judge fails on counts as wrong. Exit code 2: the data, the judge or the
report's folder cannot be used.
"""

import argparse
import asyncio
import hashlib
import json
import os
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks.report import provenance
from judgement.decision import Action, Decision
from judgement.judge import JudgeError
from judgement.moment import Kind
from judgement.rows import moment_of
from training.dataset.choosing import turn_of
from training.files import write_text
from training.rows import Row, RowError, read
from training.scoring.judges import NoSuchJudge, open_judge
from training.scoring.scores import Judged, figures
from training.scoring.smart_turn import SmartTurn, has_sound

Ask = Callable[[Row], Awaitable[Decision]]

HOPELESS = 10  # failures in a row, from the first, after which nothing more is asked


def main(arguments: Sequence[str] | None = None) -> int:
    """Read, judge, count, write; the exit code."""
    given = parser().parse_args(arguments)
    try:
        _check_folder(given.report)
        draw = _drawing() if given.plots else None
        report = asyncio.run(evaluate(given.data, given.judge, model=given.model))
        rows = report.pop("rows")
        if draw:
            draw({given.judge: rows}, given.plots)
        whole = report | ({"rows": rows} if given.rows else {})
        write_text(given.report, json.dumps(whole, indent=1) + "\n")
    except (RowError, NoSuchJudge, JudgeError, OSError, ImportError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\ninterrupted: nothing was written", file=sys.stderr)
        return 130
    _print(report)
    return 0


def _drawing() -> Callable[[Mapping[str, Any], Path], object]:
    """What draws the plots. Raises `ImportError` that says what to do."""
    try:
        from training.scoring.plots import draw
    except ImportError as error:
        raise ImportError(f"{error}: --plots needs what `make train` installs") from error
    return draw


async def evaluate(data: Path, judge: str, *, model: str = "local") -> dict[str, Any]:
    """The report on `judge` with its rows. Raises `RowError`, `NoSuchJudge` or `JudgeError`."""
    rows, digest = await asyncio.to_thread(_read, data)
    fit = [row for row in rows if has_sound(row)] if judge == "smart-turn" else rows
    if not fit:
        raise RowError(f"{data}: no pause row has sound ('audio'), so {judge} can judge none")
    async with asking(judge, data, model=model) as ask:
        judged = await answers(ask, fit)
    return {
        **provenance(),
        "judge": judge,
        "data": data.name,
        "data_sha256": digest,
        "skipped_without_sound": len(rows) - len(fit),
        **figures(judged),
        "rows": [as_row(each) for each in judged],
    }


def _read(data: Path) -> tuple[list[Row], str]:
    return read(data), hashlib.sha256(data.read_bytes()).hexdigest()


@asynccontextmanager
async def asking(judge: str, data: Path, *, model: str) -> AsyncGenerator[Ask, None]:
    """What asks the judge of that name about a row of the file `data`."""
    if judge == "smart-turn":
        yield SmartTurn(data.parent).ask
        return
    async with open_judge(judge, model=model) as opened:

        async def ask(row: Row) -> Decision:
            return await opened.judge(moment_of(row))

        yield ask


async def answers(ask: Ask, rows: Sequence[Row]) -> list[Judged]:
    """What is answered to each row, in their order; one at a time, as latency is measured.

    Raises `JudgeError` if the first `HOPELESS` all fail.
    """
    judged: list[Judged] = []
    for row in rows:
        began = time.perf_counter()
        try:
            decision = await ask(row)
        except JudgeError as error:
            decision = None
            if len(judged) + 1 == min(HOPELESS, len(rows)) and not any(e.decision for e in judged):
                raise JudgeError(
                    f"the judge answered none of {len(judged) + 1} rows: {error}"
                ) from error
        judged.append(judged_as(row, decision, time.perf_counter() - began))
        _progress(len(judged), len(rows))
    return judged


def judged_as(row: Row, decision: Decision | None, seconds: float) -> Judged:
    """The row with what was said of it."""
    moment = row["moment"]
    persona = moment.get("persona", {})
    return Judged(
        id=str(row["id"]),
        source=str(row.get("source", "")),
        kind=Kind(moment["kind"]),
        label=Action(row["label"]),
        decision=decision,
        seconds=seconds,
        pause=float(moment.get("pause", 0)),
        turn=turn_of(row)[:12],
        policies=bool(persona.get("refuse") or persona.get("deflect")),
    )


def as_row(each: Judged) -> dict[str, Any]:
    """An answer as the report holds it: enough to draw every plot."""
    return {
        "id": each.id,
        "source": each.source,
        "kind": each.kind.value,
        "pause": each.pause,
        "turn": each.turn,
        "label": each.label.value,
        "predicted": each.predicted and each.predicted.value,
        "probabilities": {action.value: round(each.probability(action), 4) for action in Action},
    }


def _check_folder(report: Path) -> None:
    """Fail before the work, not after it."""
    report.parent.mkdir(parents=True, exist_ok=True)
    if not os.access(report.parent, os.W_OK) or report.is_dir():
        raise OSError(f"the report cannot be written to {report}")


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty() and (done % 20 == 0 or done == of):
        print(f"\r{done}/{of} rows", end="\n" if done == of else "", file=sys.stderr, flush=True)
    elif done % 1000 == 0:
        print(f"{done}/{of} rows", file=sys.stderr, flush=True)


def _print(report: dict[str, Any]) -> None:
    """The figures as a person reads them."""
    latency = report["latency_ms"]
    print(
        f"{report['judge']} on {report['data']}: n {report['n']}  accuracy {report['accuracy']:.3f}"
        f"  macro F1 {report['macro_f1']:.3f}  precision {report['mean_precision']:.3f}"
        f"  recall {report['mean_recall']:.3f}  calibration {report['calibration_error']:.3f}"
        f"  {latency['p50']:.1f} / {latency['p95']:.1f} ms"
    )
    for action, each in report["per_action"].items():
        print(
            f"  {action:10} precision {each['precision']:.3f}  recall {each['recall']:.3f}"
            f"  f1 {each['f1']:.3f}  of {each['support']}"
        )
    for name in ("pause", "partial", "overlap", "declining"):
        if part := report[name]:
            print(f"  {name:10} " + "  ".join(f"{key} {value}" for key, value in part.items()))
    if report["policies"]:
        print(f"  policies   accuracy {report['policies']['accuracy']}")
    for source, each in report["by_source"].items():
        print(f"  {source:24} n {each['n']:6}  accuracy {each['accuracy']:.3f}")
    skipped, failed = report["skipped_without_sound"], report["failed"]
    if skipped or failed:
        print(f"  skipped without sound {skipped}  failed {failed}")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        prog="python -m training.evaluate",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parse.add_argument("--data", type=Path, required=True, help="Rows, a JSON object a line.")
    parse.add_argument("--judge", default="default", help="Whom to score; `default` by default.")
    parse.add_argument("--report", type=Path, required=True, help="Write the figures here.")
    parse.add_argument("--rows", action="store_true", help="Keep every answer in the report.")
    parse.add_argument("--plots", type=Path, help="Draw the plots into this folder.")
    parse.add_argument("--model", default="local", help="The model's name at a server.")
    return parse


if __name__ == "__main__":
    sys.exit(main())
