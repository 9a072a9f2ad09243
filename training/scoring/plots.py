"""Pictures of one or more reports.

    python -m training.scoring.plots --out FOLDER NAME=report.json [NAME=other.json ...]

The reports need their rows (`training.evaluate --rows`). Writes confusion and reliability
of each, and for all together cut_ins (how often the agent speaks at a pause inside a
turn against how late it answers the end of one), interruptions (false ones a minute
against missed ones) and sources (accuracy by source). PNG.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as _pyplot
import numpy as np

from judgement.decision import Action
from training.scoring.scores import BINS, TICK

plt: Any = _pyplot  # its types are partial
Rows = Sequence[Mapping[str, Any]]

LATE = 2.4  # s: the last pause at which a judge is asked; a turn never answered counts with it
plt.rcParams.update({"font.size": 10, "figure.dpi": 120, "axes.grid": True, "grid.alpha": 0.3})


def draw(reports: Mapping[str, Rows], folder: Path) -> list[Path]:
    """Every plot that the rows of `reports`, by judge, have the moments for; the files."""
    folder.mkdir(parents=True, exist_ok=True)
    drawn: list[tuple[str, Any]] = []
    for name, rows in reports.items():
        stem = "".join(c if c.isalnum() else "_" for c in Path(name).stem)
        drawn += [(f"confusion_{stem}", _confusion(name, rows))]
        drawn += [(f"reliability_{stem}", _reliability(name, rows))]
    drawn += [("sources", _sources(reports))]
    if any(_pauses(rows) for rows in reports.values()):
        drawn += [("cut_ins", _cut_ins(reports))]
    if any(_interrupts(rows) for rows in reports.values()):
        drawn += [("interruptions", _interruptions(reports))]
    return [_save(figure, folder / f"{name}.png") for name, figure in drawn]


def _save(figure: Any, path: Path) -> Path:
    beside = path.with_suffix(".unfinished")
    figure.savefig(beside, format="png", bbox_inches="tight")
    plt.close(figure)
    beside.replace(path)
    return path


def _confusion(name: str, rows: Rows) -> Any:
    labels = [action.value for action in Action]
    counts = np.zeros((len(labels), len(labels)))
    for row in rows:
        if row["predicted"]:
            counts[labels.index(row["label"]), labels.index(row["predicted"])] += 1
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    figure, axes = plt.subplots(figsize=(5.5, 5))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.grid(False)
    for y, x in np.ndindex(counts.shape):
        colour = "white" if shares[y, x] > 0.5 else "black"
        text = f"{shares[y, x]:.0%}\n{counts[y, x]:.0f}"
        axes.text(x, y, text, ha="center", va="center", color=colour, fontsize=9)
    axes.set_xticks(range(len(labels)), labels)
    axes.set_yticks(range(len(labels)), labels)
    axes.set(xlabel="answer", ylabel="label", title=f"{name}: {len(rows)} rows")
    return figure


def _reliability(name: str, rows: Rows) -> Any:
    sure = np.array([row["probabilities"][row["predicted"]] for row in rows if row["predicted"]])
    right = np.array([row["predicted"] == row["label"] for row in rows if row["predicted"]])
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    held = sorted(set(bins.tolist()))
    figure, (axes, below) = plt.subplots(
        2, figsize=(5, 6), sharex=True, gridspec_kw={"height_ratios": [3, 1]}
    )
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":", label="as sure as right")
    axes.plot(
        [sure[bins == at].mean() for at in held],
        [right[bins == at].mean() for at in held],
        marker="o",
        label=name,
    )
    axes.set(ylabel="share that is right", title="Reliability", xlim=(0, 1), ylim=(0, 1))
    axes.legend()
    below.hist(sure, bins=np.linspace(0, 1, BINS + 1).tolist())
    below.set(xlabel="probability of the action chosen", ylabel="rows")
    return figure


def _pauses(rows: Rows) -> list[Mapping[str, Any]]:
    pauses = [row for row in rows if row["kind"] == "pause"]
    both = {row["label"] == "silence" for row in pauses}
    return pauses if len(both) == 2 else []


def _cut_ins(reports: Mapping[str, Rows]) -> Any:
    figure, axes = plt.subplots(figsize=(6.5, 5))
    for name, rows in reports.items():
        if pauses := _pauses(rows):
            late, cut = zip(*_sweep(pauses), strict=True)
            axes.plot(late, 100 * np.array(cut), marker=".", label=name)
    axes.set(
        xlabel=f"mean pause before a turn's end is answered (s; {LATE} s if it never is)",
        ylabel="pauses inside a turn at which the agent speaks (%)",
        title="Cut-ins against delay, a point a threshold",
        ylim=(0, None),
    )
    axes.legend()
    return figure


def _sweep(pauses: Rows) -> Iterator[tuple[float, float]]:
    """Mean delay in seconds and cut-in rate for each threshold of 1 - P(silence).

    Rows of one turn are asked in the order of their pauses until one passes.
    """
    turns: dict[str, list[tuple[float, float]]] = {}
    goes_on: dict[str, bool] = {}
    for row in pauses:
        speaks = 1 - row["probabilities"]["silence"]
        turns.setdefault(row["turn"], []).append((row["pause"], speaks))
        goes_on[row["turn"]] = row["label"] == "silence"
    asked = {turn: sorted(times) for turn, times in turns.items()}
    for threshold in np.linspace(0.02, 0.98, 49):
        answered = {
            turn: next((pause for pause, speaks in times if speaks >= threshold), None)
            for turn, times in asked.items()
        }
        late = [LATE if at is None else at for turn, at in answered.items() if not goes_on[turn]]
        cut = [at is not None for turn, at in answered.items() if goes_on[turn]]
        if late and cut:
            yield float(np.mean(late)), float(np.mean(cut))


def _interrupts(rows: Rows) -> list[Mapping[str, Any]]:
    partials = [row for row in rows if row["kind"] == "partial"]
    return partials if len({row["label"] for row in partials}) == 2 else []


def _interruptions(reports: Mapping[str, Rows]) -> Any:
    figure, axes = plt.subplots(figsize=(6.5, 5))
    for name, rows in reports.items():
        if partials := _interrupts(rows):
            scores = np.array([row["probabilities"]["interrupt"] for row in partials])
            called_for = np.array([row["label"] == "interrupt" for row in partials])
            minutes = TICK * (~called_for).sum() / 60
            bars = np.unique(np.concatenate([scores, [0.0, 1.01]]))
            missed = [100 * (scores[called_for] < bar).mean() for bar in bars]
            false = [(scores[~called_for] >= bar).sum() / minutes for bar in bars]
            axes.step(missed, false, where="post", label=name)
    axes.axhline(0.1, color="grey", linestyle=":", label="1 in 10 minutes")
    axes.set_yscale("symlog", linthresh=0.1)
    axes.set(
        xlabel="interruptions that were called for and missed (%)",
        ylabel=f"false interruptions a minute (a row is {TICK} s)",
        title="False interruptions against missed ones",
        ylim=(0, None),
    )
    axes.legend()
    return figure


def _sources(reports: Mapping[str, Rows]) -> Any:
    sources = sorted({row["source"] for rows in reports.values() for row in rows})
    figure, axes = plt.subplots(figsize=(7, 1.2 + 0.35 * len(sources) * max(1, len(reports) / 2)))
    height = 0.8 / len(reports)
    for at, (name, rows) in enumerate(reports.items()):
        right = {source: [r for r in rows if r["source"] == source] for source in sources}
        shares = [
            100 * sum(row["predicted"] == row["label"] for row in group) / max(1, len(group))
            for group in right.values()
        ]
        places = np.arange(len(sources)) + at * height
        bars = axes.barh(places, shares, height=height, label=name)
        counts = [len(group) for group in right.values()]
        both = zip(shares, counts, strict=True)
        texts = [f"{share:.0f} % of {n}" if n else "" for share, n in both]
        axes.bar_label(bars, texts)
    axes.set_yticks(np.arange(len(sources)) + 0.4 - height / 2, sources)
    axes.set(xlabel="accuracy (%)", xlim=(0, 125), title="Accuracy by source")
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
    return figure


def main() -> int:
    """Read the reports, draw, name the files."""
    parse = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parse.add_argument("reports", nargs="+", metavar="NAME=FILE", help="A judge and its report.")
    parse.add_argument("--out", type=Path, required=True, help="The folder to draw into.")
    given = parse.parse_args()
    reports: dict[str, Rows] = {}
    for each in given.reports:
        name, _, file = each.rpartition("=")
        report = json.loads(Path(file).read_text("utf-8"))
        if not report.get("rows"):
            print(f"error: {file} has no rows: run training.evaluate with --rows", file=sys.stderr)
            return 2
        reports[name or report["judge"]] = report["rows"]
    for path in draw(reports, given.out):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
