"""What the doctor finds, a line each."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, auto


class Health(StrEnum):
    """How a part is: well, well enough with something to know, or in need of mending."""

    OK = auto()
    WARN = auto()
    MEND = auto()


@dataclass(frozen=True, slots=True)
class Finding:
    """One part, how it is, and a sentence with the next step where there is one."""

    name: str
    health: Health
    text: str

    def __str__(self) -> str:
        """Readable in a terminal: name, health, sentence."""
        return f"{self.name:<13} {self.health:<5} {self.text}"


def ok(name: str, text: str) -> Finding:
    """A part that is well."""
    return Finding(name, Health.OK, text)


def warn(name: str, text: str) -> Finding:
    """A part that works, with something to know of it."""
    return Finding(name, Health.WARN, text)


def mend(name: str, text: str) -> Finding:
    """A part that does not work; the text says what to do."""
    return Finding(name, Health.MEND, text)


def exit_status(found: Iterable[Finding]) -> int:
    """0 where nothing is to be mended, else 1."""
    return int(any(each.health is Health.MEND for each in found))


def sum_up(found: Iterable[Finding]) -> str:
    """The last line of a report."""
    healths = [each.health for each in found]
    mends, warns = healths.count(Health.MEND), healths.count(Health.WARN)
    known = f", {warns} to know of" if warns else ""
    return f"{mends} to mend{known}" if mends else f"nothing to mend{known}"


def as_json(found: Iterable[Finding]) -> str:
    """The whole report for a program."""
    lines = [{"name": each.name, "health": each.health, "text": each.text} for each in found]
    return json.dumps({"ok": not exit_status(found), "findings": lines}, indent=2)
