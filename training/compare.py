"""Score trained runs on the test sets, runs of one name together.

    python -m training.compare --data DIR --out F.json NAME=RUN [NAME=RUN ...]

DIR is what `training.build` wrote, RUN a folder of `training.finetune`'s. Each is calibrated on
dev as for a talk and scored on every test set with PyTorch, many rows at a time, so there is
no latency. The table has the mean over the runs of a name, and its standard error.
"""

import argparse
import json
import sys
import zlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.report import provenance
from judgement.decision import Decision
from judgement.rows import moment_of
from judgement.tuned import Calibration, tuned
from training.evaluate import judged_as
from training.files import write_text
from training.model.ablate import TOLD
from training.model.base import PACKAGE, BaseMissing, load_adapter, load_base, load_tokenizer
from training.model.calibrate import calibration, chosen, shares
from training.model.predict import logits
from training.rows import Row, RowError, read
from training.scoring.scores import Judged, figures

# Test set, then where its figure stands in a report.
FIGURES: Mapping[str, tuple[str, ...]] = {
    "five: accuracy": ("five", "accuracy"),
    "five: precision": ("five", "mean_precision"),
    "five: recall": ("five", "mean_recall"),
    "pause: AUC": ("pause", "pause", "auc"),
    "pause: balanced accuracy": ("pause", "pause", "balanced_accuracy"),
    "pause: ends at 5 % cut-ins": ("pause", "pause", "recall_at_5_percent_cut_ins"),
    "pause: ends at 10 % cut-ins": ("pause", "pause", "recall_at_10_percent_cut_ins"),
    "partial: false in 10 min": ("partial", "partial", "false_interruptions_in_10_minutes"),
    "partial: recall": ("partial", "partial", "recall"),
    "patience: accuracy": ("patience", "accuracy"),
    "overlap: accuracy": ("overlap", "accuracy"),
    "policies: accuracy": ("policies", "policies", "accuracy"),
    "affronts: declined": ("affronts", "declining", "declined"),
    "look-alikes: over-refusal": ("lookalikes", "declining", "over_refusal"),
    "five: calibration error": ("five", "calibration_error"),
}
TESTS = tuple(dict.fromkeys(path[0] for path in FIGURES.values()))


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parse.add_argument("runs", nargs="+", metavar="NAME=RUN", help="What to score.")
    parse.add_argument("--data", type=Path, required=True, help="The folder with the test sets.")
    parse.add_argument("--out", type=Path, required=True, help="Write all figures here, as JSON.")
    parse.add_argument("--base", default=PACKAGE, help="The base they were trained on.")
    parse.add_argument("--dev", type=int, default=3000, help="Rows of dev to calibrate on.")
    parse.add_argument("--rows", type=int, default=0, help="Of each test set; 0: all of it.")
    parse.add_argument("--threads", type=int, default=0, help="CPU threads; 0: PyTorch's choice.")
    return parse


def main() -> None:
    """Score, print, write."""
    given = parser().parse_args()
    if given.threads:
        torch.set_num_threads(given.threads)
    try:
        found: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for each in given.runs:
            name, _, run = each.rpartition("=")
            found[name or Path(run).name].append(score(Path(run), given))
            print(f"scored {run}", flush=True)
        table = {name: _together(reports) for name, reports in found.items()}
        _print(table)
        report = {**provenance(), "table": table, "runs": dict(found)}
        write_text(given.out, json.dumps(report, indent=1) + "\n")
    except (RowError, BaseMissing, OSError) as error:
        sys.exit(f"training.compare: {error}")


def score(run: Path, given: argparse.Namespace) -> dict[str, Any]:
    """The figures of one run by test set."""
    told = TOLD.get(_without(run), TOLD["nothing"])
    tokenizer = load_tokenizer(given.base)
    model = load_adapter(load_base(given.base), run / "adapter")
    dev = told(chosen(read(given.data / "dev.jsonl"), given.dev))
    found = calibration(dev, logits(model, tokenizer, dev))
    reports: dict[str, Any] = {"calibration": found}
    for test in TESTS:
        rows = told(_some(read(given.data / f"test_{test}.jsonl"), given.rows))
        answered = list(_answered(rows, logits(model, tokenizer, rows), Calibration.of(found)))
        reports[test] = figures(answered)
    return reports


def _some(rows: list[Row], count: int) -> list[Row]:
    """The same `count` of them every time; all if it is 0."""
    if not count:
        return rows
    return sorted(rows, key=lambda row: zlib.crc32(row["id"].encode()))[:count]


def _without(run: Path) -> str:
    arguments = json.loads((run / "adapter" / "run.json").read_text())["arguments"]
    return str(arguments.get("without", "nothing"))


def _answered(
    rows: Sequence[Row], found: np.ndarray[Any, Any], how: Calibration
) -> Iterator[Judged]:
    for row, each in zip(rows, found, strict=True):
        probabilities = shares(each)
        raw = Decision(max(probabilities, key=probabilities.__getitem__), probabilities, "")
        yield judged_as(row, tuned(raw, moment_of(row), how), 0.0)


def _together(reports: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Mean and standard error of each figure over the runs of one name."""
    table: dict[str, dict[str, float]] = {}
    for name, path in FIGURES.items():
        values = np.array([_at(report, path) for report in reports], float)
        error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
        table[name] = {"mean": round(float(values.mean()), 4), "error": round(float(error), 4)}
    return table


def _at(report: Mapping[str, Any], path: Sequence[str]) -> float:
    found: Any = report
    for key in path:
        found = found[key]
    return float(found)


def _print(table: Mapping[str, Mapping[str, Mapping[str, float]]]) -> None:
    print("| |" + "|".join(f" {name} " for name in table) + "|")
    print("|---|" + "---|" * len(table))
    for figure in FIGURES:
        cells = [
            f"{each[figure]['mean']:.3f}"
            + (f" ± {each[figure]['error']:.3f}" if each[figure]["error"] else "")
            for each in table.values()
        ]
        print(f"| {figure} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
