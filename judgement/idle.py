"""A silence of both that has lasted for long."""


class Idle:
    """Asks whether to speak after `seconds` of silence, `times` in a row."""

    def __init__(self, seconds: float, times: int) -> None:
        """Nobody has spoken yet."""
        self.since = 0.0  # the last sound, or the last time it was asked
        self.count = 0  # how many times in a row it was asked
        self._seconds = seconds
        self._times = times

    def sound(self, now: float) -> None:
        """Somebody makes a sound."""
        self.since = now

    def spoke(self) -> None:
        """The user said something."""
        self.count = 0

    def is_due(self, now: float) -> bool:
        """Whether to ask."""
        return self.count < self._times and now - self.since >= self._seconds

    def asked(self, now: float) -> None:
        """It was asked."""
        self.since = now
        self.count += 1
