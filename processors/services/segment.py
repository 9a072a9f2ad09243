"""The sound of one stretch of speech, and where it may be cut."""

import numpy as np

from processors.services.moonshine_model import RATE, Sound

WINDOW = 4 * RATE  # the most that is recognised in one piece
_FRAME = RATE // 100  # loudness is measured every 10 ms,
_BLUR = 9  # over 90 ms: longer than most closures of a consonant inside a word
_HEAD = RATE  # no piece is shorter than this,
_SHORT = RATE // 50
SOFT = 10 ** (-12 / 20)  # of speech: what is louder may be a word that the voice detector lost
FAINT = 10 ** (-24 / 20)  # of speech: what is softer lies between two words, or behind the last
_GAP = RATE // 25  # so long: shorter ones are inside words
_TAIL = RATE // 2  # and so much sound stays behind the cut, as context of the next words


def quietest(sound: Sound) -> int:
    """Where to cut `sound`: the middle of its quietest 90 ms, the later of equals."""
    frames = sound[: len(sound) // _FRAME * _FRAME].reshape(-1, _FRAME)
    energy = np.convolve((frames**2).mean(axis=1), np.full(_BLUR, 1 / _BLUR), mode="same")
    first, last = _HEAD // _FRAME, (len(sound) - _TAIL) // _FRAME
    level = 10 * np.log10(energy[first:last] + 1e-8)
    # Half a decibel for each 100 ms: of two gaps alike, the later keeps pieces long.
    level -= 0.05 * np.arange(len(level))
    return (first + int(level.argmin())) * _FRAME


class Segment:
    """One stretch of speech, growing. All positions are samples since it began."""

    def __init__(self, sound: Sound) -> None:
        """Begin with `sound`, heard before anybody knew that it was speech."""
        self._open = sound
        self._cut = 0

    @property
    def length(self) -> int:
        """How much was heard so far."""
        return self._cut + len(self._open)

    @property
    def window(self) -> Sound:
        """What was heard since the last cut."""
        return self._open

    def hear(self, sound: Sound) -> None:
        """Grow by `sound`."""
        self._open = np.concatenate((self._open, sound))

    def cut(self, room: int = 0) -> Sound | None:
        """Cut off and return what is oldest, where the window has no `room` left."""
        if len(self._open) + room <= WINDOW:
            return None
        at = quietest(self._open[:WINDOW])
        piece, self._open = self._open[:at], self._open[at:]
        self._cut += at
        return piece

    def is_in_gap(self) -> bool:
        """Whether the latest sound is as soft as between two words."""
        return self.is_over(self.length - _GAP, FAINT)

    def is_over(self, since: int, share: float = SOFT) -> bool:
        """Whether what was heard `since` then is below a `share` of the speech before it."""
        at = max(0, since - self._cut)
        speech, rest = _levels(self._open[:at]), _levels(self._open[at:])
        if not len(speech) or not len(rest):
            return not len(rest)
        return float(rest.max()) < share * float(np.percentile(speech, 90))


def _levels(sound: Sound) -> Sound:
    """The root mean square of every 20 ms."""
    frames = sound[: len(sound) // _SHORT * _SHORT].reshape(-1, _SHORT)
    return np.sqrt((frames**2).mean(axis=1))
