"""agent_interruption: how soon the agent cuts in where it should, and how soon it yields.

A caller talks to the interviewer, whose proactivity is 1 and who may cut in at any time:
goes round in circles, says the opposite of what they said before, or rambles. `to_opener`
is from the last sound of the word that calls for an interruption (the middle of the second
time round, the wrong word, 15 s of talk) to the opener's first sound. The caller does not
give way: they talk on, and insist 1.5 s after the opener began; or they say "let me
finish", and insist where that ends. `to_silence` is from there to the agent's silence for
0.8 s, 0 where it was silent already. An interruption is what the bot decided as one: sound
at a pause is counted apart, as a take-over.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from benchmarks.caller import Caller
from benchmarks.duplex.bench import Bench, Setting
from benchmarks.duplex.bots import Bots, profile
from benchmarks.duplex.decided import MESSAGE_LATE, cut_in_behind
from benchmarks.duplex.long_talks import Talk, plan
from benchmarks.report import summary
from benchmarks.sound import RATE
from benchmarks.turns import HELD, settle

TRIALS = 18
INSISTS = 1.5  # seconds after the opener's first sound
OBJECTS = 0.6  # seconds after it in which a caller comes to object
MUST_YIELD = 8.0  # seconds; an agent that has not by then counts with them
LIMITS = {"first_seconds": 0, "interruption_gap": 0}
PERSONA = {"of": "interviewer", "proactivity": 1.0}


@dataclass(slots=True)
class CutIn:
    """What became of a talk; times are seconds. `did` is what the agent did first.

    It `interrupted`, was `early` (the same, before it was called for: `to_opener` is
    negative), `took over` (its sound came while the caller talked, without such a
    decision) or `waited`.
    """

    who: str
    kind: str
    did: str = "waited"
    reason: str = ""
    to_opener: float | None = None
    insisted: str = ""
    to_silence: float | None = None


async def take(caller: Caller, talk: Talk) -> CutIn:
    """Tell the fact, talk, and do not give way."""
    found = CutIn(talk.who, talk.calling.kind)
    if talk.calling.fact is not None:
        await caller.say(talk.calling.fact)
        await settle(caller, limit=20)
    utterance = caller.begin(talk.calling.pcm)
    began = await utterance.onset  # its first sample: the pieces are joined without silence
    length = len(talk.calling.pcm) / RATE
    first = await caller.until_heard(after=began, timeout=length)
    if first is not None and first < began + length:
        await asyncio.sleep(MESSAGE_LATE)
        await _judge(caller, talk, found, began, first)
    caller.hush()
    return found


async def _judge(caller: Caller, talk: Talk, found: CutIn, began: float, first: float) -> None:
    """Name what the agent's first sound is, and see an interruption to its end."""
    decided = cut_in_behind(caller.messages, first)
    if decided is None:
        found.did = "took over"
        return
    found.reason = str(decided.data.get("reason", ""))
    found.to_opener = first - began - talk.calling.at
    found.did = "early" if found.to_opener < 0 else "interrupted"
    found.insisted, found.to_silence = await _insist(caller, talk, first)


async def _insist(caller: Caller, talk: Talk, opener: float) -> tuple[str, float]:
    """How the caller insists, and the seconds from there to the agent's silence."""
    if talk.objection is None:
        insisted, how = opener + INSISTS, "talks on"
    else:
        await asyncio.sleep(opener + OBJECTS - time.monotonic())
        caller.hush()
        insisted, how = await caller.say(talk.objection), "objects"
        caller.begin(talk.rest)
    silent = await caller.until_silent(after=insisted, timeout=MUST_YIELD, hold=HELD)
    return how, MUST_YIELD if silent is None else silent - insisted


def show(result: CutIn) -> str:
    """One result as a line of progress."""
    opener = "" if result.to_opener is None else f" after {result.to_opener:.2f} s"
    silent = "" if result.to_silence is None else f", silent in {result.to_silence:.2f} s"
    how = result.insisted and f", caller {result.insisted}"
    return f"{result.did}{opener}{silent}{how}  {result.kind} {result.who} {result.reason}"


def figures(results: Sequence[CutIn | None]) -> dict[str, Any]:
    """One contender's part of the report."""
    done = [result for result in results if result]
    return {
        **_openers(done),
        "by_kind": {
            kind: _openers([each for each in done if each.kind == kind])
            for kind in sorted({each.kind for each in done})
        },
        "to_silence": _silences(done),
        "to_silence_by": {
            how: _silences([each for each in done if each.insisted == how])
            for how in ("talks on", "objects")
        },
        "failed": results.count(None),
        "rows": [asdict(result) for result in done],
    }


def _openers(results: Sequence[CutIn]) -> dict[str, Any]:
    """How often the agent did what, and how soon it cut in."""
    delays = [each.to_opener for each in results if each.did == "interrupted"]
    return {
        "to_opener": summary([delay for delay in delays if delay is not None]),
        "talks": len(results),
        **{
            did.replace(" ", "_"): sum(each.did == did for each in results)
            for did in ("interrupted", "early", "took over", "waited")
        },
    }


def _silences(results: Sequence[CutIn]) -> dict[str, Any]:
    return summary([each.to_silence for each in results if each.to_silence is not None])


async def measure(bench: Bench) -> dict[str, dict[str, Any]]:
    """Each contender's figures, with ours under a profile that lets it cut in at any time."""
    talks = plan(bench.material, bench.count(TRIALS))
    config = profile(bench.folder / "impatient", bench.config, LIMITS, PERSONA)
    async with Bots(bench.bots.names, config) as bots:
        stand = replace(bench, bots=bots)
        alone = Setting(block=1)  # a call each: what was told or asked for in one lasts in it
        results = await stand.drive("agent_interruption", talks, take, show, alone)
    return {name: figures(done) for name, done in results.items()}
