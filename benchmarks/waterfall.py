"""Where the time of an answer goes: each stage's, and a picture of one turn.

Asks the embedded agent questions in real time, in this process and without a
network, and watches the frames between its stages. Times are ms from the user's
last sound, so what was done before it is negative.

    python -m benchmarks.waterfall --out waterfall.json --plot waterfall.png
"""

import argparse
import asyncio
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from loguru import logger

from benchmarks.conversation import Conversation, talk_to
from benchmarks.report import provenance, summary, write
from benchmarks.sound import RATE, edges
from benchmarks.stages import AFTER, HEARD, VOICE, Span, critical, spans
from benchmarks.transition import SHORT
from benchmarks.voices import Voice, voices
from benchmarks.watch import Watch
from config.settings import load
from processors.shared import Shared

PATIENCE = 8.0  # s; a turn not answered by then has no reply
QUIET = 1.2  # s without sound after which an answer is over
LONGEST = 30.0  # s that an answer may last


@dataclass(frozen=True, slots=True)
class Turn:
    """One answered question."""

    voice: str
    text: str
    stages: Mapping[str, Span]

    @property
    def total(self) -> float:
        """From the user's last sound to the agent's first, ms."""
        return self.stages[HEARD].end


async def ask(talk: Conversation, watch: Watch, voice: Voice, text: str) -> Turn | None:
    """Have `voice` ask, and wait until the answer is over; None for none, or a prepared line."""
    pcm = voice.speak(text)
    watch.marks.clear()
    over = await talk.play(pcm) - (len(pcm) - edges(pcm)[1]) / RATE
    try:
        heard = await talk.until(lambda: talk.heard_from(over), PATIENCE)
        await talk.until(lambda: any(mark.stage == VOICE for mark in watch.marks), 1.0)
    except TimeoutError:
        return None
    turn = Turn(voice.name, text, spans(watch.marks, over, heard))
    await talk.until(talk.quiet_for(QUIET), LONGEST)
    return turn


async def measure(config: str, count: int) -> list[Turn | None]:
    """`count` questions, each by the next voice, to the agent of the profile `config`."""
    shared = await Shared.load(load(Path(config)))
    watch, turns = Watch(), list[Turn | None]()
    questions = zip(itertools.cycle(voices()), itertools.cycle(SHORT), strict=False)
    async with talk_to(shared, watch, persona="assistant") as talk:
        await talk.until(talk.quiet_for(QUIET), LONGEST)
        for voice, text in itertools.islice(questions, count):
            turn = await ask(talk, watch, voice, text)
            found = f"{turn.total:5.0f} ms" if turn else "no reply"
            print(f"{len(turns) + 1:3}/{count} {found}  {voice.name:16} {text}", flush=True)
            turns.append(turn)
    return turns


def figures(turns: Sequence[Turn]) -> dict[str, Any]:
    """Each stage's begin, end and length over the turns that had it, in ms."""
    paths = [critical(turn.stages) for turn in turns]
    found: dict[str, Any] = {}
    for stage in AFTER:
        if had := [turn.stages[stage] for turn in turns if stage in turn.stages]:
            found[stage] = {
                "begin": summary([span.begin for span in had]),
                "end": summary([span.end for span in had]),
                "took": summary([span.end - span.begin for span in had]),
                "critical": sum(stage in path for path in paths) / len(turns),
            }
    return found


def table(found: Mapping[str, Any]) -> str:
    """The figures in Markdown."""
    rows = ["| stage, ms from the user's last sound | begins | ends p50 / p95 | takes p50 / p95 |"
            " waited for | turns |", "|---|---|---|---|---|---|"]  # fmt: skip
    for stage, each in found.items():
        end, took = each["end"], each["took"]
        rows.append(
            f"| {stage} | {each['begin']['p50']:.0f} | {end['p50']:.0f} / {end['p95']:.0f} "
            f"| {took['p50']:.0f} / {took['p95']:.0f} | {each['critical']:.0%} | {end['n']} |"
        )
    return "\n".join(rows)


def median(turns: Sequence[Turn]) -> Turn:
    """The turn whose total is the median one; of an even number the quicker of the two."""
    ordered = sorted(turns, key=lambda turn: turn.total)
    return ordered[(len(ordered) - 1) // 2]


def plot(path: Path, turn: Turn) -> None:
    """Draw one turn: a bar a stage, those that its first sound waited for in colour."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    waited = critical(turn.stages)
    figure, axis = pyplot.subplots(figsize=(10, 4.8), layout="constrained")
    for row, (stage, span) in enumerate(turn.stages.items()):
        colour = "C3" if stage in waited else "0.7"
        axis.barh(row, max(span.end - span.begin, 3), left=span.begin, color=colour)
        axis.text(span.end + 8, row, f"{span.end:.0f}", va="center", fontsize=8)
    axis.axvline(0, color="0.4", lw=1)
    axis.set_yticks(np.arange(len(turn.stages)), list(turn.stages))
    axis.invert_yaxis()
    axis.set(xlabel="ms after the user's last sound", title=f"“{turn.text}”: {turn.total:.0f} ms")
    axis.grid(axis="x", alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parse.add_argument
    add("--out", type=Path, required=True, help="Write the report here, as JSON.")
    add("--plot", type=Path, help="Draw the turn whose total is the median one here.")
    add("--turns", type=int, default=24, help="Ask so many questions.")
    add("--config", default="config/embedded.yaml", help="Run this agent with this profile.")
    return parse


def main() -> None:
    """Measure, write the report, print the table, draw the plot."""
    arguments = parser().parse_args()
    logger.remove()
    report = provenance()
    taken = asyncio.run(measure(arguments.config, arguments.turns))
    turns = [turn for turn in taken if turn]
    ours = report["ours"] = {
        "total": summary([turn.total for turn in turns]),
        "no_reply": len(taken) - len(turns),
        "stages": figures(turns),
        "turns": [
            {
                "voice": turn.voice,
                "text": turn.text,
                "stages": {name: (round(s.begin), round(s.end)) for name, s in turn.stages.items()},
                "critical": critical(turn.stages),
            }
            for turn in turns
        ],
    }
    write(arguments.out, report)
    print(table(ours["stages"]))
    if arguments.plot and turns:
        plot(arguments.plot, median(turns))


if __name__ == "__main__":
    main()
