"""Rows of a judgement data set: one JSON object a line."""

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from judgement.decision import Action
from judgement.rows import moment_of

Row = dict[str, Any]

_REQUIRED = ("id", "moment", "label")


class RowError(Exception):
    """A row that cannot be used: the text names file, line and field."""


def read(path: Path, *, labelled: bool = True) -> list[Row]:
    """All rows of `path`. Raises `RowError` at the first that is broken, or if there is none."""
    rows: list[Row] = []
    shape: frozenset[str] = frozenset()
    seen: dict[str, int] = {}
    for number, row in _objects(path):
        where = f"{path}:{number}"
        _check(row, where, labelled=labelled)
        if row["id"] in seen:
            raise RowError(f"{where}: the id {row['id']!r} is that of line {seen[row['id']]}")
        seen[row["id"]] = number
        shape = shape or frozenset(row)
        if missing := _required(shape) - row.keys():
            raise RowError(
                f"{where}: mixed schemas: earlier rows have {', '.join(sorted(missing))}, "
                "this one does not"
            )
        rows.append(row)
    if not rows:
        raise RowError(f"{path} holds no rows")
    return rows


def write(path: Path, rows: Iterable[Row]) -> int:
    """Write all rows or, if that fails, nothing; gives their number."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    count = 0
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            for row in rows:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                count += 1
        Path(beside).chmod(0o644)
        os.replace(beside, path)
    finally:
        Path(beside).unlink(missing_ok=True)
    return count


def _objects(path: Path) -> Iterator[tuple[int, Row]]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError as error:
                raise RowError(f"{path}:{number}: not JSON: {error}") from error
            if not isinstance(row, dict):
                raise RowError(f"{path}:{number}: a row is a JSON object, this is {line[:40]!r}")
            yield number, row


def _required(shape: frozenset[str]) -> frozenset[str]:
    """What every row of a file must have if its first has it."""
    return shape & {"source", "split", "licence"}


def _check(row: Row, where: str, *, labelled: bool) -> None:
    for field in _REQUIRED if labelled else _REQUIRED[:2]:
        if field not in row:
            raise RowError(f"{where}: the field {field!r} is missing")
    try:
        moment_of(row)
    except ValueError as error:
        raise RowError(f"{where}: {error}") from error
    if labelled and row["label"] not in tuple(Action):
        raise RowError(f"{where}: the label {row['label']!r} is none of {', '.join(Action)}")
