"""Replies from any OpenAI-compatible server, local ones among them."""

from collections.abc import Callable
from typing import Any

from openai import AsyncOpenAI
from pipecat.frames.frames import Frame, LLMContextFrame
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.openai.llm import OpenAILLMService

from processors.services.ahead import Ahead
from processors.services.speculative import Gate, Tally, follow, is_wanted


class OpenAIService(OpenAILLMService):
    """Pipecat's service, which lets go of its connections when the talk is over.

    Pipecat's gate holds a reply whose turn is not over yet. Its words are shown
    to `ahead`, where the voice has one, and what became of it is told upstream.
    `wanted` says of the words that such a reply answers whether it is still of use.
    """

    ahead: Ahead | None = None
    wanted: Callable[[str], bool] | None = None
    _made: AsyncOpenAI | None = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._tally = Tally()
        self._speculation_gate = Gate(name=f"{self}::Gate")

    def create_client(self, *args: Any, **kwargs: Any) -> AsyncOpenAI:
        """The client of this talk."""
        self._made = super().create_client(*args, **kwargs)
        return self._made

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Begin no reply that was withdrawn on the way here; all else as Pipecat does."""
        if isinstance(frame, LLMContextFrame) and not is_wanted(frame, self.wanted):
            return
        await super().process_frame(frame, direction)

    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        """Push, or hold, as the gate says."""
        held = self._speculation_gate.is_speculating
        await super().push_frame(frame, direction)
        if became := await follow(self._tally, self.ahead, frame, direction, held=held):
            await super().push_frame(became, FrameDirection.UPSTREAM)

    async def cleanup(self) -> None:
        """End the talk's use of the server."""
        await super().cleanup()
        if self._made:
            await self._made.close()
