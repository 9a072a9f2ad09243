"""What a check of a profile finds, a line each, and what the lines come to."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class Line:
    """One finding about one part. Not `ok`: the profile would not start."""

    part: str
    text: str
    ok: bool = True

    def __str__(self) -> str:
        """Readable in a terminal: mark, part, finding."""
        return f"{'ok' if self.ok else 'MISSING':<8} {self.part:<13} {self.text}"


def status(lines: Iterable[Line]) -> int:
    """The exit status: 0 if the profile would start, 1 if not."""
    return 0 if all(line.ok for line in lines) else 1


def text(lines: Iterable[Line]) -> str:
    """The whole report, ending in what it comes to."""
    lines = list(lines)
    missing = sum(not line.ok for line in lines)
    end = f"would not start: {missing} missing" if missing else "would start"
    return "\n".join([*map(str, lines), end])


def plain_url(value: object) -> str:
    """Scheme, host and port only: a path or a user part may hold a key."""
    if isinstance(value, SecretStr):
        return "an address from the environment"
    parts = urlsplit(str(value))
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
