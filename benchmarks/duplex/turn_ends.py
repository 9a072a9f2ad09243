"""smooth_turn_taking: how long after a turn's end the agent answers, if it does.

Whole sentences and questions by the speakers of pause_handling, and recorded turns after
which somebody else spoke.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import cycle, islice
from typing import Any

from benchmarks.duplex.bench import Bench
from benchmarks.duplex.material import Material
from benchmarks.report import summary
from benchmarks.transition import line
from benchmarks.turns import Outcome, Step, take

TRIALS = 24


def plan(material: Material, count: int) -> list[Step]:
    """`count` turns: synthetic ones, and every third from a recording where there are any."""
    said = material.spoken(material.says.turns)
    recorded = cycle([*material.questions, *material.turns])

    def drawn() -> Iterator[Step]:
        for number in cycle(range(3)):
            other = next(recorded, None) if number == 2 else None
            if other:
                yield Step(other.who, other.text, other.pcm)
            else:
                voice, text = next(said)
                yield Step(voice.name, text, voice.speak(text))

    return list(islice(drawn(), count))


def figures(results: Sequence[Outcome | None]) -> dict[str, Any]:
    """One contender's part of the report."""
    done = [result for result in results if result]
    answered = [result.transition for result in done if result.transition is not None]
    names = sorted({name for result in done for name in result.stages})
    return {
        "transition": summary(answered),
        "takeover_rate": round(len(answered) / len(done), 4) if done else None,
        "missed": sum(result.missed for result in done),
        "early": sum(result.early for result in done),
        "failed": results.count(None),
        "stages": {
            name: summary([r.stages[name] for r in done if name in r.stages]) for name in names
        },
        "rows": [asdict(result) for result in done],
    }


async def measure(bench: Bench) -> dict[str, dict[str, Any]]:
    """Each contender's figures."""
    steps = plan(bench.material, bench.count(TRIALS))
    results = await bench.drive("smooth_turn_taking", steps, take, line)
    return {name: figures(done) for name, done in results.items()}
