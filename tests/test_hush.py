"""That a voice may have ended is told before it is known."""

from collections.abc import Sequence

import pytest
from pipecat.audio.vad.vad_analyzer import VADParams, VADState
from pipecat.frames.frames import Frame, InputAudioRawFrame
from pipecat.tests.utils import run_test

from processors.ears import Ears
from processors.frames import HushFrame, VoiceBackFrame
from processors.hush import HUSH, HushProcessor

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


async def test_a_hush_is_told_once_it_has_lasted():
    assert await told(SPEAKING, STOPPING, SPEAKING) == []
    [hush] = await told(SPEAKING, *[STOPPING] * 9)
    assert isinstance(hush, HushFrame) and hush.silent == pytest.approx(HUSH, abs=CHUNK)


async def test_a_voice_that_goes_on_is_told_and_one_that_ended_is_pipecat_s_to_tell():
    kinds = [type(f) for f in await told(SPEAKING, *[STOPPING] * 4, SPEAKING, *[STOPPING] * 4)]
    assert kinds == [HushFrame, VoiceBackFrame, HushFrame]
    kinds = [type(frame) for frame in await told(SPEAKING, *[STOPPING] * 4, QUIET, QUIET)]
    assert kinds == [HushFrame]
