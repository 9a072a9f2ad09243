"""Sound on the clock: what was said or heard, and when."""

import bisect
import time
from dataclasses import dataclass

import numpy as np

from benchmarks.sound import LOUD, RATE, WINDOW, Pcm, levels

RUN = 3  # loud windows in a row that are a sound; fewer are a click
SLACK = 0.06  # seconds a piece may be off the clock before a gap is put in


@dataclass(frozen=True, slots=True)
class Piece:
    """Sound whose first sample is heard at `at`, seconds of `time.monotonic()`."""

    at: float
    pcm: Pcm


class Timeline:
    """One side of a talk: int16 sound at `RATE`, each piece with its time.

    All times are seconds of `time.monotonic()`, so two timelines of one process
    share a clock. Where there is no piece there is silence.
    """

    def __init__(self) -> None:
        """Nothing has been heard yet."""
        self.pieces: list[Piece] = []
        self._at: list[float] = []  # the start of each 10 ms window
        self._length: list[float] = []  # its length in seconds
        self._loud: list[bool] = []

    @property
    def end(self) -> float:
        """When the last piece ends, or 0 before the first."""
        last = self.pieces[-1] if self.pieces else None
        return last.at + len(last.pcm) / RATE if last else 0.0

    def add(self, pcm: Pcm, at: float) -> None:
        """Put `pcm` on the clock; pieces come in order."""
        self.pieces.append(Piece(at, pcm))
        for index, level in enumerate(levels(pcm)):
            start = index * WINDOW
            self._at.append(at + start / RATE)
            self._length.append(min(WINDOW, len(pcm) - start) / RATE)
            self._loud.append(bool(level >= LOUD))

    def cut(self, at: float) -> None:
        """Take back what was to be heard after `at`: a player that drops its queue."""
        while self.pieces and self.pieces[-1].at >= at:
            self.pieces.pop()
        keep = bisect.bisect_left(self._at, at)
        for column in (self._at, self._length, self._loud):
            del column[keep:]
        if self.pieces and self.end > at:
            last = self.pieces.pop()
            self.pieces.append(Piece(last.at, last.pcm[: round((at - last.at) * RATE)]))

    def onset(self, after: float) -> float | None:
        """When sound is first there at or after `after`; a click of 20 ms is none."""
        run = 0
        for index in range(bisect.bisect_left(self._at, after), len(self._at)):
            run = run + 1 if self._loud[index] else 0
            if run == RUN:
                return self._at[index - RUN + 1]
        return None

    def silence(self, after: float, hold: float = 0.3, now: float | None = None) -> float | None:
        """When it falls silent at or after `after`, for at least `hold` seconds.

        None while `now` (this moment by default) is too early to say.
        """
        now = time.monotonic() if now is None else now
        quiet = after
        for index in range(bisect.bisect_left(self._at, after), len(self._at)):
            if self._at[index] - quiet >= hold or self._at[index] > now:
                break
            if self._loud[index]:
                quiet = self._at[index] + self._length[index]
        return quiet if now - quiet >= hold else None

    def sounding(self, at: float, within: float = 0.3) -> bool:
        """Whether there was sound in the `within` seconds before `at`."""
        start = bisect.bisect_left(self._at, at - within)
        return any(self._loud[start : bisect.bisect_right(self._at, at)])

    def loud_seconds(self, start: float, end: float) -> float:
        """How much of the time from `start` to `end` there was sound, in windows of 10 ms."""
        windows = slice(bisect.bisect_left(self._at, start), bisect.bisect_left(self._at, end))
        return sum(
            length
            for length, loud in zip(self._length[windows], self._loud[windows], strict=True)
            if loud
        )

    def sound(self, start: float, end: float) -> Pcm:
        """What was there from `start` to `end`, gaps as zeros.

        Pieces follow on one another without a seam while they are on time; a
        late burst is caught up by leaving out silent pieces, as players do.
        """
        out = np.zeros(max(0, round((end - start) * RATE)), np.int16)
        cursor = 0
        for piece in self.pieces:
            wanted = round((piece.at - start) * RATE)
            if wanted + len(piece.pcm) <= 0:
                continue
            late = cursor - wanted
            if late > SLACK * RATE and levels(piece.pcm).max(initial=0) < LOUD:
                continue
            cursor = wanted if -late > SLACK * RATE or not cursor else cursor
            _paste(out, piece.pcm, cursor)
            cursor += len(piece.pcm)
        return out


def _paste(out: Pcm, pcm: Pcm, at: int) -> None:
    """Copy `pcm` into `out` from sample `at` on, as far as it lies inside."""
    begin, end = max(0, at), min(len(out), at + len(pcm))
    if begin < end:
        out[begin:end] = pcm[begin - at : end - at]
