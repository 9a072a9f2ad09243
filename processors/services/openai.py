"""Replies from any OpenAI-compatible server, local ones among them."""

from typing import Any

from openai import AsyncOpenAI
from pipecat.frames.frames import (
    EagerEndOfTurnCancelFrame,
    Frame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.openai.llm import OpenAILLMService

from processors.services.ahead import Ahead
from processors.services.tally import Tally


class OpenAIService(OpenAILLMService):
    """Pipecat's service, which lets go of its connections when the talk is over.

    Pipecat's gate holds a reply whose turn is not over yet. Its words are shown
    to `ahead`, where the voice has one; what became of it is told upstream.
    """

    ahead: Ahead | None = None
    _made: AsyncOpenAI | None = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._tally = Tally()

    def create_client(self, *args: Any, **kwargs: Any) -> AsyncOpenAI:
        """The client of this talk."""
        self._made = super().create_client(*args, **kwargs)
        return self._made

    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        """Push, or hold, as Pipecat's gate says."""
        held = self._speculation_gate.is_speculating
        await super().push_frame(frame, direction)
        if direction is not FrameDirection.DOWNSTREAM:
            return
        if self.ahead:
            await self._speak_ahead(self.ahead, frame, held=held)
        if became := self._tally.count(frame, held=held):
            await super().push_frame(became, FrameDirection.UPSTREAM)

    async def _speak_ahead(self, ahead: Ahead, frame: Frame, *, held: bool) -> None:
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

    async def cleanup(self) -> None:
        """End the talk's use of the server."""
        await super().cleanup()
        if self._made:
            await self._made.close()
