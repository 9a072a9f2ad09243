"""MomentFrame -> MomentFrame with what is remembered."""

from dataclasses import replace
from datetime import UTC, datetime

from pipecat.frames.frames import (
    Frame,
    LLMContextAssistantTurnFrame,
    LLMContextUserTurnFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from judgement.listener import Listener
from memory.affronts import is_affront
from memory.keeper import Keeper
from processors.frames import MomentFrame


class MemoryProcessor(FrameProcessor):
    """Add facts and signals to each moment; keep each turn that reached the context.

    It adds the last finished recall and never waits for one; writing is behind
    the keeper's queue.
    """

    def __init__(self, keeper: Keeper, listener: Listener):
        super().__init__()
        self._keeper = keeper
        self._listener = listener

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        match frame:
            case MomentFrame(moment=moment):
                if moment.said:
                    self._keeper.recall_soon(moment.said)
                facts = tuple(memory.text for memory in self._keeper.recalled)
                self._listener.facts = facts
                signals = {**moment.signals, **self._keeper.signals()}
                if is_affront(moment.said):
                    signals["affront"] = True
                known = replace(moment, facts=facts, signals=signals)
                await self.push_frame(MomentFrame(known))
                return
            case LLMContextUserTurnFrame() if direction is FrameDirection.UPSTREAM:
                self._keeper.heard("user", frame.text, datetime.now(UTC))
            case LLMContextAssistantTurnFrame() if direction is FrameDirection.UPSTREAM:
                self._keeper.heard("agent", frame.text, datetime.now(UTC))
            case _:
                pass
        await self.push_frame(frame, direction)
