"""How a turn that strategy closes reaches the context: with an answer or without."""

from pipecat.frames.frames import EagerTranscriptionFrame, Frame, TranscriptionFrame
from pipecat.turns.types import ProcessFrameResult
from pipecat.turns.user_start import ExternalUserTurnStartStrategy
from pipecat.turns.user_stop import EagerUserTurnStopStrategy
from pipecat.turns.user_turn_strategies import UserTurnStrategies

from processors.frames import TurnEndProposedFrame


class DecidedTurnStop(EagerUserTurnStopStrategy):
    """Closes the turn as soon as both its words and the proposal are here.

    A reply to the same words that was begun while the turn was open is let go then.

    The proposal is a system frame and overtakes the words, so each of the two
    looks for the other; Pipecat's own strategy would wait half a second. A
    proposal without an answer writes the words to the context and runs no model.
    """

    def __init__(self):
        super().__init__()
        self._proposal: TurnEndProposedFrame | None = None

    async def process_frame(self, frame: Frame) -> ProcessFrameResult:
        match frame:
            case EagerTranscriptionFrame() if not self._turn_open:
                pass  # the turn was closed before
            case TurnEndProposedFrame():
                self._proposal = frame
                await super().process_frame(frame)
            case TranscriptionFrame():
                await super().process_frame(frame)
                if self._proposal:
                    await self._maybe_trigger_user_turn_stopped()
            case _:
                await super().process_frame(frame)
        return ProcessFrameResult.CONTINUE

    async def trigger_user_turn_stopped(self, *, enable_user_speaking_frames: bool | None = None):
        proposal, self._proposal = self._proposal, None
        if proposal is not None and not proposal.keeps_reply and await self._take_speculation():
            await self.trigger_user_turn_speculation_cancelled()
        if proposal is None or proposal.answer:
            await super().trigger_user_turn_stopped(
                enable_user_speaking_frames=enable_user_speaking_frames
            )
            return
        await self.trigger_user_turn_finalized(
            enable_user_speaking_frames=enable_user_speaking_frames, confirms_speculation=True
        )


def decided_turns() -> UserTurnStrategies:
    """Turns begin and end where strategy says so, and nowhere else."""
    return UserTurnStrategies(start=[ExternalUserTurnStartStrategy()], stop=[DecidedTurnStop()])
