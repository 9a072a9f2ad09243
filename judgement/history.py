"""What both have said: the finished turns, and what is heard of the agent's present one."""

from judgement.moment import Turn
from judgement.signals import AGENT_ASKED, SINCE_TURN, Signals
from judgement.words import has_asked, is_question

KEPT = 12  # turns a judge may look back on; then the older half is dropped, so that a
# prompt begins with the same turns for a while and a server's cache holds them


class History:
    """The latest turns, oldest first."""

    def __init__(self) -> None:
        """Nothing has been said yet."""
        self._turns: list[tuple[str, str, float]] = []  # who, what, and when it was over
        self._saying = ""  # what was heard of the agent's turn so far

    def agent_starts(self) -> None:
        """A turn of the agent's begins."""
        self._saying = ""

    def agent_says(self, words: str) -> None:
        """These words of it have just been heard."""
        self._saying = f"{self._saying} {words}".lstrip()

    def agent_said(self, text: str, now: float) -> None:
        """What was heard of all of it."""
        self._saying = ""
        self._keep("agent", text, now)

    def user_said(self, text: str, now: float, who: str = "") -> None:
        """A turn of the user's is over; `who`, where one of several people spoke."""
        self._keep(who or "user", text, now)

    def turns(self, now: float) -> tuple[Turn, ...]:
        """The turns as they look `now`."""
        return tuple(Turn(who, text, now - at) for who, text, at in self._turns)

    def signals(self, now: float) -> Signals:
        """How long ago the last turn was, and whether the agent has asked something."""
        signals: Signals = {}
        if self._turns:
            who, text, ended = self._turns[-1]
            signals[SINCE_TURN] = round(now - ended, 3)
            if who == "agent":
                signals[AGENT_ASKED] = is_question(text)
        if self._saying:
            signals[AGENT_ASKED] = has_asked(self._saying)
        return signals

    def _keep(self, who: str, text: str, now: float) -> None:
        if not text.strip():
            return
        if len(self._turns) == KEPT:
            del self._turns[: KEPT // 2]
        self._turns.append((who, text, now))
