"""Lengths at which something that lasts is asked about."""

from collections.abc import Iterable


class Steps:
    """Asks at each length once; of several that are due at the longest alone."""

    def __init__(self) -> None:
        self.asked = 0.0  # the longest so far, in s

    def begin(self, asked: float = 0.0) -> None:
        """It begins anew, with all up to `asked` asked about already."""
        self.asked = asked

    def due(self, lengths: Iterable[float], lasted: float) -> float | None:
        """The last of the `lengths` that it has reached and was not asked about at."""
        due = [each for each in lengths if self.asked < each <= lasted + 1e-6]
        return due[-1] if due else None
