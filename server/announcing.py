"""What a caller hears for whom there is no talk: a prepared sentence, and no pipeline."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from processors.door import BLOCKED
from processors.services.words import Line

MOST = 8  # callers who hear a sentence at the same time


class Announcing:
    """The sentences of one kind of line, for `MOST` callers at a time."""

    def __init__(self, lines: Mapping[str, Line], busy: str) -> None:
        """From the prepared `lines`; `busy` says that there is no line free."""
        self._lines = lines
        self._busy = busy
        self._now = 0

    def reason(self, status: int) -> str:
        """What a caller is told who was refused with `status`."""
        return BLOCKED if status == 403 else self._busy

    def can_say(self, text: str) -> bool:
        """Whether one caller more could hear `text` now."""
        return text in self._lines and self._now < MOST

    @contextmanager
    def line(self, text: str) -> Iterator[Line | None]:
        """`text` as sound, for one caller; None where it can't be said now."""
        if not self.can_say(text):
            yield None
            return
        self._now += 1
        try:
            yield self._lines[text]
        finally:
            self._now -= 1
