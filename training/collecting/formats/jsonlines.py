"""JSON lines {"d": talk, "s": speaker, "b": begin s, "e": end s, "t": words}, gzipped or not.

"da", a dialogue act, is kept; other keys are not read. Without "d" the talk is
the file's name.
"""

import gzip
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from training.collecting.stretches import FormatError, Found, Said


def read(path: Path, talk: str) -> Found:
    """All lines of `path`. Raises `FormatError` at the first that is broken."""
    said = [_said(line, f"{path}:{number}", talk) for number, line in _lines(path)]
    if not said:
        raise FormatError(f"{path} is empty")
    return Found([each for each in said if each.words], [])


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    try:
        with opened(path, "rt", encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line
    except (gzip.BadGzipFile, EOFError, UnicodeDecodeError) as error:
        raise FormatError(f"{path}: {error}") from error


def _said(line: str, where: str, talk: str) -> Said:
    try:
        loaded: object = json.loads(line)
    except json.JSONDecodeError as error:
        raise FormatError(f"{where}: no JSON: {error.msg}") from error
    if not isinstance(loaded, dict):
        raise FormatError(f"{where}: an object with s, b, e and t is expected")
    row = cast(dict[str, Any], loaded)
    speaker, words = _text(row, "s", where), _text(row, "t", where)
    begin, end = _seconds(row, "b", where), _seconds(row, "e", where)
    if end < begin:
        raise FormatError(f"{where}: it ends ({end}) before it begins ({begin})")
    act = _text(row, "da", where) if "da" in row else None
    name = _text(row, "d", where) if "d" in row else talk
    return Said(name, speaker, begin, end, " ".join(words.split()), act)


def _text(row: dict[str, Any], key: str, where: str) -> str:
    if not isinstance(row.get(key), str):
        raise FormatError(f'{where}: "{key}" is missing or no text')
    return row[key]


def _seconds(row: dict[str, Any], key: str, where: str) -> float:
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise FormatError(f'{where}: "{key}" is missing or no number of seconds')
    if not math.isfinite(value) or value < 0:
        raise FormatError(f'{where}: "{key}" is {value}, not a time from 0 s on')
    return float(value)
