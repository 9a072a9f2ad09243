"""Real speech with its real pauses, from recordings of people.

A stretch is what one speaker says before anybody else speaks or a long silence comes:
the pauses inside it are such after which the same speaker went on.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from benchmarks.duplex.cutting import Span, spans
from benchmarks.sound import RATE, Pcm, read_clip

SHORTEST, LONGEST = 0.3, 1.2  # seconds of a pause that is looked at
CLICK = 0.12  # seconds; a shorter sound is no speech
MARGIN = 0.15  # seconds of a recording before and after a stretch
WORTH, ENOUGH = 1.2, 14.0  # seconds of a stretch: it is broken off at a pause after `ENOUGH`
SOUNDS = (".wav", ".flac")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Sound, the pauses inside it in seconds from its first sample, and whether a turn ends there.

    `over` is false where the same speaker went on after a longer silence, or nobody knows.
    """

    who: str
    pcm: Pcm
    pauses: tuple[Span, ...]
    over: bool


def sounds(folder: Path | None, name: str = "*") -> list[Path]:
    """The sound files of a folder with such a name, none where there is no folder."""
    found = [path for kind in SOUNDS for path in folder.glob(name + kind)] if folder else []
    return sorted(found)


def of_calls(folder: Path | None) -> list[Stretch]:
    """The stretches of every two-sided call: pairs of files `*_agent.*` and `*_caller.*`."""
    found: list[Stretch] = []
    for first in sounds(folder, "*_agent"):
        sides = [first, first.with_name(first.name.replace("_agent.", "_caller."))]
        both = [read_clip(side) for side in sides]
        for own, other in ((0, 1), (1, 0)):
            theirs = _speech(both[other])
            found += stretches(sides[own].stem, both[own], _speech(both[own]), theirs)
    return found


def of_meetings(folder: Path | None) -> list[Stretch]:
    """The stretches of each recording with a `transcripts/*_words.json` of who said what when."""
    found: list[Stretch] = []
    for path in sorted((folder / "transcripts").glob("*_words.json")) if folder else []:
        name = path.name.partition("_")[0]
        pcm = read_clip(path.parent.parent / f"{name}.flac")
        words = [(str(w["speaker"]), float(w["start"])) for w in json.loads(path.read_text())]
        speech = _speech(pcm)
        owners = [_owner(words, span) for span in speech]
        for speaker in sorted({owner for owner in owners if owner}):
            own = [span for span, owner in zip(speech, owners, strict=True) if owner == speaker]
            other = [span for span, owner in zip(speech, owners, strict=True) if owner != speaker]
            found += stretches(f"{name}-{speaker}", pcm, own, other)
    return found


def of_clips(folder: Path | None) -> list[Stretch]:
    """Every clip of one speaker in `folder`, as one stretch or, if it is long, some."""
    found: list[Stretch] = []
    for path in sounds(folder):
        pcm = read_clip(path)
        found += stretches(path.stem, pcm, _speech(pcm), [])
    return found


def stretches(who: str, pcm: Pcm, own: Sequence[Span], other: Sequence[Span]) -> Iterator[Stretch]:
    """The stretches of one speaker in `pcm`, by when they and others are heard."""
    group: list[Span] = []
    for span, after in pairwise([*own, Span(len(pcm) / RATE + 2 * LONGEST, 0.0)]):
        group.append(span)
        taken = any(span.end - 0.2 < each.start < after.start for each in other)
        long = span.end - group[0].start > ENOUGH
        if not taken and not long and after.start - span.end <= LONGEST:
            continue
        if span.end - group[0].start >= WORTH:
            yield _stretch(who, pcm, group, over=taken)
        group = []


def _stretch(who: str, pcm: Pcm, group: Sequence[Span], *, over: bool) -> Stretch:
    begin, end = max(0.0, group[0].start - MARGIN), group[-1].end + MARGIN
    pauses = (Span(a.end - begin, b.start - begin) for a, b in pairwise(group))
    kept = tuple(pause for pause in pauses if pause.length >= SHORTEST)
    return Stretch(who, pcm[round(begin * RATE) : round(end * RATE)], kept, over)


def _speech(pcm: Pcm) -> list[Span]:
    return [span for span in spans(pcm, join=SHORTEST) if span.length >= CLICK]


def _owner(words: Sequence[tuple[str, float]], span: Span) -> str | None:
    """Who alone begins words in a span; None where it is nobody, or more than one."""
    speakers = {who for who, start in words if span.start - 0.3 <= start < span.end - 0.05}
    return speakers.pop() if len(speakers) == 1 else None
