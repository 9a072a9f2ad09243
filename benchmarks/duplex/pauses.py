"""pause_handling: does the agent take over while its user only halts?

Speech with pauses of 0.3 to 1.2 s inside: synthetic sentences and phrases cut at a
word and spaced, and recordings with the pauses that people made, after which they went
on. A pause is taken over where the agent's first sound comes between its beginning and
0.2 s after its end, since the sound travels; what comes after a take-over is not
counted. Any sound counts, be it one word.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from typing import Any

from numpy.random import Generator

from benchmarks.caller import Caller
from benchmarks.duplex.bench import Bench
from benchmarks.duplex.curve import curve, plot
from benchmarks.duplex.material import Material, Spoken
from benchmarks.report import summary
from benchmarks.sound import RATE, edges
from benchmarks.turns import PATIENCE

TRIALS = 60
TRAVELS = 0.2  # seconds after a pause's end in which sound was still meant for the pause
BINS = ((0.3, 0.5), (0.5, 0.8), (0.8, 1.2))  # seconds
SOURCES = ("voices", "phrases", "voices", "recordings")  # in turn


@dataclass(frozen=True, slots=True)
class Halt:
    """A pause inside a turn that came about. `delay` is from its start to the agent's sound."""

    source: str
    seconds: float
    delay: float | None

    @property
    def taken(self) -> bool:
        """Whether the agent took over."""
        return self.delay is not None


@dataclass(frozen=True, slots=True)
class Heeded:
    """What became of something said. `end` is the delay after it where it ended a turn.

    `early` is true where the agent's sound came while the user spoke.
    """

    who: str
    text: str
    halts: tuple[Halt, ...]
    over: bool
    end: float | None = None
    early: bool = False

    @property
    def reached(self) -> bool:
        """Whether it was said to its end with the agent silent, and the turn ended there."""
        return self.over and not self.early and not any(halt.taken for halt in self.halts)


def plan(material: Material, count: int, chance: Generator) -> list[Spoken]:
    """`count` things to say, from each source there is in turn, lengths from each bin."""
    lengths = (float(chance.uniform(*each)) for each in cycle(BINS))
    voices, phrases, real = material.halting(), cycle(material.phrases), cycle(material.real)

    def drawn() -> Iterator[Spoken]:
        for source in cycle(SOURCES):
            match source:
                case "voices":
                    yield next(voices).paused(next(lengths))
                case "phrases" if material.phrases:
                    yield next(phrases).paused(next(lengths))
                case "recordings" if material.real:
                    yield next(real)
                case _:
                    pass

    return list(islice(drawn(), count))


async def take(caller: Caller, spoken: Spoken) -> Heeded:
    """Say it, and wait for the agent's first sound."""
    utterance = caller.begin(spoken.pcm)
    onset, end = await utterance.onset, await utterance.end
    first = await caller.until_heard(after=onset, timeout=end - onset + PATIENCE)
    began = onset - edges(spoken.pcm)[0] / RATE
    return heeded(spoken, end - began, None if first is None else first - began)


def heeded(spoken: Spoken, end: float, first: float | None) -> Heeded:
    """What it means that the agent's first sound came `first` seconds after speech began.

    `end` is when the last sound of the speech was said.
    """
    halts, early = _halts(spoken, first)
    early = early or (first is not None and first < end and not any(h.taken for h in halts))
    delay = first - end if first is not None and first >= end else None
    after = delay if spoken.over and not early else None
    return Heeded(spoken.who, spoken.text, halts, spoken.over, after, early)


def _halts(spoken: Spoken, first: float | None) -> tuple[tuple[Halt, ...], bool]:
    """The pauses that came about, and whether the agent spoke before the next one."""
    found: list[Halt] = []
    for pause in spoken.pauses:
        if first is not None and first < pause.start:
            return tuple(found), True
        taken = first is not None and first <= pause.end + TRAVELS
        delay = first - pause.start if taken and first is not None else None
        found.append(Halt(spoken.source, pause.length, delay))
        if taken:
            break
    return tuple(found), False


def show(result: Heeded) -> str:
    """One result as a line of progress."""
    halts = " ".join(
        f"{halt.seconds:.2f}:{'held' if halt.delay is None else f'taken at {halt.delay:.2f}'}"
        for halt in result.halts
    )
    end = "early" if result.early else "-" if result.end is None else f"{result.end:.2f} s"
    return f"{halts}  end {end}  {result.who} {result.text[:40]}"


def figures(results: Sequence[Heeded | None]) -> dict[str, Any]:
    """One contender's part of the report."""
    done = [result for result in results if result]
    halts = [halt for result in done for halt in result.halts]
    ends = [result.end for result in done if result.reached]
    return {
        **takeovers(halts),
        "by_length": {
            f"{low}-{high}": takeovers([halt for halt in halts if low <= halt.seconds < high])
            for low, high in BINS
        },
        "by_source": {
            source: takeovers([halt for halt in halts if halt.source == source])
            for source in sorted({halt.source for halt in halts})
        },
        "turn_ends": summary([end for end in ends if end is not None]),
        "missed": sum(end is None for end in ends),
        "early": sum(result.early for result in done),
        "failed": results.count(None),
        "curve": curve([halt.delay for halt in halts], ends),
        "rows": [asdict(result) for result in done],
    }


def takeovers(halts: Sequence[Halt]) -> dict[str, Any]:
    """How many of the pauses the agent took over."""
    taken = sum(halt.taken for halt in halts)
    return {
        "takeover_rate": round(taken / len(halts), 4) if halts else None,
        "pauses": len(halts),
        "taken": taken,
    }


async def measure(bench: Bench) -> dict[str, dict[str, Any]]:
    """Each contender's figures; draws their curves where a plot is wanted."""
    trials = plan(bench.material, bench.count(TRIALS), bench.chance("pause_handling"))
    results = await bench.drive("pause_handling", trials, take, show)
    report = {name: figures(done) for name, done in results.items()}
    if bench.plot is not None:
        lengths = [pause.length for spoken in trials for pause in spoken.pauses]
        plot(bench.plot, {name: each["curve"] for name, each in report.items()}, lengths)
    return report
