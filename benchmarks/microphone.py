"""A microphone that plays what it is given, in real time, and silence otherwise."""

import asyncio
from collections import deque
from collections.abc import Callable

import numpy as np

from benchmarks.sound import RATE, Pcm, added, edges
from benchmarks.timeline import Timeline

FRAME = RATE // 50  # samples in a frame
PERIOD = FRAME / RATE  # 20 ms


class Utterance:
    """Speech on its way into a microphone.

    `onset` and `end` become the times of its first and last sound, by the
    energy of the source, in seconds of `time.monotonic()`.
    """

    def __init__(self, pcm: Pcm) -> None:
        """Raises `ValueError` when `pcm` is silent."""
        loop = asyncio.get_running_loop()
        self._pcm = pcm
        self._first, self._last = edges(pcm)
        self._sent = 0
        self.onset: asyncio.Future[float] = loop.create_future()
        self.end: asyncio.Future[float] = loop.create_future()

    @property
    def over(self) -> bool:
        """Whether every sample has been taken."""
        return self._sent >= len(self._pcm)

    def take(self, count: int, at: float) -> Pcm:
        """The next samples, at most `count`; the first is spoken at `at`."""
        begin, end = self._sent, min(len(self._pcm), self._sent + count)
        self._sent = end
        if begin <= self._first < end:
            self.onset.set_result(at + (self._first - begin) / RATE)
        if begin < self._last <= end:
            self.end.set_result(at + (self._last - begin) / RATE)
        return self._pcm[begin:end]

    def stop(self, at: float) -> None:
        """Break off: what was not sent by `at` never will be."""
        self._sent = len(self._pcm)
        for time in (self.onset, self.end):
            if not time.done():
                time.set_result(at)


class Microphone:
    """Gives 20 ms frames: utterances one after another, silence between them.

    What it gave is on the timeline `said`. `beneath` is what the room adds to each
    frame, for the time of its first sample.
    """

    def __init__(self) -> None:
        """Silent until told to play."""
        self.said = Timeline()
        self.beneath: Callable[[float], Pcm] | None = None
        self._queue: deque[Utterance] = deque()

    def play(self, pcm: Pcm) -> Utterance:
        """Speak `pcm` after what is already waiting."""
        utterance = Utterance(pcm)
        self._queue.append(utterance)
        return utterance

    def hush(self) -> None:
        """Fall silent at once."""
        for utterance in self._queue:
            utterance.stop(self.said.end)
        self._queue.clear()

    def frame(self, at: float) -> Pcm:
        """The 20 ms whose first sample is spoken at `at`."""
        frame = np.zeros(FRAME, np.int16)
        filled = 0
        while self._queue and filled < FRAME:
            piece = self._queue[0].take(FRAME - filled, at + filled / RATE)
            frame[filled : filled + len(piece)] = piece
            filled += len(piece)
            if self._queue[0].over:
                self._queue.popleft()
        if self.beneath is not None:
            frame = added(frame, self.beneath(at))
        self.said.add(frame, at)
        return frame
