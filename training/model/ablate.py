"""Rows without something, to see what it is worth."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from training.rows import Row

# How a row came about, of those that show a turn cut at a word where nobody stopped.
_TRUNCATED = re.compile(r"\bcut\b|stops (inside|at)|still speaking|(word|clause) inside a turn")


def without_memory(rows: Sequence[Row]) -> list[Row]:
    """No facts and no history."""
    return [_changed(row, facts=[], history=[]) for row in rows]


def without_pauses(rows: Sequence[Row]) -> list[Row]:
    """Every pause is as long as every other."""
    return [_changed(row, pause=0.0) if row["moment"]["kind"] == "pause" else row for row in rows]


def without_negatives(rows: Sequence[Row]) -> list[Row]:
    """No turn cut at an arbitrary word."""
    return [row for row in rows if row["label"] != "silence" or not _TRUNCATED.search(row["how"])]


def unchanged(rows: Sequence[Row]) -> list[Row]:
    """All as it is."""
    return list(rows)


# What a judge is trained without; the first two it is not told in a test either.
TOLD: Mapping[str, Callable[[Sequence[Row]], list[Row]]] = {
    "nothing": unchanged,
    "memory": without_memory,
    "pauses": without_pauses,
}
TRAINED = {**TOLD, "negatives": without_negatives}


def _changed(row: Row, **fields: Any) -> Row:
    return {**row, "moment": {**row["moment"], **fields}}
