"""Sound that is no speech to the agent: noises made from chance, and speech under noise.

Every maker takes a generator, so that a seed makes the same noise again.
"""

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from benchmarks.microphone import FRAME
from benchmarks.sound import RATE, Pcm, added, levels, sounding

LEVEL = 2500.0  # root mean square of speech, where levels are compared
PEAK = 20_000  # of a noise as loud as a voice
Wave = NDArray[np.float64]


def loudness(pcm: Pcm) -> float:
    """The root mean square of a clip's speech, silences left out."""
    level = levels(pcm)
    return float(np.sqrt((level[sounding(pcm)] ** 2).mean()))


def at_level(pcm: Pcm, level: float = LEVEL) -> Pcm:
    """`pcm` with speech of that root mean square."""
    return _clipped(pcm * (level / loudness(pcm)))


def under_noise(pcm: Pcm, noise: Pcm, decibels: float) -> Pcm:
    """`pcm` with `noise` of the same length under it, speech `decibels` louder than noise."""
    return added(pcm, _clipped(noise * (_below(loudness(pcm), decibels) / _rms(noise))))


def room_noise(seconds: float, chance: Generator) -> Pcm:
    """Pink noise, as a fan or a street far off makes it, at speech's own `LEVEL`."""
    count = round(seconds * RATE)
    spectrum = np.fft.rfft(chance.normal(size=count))
    frequency = np.fft.rfftfreq(count, 1 / RATE)
    wave = np.fft.irfft(spectrum / np.sqrt(np.maximum(frequency, 50)), count)
    return _clipped(wave * (LEVEL / np.sqrt((wave**2).mean())))


class Room:
    """Noise that never ends, `decibels` below speech of `LEVEL`, frame by frame."""

    def __init__(self, decibels: float, chance: Generator) -> None:
        """Ten seconds of it, again and again."""
        self._noise = _clipped(room_noise(10, chance) * (_below(LEVEL, decibels) / LEVEL))
        self._at = 0

    def __call__(self, at: float) -> Pcm:
        """The next 20 ms."""
        begin, self._at = self._at, (self._at + FRAME) % len(self._noise)
        return self._noise[begin : begin + FRAME]


def cough(chance: Generator) -> Pcm:
    """One to three bursts: a hard onset, then breath that dies away."""
    parts: list[Wave] = []
    for _ in range(chance.integers(1, 4)):
        parts.append(_burst(chance, 0.05, chance.uniform(0.15, 0.3)))
        parts.append(_still(chance.uniform(0.08, 0.2)))
    return _loud(_band(np.concatenate(parts), 300, 4000))


def slam(chance: Generator) -> Pcm:
    """A door: a low thud that rings for a while."""
    thud = _burst(chance, 0.004, chance.uniform(0.25, 0.4))
    return _loud(_band(np.concatenate([_still(0.05), thud, _still(0.1)]), 40, 500))


def typing(chance: Generator) -> Pcm:
    """A keyboard: some clicks in a second and a half, a quarter as loud as a voice."""
    out = _still(2.2)
    for at in np.cumsum(chance.uniform(0.08, 0.22, 9)):
        click = _burst(chance, 0.001, 0.02) * chance.uniform(0.5, 1)
        begin = round(at * RATE)
        out[begin : begin + len(click)] += click
    return (_loud(_band(out, 1500, 7000)) // 4).astype(np.int16)


def laugh(chance: Generator) -> Pcm:
    """Some short voiced breaths, each a little lower than the one before."""
    pitch, length = chance.uniform(160, 260), round(0.11 * RATE)
    at = np.arange(length) / RATE
    parts: list[Wave] = []
    for number in range(chance.integers(3, 6)):
        hz = pitch * 0.94**number
        voiced = sum((np.sin(2 * np.pi * hz * k * at) / k for k in range(1, 12)), np.zeros(length))
        breath = 0.7 * chance.normal(size=length)
        parts += [(voiced + breath) * np.hanning(length), _still(0.08)]
    return _loud(_band(np.concatenate(parts), 150, 3500))


def hum(chance: Generator) -> Pcm:
    """An "mhm" with the lips closed: two syllables, the second higher, a breath between."""
    low = chance.uniform(95, 190)
    parts = [_still(0.05)]
    for begin, end, seconds in ((1.0, 0.95, 0.18), (1.05, 1.25, 0.24)):
        length = round(seconds * RATE)
        phase = 2 * np.pi * np.cumsum(np.linspace(begin, end, length) * low) / RATE
        nasal = sum((np.sin(k * phase) / k**1.6 for k in range(1, 10)), np.zeros(length))
        breath = 0.03 * chance.normal(size=round(0.05 * RATE))
        parts += [nasal * np.hanning(length) ** 0.4, breath]
    return _loud(_band(np.concatenate([*parts, _still(0.05)]), 80, 1500))


def mu_law(pcm: Pcm) -> Pcm:
    """There and back through the eight bits of mu-law, as its formula has it (G.711, mu = 255)."""
    wave = pcm / 32768
    code = np.round(127 * np.sign(wave) * np.log1p(255 * np.abs(wave)) / np.log(256))
    back = np.sign(code) * (np.power(256.0, np.abs(code) / 127) - 1) / 255
    return _clipped(back * 32768)


def _burst(chance: Generator, attack: float, decay: float) -> Wave:
    """Noise that rises for `attack` seconds, then falls by 26 dB in `decay`."""
    rise = np.linspace(0, 1, max(1, round(attack * RATE)))
    fall = np.exp(-3 * np.arange(round(decay * RATE)) / (decay * RATE))
    shape = np.concatenate([rise, fall])
    return chance.normal(size=len(shape)) * shape


def _still(seconds: float) -> Wave:
    return np.zeros(round(seconds * RATE))


def _band(wave: Wave, low: float, high: float) -> Wave:
    """Only what lies between two frequencies, with soft edges."""
    frequency = np.fft.rfftfreq(len(wave), 1 / RATE)
    keep = 1 / (1 + (low / np.maximum(frequency, 1)) ** 6) / (1 + (frequency / high) ** 6)
    return np.fft.irfft(np.fft.rfft(wave) * keep, len(wave))


def _loud(wave: Wave) -> Pcm:
    return _clipped(wave * (PEAK / np.abs(wave).max()))


def _rms(pcm: Pcm) -> float:
    return float(np.sqrt((pcm.astype(np.float64) ** 2).mean()))


def _below(level: float, decibels: float) -> float:
    """The level that lies so many decibels below `level`."""
    return level / 10 ** (decibels / 20)


def _clipped(wave: NDArray[np.floating]) -> Pcm:
    return np.clip(wave, -32768, 32767).astype(np.int16)
