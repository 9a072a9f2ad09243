"""What tests of whole talks need beside the talk: ears, and a judge that does as told."""

from collections.abc import Callable

import numpy as np
import soxr
from numpy.typing import NDArray

from benchmarks.sound import RATE, Pcm, edges
from judgement.decision import Action, Decision, decide
from judgement.moment import Kind, Moment
from judgement.rules import Rules
from processors.services.words import Line

NARROW = 8000  # samples a second that every line carries
PART = RATE * 4 // 10
ALIKE = 0.9  # of the same samples, coded for a telephone; other words are below 0.7


def carries(heard: Pcm, line: Line, *, end: float | None = None) -> bool:
    """Whether the last 0.4 s of `line`'s sound, or those before `end` s, are in 16 kHz sound.

    By its samples, as far as a telephone carries them: what a recogniser makes of a line
    differs from take to take.
    """
    said = soxr.resample(np.frombuffer(line.pcm, np.int16), line.rate, RATE)
    until = edges(said)[1] if end is None else round(end * RATE)
    wanted, sound = _narrow(said[max(0, until - PART) : until]), _narrow(heard)
    if len(sound) < len(wanted):
        return False
    energy = np.concatenate([[0.0], np.cumsum(sound**2)])
    power = (energy[len(wanted) :] - energy[: -len(wanted)]) * (wanted**2).sum()
    likeness = np.correlate(sound, wanted, "valid") / np.sqrt(np.maximum(power, 1e-9))
    return bool(likeness.max() > ALIKE)


def _narrow(pcm: Pcm) -> NDArray[np.float64]:
    return soxr.resample(pcm / 32768, RATE, NARROW)


class ScriptedJudge:
    """Answers a kind of moment with the scripted action, all others as the rules do.

    `when` narrows it to moments of which it is true.
    """

    name = "scripted"

    def __init__(self, kind: Kind, action: Action, when: Callable[[Moment], bool] = lambda _: True):
        self.kind, self.action, self.when = kind, action, when

    async def judge(self, moment: Moment) -> Decision:
        if moment.kind is self.kind and self.when(moment):
            return decide(self.action, "as the script says")
        return await Rules().judge(moment)
