"""Whether a telephone carried a line to its end."""

import numpy as np
import pytest
import soxr

from benchmarks.mulaw import decode, encode
from benchmarks.sound import RATE, Pcm, edges
from processors.phone import SILENT, TIME_IS_UP
from processors.services.words import Line
from tests.air import carries
from tests.serving import made


def sound(line: Line) -> Pcm:
    return soxr.resample(np.frombuffer(line.pcm, np.int16), line.rate, RATE)


def telephoned(pcm: Pcm) -> Pcm:
    quiet = np.random.default_rng(1).integers(-6, 6, RATE).astype(np.int16)
    narrow = soxr.resample(np.concatenate([quiet, pcm, quiet]), RATE, 8000).astype(np.int16)
    return soxr.resample(decode(encode(narrow)), 8000, RATE)


async def test_a_line_is_carried_to_its_end():
    line = await made(SILENT)
    assert carries(telephoned(sound(line)), line)
    assert carries(telephoned(sound(line)[:RATE]), line, end=0.9)


@pytest.mark.parametrize("lacks", [0.25, 0.5])
async def test_a_line_cut_short_is_not(lacks: float):
    line = await made(SILENT)
    pcm = sound(line)
    assert not carries(telephoned(pcm[: edges(pcm)[1] - round(lacks * RATE)]), line)


async def test_nor_is_another_that_ends_in_the_same_word():
    assert not carries(telephoned(sound(await made(TIME_IS_UP))), await made(SILENT))
