"""Cut-ins against delay: what a quicker agent pays for its speed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

STEP, LAST = 0.05, 3.0  # seconds between two points, and of the last
Delays = Sequence[float | None]


def curve(pauses: Delays, ends: Delays) -> dict[str, list[float]]:
    """Shares, by the seconds since the user's last sound, of pauses and of true turn ends.

    `pauses` holds for each pause inside a turn when the agent's sound began in it, or
    None where the agent waited; `ends` the same for each turn's end. `cut_in` is the
    share of the pauses taken by then, `answered` of the ends.
    """
    times = [round(index * STEP, 3) for index in range(round(LAST / STEP) + 1)]
    return {
        "seconds": times,
        "cut_in": [_by(pauses, time) for time in times],
        "answered": [_by(ends, time) for time in times],
    }


def waiting(lengths: Sequence[float], times: Sequence[float]) -> list[float]:
    """The share of pauses that an agent cuts into which waits for so long and no more."""
    return [_by([-length for length in lengths], -time) for time in times]


def _by(delays: Delays, time: float) -> float:
    """The share that came by `time`; 0 of none."""
    came = sum(delay is not None and delay <= time for delay in delays)
    return round(came / len(delays), 4) if delays else 0.0


def plot(path: Path, curves: Mapping[str, Mapping[str, Any]], lengths: Sequence[float]) -> None:
    """Draw every contender's curve: both shares over time, and one against the other."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.5), layout="constrained")
    for number, (name, each) in enumerate(curves.items()):
        colour = f"C{number}"
        left.plot(each["seconds"], each["answered"], colour, label=f"{name}: turn ends answered")
        left.plot(each["seconds"], each["cut_in"], f"{colour}--", label=f"{name}: pauses cut into")
        right.plot(each["cut_in"], each["answered"], f"{colour}.-", label=name)
    times = next(iter(curves.values()))["seconds"] if curves else []
    left.plot(times, waiting(lengths, times), "0.6", lw=1, label="pauses longer than this")
    left.set(xlabel="seconds after the user's last sound", ylabel="share", ylim=(0, 1.02))
    right.set(xlabel="share of pauses cut into", ylabel="share of turn ends answered")
    right.set(xlim=(0, 1.02), ylim=(0, 1.02))
    for axis in (left, right):
        axis.legend(frameon=False)
        axis.grid(alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
