"""The agent's own voice in the user's microphone: found, followed, told from another voice.

A delay shows as a peak in the cross-correlation of what was heard and what was
played, whitened (GCC-PHAT, Knapp and Carter 1976). From then on each window is
compared, band by band, with what was played so long before it.
"""

import numpy as np
from numpy.typing import NDArray

from processors.played import RATE, Narrow, Played, narrowed

WINDOW = 256  # samples: 32 ms, as the voice detector's
HALF = WINDOW // 2
FARTHEST = round(0.6 * RATE)  # the longest delay that is looked for
HEARD = 12 * WINDOW  # the sound of the microphone in which an echo is looked for
SPAN = HEARD + FARTHEST  # and the agent's
SIZE = 8192  # of the transform that holds it
PEAK = 15.0  # how far a delay must stand out, in standard deviations of all delays; two
# voices that have nothing to do with each other reached 12.5 in 48 overlaps of 8 voices
CLEAR = 25.0  # and where next to nothing but the echo is heard
NEAR = round(0.005 * RATE)  # samples within which two delays are one
SEEK, FOLLOW = 3, 16  # windows between two looks: at what is not explained, and at what is
SOFTLY = 6  # and at sound without a voice in it, which may be a soft echo's beginning
FAINT = 10.0  # its root mean square, at least: -70 dB of full scale
SPARE = 4  # of the windows without a voice, every so manyth is looked at
BANDS = np.unique(np.geomspace(5, 112, 17).astype(int))  # 31 Hz each: from 150 Hz to 3.5 kHz
MARGIN = 10 ** (3.5 / 10)  # by how much a band may exceed the echo that is expected in it
TAIL = 10 ** (-4 / 10)  # what a room leaves of a sound after one window
NOISE = 4.0  # a band's power over its quietest that may be noise
STRANGE = 0.25  # share of a window's power beyond echo and noise that makes it another's
RISE, FALL = 10 ** (0.9 / 10), 10 ** (-0.15 / 10)  # of a gain in one window
AUDIBLE = 30.0**2 * WINDOW  # power of a band from which on its gain can be told
VOICE, TRUSTED, MOST = 4, 5, 12  # windows for which one that is no echo counts, and added up
LATE = 0.3 * RATE  # a microphone's sound that is missing for longer is not waited for
DRIFT = 0.25  # samples in a window by which a microphone's clock may go wrong

_Bands = NDArray[np.float32]
_TAPER = np.hanning(WINDOW).astype(np.float32)
_FRAMES = np.arange(5)[:, None] * HALF + np.arange(WINDOW)  # up to 32 ms sooner or later
_VOICE = slice(*(round(hertz / RATE * SIZE) for hertz in (200, 3500)))


