"""Sound at another rate keeps its pitch and its loudness, and comes at once."""

import numpy as np
import pytest

from processors.resampling import REACH, Pcm, Resampler

RATES = [(8000, 16000), (16000, 8000), (22050, 8000), (24000, 8000), (48000, 16000), (22050, 48000)]


def tone(rate: int, hertz: float, seconds: float = 0.5) -> Pcm:
    wave = np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)
    return (8000 * wave).astype(np.int16)


def chunks(pcm: Pcm, rate: int, to: int) -> Pcm:
    resampler, size = Resampler(rate, to), rate // 50
    pieces = [pcm[at : at + size] for at in range(0, len(pcm), size)]
    return np.concatenate([resampler.resample(piece) for piece in pieces])


@pytest.mark.parametrize(("rate", "to"), RATES)
def test_a_tone_stays_what_it_was(rate: int, to: int):
    made = chunks(tone(rate, 1000), rate, to)
    late = np.ceil(REACH * rate / min(rate, to)) / rate
    wanted = 8000 * np.sin(2 * np.pi * 1000 * (np.arange(len(made)) / to - late))
    settled = slice(to // 20, None)
    assert np.abs(made[settled] - wanted[settled]).max() < 200


@pytest.mark.parametrize(("rate", "to"), RATES)
def test_nothing_is_held_back(rate: int, to: int):
    resampler, size = Resampler(rate, to), rate // 50
    made = 0
    for count in range(1, 51):
        made += len(resampler.resample(np.zeros(size, np.int16)))
        assert abs(made - count * size * to / rate) < 1


def test_what_the_lower_rate_cannot_hold_is_faded_out():
    assert np.abs(chunks(tone(16000, 5000), 16000, 8000)[400:]).max() < 40


def test_the_same_rate_is_left_alone():
    pcm = tone(8000, 440)
    assert np.array_equal(chunks(pcm, 8000, 8000), pcm)
