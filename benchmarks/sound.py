"""Sound as arrays: int16, one channel, `RATE` samples a second."""

import wave
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

RATE = 16_000
WINDOW = RATE // 100  # 10 ms, the grain of every level
LOUD = 200.0  # root mean square of a window that an ear hears: about -44 dBFS

Pcm = NDArray[np.int16]


def levels(pcm: Pcm) -> NDArray[np.float64]:
    """The root mean square of each 10 ms window; the last may be shorter."""
    starts = np.arange(0, len(pcm), WINDOW)
    if not len(starts):
        return np.zeros(0)
    squares = np.add.reduceat(pcm.astype(np.float64) ** 2, starts)
    lengths = np.minimum(WINDOW, len(pcm) - starts)
    return np.sqrt(squares / lengths)


def edges(pcm: Pcm) -> tuple[int, int]:
    """The first sample of a clip's sound and the one after its last.

    Sound is what stands 34 dB below the loudest window or more, and well above
    the clip's own noise. Raises `ValueError` when the clip holds none.
    """
    level = levels(pcm)
    if not len(level) or level.max() < LOUD:
        raise ValueError("the clip is silent")
    floor = float(np.percentile(level, 5))
    loudest = float(level.max())
    bar = max(LOUD / 2, loudest / 50, min(3 * floor, loudest / 4))
    heard = np.flatnonzero(level >= bar)
    return int(heard[0]) * WINDOW, min(len(pcm), (int(heard[-1]) + 1) * WINDOW)


def read_clip(path: Path) -> Pcm:
    """A sound file of any format and rate, mixed to one channel at `RATE`."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    pieces: list[Pcm] = []
    with av.open(str(path)) as container:
        for frame in [*container.decode(audio=0), None]:
            pieces += [out.to_ndarray()[0] for out in resampler.resample(frame)]
    return np.concatenate(pieces)


def write_wav(path: Path, pcm: NDArray[np.int16], rate: int = RATE) -> None:
    """Write `pcm`, of shape (samples,) or (samples, channels), as 16-bit WAV."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if pcm.ndim == 1 else pcm.shape[1])
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.ascontiguousarray(pcm).tobytes())


def resample(pcm: Pcm, rate: int, to: int = RATE) -> Pcm:
    """`pcm` of `rate` samples a second at another rate."""
    if rate == to:
        return pcm
    resampler = av.AudioResampler(format="s16", layout="mono", rate=to)
    frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = rate
    pieces = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([piece.to_ndarray()[0] for piece in pieces])
