"""Sound at another rate, a chunk at a time, without the wait of a long filter."""

from math import gcd

import numpy as np
from numpy.typing import NDArray

Pcm = NDArray[np.int16]

REACH = 16  # samples of the lower rate on either side of the one that is made
EDGE = 0.92  # of the lower rate's half: what lies above is faded out
WINDOW = 7.0  # Kaiser's beta: what must not be heard is 60 dB down


class Resampler:
    """Turns chunks of one rate into chunks of another, `REACH` samples late: 2 ms at 8 kHz.

    The stream of soxr, which Pipecat uses, gives sound out in bursts and up to
    110 ms late between 8 and 16 kHz. On the telephone that is paid twice.
    """

    def __init__(self, rate: int, to: int) -> None:
        """From `rate` to `to` samples a second; both whole numbers of Hz."""
        self.rate, self.to = rate, to
        common = gcd(rate, to)
        self._up, self._down = to // common, rate // common
        self._table = _table(self._up, min(1.0, to / rate))
        self._past = np.zeros(self._table.shape[1] - 1, np.int16)
        self._at = 0  # of the next sample made, in parts of a sample taken

    def fit(self, rate: int, to: int) -> "Resampler":
        """This one, or one for these rates where it is for others."""
        return self if (rate, to) == (self.rate, self.to) else Resampler(rate, to)

    def resample(self, pcm: Pcm) -> Pcm:
        """What `pcm` adds to the other rate's sound."""
        if self._up == self._down:
            return pcm
        heard = np.concatenate((self._past, pcm))
        made = np.arange(self._at, len(pcm) * self._up, self._down)
        self._at += len(made) * self._down - len(pcm) * self._up
        self._past = heard[len(pcm) :]
        if not len(made):
            return np.zeros(0, np.int16)
        windows = np.lib.stride_tricks.sliding_window_view(heard, self._table.shape[1])
        sound = np.einsum("ij,ij->i", windows[made // self._up], self._table[made % self._up])
        return np.clip(np.rint(sound), -32768, 32767).astype(np.int16)


def _table(phases: int, ratio: float) -> NDArray[np.float32]:
    """A windowed sinc for each place that a sample can have between two others."""
    half = int(np.ceil(REACH / ratio))
    cut = EDGE * ratio
    away = np.arange(1 - half, half + 1) - np.arange(phases)[:, None] / phases
    window = np.i0(WINDOW * np.sqrt(np.maximum(0.0, 1 - (away / half) ** 2)))
    table = np.sinc(cut * away) * window
    return (table / table.sum(axis=1, keepdims=True)).astype(np.float32)
