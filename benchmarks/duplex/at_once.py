"""talks_at_once: the transition while two, three or four callers talk to one bot."""

import asyncio
from collections.abc import Sequence
from typing import Any

from benchmarks.caller import Caller
from benchmarks.duplex import turn_ends
from benchmarks.duplex.bench import Bench, Setting
from benchmarks.transition import line
from benchmarks.turns import Outcome, Step, take

CALLERS = (2, 3, 4)
TURNS = 6  # of each caller
APART = 2.0  # seconds within which the callers begin
Outcomes = list[Outcome | None]


async def measure(bench: Bench) -> dict[str, dict[str, Any]]:
    """Each contender's figures by the number of callers; contenders take turns."""
    report: dict[str, dict[str, Any]] = {name: {} for name in bench.bots.names}
    order, turns = list(bench.bots.names), bench.count(TURNS)
    for callers in CALLERS:
        steps = turn_ends.plan(bench.material, callers * turns)
        for name in order:
            done = await _together(bench, name, [steps[i::callers] for i in range(callers)])
            report[name][str(callers)] = turn_ends.figures(done)
        order.reverse()
    return report


async def _together(bench: Bench, name: str, each: Sequence[Sequence[Step]]) -> Outcomes:
    """What became of every caller's turns, in calls that begin a little apart."""
    section = f"talks_at_once/{len(each)}"

    async def late(steps: Sequence[Step], seconds: float) -> Outcomes:
        await asyncio.sleep(seconds)
        return await bench.block(section, name, steps, shown, Setting())

    async def shown(caller: Caller, step: Step) -> Outcome:
        outcome = await take(caller, step)
        print(f"{section} {name:6} {line(outcome)}", flush=True)
        return outcome

    waits = bench.chance(section).uniform(0, APART, len(each))
    done = await asyncio.gather(
        *(late(steps, float(wait)) for steps, wait in zip(each, waits, strict=True))
    )
    return [outcome for outcomes in done for outcome in outcomes]
