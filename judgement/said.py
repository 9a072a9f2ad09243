"""The words of one turn, put together from stretches of voice.

A recogniser reports a stretch of voice as interims and, soon after it ended, as
one final. A final may come late: after the user has resumed, or after the turn
was closed without it.
"""


class Said:
    """What the user has said since the turn began, as far as it is recognised."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._interim: list[str] = []
        self._skip = 0  # words of the stretch that an earlier turn has dealt with
        self._owed: int | None = None  # which part awaits its final while the user goes on
        self._is_stale = False  # the final still to come is of a turn already closed
        self.final_due = False

    @property
    def text(self) -> str:
        """All words so far."""
        return " ".join(part for part in (*self._parts, self._present()) if part)

    def voice_begins(self) -> None:
        """A new stretch of voice; what is known of the last one stays as it is for now."""
        if self.final_due and not self._is_stale:
            self._owed = len(self._parts)
        if self._interim:
            self._parts.append(self._present())
        self._interim, self._skip = [], 0

    def voice_ends(self) -> None:
        """The stretch is over and its final is due."""
        self.final_due = True
        self._forget_finals()

    def hear(self, text: str, *, final: bool) -> bool:
        """Take in words; False if they belong to an earlier stretch or to a closed turn."""
        if final and self._settle(text):
            return False
        self._forget_finals()
        self._interim = text.split()
        if final:
            self.final_due = False
            self._parts.append(self._present())
            self._interim, self._skip = [], 0
        return True

    def add(self, text: str) -> None:
        """More words, not spoken."""
        self._parts.append(text)
        self.final_due = False

    def clear(self) -> None:
        """Begin a turn anew."""
        self._parts.clear()

    def close(self, *, user_speaks: bool) -> None:
        """The turn is over. If the user still speaks, the same breath counts from here."""
        self._parts.clear()
        self._skip = len(self._interim)
        self._is_stale = self.final_due and not user_speaks
        self._owed = None

    def _present(self) -> str:
        return " ".join(self._interim[self._skip :])

    def _settle(self, text: str) -> bool:
        """Whether a final is of an earlier stretch: its turn closed, or the user resumed."""
        if self._is_stale:
            self._is_stale = self.final_due = False
            return True
        if self._owed is None:
            return False
        self._parts[self._owed : self._owed + 1] = [text] if text else []
        self._owed = None
        self.final_due = False
        return True

    def _forget_finals(self) -> None:
        """Newer words are here: finals of earlier stretches come no more."""
        self._owed = None
        self._is_stale = False
