"""How many tokens of a reply model's answers were used, and how many were made in vain."""

from pipecat.frames.frames import (
    EagerEndOfTurnCancelFrame,
    Frame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    UserStoppedSpeakingFrame,
)

from processors.frames import SpeculatedFrame


class Tally:
    """Counts one answer at a time; each piece of text that is streamed is a token.

    An answer that a turn has let go counts as released, also where the user cuts
    it short: it would have been made without speculation too.
    """

    def __init__(self) -> None:
        self._tokens = 0
        self._is_complete = False

    def count(self, frame: Frame, *, held: bool) -> SpeculatedFrame | None:
        """Take in what the model pushes or is told; what became of an answer, once known.

        `held`: the answer was still held back when `frame` came.
        """
        match frame:
            case LLMFullResponseStartFrame():
                left = self._told(released=False)
                self._is_complete = False
                return left
            case LLMTextFrame():
                self._tokens += 1
            case LLMFullResponseEndFrame():
                self._is_complete = True
                return None if held else self._told(released=True)
            case UserStoppedSpeakingFrame() if held and self._is_complete:
                return self._told(released=True)
            case EagerEndOfTurnCancelFrame() if held:
                return self._told(released=False)
            case InterruptionFrame():
                return self._told(released=not held)
            case _:
                pass
        return None

    def _told(self, *, released: bool) -> SpeculatedFrame | None:
        tokens, self._tokens = self._tokens, 0
        return SpeculatedFrame(tokens, released) if tokens else None
