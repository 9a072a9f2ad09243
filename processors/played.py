"""The agent's latest sound, by the time at which it left."""

from collections import deque
from functools import cache

import numpy as np
from numpy.typing import NDArray

RATE = 8_000  # Hz, of all sound here: a voice is below 4 kHz
SLACK = 0.06  # s by which a chunk may leave late and still follow the one before

Narrow = NDArray[np.float32]  # samples at `RATE`


def narrowed(audio: bytes, rate: int) -> Narrow:
    """16-bit mono sound of `rate` Hz at `RATE`."""
    pcm = np.frombuffer(audio, np.int16)
    if rate % RATE:
        at = np.arange(len(pcm) * RATE // rate) * (rate / RATE)
        return np.interp(at, np.arange(len(pcm)), pcm).astype(np.float32)
    return pcm.astype(np.float32).reshape(-1, rate // RATE) @ _mean(rate // RATE)


@cache
def _mean(count: int) -> Narrow:
    return np.full(count, 1 / count, np.float32)


class Played:
    """Keeps the last `length` samples; moments are samples since the event loop's time 0.

    Chunks are told on the event loop and taken in by whoever looks, in one other
    thread. A chunk that leaves while the last one still plays follows it.
    """

    def __init__(self, length: int) -> None:
        """Nothing has been played yet."""
        self.end = 0  # when the last sound is over
        self._until = 0.0  # the same in s, of what was told
        self._told: deque[tuple[int, bytes, int]] = deque()
        self._kept = np.zeros(length, np.float32)

    def tell(self, audio: bytes, rate: int, at: float) -> None:
        """`audio` of `rate` Hz leaves `at` so many seconds, or once the last chunk is over."""
        begins = self._until if at <= self._until + SLACK else at
        self._until = begins + len(audio) / 2 / rate
        if audio:
            self._told.append((round(begins * RATE), audio, rate))

    def take_in(self) -> None:
        """Keep what was told since the last time."""
        while self._told:
            begins, audio, rate = self._told.popleft()
            self._append(max(0, begins - self.end), narrowed(audio, rate))

    def before(self, moment: int, length: int) -> Narrow:
        """The `length` samples up to `moment`; zeros where nothing was played."""
        stop = len(self._kept) - (self.end - moment)
        start = stop - length
        if start >= 0 and stop <= len(self._kept):
            return self._kept[start:stop]
        sound = np.zeros(length, np.float32)
        known = self._kept[max(0, start) : max(0, stop)]
        lead = max(0, -start)
        sound[lead : lead + len(known)] = known[: length - lead]
        return sound

    def _append(self, gap: int, sound: Narrow) -> None:
        self.end += gap + len(sound)
        sound = sound[-len(self._kept) :]
        step = min(len(self._kept), gap + len(sound))
        self._kept[:-step] = self._kept[step:]
        self._kept[-step:] = 0.0
        self._kept[-len(sound) :] = sound
