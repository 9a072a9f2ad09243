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

    Sound is what stands 30 dB below the loudest window or more, and well above
    the clip's own noise. Raises `ValueError` when the clip holds none.
    """
    heard = np.flatnonzero(sounding(pcm))
    return int(heard[0]) * WINDOW, min(len(pcm), (int(heard[-1]) + 1) * WINDOW)


def ends(pcm: Pcm) -> bool:
    """Whether a clip goes on for 30 ms after its sound, and is not cut off in the middle."""
    return not sounding(pcm)[-3:].any()


def last_phrase(pcm: Pcm, *, longest: float = 6.0, pause: float = 0.4) -> Pcm:
    """A clip from its last `pause` on, or from a shorter one where that is over `longest` s.

    What is left is one turn without a pause in which one might answer.
    """
    heard = np.flatnonzero(sounding(pcm)) * WINDOW / RATE
    starts, gaps = heard[1:], np.diff(heard)
    # Sound begins, and begins anew after each gap: before any that is a pause,
    # nothing is taken.
    begins = np.concatenate([heard[:1], starts[gaps >= 0.06]])
    after = starts[gaps >= pause][-1] if (gaps >= pause).any() else heard[0]
    fits = begins[(begins >= after) & (begins >= heard[-1] - longest)]
    start = fits[0] if len(fits) else heard[-1] - longest
    return pcm[max(0, round((float(start) - 0.05) * RATE)) :]


def sounding(pcm: Pcm) -> NDArray[np.bool_]:
    """Which 10 ms windows of a clip hold sound. Raises `ValueError` when none does."""
    level = levels(pcm)
    loudest = float(level.max(initial=0.0))
    if loudest < LOUD:
        raise ValueError("the clip is silent")
    noise = float(np.percentile(level, 5))
    loud = level >= max(LOUD / 2, loudest / 32, min(3 * noise, loudest / 4))
    # A click or a smack of the lips of under 30 ms is no sound.
    whole = np.convolve(loud, np.ones(3), "valid") == 3
    if not whole.any():
        raise ValueError("the clip is silent")
    return np.convolve(whole, np.ones(3), "full") > 0


def added(pcm: Pcm, other: Pcm) -> Pcm:
    """Both at once, of the same length; what is too loud is clipped."""
    return np.clip(pcm.astype(np.int32) + other, -32768, 32767).astype(np.int16)


def read_clip(path: Path) -> Pcm:
    """A sound file of any format and rate, mixed to one channel at `RATE`."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    pieces: list[Pcm] = []
    with av.open(str(path)) as container:
        for frame in [*container.decode(audio=0), None]:
            pieces += [out.to_ndarray()[0] for out in resampler.resample(frame)]
    return np.concatenate(pieces)


def faded(pcm: Pcm, samples: int) -> Pcm:
    """`pcm` that fades out over its last `samples`."""
    slope = np.ones(len(pcm))
    slope[-samples:] = np.linspace(1, 0, len(slope[-samples:]))
    return (pcm * slope).astype(np.int16)


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
