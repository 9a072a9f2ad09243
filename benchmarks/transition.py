"""How long a caller waits for an answer, and how long to be let in.

Speaks the same turns to each contender through real WebRTC, in real time, a few
turns a call, taking turns between the contenders so that a machine that grows
busy slows both. Figures are taken at the caller's ear.

    python -m benchmarks.transition --out transition.json
"""

import argparse
import asyncio
import itertools
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.caller import Caller
from benchmarks.line import CallError
from benchmarks.report import ROOT, against_plain, provenance, ratio, summary, write
from benchmarks.server import BotServer
from benchmarks.turns import Outcome, Step, settle, take
from benchmarks.voices import clips, other_voices

BLOCK = 4  # turns a contender has before the other's turn comes
SHORT = (
    "What is the capital of France?",
    "How are you doing today?",
    "Can you help me plan a dinner for four people?",
    "What should I wear when it rains?",
    "I just came back from a long walk in the park.",
    "Which planet is the largest one?",
    "Do you know a good recipe for soup?",
    "How many days are there in a year?",
    "What do you like to do on a Sunday?",
    "I think I forgot my umbrella on the train.",
    "Why is the sky blue?",
    "Could you explain what a volcano is?",
)
LONG = (
    "Please tell me a long story about a small boat.",
    "Can you describe everything you know about elephants?",
    "Tell me all about the history of bread, in detail.",
    "Please explain how a car engine works, step by step.",
)
STOPS = (
    "Wait, stop. Tell me something else instead.",
    "Hold on, stop please. I have another question for you.",
    "No, wait a moment. That is not what I meant.",
)


