"""Whether the agent's own voice, back through the caller's microphone, stops it, and a bid does.

    python -m benchmarks.echo --out echo.json [--answers 4] [--bids 4] [--line sip]

A call over real WebRTC, or to our own telephone line, in a room that gives the agent's
sound back, `delay` seconds after it was heard and `level` dB below, with a light
reverberation; without a level the room is silent. The agent greets with 35 words. In one
sort of call the caller says nothing: the answer is `cut` where not all of the words were
played, over a telephone, which tells of no words, where less than 0.95 of the sound came
that comes without an echo; `seconds` are from its first sound to its last. In the other
the caller makes a bid 1.5 to 4 s into it: `silence` is from the bid's first sound to the
agent's last, None where the agent had not stopped 3 s after the bid's end, or was silent
at its onset already. Both with the guard and without, the rules as judge.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from itertools import cycle, product
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from benchmarks.caller import Caller
from benchmarks.echo_room import EchoRoom
from benchmarks.heard import GREETING, profile
from benchmarks.line import CallError
from benchmarks.report import provenance, summary, write
from benchmarks.server import BotServer
from benchmarks.sip import HOST, SipLine, free_port
from benchmarks.voices import Voice, voices

LEVELS = (-6.0, -12.0, -20.0)  # dB
DELAYS = (0.1, 0.25)  # seconds
BIDS = ("Stop, please.", "Wait a moment.", "No, I have a question.", "Hold on, what about today?")
INTO = (1.5, 4.0)  # seconds of the greeting before the bid, by chance
PATIENCE = 30.0  # seconds for a greeting that is held up again and again
HOLD = 1.5  # seconds without a sound behind a greeting that is over
STILL = 0.8  # seconds without a sound that are a stop
WHOLE = 0.95  # of the sound of a greeting: with less, words are missing
SLOW = 3.0  # seconds after a bid in which the agent must have stopped


@dataclass(frozen=True, slots=True)
class Condition:
    """A room: its echo's level in dB, None for no echo, and its delay in seconds."""

    level: float | None = None
    delay: float = 0.0


CONDITIONS = (Condition(), *(Condition(*each) for each in product(LEVELS, DELAYS)))


@dataclass(frozen=True, slots=True)
class Answer:
    """A greeting that nobody spoke over: its words, None on a telephone, and seconds of sound,
    in how many seconds they were played."""

    condition: Condition
    words: int | None
    sound: float
    seconds: float | None

    def is_cut(self, whole: float) -> bool:
        """Whether some of it is missing, where it has `whole` seconds of sound."""
        if self.words is None:
            return self.sound < WHOLE * whole
        return self.words < len(GREETING.split())


@dataclass(frozen=True, slots=True)
class Bid:
    """A bid, by whom, and the seconds from its onset to the agent's silence."""

    condition: Condition
    who: str
    text: str
    silence: float | None


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="file for the figures, as JSON")
    parser.add_argument("--answers", type=int, default=4, help="undisturbed ones in each room")
    parser.add_argument("--bids", type=int, default=4, help="in each room")
    parser.add_argument("--line", choices=("webrtc", "sip"), default="webrtc")
    args = parser.parse_args()
    measured = {
        name: asyncio.run(_measure(args.line, guard, args.answers, args.bids))
        for name, guard in (("guarded", True), ("unguarded", False))
    }
    reports = {name: report(*each) for name, each in measured.items()}
    write(args.out, {"line": args.line, **reports, **provenance()})
    for name, (answers, bids) in measured.items():
        print(name, *(_line(c, answers, bids) for c in CONDITIONS), sep="\n  ")


def report(answers: list[Answer], bids: list[Bid]) -> dict[str, Any]:
    """Figures of all rooms with an echo, of that without, and every call."""
    return {
        "echo": _figures(answers, bids, [c for c in CONDITIONS if c.level is not None]),
        "no_echo": _figures(answers, bids, [Condition()]),
        "answers": [asdict(a) | {"cut": a.is_cut(_whole(answers))} for a in answers],
        "bids": [asdict(bid) for bid in bids],
    }


def _figures(answers: list[Answer], bids: list[Bid], rooms: list[Condition]) -> dict[str, Any]:
    played = [answer for answer in answers if answer.condition in rooms]
    made = [bid for bid in bids if bid.condition in rooms]
    return {
        "answers": len(played),
        "cut": sum(answer.is_cut(_whole(answers)) for answer in played),
        "seconds": summary([a.seconds for a in played if a.seconds is not None]),
        "bids": len(made),
        "stopped": sum(bid.silence is not None for bid in made),
        "silence": summary([bid.silence for bid in made if bid.silence is not None]),
    }


