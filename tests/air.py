"""What tests of whole talks need beside the talk: ears, and a judge that does as told."""

from collections.abc import Callable
from functools import cache

import numpy as np

from benchmarks.sound import RATE, Pcm
from judgement.decision import Action, Decision, decide
from judgement.moment import Kind, Moment
from judgement.rules import Rules
from processors.services.moonshine_model import MoonshineModel


@cache
def _ear() -> MoonshineModel:
    return MoonshineModel()


def transcribed(pcm: Pcm) -> str:
    """What a listener understands of `pcm` at 16 kHz, in lower case."""
    sound = np.concatenate([pcm, np.zeros(RATE // 2, np.int16)]).astype(np.float32) / 32768
    return _ear().transcribe(sound).lower()


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
