"""Timed talks: who said what and when, and who had the floor.

A talk is a list of utterances by their beginnings. On disk it is JSON lines, one utterance
each: {"d": talk, "s": speaker, "b": begin s, "e": end s, "t": words[, "da": acts]}.

`acts` are dialogue acts as the MRDA manual has them, joined by "|" where an utterance holds
several, with a last part "+" where the last act goes on after the utterance. They may be
missing: words decide then.
"""

import gzip
import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from judgement.words import BACKCHANNELS, is_question, is_unfinished, words_of

FILLED = frozenset("um uh er erm uhm hm hmm mm".split())
# Words that alone take no floor.
HOLLOW = (
    BACKCHANNELS | FILLED | frozenset("mm-hmm mmm-hmm so and but or well huh ah like ha eh".split())
)
GOES_ON = "+"
LEADS = 1.0  # s between a word such as "yeah" and the speech that it begins
TRAILS = 2.0  # s after a speaker's words in which such a word still belongs to them
ANSWERS = 1.5  # s in which a "yeah" answers a question
_NOTHING = frozenset(("", "b", "bk", "bh", "fh", "h", "%", "%-", "%--", "x"))
_ANSWERING = frozenset(("aa", "aap", "ar", "arp", "na", "ng", "nd", "no"))
_REMARKS = frozenset(("b", "bk", "aa", "ba", "fe"))
_BROKEN = frozenset(("%-", "%--", "fh", "h", GOES_ON))


class TalkError(Exception):
    """A talk that cannot be read: the text names file, line and field."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one speaker said in one go. Times are seconds of the talk."""

    talk: str
    speaker: str
    begin: float
    end: float
    words: tuple[str, ...]
    acts: str = ""

    @property
    def text(self) -> str:
        """The words with blanks between them."""
        return " ".join(self.words)

    @property
    def slight(self) -> bool:
        """Whether it alone takes no floor: a backchannel, a noise, a filler."""
        if all(word in HOLLOW for word in self.words):
            return len(self.words) <= 4
        parts = [part for part in _parts(self.acts) if part != [GOES_ON]]
        hollow = bool(parts) and all(part[0] in _NOTHING for part in parts)
        return hollow and len(self.words) <= 3

    @property
    def remark(self) -> bool:
        """Whether its acts make it an acknowledgement or praise of at most four words."""
        parts = [part for part in _parts(self.acts) if part != [GOES_ON]]
        return len(self.words) <= 4 and bool(parts) and all(_REMARKS & set(each) for each in parts)

    @property
    def broken(self) -> bool:
        """Whether its last act was cut off, given up, held or not over."""
        if self.words and self.words[-1] in FILLED:
            return True
        parts = _parts(self.acts)
        return bool(parts) and not _BROKEN.isdisjoint(parts[-1])

    @property
    def open_ended(self) -> bool:
        """Whether acts or words say that more must follow."""
        return self.broken or is_unfinished(self.text)

    @property
    def asks(self) -> bool:
        """Whether its last act, or without acts its words, ask something."""
        parts = _parts(self.acts)
        return parts[-1][0].startswith("q") if parts else is_question(self.text)

    @property
    def agrees(self) -> bool:
        """Whether it may answer a question with one word."""
        if self.acts:
            return any(not _ANSWERING.isdisjoint(part) for part in _parts(self.acts))
        return bool({"yes", "yeah", "no", "yep", "nope", "sure"} & set(self.words))

    def said_by(self, when: float) -> tuple[str, ...]:
        """The words said until `when`, as if each took the same time."""
        share = (when - self.begin) / max(self.end - self.begin, 1e-3)
        return self.words[: max(0, min(len(self.words), int(share * len(self.words) + 1e-6)))]

    def time_of(self, words: int) -> float:
        """When the first `words` of its words are said."""
        return self.begin + (self.end - self.begin) * words / max(len(self.words), 1)


def _parts(acts: str) -> list[list[str]]:
    return [re.split(r"[.^:]", part) for part in acts.split("|")] if acts else []


