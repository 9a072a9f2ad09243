"""A room in which the agent's own sound comes back into the caller's microphone."""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.random import Generator

from benchmarks.microphone import FRAME
from benchmarks.sound import RATE, Pcm

REVERBERATION = 0.2  # s in which a sound dies away by 60 dB
DIRECT = 0.8  # share of the echo's power that comes straight from the loudspeaker
NOISE = 15.0  # root mean square of the room's own: -67 dB of full scale
SLACK = 0.06  # s by which a piece may be late and still follow the one before
KEPT = 2 * RATE  # samples of the agent's sound

Pieces = Callable[[int], Iterable[tuple[float, Pcm]]]


class EchoRoom:
    """What a microphone picks up beside its user, 20 ms at a time.

    `heard` gives the loudspeaker's sound from its nth piece on, each with its time.
    It comes back `delay` seconds later (no less than two frames), `decibels` louder
    or, below zero, softer than it was played, with a light reverberation and a little noise.
    """

    def __init__(self, heard: Pieces, *, delay: float, decibels: float, chance: Generator) -> None:
        """Every room has walls of its own, from `chance`."""
        self._heard = heard
        self._taken = 0  # pieces
        self._end = 0  # of what was played, in samples of the clock
        self._played = np.zeros(KEPT)
        self._delay = round(delay * RATE)
        self._walls = 10 ** (decibels / 20) * _walls(chance)
        self._chance = chance

    def __call__(self, at: float) -> Pcm:
        """The 20 ms from `at` on."""
        self._take_in()
        reach = FRAME + len(self._walls) - 1
        stop = KEPT - (self._end - (round(at * RATE) - self._delay + FRAME))
        start = max(0, stop - reach)
        dry = self._played[start : max(start, stop)]
        dry = np.pad(dry, (0, max(0, min(reach, stop - KEPT))))[-reach:]
        dry = np.pad(dry, (reach - len(dry), 0))
        wet = np.convolve(dry, self._walls, "valid")
        noise = self._chance.normal(scale=NOISE, size=FRAME)
        return np.clip(wet + noise, -32768, 32767).astype(np.int16)

    def _take_in(self) -> None:
        for at, pcm in self._heard(self._taken):
            self._taken += 1
            gap = round(at * RATE) - self._end
            gap = gap if gap > SLACK * RATE else 0
            step = min(KEPT, gap + len(pcm))
            self._played = np.concatenate((self._played[step:], np.zeros(step)))
            self._played[-len(pcm) :] = pcm
            self._end += gap + len(pcm)


def _walls(chance: Generator) -> np.ndarray:
    """The room's answer to a click: the direct sound, then a tail, of power 1 together."""
    count = round(REVERBERATION * RATE)
    tail = chance.normal(size=count) * 10 ** (-3 * np.arange(count) / count)
    answer = tail * np.sqrt((1 - DIRECT) / (tail @ tail))
    answer[0] += np.sqrt(DIRECT)
    return answer
