"""false_interruptions: how often the agent cuts in on ordinary speech, in 20 minutes of it.

Recordings of real speech are played to the whole agent, each in a call of its own, silences
of over 2 s made shorter, again and again until the minutes are full. The agent may answer in
a pause. What counts is sound that begins while the user speaks, by a decision to interrupt.
A bot that tells no decisions has no figure here.
"""

import asyncio
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from typing import Any

import numpy as np

from benchmarks.caller import Caller
from benchmarks.duplex.bench import Bench, Setting
from benchmarks.duplex.cutting import gaps
from benchmarks.duplex.decided import MESSAGE_LATE, TO_EAR, cut_ins
from benchmarks.duplex.noise import at_level
from benchmarks.sound import RATE, Pcm

LONGEST = 2.0  # seconds of silence that are left in a recording
PIECE = 240.0  # seconds of a recording that are played in a call, at most
LEAST = 2.0  # seconds worth a call
SPOKE = 0.3  # seconds before the agent's sound in which the user was speaking


@dataclass(frozen=True, slots=True)
class Piece:
    """Ordinary speech, for one call."""

    who: str
    pcm: Pcm


@dataclass(frozen=True, slots=True)
class Played:
    """A recording that was played, its seconds, and each interruption: when, why, at what words."""

    who: str
    seconds: float
    false: tuple[tuple[float, str, str], ...]


def plan(recordings: Sequence[tuple[str, Pcm]], seconds: float) -> list[Piece]:
    """Pieces of the recordings, one after another and again, until they last so long."""
    chosen: list[Piece] = []
    left = seconds
    for piece in _pieces(recordings):
        if left < LEAST:
            break
        chosen.append(Piece(piece.who, piece.pcm[: math.ceil(left * RATE)]))
        left -= len(piece.pcm) / RATE
    return chosen


def _pieces(recordings: Sequence[tuple[str, Pcm]]) -> Iterator[Piece]:
    size = round(PIECE * RATE)
    for who, pcm in cycle([(who, shortened(at_level(pcm))) for who, pcm in recordings]):
        for start in range(0, len(pcm), size):
            if len(pcm) - start >= LEAST * RATE or start == 0:
                yield Piece(who, pcm[start : start + size])


def shortened(pcm: Pcm) -> Pcm:
    """`pcm` with the end of each long silence left out."""
    keep = np.ones(len(pcm), bool)
    for gap in gaps(pcm, LONGEST):
        keep[round((gap.start + LONGEST) * RATE) : round(gap.end * RATE)] = False
    return pcm[keep]


async def take(caller: Caller, piece: Piece) -> Played:
    """Play it, and look for interruptions afterwards."""
    utterance = caller.begin(piece.pcm)
    began, end = await utterance.onset, await utterance.end
    await asyncio.sleep(TO_EAR)
    found: list[tuple[float, str, str]] = []
    for message in cut_ins(caller.messages):
        sound = caller.heard.onset(message.at - MESSAGE_LATE)
        if sound and sound - message.at <= TO_EAR and caller.said.sounding(sound, SPOKE):
            reason, said = (str(message.data.get(key, "")) for key in ("reason", "said"))
            found.append((round(sound - began, 2), reason, said))
    return Played(piece.who, end - began, tuple(found))


def show(result: Played) -> str:
    """One result as a line of progress."""
    reasons = ", ".join(f"{at:.1f} s {why}" for at, why, _ in result.false)
    return f"{len(result.false)} false in {result.seconds:.0f} s  {result.who} {reasons}"


def figures(results: Sequence[Played | None]) -> dict[str, Any]:
    """The report's part."""
    done = [result for result in results if result]
    minutes = sum(each.seconds for each in done) / 60
    false = sum(len(each.false) for each in done)
    return {
        "minutes": round(minutes, 2),
        "false_interruptions": false,
        "per_20_minutes": round(false / minutes * 20, 3) if minutes else None,
        "failed": results.count(None),
        "rows": [asdict(result) for result in done],
    }


async def measure(bench: Bench) -> dict[str, dict[str, Any]]:
    """Our agent's figures under each persona; nothing of a bot that decides nothing."""
    if "ours" not in bench.bots.names:
        return {}
    pieces = plan(bench.material.recordings, bench.minutes * 60)
    report: dict[str, Any] = {}
    for persona in bench.personas:
        setting = Setting(body={"persona": persona}, block=1, stuck=PIECE + 60)
        section = f"false_interruptions/{persona}"
        results = await bench.drive(section, pieces, take, show, setting, ["ours"])
        report[persona] = figures(results["ours"])
    return {"ours": report}