def _whole(answers: list[Answer]) -> float:
    """The seconds of sound of the greeting: the median without an echo."""
    return statistics.median(each.sound for each in answers if each.condition.level is None)


def _line(room: Condition, answers: list[Answer], bids: list[Bid]) -> str:
    of = _figures(answers, bids, [room])
    return (
        f"{room.level} dB {room.delay} s: cut {of['cut']} of {of['answers']}, "
        f"seconds p50 {of['seconds']['p50']}; stopped by {of['stopped']} of {of['bids']} bids, "
        f"p50 {of['silence']['p50']} p95 {of['silence']['p95']}"
    )


async def _measure(
    line: str, guard: bool, answers: int, bids: int
) -> tuple[list[Answer], list[Bid]]:
    chance = random.Random(1)
    made = _bids()
    played: list[Answer] = []
    bid: list[Bid] = []
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        config = str(_profile(Path(folder), line, guard))
        environment = {"SIP_LISTEN": f"{HOST}:{port}"}
        async with BotServer(["bot.py", "--config", config], environment=environment) as server:
            dial = partial(_dial, server.url, port if line == "sip" else None)
            for room in CONDITIONS:
                played += [await _answer(dial, room) for _ in range(answers)]
                bid += [await _bid(dial, room, *next(made), chance) for _ in range(bids)]
                print(f"guard {guard}: {_line(room, played, bid)}", flush=True)
    return played, bid


def _dial(url: str, port: int | None) -> Caller:
    """A call over WebRTC, or to the telephone line at `port`."""
    if port is None:
        return Caller(url, body={"persona": "talkative"})
    return Caller(url, line=SipLine(f"{HOST}:{port}"))


def _profile(folder: Path, line: str, guard: bool) -> Path:
    """The line's profile with a long greeting, judged by the rules."""
    path = profile(folder, "config/phone.yaml" if line == "sip" else "config/embedded.yaml")
    chosen = yaml.safe_load(path.read_text())
    chosen |= {"judge": {"kind": "rules"}, "overlap": {"echo_guard": guard}}
    chosen["memory"]["embedding"] = "none"
    path.write_text(yaml.safe_dump(chosen))
    return path


def _bids() -> Iterator[tuple[Voice, str]]:
    """Bids without end, each by another voice than the last."""
    return zip(cycle(voices()), cycle(BIDS), strict=False)


def _surround(caller: Caller, room: Condition) -> None:
    if room.level is None:
        return

    def heard(first: int) -> list[tuple[float, Any]]:
        return [(piece.at, piece.pcm) for piece in caller.heard.pieces[first:]]

    chance = np.random.default_rng(1)
    caller.surround(EchoRoom(heard, delay=room.delay, decibels=room.level, chance=chance))


async def _answer(dial: Callable[[], Caller], room: Condition) -> Answer:
    async with dial() as caller:
        _surround(caller, room)
        began = await caller.until_heard(after=caller.started, timeout=PATIENCE)
        if began is None:
            raise CallError("no greeting was heard")
        ended = await caller.until_silent(after=began, timeout=PATIENCE, hold=HOLD)
        told = [len(message.data["text"].split()) for message in caller.of("bot-tts-text")]
        sound = caller.heard.loud_seconds(began, ended or time.monotonic())
        words = sum(told) if told else None
        return Answer(room, words, round(sound, 2), ended and round(ended - began, 3))


async def _bid(
    dial: Callable[[], Caller], room: Condition, who: Voice, text: str, chance: random.Random
) -> Bid:
    pcm = who.speak(text)
    stopped = partial(Bid, room, who.name, text)
    async with dial() as caller:
        _surround(caller, room)
        began = await caller.until_heard(after=caller.started, timeout=PATIENCE)
        if began is None:
            raise CallError("no greeting was heard")
        await asyncio.sleep(began + chance.uniform(*INTO) - time.monotonic())
        utterance = caller.begin(pcm)
        onset, end = await utterance.onset, await utterance.end
        if not caller.heard.sounding(onset):
            return stopped(None)
        silent = await caller.until_silent(after=onset, timeout=end + SLOW - onset, hold=STILL)
        return stopped(None if silent is None else round(silent - onset, 3))


if __name__ == "__main__":
    main()
