"""The silence behind the user's voice: when it is asked about."""

from judgement.signals import TURN_OVER, Signals
from judgement.steps import Steps

# s at which a pause is asked about
PAUSES = (0.16, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2, 1.4, 1.7, 2.0, 2.4)
LATE = 1.0  # s for which the final words are waited for,
UNHEARD = 0.6  # and for which the turn model is


class Pause:
    """A hush that may become a pause, then a pause that grows.

    The first question of a pause is asked ahead, while it is still a hush, where
    all that it needs is known by then: the words and what the turn model says.
    """

    def __init__(self) -> None:
        """No voice was heard yet."""
        self.began = 0.0  # when the voice ended
        self.turn_over: float | None = None  # how likely the turn is, by the sound of the voice
        self._steps = Steps()
        self._is_hush = False  # the voice may have ended
        self._is_settled = False  # and the words up to there are known
        self._ahead: str | None = None  # the words that were asked about ahead

    def voice_begins(self) -> None:
        """There is no pause."""
        self._steps.begin()
        self.turn_over = None

    def hush(self) -> None:
        """The voice may go on, or have ended."""
        self._is_hush, self._is_settled = True, False
        self.turn_over = self._ahead = None

    def voice_back(self) -> None:
        """It goes on."""
        self._is_hush = self._is_settled = False
        self.turn_over = self._ahead = None

    def settle(self) -> bool:
        """All words up to the hush are known; False if there is no hush any more."""
        self._is_settled = self._is_hush
        return self._is_hush

    def voice_ends(self, at: float, said: str) -> None:
        """The hush is a pause, which began at `at`."""
        self.began = at
        self._steps.begin(PAUSES[0] if self._ahead == said else 0.0)
        if not self._is_hush:
            self.turn_over = None
        self._is_hush = self._is_settled = False
        self._ahead = None

    def typed(self, now: float) -> None:
        """Words without a voice: the turn is over behind them."""
        self.began, self.turn_over = now, 1.0
        self.ask_anew()

    def ask_anew(self) -> None:
        """What was asked about no longer holds."""
        self._steps.begin()

    def ask_ahead(self, said: str) -> bool:
        """Whether to ask about it now, as though the hush were its beginning already."""
        if not self._is_settled or self.turn_over is None or not said.strip():
            return False
        self._is_settled, self._ahead = False, said
        return True

    def ask(self, now: float, patience: float, *, final_due: bool) -> bool:
        """Whether to ask about it now, at `patience` for the last time.

        `final_due`: the final words are still to come.
        """
        lasted = now - self.began
        step = self._steps.due((*PAUSES, patience), lasted)
        if step is None or lasted > patience and self._steps.asked >= patience:
            return False
        if final_due and lasted < min(patience, LATE):
            return False
        if self.turn_over is None and lasted < UNHEARD:
            return False
        self._steps.begin(step)
        return True

    def signals(self) -> Signals:
        """What the sound of the voice says, where it is known."""
        return {} if self.turn_over is None else {TURN_OVER: round(self.turn_over, 4)}
