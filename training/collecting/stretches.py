"""Timed talks: who said what from when to when, one JSON object a line."""

import json
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

JOIN = 0.2  # s: one speaker's words closer than this are one stretch


class MissingTool(Exception):
    """Something that has to be installed first: the text names it and says how."""


class FormatError(Exception):
    """A file that cannot be used: the text names it, the line where there is one, and why."""


@dataclass(frozen=True, slots=True)
class Said:
    """One stretch of one speaker's words; times in seconds from the start of the talk."""

    talk: str
    speaker: str
    begin: float
    end: float
    words: str
    act: str | None = None  # the dialogue act, where the source names it

    def row(self) -> dict[str, Any]:
        """The stretch as a line of a file holds it."""
        row = {"d": self.talk, "s": self.speaker, "b": round(self.begin, 3)}
        row |= {"e": round(self.end, 3), "t": self.words}
        return row if self.act is None else row | {"da": self.act}


@dataclass(frozen=True, slots=True)
class Found:
    """What one source held, and a sentence for each thing in it that could not be used."""

    said: list[Said]
    left_out: list[str]


def joined(said: Iterable[Said]) -> list[Said]:
    """Stretches by begin, those of one speaker that are less than `JOIN` apart as one.

    Stretches with a dialogue act stay as they are.
    """
    done: list[Said] = []
    last: dict[tuple[str, str], int] = {}
    for each in sorted(said, key=lambda one: (one.talk, one.begin, one.end)):
        key = (each.talk, each.speaker)
        before = done[last[key]] if key in last else None
        if before and not before.act and not each.act and each.begin - before.end < JOIN:
            words = f"{before.words} {each.words}".strip()
            done[last[key]] = replace(before, end=max(before.end, each.end), words=words)
        else:
            last[key] = len(done)
            done.append(each)
    return done


def write(path: Path, said: Iterable[Said]) -> int:
    """Write all stretches or, if that fails, nothing; gives their number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    count = 0
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            for each in said:
                file.write(json.dumps(each.row(), ensure_ascii=False) + "\n")
                count += 1
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise
    return count
