"""Values that can contradict one another: days, dates, times, numbers and names in a text."""

import re
from dataclasses import dataclass
from enum import StrEnum, auto

from memory.times import MONTHS

WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()
_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
NUMBERS = {word: place for place, word in enumerate(_ONES)} | {
    word: 10 * (place + 2) for place, word in enumerate(_TENS)
}


class Of(StrEnum):
    """What kind of thing a value is: only values of one kind contradict each other."""

    DAY = auto()
    MONTH = auto()
    TIME = auto()
    NUMBER = auto()
    NAME = auto()


@dataclass(frozen=True, slots=True)
class Value:
    """A value in a text: normalised, with where it begins."""

    of: Of
    text: str
    at: int


_WORD = "|".join([_ONES[0], *_ONES[2:], *_TENS])  # "one" seldom counts anything
_SPOKEN = rf"(?:{_WORD})(?:[ -](?:one|{_WORD}))?"
_HOUR = rf"(?:\d{{1,2}}|{'|'.join(_ONES[1:13])})"
_ORDINAL = r"(?:\d{1,2}(?:st|nd|rd|th)?|(?:[a-z]+-)?(?:first|second|third|[a-z]+th))"
_PATTERNS = (
    (Of.DAY, re.compile(rf"\b({'|'.join(WEEKDAYS)})\b", re.IGNORECASE)),
    (
        Of.MONTH,
        re.compile(
            rf"\b(?:{_ORDINAL} of )?((?i:{'|'.join(MONTHS[:4] + MONTHS[5:])})|May)\b"
            r"(?: (?:the )?\d{1,2}(?:st|nd|rd|th)?)?"
        ),
    ),
    (
        Of.TIME,
        re.compile(
            rf"\b(\d{{1,2}}[:.]\d{{2}}|{_HOUR} ?(?:[ap]\.?m\b|o'clock)|noon|midnight|"
            rf"(?:half past|quarter (?:past|to)) {_HOUR})",
            re.IGNORECASE,
        ),
    ),
    (Of.NUMBER, re.compile(rf"(?<![\w.:])(\d[\d,]*(?:\.\d+)?|{_SPOKEN})\b", re.IGNORECASE)),
    (Of.NAME, re.compile(r"\b((?!I\b)[A-Z][\w-]*[a-z](?: (?!I\b)[A-Z][\w-]*[a-z])*)")),
)


def values_in(text: str) -> list[Value]:
    """The values in `text`, in order, none inside another."""
    found: list[Value] = []
    taken: list[tuple[int, int]] = []
    for of, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            begin, end = match.span()
            if not any(begin < other_end and other < end for other, other_end in taken):
                taken.append((begin, end))
                found.append(Value(of, _normal(of, match[1]), begin))
    return sorted(found, key=lambda value: value.at)


def _normal(of: Of, text: str) -> str:
    plain = text.lower().replace(",", "")
    if of is Of.NUMBER and plain[0].isalpha():
        return str(sum(NUMBERS[word] for word in re.split(r"[ -]", plain)))
    if of is Of.TIME:
        return re.sub(r"\s*([ap])\.?m\b", r"\1m", plain).replace(".", ":")
    return plain
