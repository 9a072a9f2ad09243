"""backchannel: does the agent talk on over an "mhm", a cough, a noise, and at the right word?

While the agent answers at length there is one such sound. It *stopped* where the bot
says that it was interrupted, or where it fell silent for 2 s within 3 s of the sound with
more than two words of its answer unsaid. Where it did not stop, the caller's recording is
understood up to the longest hole near the sound and from there on (or around the sound's
middle where there is no hole), and laid against the answer's text: it went on at the
*right word* if no more than one word was lost or said twice. Answers with figures in them
are unclear: the ear writes them in another way.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from typing import Any

from numpy.random import Generator

from benchmarks.caller import Caller
from benchmarks.duplex.bench import Bench
from benchmarks.duplex.bids import still_speaking
from benchmarks.duplex.disturbances import ECHO_LASTS, Disturbance, disturbances, echo
from benchmarks.duplex.material import Material
from benchmarks.duplex.resuming import ALLOWED, hole_near, seam, unsaid
from benchmarks.ear import understood
from benchmarks.heard import written
from benchmarks.report import summary
from benchmarks.sound import RATE, Pcm
from benchmarks.turns import HELD, PATIENCE, settle

TRIALS = 100
INTO = (1.0, 2.0)  # seconds of the answer before the sound, by chance
LEFT = 1.0  # seconds; an answer that ends sooner after the sound began shows nothing
AFTER = 1.0  # seconds after the sound in which a hole still has to do with it
GONE = 2.0  # seconds of silence after which the agent does not go on
SOON = 3.0  # seconds after the sound in which falling silent has to do with it
UNSAID = 2  # words that the ear may miss at an answer's end
LONGEST = 30.0  # seconds of an answer that are waited for
TRIES = 3


@dataclass(frozen=True, slots=True)
class Trial:
    """A typed request for a long answer and a sound, `into` seconds after its first."""

    request: str
    into: float
    sound: Disturbance


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer's text and its sound; times are seconds from the sound's first sample.

    The disturbance lasted from `start` to `end`, the agent fell silent at `silent`.
    """

    text: str
    pcm: Pcm
    start: float
    end: float
    silent: float | None
    interrupted: bool

    @property
    def left(self) -> float:
        """How long the agent spoke on after the disturbance had begun."""
        return (len(self.pcm) / RATE if self.silent is None else self.silent) - self.start


@dataclass(slots=True)
class Overlap:
    """What became of a trial; an answer too short for it was not `tried`.

    `lost` are words, negative where they were said twice, None where that cannot be told;
    `hole` is seconds.
    """

    kind: str
    what: str
    tried: bool = False
    stopped: bool = False
    hole: float | None = None
    lost: int | None = None
    text: str = ""
    before: str = ""
    after: str = ""

    @property
    def right(self) -> bool:
        """Whether it talked on at the right word."""
        return self.lost is not None and abs(self.lost) <= ALLOWED


def plan(material: Material, count: int, chance: Generator) -> list[Trial]:
    """`count` trials."""
    requests, sounds = cycle(material.says.requests), disturbances(material, chance)
    return [Trial(next(requests), float(chance.uniform(*INTO)), next(sounds)) for _ in range(count)]


async def take(caller: Caller, trial: Trial) -> tuple[Trial, Answer | None]:
    """Ask by typing, make the sound, hear the rest; ask again where an answer was too short."""
    for _ in range(TRIES):
        asked = time.monotonic()
        await caller.send_text(trial.request)
        began = await caller.until_heard(after=asked, timeout=PATIENCE)
        if began is None:
            continue
        if await still_speaking(caller, began + trial.into):
            return trial, await _overlap(caller, trial.sound, began)
        await settle(caller, limit=PATIENCE)
    return trial, None


