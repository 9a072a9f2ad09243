"""A recorded talk through ears and judgement on sound time: no pipeline, no wall clock.

    heard = await hear(user, agent)                # voice and words, each at its sample
    steps = await replay(heard, len(user), Rules(), chunk=320)

What is heard depends on the sound alone; `chunk` is how much of it the listener
gets at a time, as from a microphone. The agent's side is what was recorded, so it
does not do as decided.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams, VADState

from judgement.decision import Action
from judgement.judge import Judge
from judgement.listener import Listener
from judgement.moment import Kind, Moment, Policy
from judgement.pause import PAUSES
from processors.services.moonshine_model import RATE, MoonshineModel

WINDOW = 512  # samples that Silero looks at
STOP = PAUSES[0]  # seconds of silence that end a stretch of voice
PRE_ROLL = RATE // 2  # samples recognised from before a voice was noticed
TICK = RATE // 2  # samples between interim words
PATIENCE = 2.5  # seconds

Pcm = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Heard:
    """Something noticed at a sample: a voice, or words."""

    at: int
    what: str  # user_starts, user_stops, agent_starts, agent_stops, interim or final
    text: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One decision."""

    kind: Kind
    action: Action
    said: str


async def hear(user: Pcm, agent: Pcm) -> list[Heard]:
    """All that is noticed of the two sides, in order."""
    voice = await _stretches(user)
    sides = [
        _edges(voice, "user"),
        _edges(await _stretches(agent), "agent"),
        chain.from_iterable(_words(user, start, stop) for start, stop in voice),
    ]
    return sorted(chain.from_iterable(sides), key=lambda each: each.at)


async def replay(heard: list[Heard], length: int, judge: Judge, *, chunk: int) -> list[Step]:
    """Every decision about a talk of `length` samples."""
    listener = Listener(Policy(proactivity=0.9), patience=PATIENCE)
    steps: list[Step] = []
    due = iter(heard)
    coming = next(due, None)
    for end in range(chunk, length + chunk, chunk):
        moments = listener.sound(chunk / RATE)
        while coming and coming.at <= end:
            moments += _tell(listener, coming)
            coming = next(due, None)
        for moment in moments:
            if moment.turn == listener.turn:
                decision = await judge.judge(moment)
                _act(listener, moment, decision.action)
                steps.append(Step(moment.kind, decision.action, moment.said))
    return steps


def _tell(listener: Listener, heard: Heard) -> list[Moment]:
    match heard.what:
        case "user_starts":
            listener.user_starts()
        case "user_stops":
            listener.user_stops(STOP)
        case "agent_starts":
            listener.agent_starts()
        case "agent_stops":
            return listener.agent_stops()
        case "interim" | "final" as words:
            return listener.words(heard.text, final=words == "final")
        case other:
            raise ValueError(other)
    return []


def _act(listener: Listener, moment: Moment, action: Action) -> None:
    """What strategy does with a decision, as far as a listener is told."""
    match moment.kind, action:
        case Kind.PAUSE, Action.SILENCE:
            if moment.pause >= PATIENCE:
                listener.turn_closed(moment.said)
        case Kind.PAUSE, _:
            listener.turn_closed(moment.said)
        case Kind.PARTIAL, Action.INTERRUPT:
            listener.turn_closed(moment.said, cut_in=True)
        case Kind.OVERLAP, Action.REPLY:
            listener.turn_opened()
        case _:
            pass


async def _stretches(pcm: Pcm) -> list[tuple[int, int]]:
    """Where a voice is noticed and where it is noticed to have ended, in samples."""
    analyzer = SileroVADAnalyzer(sample_rate=RATE, params=VADParams(stop_secs=STOP))
    analyzer.set_sample_rate(RATE)
    turns: list[int] = []
    for start in range(0, len(pcm) - WINDOW + 1, WINDOW):
        state = await analyzer.analyze_audio(pcm[start : start + WINDOW].tobytes())
        if (state in (VADState.SPEAKING, VADState.STOPPING)) != bool(len(turns) % 2):
            turns.append(start + WINDOW)
    await analyzer.cleanup()
    ends = [*turns, len(pcm)] if len(turns) % 2 else turns
    return list(zip(ends[::2], ends[1::2], strict=True))


def _edges(stretches: Iterable[tuple[int, int]], who: str) -> list[Heard]:
    return [
        Heard(at, f"{who}_{what}")
        for stretch in stretches
        for at, what in zip(stretch, ("starts", "stops"), strict=True)
    ]


def _words(pcm: Pcm, start: int, stop: int) -> list[Heard]:
    """Interim words all along a stretch of voice, the final ones at its end."""
    begin = max(0, start - PRE_ROLL)
    found = [
        Heard(at, "interim", _model().transcribe(_sound(pcm[begin:at])))
        for at in range(start + TICK, stop, TICK)
    ]
    final = _model().transcribe(_sound(pcm[begin:stop]))
    return [*found, Heard(stop, "final", final)]


def _sound(pcm: Pcm) -> NDArray[np.float32]:
    return pcm.astype(np.float32) / 32768


@cache
def _model() -> MoonshineModel:
    return MoonshineModel()
