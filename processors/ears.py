"""The voice detector, which also tells of the first window in which there is a voice."""

import asyncio
from collections.abc import Callable

import numpy as np
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams, VADState

from processors.echo_path import EchoPath
from processors.near_field import NearField

VOICED = 0.5  # how sure the detector must be of a window


class Ears(SileroVADAnalyzer):
    """Silero as Pipecat runs it, and each window's verdict at once.

    `on_window` is called on the event loop for every 32 ms. Pipecat smooths the
    volume over several windows before it counts any, so that speech would count
    0.35 s after its first sound, and a word with a pause behind it not at all:
    here it counts after `start_secs` of voice. A window that the `echo` explains
    holds no voice at all, nor does one that `near` tells to come from farther off.
    """

    def __init__(
        self,
        params: VADParams,
        on_window: Callable[[bool], None],
        echo: EchoPath | None = None,
        near: NearField | None = None,
    ) -> None:
        super().__init__(params=params)
        self.echo = echo
        self.near = near
        self._arrived = 0.0  # the sound that is looked at, by the event loop's clock
        self.state = VADState.QUIET  # after the last sound
        self._on_window = on_window
        self._windows: list[bool] = []
        self._smoothing_factor = 1.0
        # Pipecat's volume runs from 0 at -110 dB to 1 at -10 dB of full scale.
        self._loud = 32768 * 10 ** ((100 * params.min_volume - 110) / 20)

    def voice_confidence(self, buffer: bytes) -> float:
        """As Silero does, in the detector's thread."""
        confidence = super().voice_confidence(buffer)
        pcm = np.frombuffer(buffer, np.int16).astype(np.float32)
        loud = np.sqrt(np.mean(pcm**2)) >= self._loud
        voiced = bool(confidence >= VOICED and loud)
        if self._is_echo(buffer, voiced):
            voiced, confidence = False, 0.0
        if self.near and self.near.dismisses(buffer, voiced=voiced):
            voiced, confidence = False, 0.0
        self._windows.append(voiced)
        return confidence

    def _is_echo(self, window: bytes, voiced: bool) -> bool:
        """Whether the agent's own sound explains the window."""
        if self.echo is None:
            return False
        was_known = self.echo.delay is not None
        explained = self.echo.explains(window, self.sample_rate, self._arrived, voiced=voiced)
        if self.near and self.echo.delay is not None and not was_known:
            self.near.forget()
        return explained

    async def analyze_audio(self, buffer: bytes) -> VADState:
        """As Pipecat does; tells of the windows in it."""
        self._arrived = asyncio.get_running_loop().time()
        self.state = await super().analyze_audio(buffer)
        windows, self._windows = self._windows, []
        for voiced in windows:
            self._on_window(voiced)
        return self.state
