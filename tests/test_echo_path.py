"""The agent's sound in the microphone, window by window: found, explained, told from another."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.echo_room import EchoRoom
from benchmarks.sound import added
from processors.echo_path import EchoPath
from processors.played import RATE as NARROW
from processors.played import Played, narrowed

RATE = 16_000
CHUNK, WINDOW = RATE // 50, 512
BEGAN = 100.0  # s on the clock
Pcm = NDArray[np.int16]
Verdicts = list[bool]


def speech(seconds: float, seed: int, level: float = 3000.0) -> Pcm:
    """Noise that comes in syllables, each with a colour of its own."""
    chance = np.random.default_rng(seed)
    parts: list[NDArray[np.float64]] = []
    while sum(map(len, parts)) < seconds * RATE:
        length = round(chance.uniform(0.1, 0.25) * RATE)
        spectrum = np.fft.rfft(chance.normal(size=length) * np.hanning(length))
        hertz = np.fft.rfftfreq(length, 1 / RATE)
        colour = 1 / (1 + ((hertz - chance.uniform(200, 1500)) / 300) ** 2)
        parts += [np.fft.irfft(spectrum * colour, length), np.zeros(round(0.05 * RATE))]
    wave = np.concatenate(parts)[: round(seconds * RATE)]
    return (wave * level / np.sqrt((wave**2).mean())).clip(-32768, 32767).astype(np.int16)


def heard_back(played: Pcm, *, delay: float, decibels: float) -> Pcm:
    """What the microphone picks up from the moment on at which `played` begins."""
    told: list[tuple[float, Pcm]] = []
    chance = np.random.default_rng(3)
    room = EchoRoom(lambda first: told[first:], delay=delay, decibels=decibels, chance=chance)
    out: list[Pcm] = []
    for at in range(0, len(played), CHUNK):
        told.append((BEGAN + at / RATE, played[at : at + CHUNK]))
        out.append(room(BEGAN + at / RATE))
    return np.concatenate(out)


def verdicts(
    path: EchoPath, played: Pcm, microphone: Pcm, *, late: float = 0.0, voiced: bool = True
) -> Verdicts:
    """Whether each 32 ms of the microphone are explained; its chunks come up to `late` s late."""
    chance, told, found = np.random.default_rng(5), 0, []
    for at in range(WINDOW, len(microphone) + 1, WINDOW):
        while told <= at - CHUNK:
            chunk = played[told : told + CHUNK]
            path.played.tell(chunk.tobytes(), RATE, BEGAN + told / RATE + chance.uniform(0, late))
            told += CHUNK
        arrived = BEGAN + at / RATE + chance.uniform(0, late)
        window = microphone[at - WINDOW : at]
        found.append(path.explains(window.tobytes(), RATE, arrived, voiced=voiced))
    return found


def share(found: Verdicts, since: float = 0.0) -> float:
    return float(np.mean(found[round(since * RATE / WINDOW) :]))


@pytest.mark.parametrize("decibels", [-6, -20])
@pytest.mark.parametrize("delay", [0.1, 0.25, 0.5])
def test_an_echo_is_found_within_half_a_second_and_explained_from_then_on(
    delay: float, decibels: float
):
    path, played = EchoPath(), speech(6.0, seed=1)
    found = verdicts(path, played, heard_back(played, delay=delay, decibels=decibels), late=0.008)
    assert share(found, since=delay + 0.5) > 0.97
    assert path.delay == pytest.approx(delay * NARROW, abs=0.012 * NARROW)
    assert path.level == pytest.approx(decibels, abs=4)


def test_an_echo_too_soft_for_a_voice_is_found_before_it_is_one():
    path, played = EchoPath(), speech(2.0, seed=1)
    verdicts(path, played, heard_back(played, delay=0.3, decibels=-30), voiced=False)
    assert path.delay == pytest.approx(0.3 * NARROW, abs=0.012 * NARROW)


def test_a_silent_microphone_is_not_searched():
    path, played = EchoPath(), speech(2.0, seed=1)
    verdicts(path, played, heard_back(played, delay=0.3, decibels=-70) // 2, voiced=False)
    assert path.delay is None


def test_a_voice_over_the_echo_is_told_at_once_and_for_as_long_as_it_lasts():
    played, voice = speech(6.0, seed=1), np.zeros(6 * RATE, np.int16)
    voice[3 * RATE : 4 * RATE] = speech(1.0, seed=2)
    echo = heard_back(played, delay=0.15, decibels=-10)
    found = verdicts(EchoPath(), played, added(echo[: len(voice)], voice))
    first = 3 * RATE // WINDOW
    assert not all(found[first : first + 3])
    assert share(found[first : 4 * RATE // WINDOW]) < 0.25
    assert share(found, since=4.5) > 0.97


def test_another_voice_alone_is_never_explained():
    for seed in range(8):
        path, played = EchoPath(), speech(4.0, seed=seed)
        assert not any(verdicts(path, played, speech(4.0, seed=seed + 50)))
        assert path.delay is None


def test_nothing_is_explained_while_the_agent_has_been_silent():
    path, played = EchoPath(), speech(3.0, seed=1)
    microphone = np.concatenate(
        [
            heard_back(played, delay=0.15, decibels=-10),
            np.zeros(RATE, np.int16),
            speech(1.0, seed=2),
        ]
    )
    found = verdicts(path, played, microphone)
    assert path.delay is not None and not any(found[4 * RATE // WINDOW + 1 :])


def test_a_loudspeaker_turned_down_is_followed():
    played = speech(12.0, seed=1)
    loud, soft = (heard_back(played, delay=0.15, decibels=level) for level in (-6, -18))
    path = EchoPath()
    verdicts(path, played, np.concatenate([loud[: 3 * RATE], soft[3 * RATE :]]))
    assert path.level == pytest.approx(-18, abs=4)


def test_a_delay_that_jumps_is_found_again():
    played = speech(8.0, seed=1)
    echo = heard_back(played, delay=0.15, decibels=-10)
    later = np.concatenate([echo[: 3 * RATE], np.zeros(RATE // 8, np.int16), echo[3 * RATE :]])
    path = EchoPath()
    found = verdicts(path, played, later[: len(played)])
    assert path.delay == pytest.approx((0.15 + 0.125) * NARROW, abs=0.012 * NARROW)
    assert share(found, since=4.0) > 0.97


def test_a_telephone_s_rates_are_as_good():
    path, played = EchoPath(), speech(4.0, seed=1)
    echo = narrowed(heard_back(played, delay=0.2, decibels=-10).tobytes(), RATE).astype(np.int16)
    found: Verdicts = []
    for at in range(0, len(echo) - 256, 256):
        path.played.tell(played[2 * at : 2 * at + 512].tobytes(), RATE, BEGAN + at / NARROW)
        window, arrived = echo[at : at + 256].tobytes(), BEGAN + (at + 256) / NARROW
        found.append(path.explains(window, NARROW, arrived, voiced=True))
    assert share(found, since=1.0) > 0.97


def test_a_second_of_sound_costs_less_than_two_milliseconds():
    played = speech(8.0, seed=1)
    echo, path = heard_back(played, delay=0.15, decibels=-10), EchoPath()
    began = time.thread_time()
    verdicts(path, played, echo)
    assert (time.thread_time() - began) / 8 < 0.004  # twice that, for a busy machine


def test_what_was_played_is_kept_by_its_time():
    played = Played(NARROW)
    tone = np.full(800, 1000, np.int16).tobytes()
    played.tell(tone, NARROW, 1.0)
    played.tell(tone, NARROW, 1.13)  # late by 30 ms: it follows the one before
    played.tell(tone, NARROW, 2.0)
    played.take_in()
    assert played.end == 2.1 * NARROW
    assert np.count_nonzero(played.before(round(2.1 * NARROW), NARROW)) == 1600
    assert set(played.before(round(2.05 * NARROW), 400)) == {1000.0}
    assert not played.before(round(1.9 * NARROW), 400).any()
    assert not played.before(round(3.5 * NARROW), 400).any()


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 24_000, 48_000])
def test_sound_of_any_rate_is_narrowed(rate: int):
    tone = (1000 * np.sin(2 * np.pi * 440 * np.arange(rate) / rate)).astype(np.int16)
    narrow = narrowed(tone.tobytes(), rate)
    assert len(narrow) == NARROW
    assert np.abs(np.fft.rfft(narrow)).argmax() == 440
