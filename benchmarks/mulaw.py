"""Sound as the telephone carries it: G.711's mu-law, 8 kHz, a byte a sample."""

import numpy as np

from benchmarks.sound import Pcm

RATE = 8_000
BIAS, CLIP = 132, 32_635
SILENCE = 0xFF


def _decoded() -> Pcm:
    """What each of the 256 bytes means (ITU-T G.711, table 2a)."""
    code = ~np.arange(256, dtype=np.uint8)
    exponent, mantissa = (code >> 4) & 7, code & 15
    size = ((mantissa.astype(np.int32) << 3) + BIAS << exponent) - BIAS
    return np.where(code & 0x80, -size, size).astype(np.int16)


_MEANING = _decoded()


def decode(data: bytes) -> Pcm:
    """The sound in `data`."""
    return _MEANING[np.frombuffer(data, np.uint8)]


def encode(pcm: Pcm) -> bytes:
    """`pcm` as mu-law."""
    size = np.minimum(np.abs(pcm.astype(np.int32)), CLIP) + BIAS
    exponent = np.floor(np.log2(size)).astype(np.int32) - 7
    mantissa = (size >> (exponent + 3)) & 15
    sign = np.where(pcm < 0, 0x80, 0)
    return (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8).tobytes()
