"""The agent's interruptions: when they were, and whether the user listened."""

from judgement.signals import (
    INTERRUPTIONS,
    REJECTED,
    SINCE_INTERRUPTION,
    SINCE_OPENER,
    Rhythm,
    Signals,
)


class CutIns:
    """At most one is under way: from its opener until the user has the floor again."""

    def __init__(self, rhythm: Rhythm) -> None:
        """What users make of them is counted in `rhythm`."""
        self._rhythm = rhythm
        self.under_way: float | None = None  # since then
        self._latest: float | None = None  # when it began

    def begins(self, now: float) -> None:
        """The agent cuts in."""
        self.under_way = self._latest = now
        self._rhythm.interrupted()

    def yields(self) -> None:
        """The user talked on until they were given the floor."""
        if self.under_way is not None:
            self._rhythm.insisted()
        self.under_way = None

    def ends(self, talks_since: float | None) -> None:
        """The agent said all of it. `talks_since`: the user speaks, and has so since then.

        Who was never silent meanwhile did not listen.
        """
        if self.under_way is None:
            return
        if talks_since is not None and talks_since <= self.under_way:
            self._rhythm.insisted()
        else:
            self._rhythm.listened()
        self.under_way = None

    def signals(self, now: float) -> Signals:
        """What is known of them, by name."""
        signals: Signals = {}
        if self._latest is not None:
            signals[SINCE_INTERRUPTION] = round(now - self._latest, 3)
            signals[INTERRUPTIONS] = self._rhythm.interruptions
        if self._rhythm.rejected:
            signals[REJECTED] = self._rhythm.rejected
        if self.under_way is not None:
            signals[SINCE_OPENER] = round(now - self.under_way, 3)
        return signals