def read(path: Path, clean: Callable[[str], str] = str) -> Iterator[list[Utterance]]:
    """The talks in a file of JSON lines, also gzipped, their text cleaned. Raises `TalkError`."""
    talks: dict[str, list[Utterance]] = {}
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if line.strip():
                utterance = _utterance(line, f"{path}:{number}", clean)
                talks.setdefault(utterance.talk, []).append(utterance)
    if not talks:
        raise TalkError(f"{path} holds no utterances")
    for talk in talks.values():
        yield sorted(talk, key=lambda each: (each.begin, each.end))


def _utterance(line: str, where: str, clean: Callable[[str], str]) -> Utterance:
    try:
        given: dict[str, Any] = json.loads(line)
        begin, end = float(given["b"]), float(given["e"])
        words = tuple(words_of(clean(str(given["t"]))))
        speaker, acts = str(given["s"]), str(given.get("da") or "")
        found = Utterance(str(given["d"]), speaker, begin, end, words, acts)
    except KeyError as error:
        raise TalkError(
            f"{where}: the field {error} is missing; needed are d, s, b, e, t"
        ) from None
    except (AttributeError, TypeError, ValueError) as error:
        raise TalkError(f"{where}: not an utterance: {error}") from error
    if not 0 <= begin <= end:
        raise TalkError(f"{where}: b and e: it begins at {begin} s and ends at {end} s")
    return found


def floor(talk: Sequence[Utterance]) -> list[Utterance]:
    """The utterances of those who had the floor: no backchannels, none that another drowned."""
    full = [each for each in talk if not each.slight]
    full = [each for index, each in enumerate(full) if not _drowned(full, index)]
    begins = [each.begin for each in full]
    kept = full + [each for each in talk if each.slight and _counts(each, full, begins)]
    return sorted(kept, key=lambda each: (each.begin, each.end))


def _drowned(talk: Sequence[Utterance], index: int) -> bool:
    """Whether another speaker talked before, during and after it."""
    this = talk[index]
    return any(
        each.speaker != this.speaker and each.begin < this.begin and this.end < each.end
        for each in talk[max(0, index - 8) : index]
    )


def _counts(slight: Utterance, full: Sequence[Utterance], begins: Sequence[float]) -> bool:
    """Whether words such as "yeah" or "so" begin, end or answer something."""
    at = bisect_left(begins, slight.begin)
    before, after = full[max(0, at - 6) : at], full[at : at + 1]
    if not slight.words or any(
        each.end > slight.begin + 0.2 for each in before if each.speaker != slight.speaker
    ):
        return False
    if after and after[0].speaker == slight.speaker and after[0].begin - slight.end <= LEADS:
        return True
    last = max(before, key=lambda each: each.end, default=None)
    if last is None:
        return False
    if last.speaker == slight.speaker:
        return slight.begin - last.end <= TRAILS
    return last.asks and slight.agrees and slight.begin - last.end <= ANSWERS


def between(talk: Sequence[Utterance], begin: float, end: float) -> Sequence[Utterance]:
    """Of utterances in their order those that begin from `begin` to `end`."""
    low = bisect_left(talk, begin, key=lambda each: each.begin)
    return talk[low : bisect_right(talk, end, key=lambda each: each.begin)]


@dataclass(frozen=True, slots=True)
class Turn:
    """What one speaker said while no other had the floor. `first` is its place in the floor."""

    speaker: str
    parts: tuple[Utterance, ...]
    first: int

    @property
    def begin(self) -> float:
        """When it begins."""
        return self.parts[0].begin

    @property
    def end(self) -> float:
        """When the last of it ends."""
        return max(part.end for part in self.parts)

    @property
    def words(self) -> list[str]:
        """All its words."""
        return [word for part in self.parts for word in part.words]

    def said_by(self, when: float) -> list[str]:
        """Its words until `when`."""
        return [word for part in self.parts for word in part.said_by(when)]

    def time_of(self, words: int) -> float:
        """When the first `words` of its words are said."""
        for part in self.parts:
            if words <= len(part.words):
                return part.time_of(words)
            words -= len(part.words)
        return self.end


def turns(held: Sequence[Utterance]) -> list[Turn]:
    """The turns of those who had the floor (`floor`)."""
    starts = [0, *(at + 1 for at, (a, b) in enumerate(pairwise(held)) if a.speaker != b.speaker)]
    ends = [*starts[1:], len(held)]
    return [
        Turn(held[begin].speaker, tuple(held[begin:end]), begin)
        for begin, end in zip(starts, ends, strict=True)
        if begin < end
    ]
