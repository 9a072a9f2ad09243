"""WebVTT: cues with voices (`<v Name>`) and, in automatic captions, a time for each word."""

import re
from itertools import pairwise
from pathlib import Path

from training.collecting.formats.subtitles import Cue, Names, cues, fresh, spread, stamps
from training.collecting.formats.text import spoken
from training.collecting.stretches import Found, Said

_VOICE = re.compile(r"<v(?:\.[^\s>]*)*\s+([^>]+)>")
_UNKNOWN = "unknown"


def read(path: Path, talk: str) -> Found:
    """What the cues of `path` say. Raises `FormatError` where there is none."""
    found, left_out = cues(path)
    found = fresh(found)
    lines = [line for cue in found for line in cue.text]
    voiced = any(_VOICE.search(line) for line in lines)
    names = Names(spoken(line) for line in lines)
    said: list[Said] = []
    for cue in found:
        if any(len(stamps(line)) > 1 for line in cue.text):
            said += _timed(talk, cue, names)
        else:
            pieces = _voices(cue) if voiced else names.pieces(cue.text)
            said += spread(talk, cue, pieces)
    return Found(said, left_out)


def _voices(cue: Cue) -> list[tuple[str, str]]:
    """(speaker, words) by the cue's voices; what comes before any is nobody's."""
    head, *rest = _VOICE.split(" ".join(cue.text))
    pieces = [(_UNKNOWN, head), *zip(rest[::2], rest[1::2], strict=True)]
    spoken_by = [(" ".join(name.split()), spoken(words)) for name, words in pieces]
    return [(name, words) for name, words in spoken_by if words]


def _timed(talk: str, cue: Cue, names: Names) -> list[Said]:
    """Each stamped part on its own, so that the pauses between words show.

    A part's end is not written: it is where the next begins or, if that is
    earlier, after 0.15 s and 0.08 s a letter.
    """
    parts = [part for line in cue.text for part in stamps(line)]
    begins = [
        cue.begin if time is None else min(max(time, cue.begin), cue.end) for time, _ in parts
    ]
    said: list[Said] = []
    for (_, text), (begin, after) in zip(parts, pairwise([*begins, cue.end]), strict=True):
        for speaker, words in names.pieces([text]):
            end = min(max(after, begin), begin + 0.15 + 0.08 * len(words))
            said.append(Said(talk, speaker, begin, end, words))
    return said
