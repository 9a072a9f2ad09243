"""A reply made before its turn is over: whether it may go on, and what was made in vain."""

from collections.abc import Callable

from pipecat.frames.frames import (
    EagerEndOfTurnCancelFrame,
    Frame,
    InterruptionFrame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.turns.speculation_gate import SpeculationGate, SpeculationState

from processors.frames import SpeculatedFrame
from processors.services.ahead import Ahead


def is_wanted(frame: LLMContextFrame, wanted: Callable[[str], bool] | None) -> bool:
    """Whether the reply that `frame` asks for is still of use.

    A withdrawal is a system frame and may overtake what it withdraws.
    """
    if not frame.speculation or wanted is None:
        return True
    said = [each for each in frame.context.get_messages() if isinstance(each, dict)]
    said = [each for each in said if each.get("role") == "user"]
    return bool(said) and wanted(str(said[-1].get("content")))


class Gate(SpeculationGate):
    """Pipecat's own, but a second withdrawal drops the rest of the reply too.

    In Pipecat 1.14 it opens the gate while the rest may still come.
    """

    def _drop_held(self, reason: str, *, keep_dropping: bool):
        if self.state is SpeculationState.DROPPING and keep_dropping:
            return []
        return super()._drop_held(reason, keep_dropping=keep_dropping)


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


async def follow(
    tally: Tally, ahead: Ahead | None, frame: Frame, direction: FrameDirection, *, held: bool
) -> SpeculatedFrame | None:
    """Speak a held reply `ahead`, and what became of an answer, once known.

    `frame` is what a model pushes or is told; `held`: its reply was held back then.
    """
    if direction is not FrameDirection.DOWNSTREAM:
        return None
    if ahead:
        await _speak_ahead(ahead, frame, held=held)
    return tally.count(frame, held=held)


async def _speak_ahead(ahead: Ahead, frame: Frame, *, held: bool) -> None:
    match frame:
        case LLMFullResponseStartFrame() if held:
            ahead.begin()
        case LLMTextFrame() if held:
            await ahead.hear(frame.text)
        case LLMFullResponseEndFrame() if held:
            await ahead.end()
        case EagerEndOfTurnCancelFrame() | InterruptionFrame():
            ahead.drop()
        case _:
            pass
