"""Whether a reply is worth beginning before its turn is over, and what that costs."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from pipecat.frames.frames import EagerEndOfTurnCancelFrame, EagerTranscriptionFrame
from pipecat.turns.user_stop import NormalizedMatch
from pipecat.utils.time import time_now_iso8601

from judgement.moment import Kind, Moment
from judgement.rules import only_acknowledges, pause_to_wait_for, wants_moment
from judgement.signals import LAST_WORDS
from processors.services.ahead import Ahead, SpeaksAhead

WASTE = 0.6  # tokens dropped for each one released, at most over a talk,
ALLOWANCE = 100  # and so many more, so that a talk may begin with a few in vain
EARLY = 0.5  # of both, for replies begun while the user speaks: the rest is for silences
ENDING = 0.5  # from which words that a judge has read may be the last
UNLIKELY = 0.9  # s that the rules would wait: such a turn goes on, most likely


class Speculation:
    """The reply that is under way for a turn still open, by the words that it answers."""

    def __init__(self) -> None:
        self._said: str | None = None
        self._kept: str | None = None  # of the turn that closed last
        self._match = NormalizedMatch()
        self.dropped = 0  # tokens
        self.released = 0

    def answers(self, said: str) -> bool:
        """Whether the reply under way is to these words."""
        return self._said is not None and self._match.matches(self._said, said)

    def is_worth(self, moment: Moment, over: float | None = None) -> bool:
        """Whether the turn may well be over, and replies in vain have not cost too much.

        That is what a judge says (`over`), and before it has, the rules say of the words
        before a pause or a hush.
        """
        is_silent = moment.kind is Kind.PAUSE or bool(moment.signals.get(LAST_WORDS))
        if not moment.said.strip() or not self._is_affordable(1.0 if is_silent else EARLY):
            return False
        if wants_moment(moment) or only_acknowledges(moment):
            return False
        if over is not None:
            return over >= ENDING
        return is_silent and pause_to_wait_for(moment) < UNLIKELY

    def begin(self, said: str) -> EagerTranscriptionFrame:
        """What has a reply to `said` begun."""
        self._said = said
        frame = EagerTranscriptionFrame(text=said, user_id="", timestamp=time_now_iso8601())
        frame.interruptible = False  # by the turn that it opens
        return frame

    def close(self, *, keeps_reply: bool) -> None:
        """The turn is over, and the reply is to be heard or dropped."""
        self._said, self._kept = None, self._said if keeps_reply else None

    def withdraw(self) -> EagerEndOfTurnCancelFrame | None:
        """What has the reply dropped; None where none is under way."""
        if self._said is None:
            return None
        self._said = self._kept = None
        return EagerEndOfTurnCancelFrame()

    def wants(self, said: str) -> bool:
        """Whether a reply to `said` that a model is about to begin is still of use."""
        return said in (self._said, self._kept)

    def count(self, tokens: int, *, released: bool) -> None:
        """So many tokens were let go or dropped."""
        if released:
            self.released += tokens
        else:
            self.dropped += tokens

    def _is_affordable(self, share: float) -> bool:
        return self.dropped <= share * (ALLOWANCE + WASTE * self.released)


@runtime_checkable
class Speculates(Protocol):
    """A reply model that can be asked before a turn is over."""

    ahead: Ahead | None
    wanted: Callable[[str], bool] | None


def speculate(model: object, voice: object) -> Speculation | None:
    """Have replies begun ahead, with their first words where `voice` can; None if `model` can't."""
    if not isinstance(model, Speculates):
        return None
    speculation = Speculation()
    model.wanted = speculation.wants
    if isinstance(voice, SpeaksAhead):
        model.ahead = voice.ahead
    return speculation
