"""Whether an answer that halted went on at the right word."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from benchmarks.duplex.cutting import Span
from benchmarks.ear import reached
from benchmarks.sound import LOUD, RATE, WINDOW, Pcm, levels
from judgement.words import words_of

ALLOWED = 1  # word that the ear may get wrong where sound was cut
HOLE = 0.1  # seconds without a sound that are a hole and no closure of a consonant


class Seam(NamedTuple):
    """Words of the text that were heard up to a hole, and words that came before what follows."""

    before: int
    after: int

    @property
    def lost(self) -> int:
        """Words that were never heard; negative for words heard twice."""
        return self.after - self.before

    @property
    def right(self) -> bool:
        """Whether it went on where it had stopped, within a word."""
        return abs(self.lost) <= ALLOWED


def seam(text: str, first: str, second: str) -> Seam:
    """Where in `text` the transcript of what was heard before a hole ends, and of after begins."""
    count = len(words_of(text))
    return Seam(reached(text, first), count - reached(_backwards(text), _backwards(second)))


def unsaid(text: str, transcript: str) -> int:
    """How many words of `text` were not reached by its transcript."""
    return len(words_of(text)) - reached(text, transcript)


def holes(pcm: Pcm) -> list[Span]:
    """Where a recording of the agent is silent between two sounds, in seconds."""
    return [hole for hole in _quiet(pcm) if hole.length >= HOLE]


def hole_near(pcm: Pcm, start: float, end: float) -> Span | None:
    """The longest hole that begins between two times; None where the agent spoke on."""
    near = [hole for hole in holes(pcm) if start <= hole.start <= end]
    return max(near, key=lambda hole: hole.length, default=None)


def _quiet(pcm: Pcm) -> Iterator[Span]:
    loud = np.flatnonzero(levels(pcm) >= LOUD)
    for index in np.flatnonzero(np.diff(loud) > 1):
        start, end = int(loud[index]) + 1, int(loud[index + 1])
        yield Span(start * WINDOW / RATE, end * WINDOW / RATE)


def _backwards(text: str) -> str:
    """The words of a text with every letter in the opposite order."""
    return " ".join(words_of(text))[::-1]