class EchoPath:
    """What of the microphone's sound is the agent's own, up to 0.6 s late.

    While no echo is found it explains nothing. An echo is found in 0.1 to 0.3 s
    of a voice. Then a voice is the agent's own until a second window within some
    has a quarter of its power beyond what the path explains; from there on it is
    another's for a while, as it may be hidden for a window or two. One softer
    than the echo in every band goes unnoticed. Gains follow a louder or softer
    loudspeaker by some decibels a second, and the delay one that jumps, as where
    a network's buffer grows, within half a second.
    """

    def __init__(self) -> None:
        """No echo is known."""
        self.delay: int | None = None  # samples
        self.played = Played(SPAN + 4 * WINDOW)
        self._now = 0.0  # the end of the last window, in samples
        self._heard = np.zeros(HEARD, np.float32)
        self._gain = np.zeros(len(BANDS), np.float32)
        self._quietest = np.full(len(BANDS), np.inf, np.float32)
        self._due = np.zeros(len(BANDS), np.float32)  # of echo, in the last window
        self._is_known = False  # the latest voice was explained
        self._likely = -FARTHEST  # the delay that stood out at the last look
        self._count = 0
        self._voiceless = 0  # windows since a voice
        self._trust = 0  # in a voice that is not the agent's

    @property
    def level(self) -> float:
        """How loud the echo is, in dB of what was played."""
        return 10 * float(np.log10(np.median(self._gain) + 1e-9))

    def explains(self, audio: bytes, rate: int, at: float, *, voiced: bool) -> bool:
        """Whether the microphone's next window, there `at` so many seconds, is only echo."""
        self._tick(at * RATE)
        self.played.take_in()
        self._heard[:-WINDOW] = self._heard[WINDOW:]
        self._heard[-WINDOW:] = narrowed(audio, rate)
        if self._now - self.played.end > FARTHEST + WINDOW:
            return False
        self._count += 1
        self._voiceless = 0 if voiced else self._voiceless + 1
        if self._is_due(voiced):
            self._look()
        if self.delay is None or not (voiced or self._count % SPARE == 0):
            return False
        is_echo = self._is_echo(self.delay)
        if voiced:
            self._is_known = is_echo
            return self._weighed(is_echo)
        return is_echo

    def _is_due(self, voiced: bool) -> bool:
        """Whether the latest sound is to be looked at."""
        if voiced:
            return self._count % (FOLLOW if self._is_known and not self._trust else SEEK) == 0
        is_apart = self.delay is None and self._voiceless * WINDOW >= HEARD
        return is_apart and self._count % SOFTLY == 0 and self._is_audible()

    def _is_audible(self) -> bool:
        latest = self._heard[-WINDOW:]
        return float(latest @ latest) > FAINT**2 * WINDOW

    def _weighed(self, is_echo: bool) -> bool:
        """The verdict on a voice, in the light of those before."""
        change = -1 if is_echo else VOICE
        self._trust = min(MOST, max(0, self._trust + change))
        return self._trust < TRUSTED

    def _tick(self, at: float) -> None:
        """A window is never there too early: the soonest of them tell the time of all."""
        due = min(self._now + WINDOW + DRIFT, at)
        self._now = at if at - due > LATE else due

    def _look(self) -> None:
        """Find the delay anew, where it is plain or two looks agree; then follow the gains."""
        peak, delay = self._peak()
        last, self._likely = self._likely, delay
        if peak < PEAK or peak < CLEAR and abs(delay - last) > NEAR:
            return
        if self.delay is None:
            self._gain = self._gains(delay)
        elif peak > CLEAR:
            self._gain = np.sqrt(self._gain * self._gains(delay))
        if self.delay is None or abs(delay - self.delay) > NEAR:
            self.delay, self._trust = delay, 0  # what was taken for a voice was none

    def _peak(self) -> tuple[float, int]:
        """How far the likeliest delay stands out, and that delay."""
        played = self.played.before(int(self._now), SPAN)
        spectrum = np.zeros(SIZE // 2 + 1, np.complex64)
        both = np.fft.rfft(played, SIZE)[_VOICE] * np.fft.rfft(self._heard, SIZE)[_VOICE].conj()
        spectrum[_VOICE] = both / (np.abs(both) + 1e-6)
        match = np.fft.irfft(spectrum, SIZE)[: FARTHEST + 1]
        best = int(match.argmax())
        spread = float(np.sqrt(match @ match / len(match)))
        return float(match[best]) / (spread + 1e-12), FARTHEST - best

    def _gains(self, delay: int) -> _Bands:
        """Each band's power as heard, in parts of what was played `delay` before."""
        played = self.played.before(int(self._now) - delay, HEARD)
        heard, due = (
            _bands(sound.reshape(-1, WINDOW)).sum(axis=0) for sound in (self._heard, played)
        )
        return heard / (due + 1.0)

    def _is_echo(self, delay: int) -> bool:
        """Whether the latest window holds no more than the echo, a room's tail and noise."""
        played = self.played.before(int(self._now) - delay + WINDOW, 3 * WINDOW)
        bands = _bands(np.concatenate((played[_FRAMES], self._heard[None, -WINDOW:])))
        heard, loudest = bands[-1], bands[:-1].max(axis=0)
        expected = self._gain * loudest
        self._due = np.maximum(expected, TAIL * self._due)
        self._quietest = np.minimum(1.01 * self._quietest, heard)
        beyond = np.maximum(0.0, heard - MARGIN * self._due - NOISE * self._quietest)
        if float(beyond.sum()) >= STRANGE * float(heard.sum()) + 1e-6:
            return False
        follow = np.where(heard > expected, np.float32(RISE), np.float32(FALL))
        self._gain = np.where(loudest > AUDIBLE, self._gain * follow, self._gain)
        return True


def _bands(sound: Narrow) -> _Bands:
    """Power in `BANDS` of windows, the last axis."""
    spectrum = np.fft.rfft(sound * _TAPER)
    power = spectrum.real**2 + spectrum.imag**2
    return np.add.reduceat(power, BANDS, axis=-1)
