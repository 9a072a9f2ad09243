"""That a voice may have ended is told before it is known."""

from collections.abc import Sequence

import pytest
from pipecat.audio.vad.vad_analyzer import VADParams, VADState
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    InputAudioRawFrame,
)
from pipecat.tests.utils import run_test

from processors.ears import Ears
from processors.frames import FarVoiceFrame, HushFrame, VoiceBackFrame
from processors.hush import HUSH, HushProcessor
from processors.near_field import NearField

RATE, CHUNK = 16_000, 0.02
QUIET, SPEAKING, STOPPING = VADState.QUIET, VADState.SPEAKING, VADState.STOPPING


class Scripted(Ears):
    """Is in a given state after each chunk."""

    def __init__(self, states: Sequence[VADState]) -> None:
        super().__init__(VADParams(), lambda voiced: None)
        self._states = list(states)

    async def analyze_audio(self, buffer: bytes) -> VADState:
        self.state = self._states.pop(0)
        return self.state


async def told(*states: VADState) -> list[Frame]:
    chunk = InputAudioRawFrame(bytes(2 * int(RATE * CHUNK)), RATE, 1)
    processor = HushProcessor(vad_analyzer=Scripted(states))
    down, _ = await run_test(processor, frames_to_send=[chunk for _ in states])
    return [frame for frame in down if isinstance(frame, (HushFrame, VoiceBackFrame))]


async def test_a_hush_is_told_once():
    assert await told(SPEAKING, SPEAKING) == []
    [hush] = await told(SPEAKING, *[STOPPING] * 9)
    assert isinstance(hush, HushFrame) and hush.silent == pytest.approx(HUSH, abs=CHUNK)


async def test_a_voice_that_goes_on_is_told_and_one_that_ended_is_pipecat_s_to_tell():
    kinds = [type(f) for f in await told(SPEAKING, *[STOPPING] * 4, SPEAKING, *[STOPPING] * 4)]
    assert kinds == [HushFrame, VoiceBackFrame, HushFrame]
    kinds = [type(frame) for frame in await told(SPEAKING, *[STOPPING] * 4, QUIET, QUIET)]
    assert kinds == [HushFrame]


class Beyond(NearField):
    """Somebody is far off in some chunks; notes whether the agent spoke."""

    def __init__(self, far: Sequence[bool]) -> None:
        super().__init__(10.0)
        self._looks = list(far)
        self.spoke: list[bool] = []

    @property
    def is_far(self) -> bool:
        self.spoke.append(self.agent_speaks)
        return self._looks.pop(0)


async def test_a_voice_far_off_is_told_once_until_it_is_over():
    ears, chunk = Scripted([QUIET] * 5), InputAudioRawFrame(bytes(640), RATE, 1)
    ears.near = near = Beyond([False, True, True, False, True])
    sent = [chunk, BotStartedSpeakingFrame(), chunk, chunk, BotStoppedSpeakingFrame(), chunk, chunk]
    down, _ = await run_test(HushProcessor(vad_analyzer=ears), frames_to_send=sent)
    assert [isinstance(f, FarVoiceFrame) for f in down].count(True) == 2
    assert near.spoke == [False, True, True, False, False]
