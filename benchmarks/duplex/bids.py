"""user_interruption: how soon the agent gives the floor to a user who wants it.

While the agent gives a long answer the caller says something to it: words that stop it, a
question, a correction. From the user's first sound to the agent's silence, which is no
sound above the ear's threshold for 0.8 s: sound made quieter is still sound. An agent not
silent in 8 s counts with 8 s; one that came to its own end was not tried.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from typing import Any

from numpy.random import Generator

from benchmarks.caller import Caller
from benchmarks.duplex.bench import Bench
from benchmarks.duplex.material import Material
from benchmarks.report import summary
from benchmarks.sound import Pcm
from benchmarks.turns import HELD, PATIENCE, REACTION, settle

TRIALS = 30
INTO = (0.8, 2.5)  # seconds of the answer before the bid, by chance
BREATH = 0.5  # seconds between two sentences of one answer
TRIES = 3  # requests, until an answer lasts long enough to be interrupted


@dataclass(frozen=True, slots=True)
class Trial:
    """A request for a long answer and a bid for the floor, `into` seconds after its first sound."""

    who: str
    kind: str
    asking: Pcm
    text: str
    bid: Pcm
    into: float


@dataclass(slots=True)
class Yielding:
    """What became of a bid; times are seconds.

    `silence` is from the user's onset to the agent's silence, None where it was not
    tried. `answer` is from the end of the bid, or of the agent's sound where that came
    later, to the next sound; negative where that came before the bid's end. `transition`
    is from the request's end to its answer.
    """

    who: str
    kind: str
    text: str
    transition: float | None = None
    silence: float | None = None
    answer: float | None = None


def plan(material: Material, count: int, chance: Generator) -> list[Trial]:
    """`count` trials; one voice asks and interrupts."""
    requests = cycle(material.says.requests)
    kinds = {bid.text: bid.kind for bid in material.says.bids}
    return [
        Trial(
            voice.name,
            kinds[text],
            voice.speak(next(requests)),
            text,
            voice.speak(text),
            float(chance.uniform(*INTO)),
        )
        for voice, text in islice(material.spoken(list(kinds)), count)
    ]


async def take(caller: Caller, trial: Trial) -> Yielding:
    """Ask, and bid for the floor once the answer is under way; ask again if it was too short."""
    found = Yielding(trial.who, trial.kind, trial.text)
    for _ in range(TRIES):
        end = await caller.say(trial.asking)
        began = await caller.until_heard(after=end, timeout=PATIENCE)
        if began is None:
            continue
        found.transition = found.transition or began - end
        if await still_speaking(caller, began + trial.into):
            await _bid(caller, trial, found)
        if found.silence is not None:
            break
        await settle(caller, limit=PATIENCE)
    return found


async def still_speaking(caller: Caller, at: float) -> bool:
    """Wait until `at`; whether the agent speaks then, or goes on after a breath."""
    await asyncio.sleep(at - time.monotonic())
    return await caller.until_heard(after=at, timeout=BREATH) is not None


async def _bid(caller: Caller, trial: Trial, found: Yielding) -> None:
    utterance = caller.begin(trial.bid)
    onset = await utterance.onset
    silent = await caller.until_silent(after=onset, timeout=PATIENCE, hold=HELD)
    end = await utterance.end
    if silent is None:
        found.silence = PATIENCE
        return
    if silent - onset <= REACTION or not _interrupted(caller, onset, silent):
        return
    found.silence = silent - onset
    asked = max(end, silent)
    answer = await caller.until_heard(after=silent + HELD / 2, timeout=asked - silent + PATIENCE)
    found.answer = None if answer is None else answer - asked


def _interrupted(caller: Caller, onset: float, silent: float) -> bool:
    """Whether the bot says that it was interrupted, about when it fell silent."""
    return any(message.at <= silent + HELD for message in caller.of("bot-interrupted", onset))


def show(result: Yielding) -> str:
    """One result as a line of progress."""
    if result.silence is None:
        return f"not tried  {result.who} {result.text}"
    answer = "no answer" if result.answer is None else f"answer {result.answer:.2f} s"
    return f"silent after {result.silence:.2f} s, {answer}  {result.who} {result.text}"


def figures(results: Sequence[Yielding | None]) -> dict[str, Any]:
    """One contender's part of the report."""
    done = [result for result in results if result]
    tried = [result for result in done if result.silence is not None]
    return {
        "barge_in": silences(tried),
        "by_kind": {
            kind: silences([each for each in tried if each.kind == kind])
            for kind in sorted({each.kind for each in tried})
        },
        "never_silent": sum(each.silence == PATIENCE for each in tried),
        "answered": sum(each.answer is not None for each in tried),
        "answer": summary([each.answer for each in tried if each.answer is not None]),
        "not_tried": len(done) - len(tried),
        "failed": results.count(None),
        "rows": [asdict(result) for result in done],
    }


def silences(results: Sequence[Yielding]) -> dict[str, Any]:
    """The seconds from the user's onset to the agent's silence."""
    return summary([each.silence for each in results if each.silence is not None])


async def measure(bench: Bench) -> dict[str, dict[str, Any]]:
    """Each contender's figures."""
    trials = plan(bench.material, bench.count(TRIALS), bench.chance("user_interruption"))
    results = await bench.drive("user_interruption", trials, take, show)
    return {name: figures(done) for name, done in results.items()}
