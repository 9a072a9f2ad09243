"""How an agent and its user share the floor, over real WebRTC, in real time.

Named by the terms of Full-Duplex-Bench (arXiv 2503.04721): pause handling, smooth
turn-taking, user interruption, backchannel; and beside them the agent's own interruptions,
several talks at once, bad lines, and tokens written for nothing. The contenders take turns
by the block. Each section says in benchmarks/duplex/ what its figures mean.

    python -m benchmarks.duplex --out duplex.json
    python -m benchmarks.duplex --out f.json --only pause_handling backchannel --trials 4
"""

import argparse
import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.duplex import (
    at_once,
    backchannels,
    bids,
    cut_ins,
    ordinary,
    pauses,
    robustness,
    speculation,
    turn_ends,
)
from benchmarks.duplex.bench import Bench
from benchmarks.duplex.bots import Bots, profile
from benchmarks.duplex.material import Folders, Material
from benchmarks.duplex.table import table
from benchmarks.report import ROOT, against_plain, provenance, ratio, write

SECTIONS: dict[str, Callable[[Bench], Awaitable[dict[str, Any]]]] = {
    "pause_handling": pauses.measure,
    "smooth_turn_taking": turn_ends.measure,
    "user_interruption": bids.measure,
    "backchannel": backchannels.measure,
    "agent_interruption": cut_ins.measure,
    "false_interruptions": ordinary.measure,
    "talks_at_once": at_once.measure,
    "robustness": robustness.measure,
    "speculation": speculation.measure,
}
# The figures that other benchmarks have as well, by the same names.
SHARED = {
    "transition": ("smooth_turn_taking", "transition"),
    "barge_in": ("user_interruption", "barge_in"),
}


async def run(arguments: argparse.Namespace) -> None:
    """Every section wanted, the report written after each, the table at the end."""
    report: dict[str, Any] = {name: {} for name in arguments.contender}
    report |= provenance() | {"set": arguments.set, "seed": arguments.seed}
    if arguments.recordings:
        arguments.recordings.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        config = profile(Path(folder), arguments.config)
        async with Bots(arguments.contender, config) as bots:
            bench = _bench(arguments, bots, Path(folder))
            for section in [name for name in SECTIONS if name in arguments.only]:
                for name, figures in (await SECTIONS[section](bench)).items():
                    report[name][section] = figures
                share(report, arguments.contender)
                write(arguments.out, report)
    print(table(report, arguments.contender))


def _bench(arguments: argparse.Namespace, bots: Bots, folder: Path) -> Bench:
    places = Folders(
        arguments.clips, arguments.phrases, arguments.ami, arguments.calls, arguments.prompts
    )
    return Bench(
        bots,
        Material(arguments.set, places),
        arguments.config,
        folder,
        trials=arguments.trials,
        seed=arguments.seed,
        minutes=arguments.minutes,
        personas=arguments.personas,
        recordings=arguments.recordings,
        plot=arguments.plot,
    )


def share(report: dict[str, Any], contenders: Sequence[str]) -> None:
    """Give the shared figures their names, and their ratios where both contenders have them."""
    for name, (section, figure) in SHARED.items():
        both = {
            each: report[each][section][figure] for each in contenders if section in report[each]
        }
        for contender, found in both.items():
            report[contender][name] = found
        if len(both) == 2:
            report.setdefault("ratio", {})[name] = ratio(both["ours"], both["plain"])


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        prog="python -m benchmarks.duplex",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parse.add_argument
    against_plain(parse)
    add(
        "--only",
        nargs="+",
        choices=list(SECTIONS),
        default=list(SECTIONS),
        metavar="SECTION",
        help=f"Measure these alone: {', '.join(SECTIONS)}.",
    )
    add("--trials", type=int, help="Make so many trials in a section, not its usual number.")
    add("--minutes", type=float, default=20.0, help="Play so many minutes of ordinary speech.")
    add(
        "--personas",
        nargs="+",
        default=["assistant", "interviewer"],
        help="Play the ordinary speech to each of these.",
    )
    add(
        "--set",
        choices=["dev", "test"],
        default="test",
        help="Use these sentences, voices and clips: dev to tune on, test to report.",
    )
    add("--seed", type=int, default=1, help="Draw lengths, times and noises by this.")
    add(
        "--clips",
        type=Path,
        default=ROOT / "tests/audio",
        help="Take clips of one speaker from this folder.",
    )
    add("--phrases", type=Path, help="Take phrases, long and short with word times, from here.")
    add("--ami", type=Path, help="Take clips of meetings, with transcripts, from here.")
    add("--calls", type=Path, help="Take two-sided calls, *_agent and *_caller, from here.")
    add("--prompts", type=Path, help="Take more ordinary speech from this folder.")
    add("--plot", type=Path, help="Draw pause_handling's cut-ins against delay here.")
    return parse


if __name__ == "__main__":
    asyncio.run(run(parser().parse_args()))