def plan(turns: int, folder: Path) -> list[Step]:
    """`turns` steps: every second one is cut into, every fourth is a clip from `folder`."""
    speakers, recorded = other_voices(), itertools.cycle(clips(folder) or [None])
    short, long, stop = itertools.cycle(SHORT), itertools.cycle(LONG), itertools.cycle(STOPS)
    steps: list[Step] = []
    for index in range(turns):
        clip = next(recorded) if index % 4 == 2 else None
        if clip is not None:
            steps.append(Step(clip[0], "(clip)", clip[1]))
            continue
        voice = speakers[(index + index // len(speakers)) % len(speakers)]
        cut = index % 2 == 1
        text = next(long) if cut else next(short)
        cutting = voice.speak(next(stop)) if cut else None
        steps.append(Step(voice.name, text, voice.speak(text), cutting))
    return steps


async def call(caller: Caller, steps: Sequence[Step], recording: Path | None) -> list[Outcome]:
    """As many steps as one call bears: it ends early where the agent will not stop talking."""
    outcomes: list[Outcome] = []
    async with caller:
        await settle(caller, limit=10)  # a greeting may come first
        for step in steps:
            outcomes.append(await take(caller, step))
            if not await settle(caller, limit=6):
                break
        if recording is not None:
            caller.record(recording)
    return outcomes


async def block(
    name: str, dial: Callable[[], Caller], steps: Sequence[Step], folder: Path | None
) -> list[Outcome]:
    """All `steps`, in as many calls as they take. A call that fails misses its turn."""
    outcomes: list[Outcome] = []
    while len(outcomes) < len(steps):
        rest = steps[len(outcomes) :]
        recording = folder / f"{name}-{rest[0].who}-{len(outcomes)}.wav" if folder else None
        try:
            outcomes += await call(dial(), rest, recording)
        except CallError as error:
            print(f"{name}: the call failed: {error}", flush=True)
            outcomes.append(Outcome(rest[0].who, rest[0].text))
    return outcomes


async def measure(
    dials: Mapping[str, Callable[[], Caller]], steps: Sequence[Step], folder: Path | None
) -> dict[str, list[Outcome]]:
    """Every contender's outcomes, in the order of `steps`; blocks alternate."""
    outcomes: dict[str, list[Outcome]] = {name: [] for name in dials}
    order = list(dials)
    for start in range(0, len(steps), BLOCK):
        for name in order:
            done = await block(name, dials[name], steps[start : start + BLOCK], folder)
            for number, outcome in enumerate(done, start + 1):
                print(f"{number:3}/{len(steps)} {name:6} {line(outcome)}", flush=True)
            outcomes[name] += done
        order.reverse()
    return outcomes


def line(outcome: Outcome) -> str:
    """One turn as a line of progress."""
    if outcome.transition is not None:
        found = f"{outcome.transition:5.2f} s"
    else:
        found = "  early" if outcome.early else " missed"
    barge = "" if outcome.barge_in is None else f"  let in after {outcome.barge_in:.2f} s"
    return f"{found}  {outcome.who:20} {outcome.text[:48]}{barge}"


def figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """One contender's part of the report."""
    names = sorted({name for outcome in outcomes for name in outcome.stages})
    return {
        "transition": summary([o.transition for o in outcomes if o.transition is not None]),
        "barge_in": summary([o.barge_in for o in outcomes if o.barge_in is not None]),
        "stages": {
            name: summary([o.stages[name] for o in outcomes if name in o.stages]) for name in names
        },
        "missed": sum(o.missed for o in outcomes),
        "early": sum(o.early for o in outcomes),
        "load": summary([o.load for o in outcomes])["p50"],
        "turns": [asdict(outcome) for outcome in outcomes],
    }


def table(report: dict[str, Any], contenders: Sequence[str]) -> str:
    """The report as people read it."""
    rows = [f"{'':22}" + "".join(f"{name:>18}" for name in contenders)]
    for what in ("transition", "barge_in"):
        cells = [report[name][what] for name in contenders]
        rows.append(f"{what + ' p50 / p95':22}" + "".join(_cell(cell) for cell in cells))
    for what in ("missed", "early"):
        rows.append(f"{what:22}" + "".join(f"{report[name][what]:>18}" for name in contenders))
    stages = sorted({stage for name in contenders for stage in report[name]["stages"]})
    for stage in stages:
        cells = [report[name]["stages"].get(stage) for name in contenders]
        rows.append(f"  {stage:20}" + "".join(_cell(cell) for cell in cells))
    return "\n".join(rows)


def _cell(figure: dict[str, Any] | None) -> str:
    if figure is None or figure["p50"] is None:
        return f"{'-':>18}"
    return f"{figure['p50']:>10.2f} /{figure['p95']:5.2f} "


async def run(arguments: argparse.Namespace) -> None:
    """Start the contenders, measure, write the report, print the table."""
    report = provenance()
    steps = plan(arguments.turns, arguments.clips)
    if arguments.recordings:
        arguments.recordings.mkdir(parents=True, exist_ok=True)
    make = {"ours": lambda: BotServer.ours(arguments.config), "plain": BotServer.plain}
    async with AsyncExitStack() as stack:
        bots = {name: await stack.enter_async_context(make[name]()) for name in arguments.contender}
        dials = {name: partial(Caller, bot.url) for name, bot in bots.items()}
        outcomes = await measure(dials, steps, arguments.recordings)
    for name, done in outcomes.items():
        report[name] = figures(done)
    if {"ours", "plain"} <= report.keys():
        report["ratio"] = {
            what: ratio(report["ours"][what], report["plain"][what])
            for what in ("transition", "barge_in")
        }
    write(arguments.out, report)
    print(table(report, arguments.contender))


def with_clips(parse: argparse.ArgumentParser) -> None:
    """The option of a benchmark whose turns are those of `plan`."""
    parse.add_argument(
        "--clips",
        type=Path,
        default=ROOT / "tests/audio",
        help="Take clips of speech from this folder, the last phrase of each.",
    )


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    against_plain(parse)
    parse.add_argument(
        "--turns", type=int, default=24, help="Speak so many turns to each contender."
    )
    with_clips(parse)
    return parse


if __name__ == "__main__":
    asyncio.run(run(parser().parse_args()))
