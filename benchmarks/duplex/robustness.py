"""robustness: transition, take-overs and barge-in under noise, on the telephone, with loss.

The same trials under each condition, speech always at one level: a sentence with a pause
inside, then a question whose answer is cut into. The noise is pink, lasts through the call,
and lies so many decibels below the speech. `telephone` is 8 kHz and mu-law, `loss` drops 2 %
of the RTP packets each way.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from benchmarks.caller import Caller
from benchmarks.duplex import bids, pauses
from benchmarks.duplex.bench import Bench, Setting
from benchmarks.duplex.bids import Yielding
from benchmarks.duplex.loss import LossyLine
from benchmarks.duplex.material import Spoken
from benchmarks.duplex.noise import Room, at_level, mu_law
from benchmarks.duplex.pauses import Heeded
from benchmarks.report import summary
from benchmarks.sound import RATE, Pcm, resample

TRIALS = 12  # of each condition, half of them with a pause and half with a bid
LOST = 0.02
Trial = Spoken | bids.Trial
Result = Heeded | Yielding


@dataclass(frozen=True, slots=True)
class Condition:
    """What happens to the caller's sound on its way, and to the calls."""

    name: str
    shape: Callable[[Pcm], Pcm] = lambda pcm: pcm
    setting: Setting = field(default_factory=Setting)


def conditions(bench: Bench) -> list[Condition]:
    """Each of them, with its own chance."""
    seeds = count(bench.seed, step=2)

    def lossy(url: str, body: Mapping[str, Any]) -> LossyLine:
        return LossyLine(url, body, LOST, next(seeds))

    def noise(decibels: float) -> Setting:
        return Setting(room=lambda: Room(decibels, bench.chance(f"noise {decibels}")))

    return [
        Condition("clean"),
        Condition("noise_20db", setting=noise(20)),
        Condition("noise_10db", setting=noise(10)),
        Condition("telephone", telephone),
        Condition("loss_2pct", setting=Setting(line=lossy)),
    ]


def telephone(pcm: Pcm) -> Pcm:
    """As it comes from a telephone: 8 kHz, mu-law."""
    return resample(mu_law(resample(pcm, RATE, 8000)), 8000)


def plan(bench: Bench, shape: Callable[[Pcm], Pcm]) -> list[Trial]:
    """The same trials for every condition, in its shape."""
    wanted, chance = bench.count(TRIALS), bench.chance("robustness")
    halting = pauses.plan(bench.material, (wanted + 1) // 2, chance)
    bidding = bids.plan(bench.material, (wanted + 1) // 2, chance)
    trials: list[Trial] = []
    for spoken, trial in zip(halting, bidding, strict=True):
        trials.append(replace(spoken, pcm=shape(at_level(spoken.pcm))))
        asking, bid = (shape(at_level(pcm)) for pcm in (trial.asking, trial.bid))
        trials.append(replace(trial, asking=asking, bid=bid))
    return trials[:wanted]


async def take(caller: Caller, trial: Trial) -> Result:
    """Either kind of trial."""
    if isinstance(trial, Spoken):
        return await pauses.take(caller, trial)
    return await bids.take(caller, trial)


def show(result: Result) -> str:
    """One result as a line of progress."""
    return pauses.show(result) if isinstance(result, Heeded) else bids.show(result)


def figures(results: Sequence[Result | None]) -> dict[str, Any]:
    """One contender's figures under one condition."""
    halting = [result for result in results if isinstance(result, Heeded)]
    bidding = [result for result in results if isinstance(result, Yielding)]
    delays = [result.end for result in halting if result.reached]
    delays += [result.transition for result in bidding]
    return {
        "transition": summary([delay for delay in delays if delay is not None]),
        "missed": delays.count(None),
        **pauses.takeovers([halt for result in halting for halt in result.halts]),
        "early": sum(result.early for result in halting),
        "barge_in": bids.silences(bidding),
        "not_tried": sum(result.silence is None for result in bidding),
        "failed": results.count(None),
    }


async def measure(bench: Bench) -> dict[str, dict[str, Any]]:
    """Each contender's figures by condition."""
    report: dict[str, dict[str, Any]] = {name: {} for name in bench.bots.names}
    for condition in conditions(bench):
        trials = plan(bench, condition.shape)
        section = f"robustness/{condition.name}"
        results = await bench.drive(section, trials, take, show, condition.setting)
        for name, done in results.items():
            report[name][condition.name] = figures(done)
    return report
