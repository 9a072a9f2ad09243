"""Telephone numbers, and which of them may be called."""

import re
from collections.abc import Iterable

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")  # E.164
# What providers write for a number that is withheld: these words on a telephone's keys.
_WITHHELD = frozenset(
    "+" + word.translate(str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "22233344455566677778889999"))
    for word in ("ANONYMOUS", "BLOCKED", "RESTRICTED", "UNAVAILABLE", "UNKNOWN")
)
_BEGINNING = re.compile(r"\+[1-9]\d{0,13}\*")


def is_number(text: str) -> bool:
    """Whether `text` is a whole number with its country code."""
    return bool(_NUMBER.fullmatch(text))


def is_destination(text: str) -> bool:
    """Whether `text` is a whole number, or the beginning of some with a star: "+44*"."""
    return is_number(text) or bool(_BEGINNING.fullmatch(text))


def may_be_called(number: str, allowed: Iterable[str]) -> bool:
    """Whether a destination in `allowed` is `number`, or its beginning."""
    return is_number(number) and any(
        number.startswith(each[:-1]) if each.endswith("*") else number == each for each in allowed
    )


def caller(text: object) -> str:
    """The number that a provider names, as its user's id; empty where it is withheld."""
    digits = re.sub(r"[^\d+]", "", text) if isinstance(text, str) else ""
    number = digits if digits.startswith("+") else f"+{digits}"
    return number if is_number(number) and number not in _WITHHELD else ""
