"""What WebVTT and SubRip share: cues with times, and who speaks in them.

Times are those of the screen: a cue may stay after the words are over, so the
pauses between cues are shorter than in the sound. Where there is sound, take that.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from training.collecting.formats.text import spoken, text_of
from training.collecting.stretches import FormatError, Said

# Hours may be missing; comma or point; players write one to three decimals.
_CLOCK = r"(?:(\d+):)?(\d{1,2}):(\d{1,2})(?:[.,](\d{1,3}))?"
_TIMES = re.compile(rf"^\s*{_CLOCK}\s*-->\s*{_CLOCK}(?:\s.*)?$")
_STAMP = re.compile(rf"<{_CLOCK}>")
_PARTS = re.compile(r"(?<!>)(?=>>)")
_CHANGE = re.compile(r"^\s*(?:>>+|[-‐–—](?=\s*\S))\s*")
_NAME = re.compile(r"^\s*([A-Z][\w.'’&-]*(?: [A-Z0-9][\w.'’&-]*){0,3})(?:\s*\([^)]*\))?\s*:\s+")
_LONGEST = 60.0  # s: a cue that stays longer has a wrong end


@dataclass(frozen=True, slots=True)
class Cue:
    """One cue as written: times in seconds, lines with their markup."""

    line: int  # of its times in the file, from 1
    begin: float
    end: float
    text: list[str]


def cues(path: Path) -> tuple[list[Cue], list[str]]:
    """The cues of `path` in their order, and what could not be used.

    Raises `FormatError` where there is no cue at all.
    """
    found: list[Cue] = []
    left_out: list[str] = []
    for number, lines in _blocks(text_of(path)):
        at = next((i for i, line in enumerate(lines) if "-->" in line), None)
        if at is None:
            continue
        times = _TIMES.match(lines[at])
        begin, end = (seconds(times.groups()[:4]), seconds(times.groups()[4:])) if times else (0, 0)
        if begin < end <= begin + _LONGEST:
            found.append(Cue(number + at, begin, end, lines[at + 1 :]))
        else:
            left_out.append(f"{path}:{number + at}: no usable times: {lines[at].strip()}")
    if not found:
        raise FormatError(f"{path}: no cue with times such as 00:00:01.000 --> 00:00:02.500")
    return found, left_out


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Runs of lines between empty ones, with the number of their first line.

    A times line starts a block too, for files without empty lines; the number
    of a cue just before it is not the words of the cue before.
    """
    block: list[str] = []
    for number, line in enumerate([*text.split("\n"), ""], 1):
        timed = "-->" in line and any("-->" in each for each in block)
        if block and (not line or timed):
            start = number - len(block)
            if timed and block[-1].strip().isdigit():
                block.pop()
            yield start, block
            block = []
        if line:
            block.append(line)


def seconds(clock: Iterable[str | None]) -> float:
    """Hours, minutes, seconds and decimals, as written, in seconds."""
    hours, minutes, whole, decimals = clock
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(f"{whole}.{decimals or 0}")


def stamps(line: str) -> list[tuple[float | None, str]]:
    """A line cut at its `<00:00:01.500>` stamps: the time that each part has, if any."""
    parts = _STAMP.split(line)
    first = [(None, parts[0])] if parts[0] else []
    rest = [(seconds(parts[at : at + 4]), parts[at + 4]) for at in range(1, len(parts), 5)]
    return [*first, *rest]


def fresh(found: list[Cue]) -> list[Cue]:
    """Cues without the lines that only roll on from the cue before, as live captions do.

    Only where a third of the cues do so: else "Yeah." after "Yeah." was said twice.
    """
    shown = [set[str](), *({spoken(line) for line in cue.text} for cue in found)]
    cut = [
        replace(cue, text=[line for line in cue.text if spoken(line) not in before])
        for cue, before in zip(found, shown, strict=False)
    ]
    rolled = sum(len(new.text) < len(old.text) for new, old in zip(cut, found, strict=True))
    return cut if rolled > len(found) / 3 else found


class Names:
    """Gives each piece of text its speaker: "NAME: ...", ">> ..." and "- ..." change it.

    A change without a name goes back and forth between two: subtitles do not
    say to whom.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        """Learn from all `lines` which words before a colon are names."""
        heads = Counter(m[1] for line in lines if (m := _NAME.match(_CHANGE.sub("", line))))
        self._known = {name for name, times in heads.items() if times > 1 or name.isupper()}
        self._now, self._other = "1", "2"

    def pieces(self, lines: Iterable[str]) -> list[tuple[str, str]]:
        """(speaker, words) in their order, lines of one speaker joined."""
        done: list[tuple[str, str]] = []
        for part in (part for line in lines for part in _PARTS.split(spoken(line))):
            words = self._turned(part)
            if done and done[-1][0] == self._now:
                done[-1] = (self._now, f"{done[-1][1]} {words}".strip())
            else:
                done.append((self._now, words.strip()))
        return [(name, words) for name, words in done if words]

    def _turned(self, line: str) -> str:
        rest = _CHANGE.sub("", line)
        named = _NAME.match(rest)
        if named and named[1] in self._known:
            if named[1] != self._now:
                self._now, self._other = named[1], self._now
            return rest[named.end() :]
        if rest != line:
            self._now, self._other = self._other, self._now
        return rest


def spread(talk: str, cue: Cue, pieces: list[tuple[str, str]]) -> list[Said]:
    """`pieces` over the time of their cue, each as long as its letters are many."""
    letters = sum(len(words) for _, words in pieces)
    said: list[Said] = []
    at = cue.begin
    for speaker, words in pieces:
        end = at + (cue.end - cue.begin) * len(words) / letters
        said.append(Said(talk, speaker, at, end, words))
        at = end
    return said