async def _overlap(caller: Caller, sound: Disturbance, began: float) -> Answer:
    start, end = await _make(caller, sound)
    silent = await caller.until_silent(after=start, timeout=LONGEST, hold=HELD)
    if not caller.of("bot-interrupted", start):
        silent = await caller.until_silent(after=start, timeout=LONGEST, hold=GONE)
    until = (silent or time.monotonic()) + 0.2
    stops = caller.of("bot-interrupted", start)
    return Answer(
        written(caller.messages, began, stops[0].at if stops else until),
        caller.heard.sound(began, until),
        start - began,
        end - began,
        None if silent is None else silent - began,
        any(message.at <= end + SOON for message in stops),
    )


async def _make(caller: Caller, sound: Disturbance) -> tuple[float, float]:
    """Make the sound; when it began and ended."""
    if sound.pcm is not None:
        utterance = caller.begin(sound.pcm)
        return await utterance.onset, await utterance.end
    start = time.monotonic()
    caller.surround(echo(caller))
    await asyncio.sleep(ECHO_LASTS)
    caller.surround(None)
    return start, time.monotonic()


def overlap(trial: Trial, answer: Answer | None) -> Overlap:
    """What an answer's sound and words tell; its recording is understood here."""
    found = Overlap(trial.sound.kind, trial.sound.what)
    if answer is None or not answer.text:
        return found
    found.text = answer.text
    hole = hole_near(answer.pcm, answer.start, answer.end + AFTER)
    at = round((hole.start if hole else (answer.start + answer.end) / 2) * RATE)
    found.before, found.after = understood(answer.pcm[:at]), understood(answer.pcm[at:])
    found.stopped = answer.interrupted or _fell_silent(answer, f"{found.before} {found.after}")
    found.tried = found.stopped or answer.left > LEFT
    if found.tried and not found.stopped:
        found.hole = round(hole.length, 2) if hole else 0.0
        found.lost = _lost(answer.text, found.before, found.after)
    return found


def _lost(text: str, before: str, after: str) -> int | None:
    """Words lost at the hole; None for a text with figures, which no ear writes as they are."""
    if any(letter.isdigit() for letter in text):
        return None
    return seam(text, before, after).lost


def _fell_silent(answer: Answer, transcript: str) -> bool:
    """Whether the agent fell silent soon after the sound with words left to say."""
    soon = answer.silent is not None and answer.silent < answer.end + SOON
    return soon and unsaid(answer.text, transcript) > UNSAID


def show(result: tuple[Trial, Answer | None]) -> str:
    """One result as a line of progress."""
    trial, answer = result
    if answer is None:
        found = "not tried"
    else:
        found = "interrupted" if answer.interrupted else "not interrupted"
    return f"{found}  {trial.sound.kind} {trial.sound.what}"


def figures(results: Sequence[Overlap | None]) -> dict[str, Any]:
    """One contender's part of the report."""
    done = [result for result in results if result]
    kinds = sorted({result.kind for result in done})
    return {
        **_shares(done),
        "by_kind": {kind: _shares([each for each in done if each.kind == kind]) for kind in kinds},
        "failed": results.count(None),
        "rows": [asdict(result) for result in done],
    }


def _shares(results: Sequence[Overlap]) -> dict[str, Any]:
    tried = [each for each in results if each.tried]
    went_on = [each for each in tried if not each.stopped]
    clear = [each for each in went_on if each.lost is not None]
    return {
        "stopped_rate": _share(sum(each.stopped for each in tried), len(tried)),
        "stopped": sum(each.stopped for each in tried),
        "trials": len(tried),
        "not_tried": len(results) - len(tried),
        "right_word_rate": _share(sum(each.right for each in clear), len(clear)),
        "right_word_unclear": len(went_on) - len(clear),
        "hole": summary([each.hole for each in went_on if each.hole is not None]),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


async def measure(bench: Bench) -> dict[str, dict[str, Any]]:
    """Each contender's figures. Recordings are understood after the calls, which need this loop."""
    trials = plan(bench.material, bench.count(TRIALS), bench.chance("backchannel"))
    results = await bench.drive("backchannel", trials, take, show)
    return {
        name: figures([overlap(*result) if result else None for result in done])
        for name, done in results.items()
    }
