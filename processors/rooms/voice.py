"""Whether there is a voice in one person's sound, by Silero and by how loud it is."""

import numpy as np
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.audio.vad.vad_analyzer import VADParams

RATE = 16_000  # Hz
SURE = 0.5  # of the detector


class Voice:
    """A detector of one person's own, 0.1 s to load. Between its windows the last one counts."""

    def __init__(self, params: VADParams) -> None:
        """`params` say how loud a voice is at least."""
        self._silero = SileroVADAnalyzer(sample_rate=RATE, params=params)
        self._silero.set_sample_rate(RATE)
        self._window = 2 * self._silero.num_frames_required()  # bytes
        self._loud = 32768 * 10 ** ((100 * params.min_volume - 110) / 20)
        self._sound = b""
        self._is_voice = False

    def __call__(self, audio: bytes) -> bool:
        """Whether there was one in the last whole window of 32 ms."""
        self._sound += audio
        while len(self._sound) >= self._window:
            window, self._sound = self._sound[: self._window], self._sound[self._window :]
            self._is_voice = self._has_voice(window)
        return self._is_voice

    def _has_voice(self, window: bytes) -> bool:
        pcm = np.frombuffer(window, np.int16).astype(np.float32)
        if np.sqrt(np.mean(pcm**2)) < self._loud:
            return False
        return bool(self._silero.voice_confidence(window) >= SURE)
