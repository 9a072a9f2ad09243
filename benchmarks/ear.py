"""What a listener understands of a recording, and how far into a text that reaches."""

from collections.abc import Iterator
from functools import cache

import numpy as np

from benchmarks.sound import RATE, Pcm
from judgement.words import words_of
from processors.services.moonshine_model import MoonshineModel, Sound
from processors.services.recogniser import believable
from processors.services.segment import quietest

LONGEST = 8 * RATE  # samples understood in one piece
AFTER = RATE // 2  # silence behind a piece, so that its last word is over


@cache
def _model() -> MoonshineModel:
    return MoonshineModel()


def understood(pcm: Pcm) -> str:
    """The words in a recording, "" where there are none: 25 ms of work a second of it."""
    sound = (pcm / 32768).astype(np.float32)
    silence = np.zeros(AFTER, np.float32)
    texts = (_model().transcribe(np.concatenate((each, silence))) for each in _pieces(sound))
    return " ".join(filter(None, map(believable, texts)))


def _pieces(sound: Sound) -> Iterator[Sound]:
    """The sound in pieces of at most `LONGEST`, cut where it is quietest."""
    while len(sound) > LONGEST:
        at = quietest(sound[:LONGEST])
        yield sound[:at]
        sound = sound[at:]
    yield sound


def reached(text: str, transcript: str) -> int:
    """How many words of `text` a transcript of its beginning holds.

    It ends where the letters of the transcript are nearest to those of `text` up
    to there (Levenshtein's distance, the earliest of equals), so that a word
    misheard is still a word heard. A word broken off counts from half its letters on.
    """
    words = words_of(text)
    until = _nearest_prefix(" ".join(words), " ".join(words_of(transcript)))
    count, start = 0, 0
    for word in words:
        if until - start < max(1, len(word) / 2):
            break
        count, start = count + 1, start + len(word) + 1
    return count


def _nearest_prefix(text: str, transcript: str) -> int:
    """The length of the beginning of `text` that is nearest to `transcript`."""
    row = list(range(len(text) + 1))
    for letter in transcript:
        before, row = row, [row[0] + 1]
        for index, wanted in enumerate(text):
            changed = before[index] + (letter != wanted)
            row.append(min(changed, before[index + 1] + 1, row[index] + 1))
    return row.index(min(row))
