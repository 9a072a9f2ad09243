"""Which windows of the microphone count as voice."""

import numpy as np
import pytest
from pipecat.audio.vad.vad_analyzer import VADParams, VADState

from benchmarks.conversation import spoken
from benchmarks.sound import RATE
from processors.ears import Ears
from processors.echo_path import EchoPath
from processors.near_field import NearField

SAID = "The weather is quite pleasant today, is it not?"


class Explaining(EchoPath):
    """Explains everything, or nothing."""

    def __init__(self, explained: bool) -> None:
        super().__init__()
        self._explained = explained
        self.voiced = 0

    def explains(self, audio: bytes, rate: int, at: float, *, voiced: bool) -> bool:
        assert len(audio) == 2 * 512 and rate == RATE
        self.voiced += voiced
        return self._explained


class Finding(Explaining):
    """Finds the echo in the twentieth window of a voice, and explains it from there on."""

    def __init__(self) -> None:
        super().__init__(False)

    def explains(self, audio: bytes, rate: int, at: float, *, voiced: bool) -> bool:
        super().explains(audio, rate, at, voiced=voiced)
        if self.voiced == 20:
            self.delay = 800
        return self.delay is not None


async def heard(
    echo: EchoPath | None, near: NearField | None = None
) -> tuple[list[bool], list[VADState]]:
    """The verdict on each window, and the detector's state after each chunk."""
    windows: list[bool] = []
    params = VADParams(start_secs=0.2, stop_secs=0.2, min_volume=0.6)
    ears = Ears(params, windows.append, echo, near)
    ears.set_sample_rate(RATE)
    pcm = spoken(SAID)
    states = [
        await ears.analyze_audio(pcm[at : at + 320].tobytes()) for at in range(0, len(pcm), 320)
    ]
    await ears.cleanup()
    return windows, states


async def test_what_an_echo_explains_is_no_voice_and_begins_no_speech():
    echo = Explaining(True)
    windows, states = await heard(echo)
    assert echo.voiced > 20 and not any(windows)
    assert set(states) == {VADState.QUIET}


@pytest.mark.parametrize("echo", [None, Explaining(False)])
async def test_what_is_no_echo_counts_as_without_a_guard(echo: EchoPath | None):
    windows, states = await heard(echo)
    assert np.mean(windows) > 0.5 and VADState.SPEAKING in states
    assert windows == (await heard(None))[0]


async def test_an_echo_is_not_taken_for_the_user_s_level_once_it_is_found():
    near = NearField(13.0)
    windows, _ = await heard(Finding(), near)
    assert sum(windows) > 10 and near.level is None
    await heard(Explaining(False), near)
    assert near.level is not None
