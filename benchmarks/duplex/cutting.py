"""Pauses put into speech, and found in it. Spans are seconds from a clip's first sample."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from benchmarks.sound import RATE, WINDOW, Pcm, faded, levels, sounding

NEAR = 0.3  # of a clip, how far from where it is expected a gap between words is looked for
SMALLEST = 0.03  # seconds that are a gap between two words
GRAIN = RATE // 10  # samples of a clip's own silence that are repeated
FADE = RATE // 200  # samples over which speech that is cut in a sound fades


class Span(NamedTuple):
    """From one time to another."""

    start: float
    end: float

    @property
    def length(self) -> float:
        """In seconds."""
        return self.end - self.start


def spans(pcm: Pcm, join: float = 0.0) -> list[Span]:
    """Where there is sound; gaps of `join` seconds or less belong to it."""
    heard = np.flatnonzero(sounding(pcm))
    parts = np.split(heard, np.flatnonzero(np.diff(heard) * WINDOW / RATE > max(join, 0.015)) + 1)
    return [Span(int(p[0]) * WINDOW / RATE, (int(p[-1]) + 1) * WINDOW / RATE) for p in parts]


def gaps(pcm: Pcm, shortest: float = SMALLEST) -> list[Span]:
    """The silences between a clip's sounds, of `shortest` seconds or more."""
    between = (Span(before.end, after.start) for before, after in pairwise(spans(pcm)))
    return [gap for gap in between if gap.length >= shortest - 1e-9]


def break_at(pcm: Pcm, part: float) -> int:
    """The sample at which to break a clip, near a `part` of its length from 0 to 1.

    The middle of the longest gap near there, or, where words run into one
    another, of the quietest 30 ms.
    """
    inside = spans(pcm)
    first, last = inside[0].start, inside[-1].end
    expected, reach = first + part * (last - first), NEAR * (last - first)
    near = [gap for gap in gaps(pcm) if abs(sum(gap) / 2 - expected) <= reach]
    if near:
        return round(sum(max(near, key=lambda gap: gap.length)) / 2 * RATE)
    return quietest(pcm, expected, reach / 2)


def quietest(pcm: Pcm, at: float, reach: float) -> int:
    """The middle sample of the quietest 30 ms within `reach` seconds of `at`."""
    level = np.convolve(levels(pcm), np.ones(3) / 3, "same")
    first = max(0, round((at - reach) * RATE / WINDOW))
    last = max(first + 1, round((at + reach) * RATE / WINDOW))
    return (first + int(np.argmin(level[first:last]))) * WINDOW + WINDOW // 2


def widened(pcm: Pcm, at: int, seconds: float) -> tuple[Pcm, Span]:
    """`pcm` with a silence of `seconds` around the sample `at`, and where it lies.

    A gap that is already there is made longer or shorter. The silence sounds as
    the clip's own: nothing in a synthetic voice, the room in a recording.
    """
    here = at / RATE
    around = [gap for gap in gaps(pcm, 0.0) if gap.start <= here <= gap.end]
    start, end = around[0] if around else (here, here)
    before, after = pcm[: round(start * RATE)], pcm[round(end * RATE) :]
    if not around:
        before, after = faded(before, FADE), faded(after[::-1], FADE)[::-1]
    room = room_of(pcm, round(seconds * RATE))
    return np.concatenate([before, room, after]), Span(start, start + seconds)


def room_of(pcm: Pcm, samples: int) -> Pcm:
    """The quietest tenth of a second of a clip, to and fro, for as long as wanted.

    Nothing where the clip has no silence of that length.
    """
    sound = sounding(pcm).astype(float)
    level = np.convolve(levels(pcm) ** 2 + 1e12 * sound, np.ones(GRAIN // WINDOW), "valid")
    start = int(np.argmin(level)) * WINDOW
    grain = pcm[start : start + GRAIN]
    if level.min() >= 1e12:
        return np.zeros(samples, np.int16)
    return np.resize(np.concatenate([grain, grain[::-1]]), samples).astype(np.int16)


def joined(pieces: Sequence[Pcm], seconds: float) -> tuple[Pcm, list[float]]:
    """Clips one after another, `seconds` apart, and when the sound of each ends."""
    out: list[Pcm] = []
    ends: list[float] = []
    for piece in pieces:
        inside = spans(piece)
        out.append(piece[round(inside[0].start * RATE) : round(inside[-1].end * RATE)])
        ends.append(sum(map(len, out)) / RATE)
        out.append(np.zeros(round(seconds * RATE), np.int16))
    return np.concatenate(out), ends
