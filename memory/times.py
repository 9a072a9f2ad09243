"""The time that a question names: "in May", "yesterday", "last week"."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

MONTHS: tuple[str, ...] = tuple(
    "january february march april may june july august september october november december".split()
)
_MONTH = "|".join(each for each in MONTHS if each != "may")
_DAY = r"(?P<{}>\d{{1,2}})(?:st|nd|rd|th)?"
# "may" is a month only where it is dated, or stands after "in" and its like.
_DATE = re.compile(
    rf"\b(?:{_DAY.format('before')} (?:of )?)?(?P<month>{_MONTH}|"
    rf"(?:(?<=in )|(?<=of )|(?<=last )|(?<=since )|(?<=\d )|(?<=\dth ))may|may(?= \d))\b"
    rf"(?:,? {_DAY.format('after')}\b)?(?:,? (?P<year>\d{{4}}))?"
)
_AGO = re.compile(
    r"\b(?:(?P<count>\d+|a|one|two|three|four|five|six|a couple of|a few) "
    r"(?P<unit>day|week|month|year)s? ago|(?P<last>yesterday|today|this morning|tonight|"
    r"last (?:night|week|month|year|time)))\b"
)
_COUNTS = {
    "a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "a couple of": 2,
    "a few": 3,
}  # fmt: skip
_DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
_LAST = {
    "today": (0, 0), "this morning": (0, 0), "tonight": (0, 0), "yesterday": (1, 1),
    "last night": (1, 1), "last time": (0, 3), "last week": (4, 14), "last month": (20, 62),
    "last year": (180, 730),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class NamedTime:
    """A date of which any part may be open, or a span of ages in days."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    ages: tuple[float, float] | None = None

    def fits(self, when: datetime, now: datetime) -> float:
        """0 if `when` is another time, 1 if it fits, 2 if it is the very day."""
        if self.ages:
            age = (now.date() - when.date()) / timedelta(days=1)
            return 1.0 if self.ages[0] <= age <= self.ages[1] else 0.0
        if when.month != self.month or self.year not in (None, when.year):
            return 0.0
        return 2.0 if when.day == self.day else 1.0


def times_in(query: str) -> list[NamedTime]:
    """The times that `query` names, seen from when it is asked."""
    plain = query.lower()
    dates = [_date(match) for match in _DATE.finditer(plain)]
    return dates + [NamedTime(ages=_ages(match)) for match in _AGO.finditer(plain)]


def _date(match: re.Match[str]) -> NamedTime:
    day = match["before"] or match["after"]
    month = MONTHS.index(match["month"]) + 1
    year = int(match["year"]) if match["year"] else None
    return NamedTime(year, month, int(day) if day else None)


def _ages(match: re.Match[str]) -> tuple[float, float]:
    """The youngest and the oldest age in days that the words mean."""
    if match["last"]:
        return _LAST[match["last"]]
    count = _COUNTS.get(match["count"]) or int(match["count"])
    unit = _DAYS[match["unit"]]
    return unit * (count - 0.5), unit * (count + 0.5)
