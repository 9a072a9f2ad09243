"""RTTM with words: LEXEME lines, or SPEAKER lines beside a CTM of the same name.

RTTM fields: type file channel begin duration orthography subtype speaker ...;
CTM fields: file channel begin duration word ... (NIST RT-09 evaluation plan).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from training.collecting.formats.text import text_of
from training.collecting.stretches import FormatError, Found, Said

_NEAR = 0.25  # s: a word this far outside of any turn still belongs to the nearest
_NO_WORD = {"<na>", "<n/a>", ""}


class Turn(NamedTuple):
    """A stretch in which one speaker speaks; times in seconds."""

    speaker: str
    begin: float
    end: float


class _Line(NamedTuple):
    kind: str
    file: str
    begin: float
    end: float
    word: str
    speaker: str


def read(path: Path, talk: str) -> Found:
    """The words of `path`. Raises `FormatError` where neither it nor a CTM holds any.

    A file that holds several talks names them `talk/FILE`.
    """
    lines = list(_lines(path))
    files = {each.file for each in lines}

    def name(file: str) -> str:
        return f"{talk}/{file}" if len(files) > 1 else talk

    words = [each for each in lines if each.kind == "LEXEME" and each.word.lower() not in _NO_WORD]
    left_out: list[str] = []
    if not words:
        words, left_out = _from_ctm(path.with_suffix(".ctm"), lines)
    if not words:
        raise FormatError(f"{path}: no LEXEME line, and no {path.stem}.ctm beside it")
    return Found([Said(name(w.file), w.speaker, w.begin, w.end, w.word) for w in words], left_out)


def turns(path: Path) -> list[Turn]:
    """Who speaks when, of an RTTM that says no words. Raises `FormatError` where nobody does."""
    found = [Turn(each.speaker, each.begin, each.end) for each in _speakers(_lines(path))]
    if not found:
        raise FormatError(f"{path}: no SPEAKER line")
    return found


def has_words(path: Path) -> bool:
    """Whether `read` has something to read in `path`."""
    return path.with_suffix(".ctm").exists() or any(e.kind == "LEXEME" for e in _lines(path))


def _speakers(lines: Iterator[_Line] | list[_Line]) -> list[_Line]:
    return [each for each in lines if each.kind == "SPEAKER"]


def _from_ctm(path: Path, lines: list[_Line]) -> tuple[list[_Line], list[str]]:
    """Each word of the CTM with the speaker whose turn holds most of it."""
    if not path.exists():
        return [], []
    said: list[_Line] = []
    left_out: list[str] = []
    speaking = _speakers(lines)
    for number, fields in _fields(path):
        begin, end = _span(fields[2:4], f"{path}:{number}")
        near = [t for t in speaking if t.file == fields[0] and _overlap(t, begin, end) > -_NEAR]
        if near:
            turn = max(near, key=lambda each: _overlap(each, begin, end))
            said.append(_Line("LEXEME", turn.file, begin, end, fields[4], turn.speaker))
        else:
            left_out.append(f"{path}:{number}: {fields[4]!r} is in nobody's turn")
    return said, left_out


def _overlap(turn: _Line, begin: float, end: float) -> float:
    return min(turn.end, end) - max(turn.begin, begin)


def _lines(path: Path) -> Iterator[_Line]:
    for number, fields in _fields(path):
        if fields[0] not in ("SPEAKER", "LEXEME"):
            continue
        where = f"{path}:{number}"
        if len(fields) < 8:
            raise FormatError(f"{where}: {len(fields)} fields, at least 8 are expected")
        begin, end = _span(fields[3:5], where)
        yield _Line(fields[0], fields[1], begin, end, fields[5], fields[7])


def _fields(path: Path) -> Iterator[tuple[int, list[str]]]:
    """The fields of each line that is no comment. Raises `FormatError` for fewer than 5."""
    for number, line in enumerate(text_of(path).split("\n"), 1):
        fields = line.split()
        if not fields or line.startswith(";"):
            continue
        if len(fields) < 5:
            raise FormatError(f"{path}:{number}: {len(fields)} fields, at least 5 are expected")
        yield number, fields


def _span(fields: list[str], where: str) -> tuple[float, float]:
    try:
        begin, duration = (float(each) for each in fields)
    except ValueError as error:
        raise FormatError(f"{where}: begin and duration must be numbers: {error}") from error
    if not (0 <= begin < float("inf") and 0 <= duration < float("inf")):
        raise FormatError(f"{where}: begin {begin} and duration {duration} must not be negative")
    return begin, begin + duration
