"""The filter at play-out: what goes in comes out, later or softer."""

import asyncio

import numpy as np
import pytest
from numpy.typing import NDArray

from judgement.doubt import Level
from processors.hold import Hold

RATE = 16_000
CHUNK = RATE // 50
RAMP = RATE // 100
Pcm = NDArray[np.int16]


@pytest.fixture
async def hold() -> Hold:
    hold = Hold()
    await hold.start(RATE)
    return hold


def steady(count: int = CHUNK) -> bytes:
    return np.full(count, 10_000, np.int16).tobytes()


def counting(number: int) -> bytes:
    """Chunk `number` of samples that count upwards."""
    return np.arange(number * CHUNK, (number + 1) * CHUNK, dtype=np.int16).tobytes()


async def heard(hold: Hold, audio: bytes) -> Pcm:
    return np.frombuffer(await hold.filter(audio), np.int16)


async def waiting(hold: Hold, audio: bytes) -> asyncio.Task[Pcm]:
    task = asyncio.create_task(heard(hold, audio))
    await asyncio.sleep(0.01)
    assert not task.done()
    return task


async def test_nothing_is_touched_while_nothing_is_held(hold: Hold):
    assert await hold.filter(steady()) == steady()


async def test_turned_down_it_gets_softer_without_a_jump(hold: Hold):
    hold.play(Level.LOW)
    first, second = await heard(hold, steady()), await heard(hold, steady())
    assert first[0] == 10_000 and set(first[RAMP:]) == {2_500}
    assert np.abs(np.diff(first)).max() < 100
    assert set(second) == {2_500}


async def test_after_a_pause_the_very_next_sample_follows(hold: Hold):
    await hold.filter(counting(1))
    hold.play(Level.NONE)
    faded = await heard(hold, counting(2))
    held = await waiting(hold, counting(3))
    hold.play(Level.FULL)
    resumed = await held
    assert len(faded) == RAMP and faded[-1] == 0
    assert len(resumed) == 2 * CHUNK - RAMP
    whole = np.frombuffer(counting(2) + counting(3), np.int16)
    assert list(resumed[RAMP:]) == list(whole[2 * RAMP :])
    assert np.abs(np.diff(resumed[:RAMP].astype(int))).max() < 10
    assert await hold.filter(counting(4)) == counting(4)


async def test_what_waits_is_let_go_when_it_is_dropped_and_not_heard(hold: Hold):
    hold.play(Level.NONE)
    await hold.filter(steady())
    held = await waiting(hold, steady())
    hold.drop()
    assert not len(await held)
    assert await hold.filter(counting(0)) == counting(0)


async def test_a_pause_has_an_end(hold: Hold):
    hold.longest = 0.05
    hold.play(Level.NONE)
    await hold.filter(steady())
    sound = await heard(hold, steady())
    assert len(sound) == 2 * CHUNK - RAMP and sound[-1] == 10_000


async def test_the_end_of_a_talk_lets_go(hold: Hold):
    hold.play(Level.NONE)
    await hold.filter(steady())
    held = await waiting(hold, steady())
    await hold.stop()
    assert not len(await held)


async def test_a_release_before_the_fade_leaves_no_trace(hold: Hold):
    hold.play(Level.NONE)
    hold.play(Level.FULL)
    assert await hold.filter(steady()) == steady()


async def test_what_leaves_is_told_as_loud_as_it_leaves(hold: Hold):
    told: list[tuple[bytes, int]] = []
    hold.told = lambda sound, rate, at: told.append((sound, rate))
    hold.play(Level.LOW)
    left = [await hold.filter(steady()), await hold.filter(steady())]
    assert told == [(sound, RATE) for sound in left]
    hold.play(Level.NONE)
    await hold.filter(steady())
    held = await waiting(hold, steady())
    assert len(told) == 3
    hold.drop()
    await held
    assert len(told) == 3
