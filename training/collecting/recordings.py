"""Video and audio to timed talks: ffmpeg for the sound, silero-vad for the pauses, a recogniser.

A speaker is a channel, a file of several, what `diarization` tells apart, or
the one who speaks in a file that is not told apart.
"""

import subprocess
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.collecting.diarization import apart
from training.collecting.formats.rttm import Turn
from training.collecting.recognisers import RATE, Recogniser, Sound, Stretch
from training.collecting.stretches import JOIN, FormatError, MissingTool, Said

SUFFIXES = frozenset(
    ".wav .flac .mp3 .m4a .aac .ogg .oga .opus .wma .aif .aiff .amr .au .sph "
    ".mp4 .m4v .mov .mkv .webm .avi .mpg .mpeg .wmv .3gp .ts".split()
)
_LONGEST = 20.0  # s: longer stretches are recognised in parts
_SHORTEST = 0.1  # s
_ECHO = 10.0  # another side this many times louder (20 dB) is what this one picks up
_SAME = 0.98  # correlation from which two channels carry one sound


class Side(NamedTuple):
    """One speaker's own sound."""

    speaker: str
    sound: Sound


def sides(path: Path) -> tuple[list[Side], list[str]]:
    """A side for each channel of `path`, named 1, 2, ...; one if they all sound the same."""
    channels = decoded(path)
    note: list[str] = []
    if len(channels) > 1 and _same(channels):
        note = [f"{path}: its {len(channels)} channels sound the same: taken as one speaker"]
        channels = channels[:1]
    return [Side(str(n), channel) for n, channel in enumerate(channels, 1)], note


def mixed(path: Path) -> Sound:
    """All channels of `path` as one, mono at `RATE`."""
    return decoded(path).mean(axis=0, dtype=np.float32)


def decoded(path: Path) -> NDArray[np.float32]:
    """The first sound track of `path` at `RATE`, shape (channels, samples), from -1 to 1.

    Raises `FormatError` for a file without sound, `MissingTool` without ffmpeg.
    """
    count = _channels(path)
    raw = _run("ffmpeg", "-i", str(path), "-map", "0:a:0", "-ar", str(RATE), "-f", "f32le", "-")
    samples = np.frombuffer(raw[: len(raw) // (4 * count) * 4 * count], np.float32)
    if not samples.size:
        raise FormatError(f"{path}: no sound in it")
    return np.ascontiguousarray(samples.reshape(-1, count).T)


def _channels(path: Path) -> int:
    shown = ("-select_streams", "a:0", "-show_entries", "stream=channels", "-of", "csv=p=0")
    text = _run("ffprobe", *shown, str(path)).decode().split()
    if not text or not text[0].strip(",").isdigit():
        raise FormatError(f"{path}: no sound track in it")
    return int(text[0].strip(","))


def _run(tool: str, *arguments: str) -> bytes:
    try:
        done = subprocess.run(
            [tool, "-v", "error", *arguments],
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError as error:
        raise MissingTool(f"{tool} is not installed. Run: apt-get install ffmpeg") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().split("\n")[-1]
        raise FormatError(f"{tool} cannot read it: {said}")
    return done.stdout


def _same(channels: NDArray[np.float32]) -> bool:
    """Whether all channels carry one sound, maybe at different levels."""
    first, *others = channels[:, :: max(1, channels.shape[1] // 200_000)].astype(np.float64)
    return all(
        first @ other > _SAME * np.sqrt((first @ first) * (other @ other)) for other in others
    )


def _of_another(sides: Sequence[Side], own: Side, stretch: Stretch) -> bool:
    """Whether another side is so much louder that this is only its echo."""
    first, last = (int(time * RATE) for time in stretch)
    levels = [_level(side.sound[first:last]) for side in sides if side is not own]
    return any(level > _ECHO * _level(own.sound[first:last]) for level in levels)


def _level(sound: Sound) -> float:
    return float(np.sqrt(np.mean(np.square(sound)))) if len(sound) else 0.0


class Pauses:
    """silero-vad: where a sound holds speech."""

    def __init__(self) -> None:
        """Load the model. Raises `MissingTool` if the package is not installed."""
        try:
            vad: Any = import_module("silero_vad")
        except ImportError as error:
            raise MissingTool(
                "silero-vad is not installed. Run: pip install -e '.[train]'"
            ) from error
        self._stretches: Any = vad.get_speech_timestamps_sequence
        self._model: Any = vad.load_silero_vad(onnx=True, sequence=True)

    def speech(self, sound: Sound) -> list[Stretch]:
        """Stretches of speech in s, `JOIN` apart or, after `_LONGEST`, cut where it is quietest."""
        found = self._stretches(
            sound,
            self._model,
            sampling_rate=RATE,
            min_silence_duration_ms=int(1000 * JOIN),
            min_speech_duration_ms=int(1000 * _SHORTEST),
            max_speech_duration_s=_LONGEST,
            speech_pad_ms=0,
        )
        return [(each["start"] / RATE, each["end"] / RATE) for each in found]


class Listener:
    """Pauses, words and, where asked for, speakers of recordings. Loads what it needs once."""

    def __init__(self, words: Recogniser, pauses: Pauses | None = None) -> None:
        """Hear `words` between `pauses`. Raises `MissingTool`."""
        self._words = words
        self._pauses = pauses or Pauses()

    def sides(self, talk: str, speakers: Sequence[Side]) -> list[Said]:
        """What speakers say, each in a sound of their own."""
        said: list[Said] = []
        for side in speakers:
            speech = [
                stretch
                for stretch in self._pauses.speech(side.sound)
                if not _of_another(speakers, side, stretch)
            ]
            texts = self._words.words(side.sound, speech)
            said += [
                Said(talk, side.speaker, begin, end, text)
                for (begin, end), text in zip(speech, texts, strict=True)
                if text
            ]
        return said

    def shared(self, talk: str, sound: Sound, turns: Sequence[Turn]) -> list[Said]:
        """What speakers say in a sound that they share, each in their `turns`."""
        parts = apart(turns, self._pauses.speech(sound))
        texts = self._words.words(sound, [(part.begin, part.end) for part in parts])
        return [
            Said(talk, part.speaker, part.begin, part.end, text)
            for part, text in zip(parts, texts, strict=True)
            if text
        ]
