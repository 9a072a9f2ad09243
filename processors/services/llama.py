"""Replies from the model server in this process, which reads while the user still speaks."""

import asyncio
import contextlib

from openai import OpenAIError
from pipecat.frames.frames import Frame, LLMContextFrame
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection

from processors.frames import ReadAheadFrame
from processors.services.openai import OpenAIService


class LlamaService(OpenAIService):
    """The server keeps what it has read of a prompt, so an answer has only the rest to read.

    One prompt is read at a time and the newest waits its turn. It makes no token. A talk
    has a slot of the server's: an answer waits there for what is being read.
    """

    _reading: asyncio.Task[None] | None = None
    _newest: LLMContext | None = None

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Read ahead where told; all else as the service does."""
        if isinstance(frame, ReadAheadFrame):
            self.read_ahead(frame.context)
            return
        if isinstance(frame, LLMContextFrame):
            self._newest = None
        await super().process_frame(frame, direction)

    def read_ahead(self, context: LLMContext) -> None:
        """Read `context` next, instead of any that waits."""
        self._newest = context
        if self._reading is None or self._reading.done():
            self._reading = self.create_task(self._read())

    async def cleanup(self) -> None:
        """Read no more."""
        if self._reading:
            await self.cancel_task(self._reading)
        await super().cleanup()

    async def _read(self) -> None:
        while context := self._newest:
            self._newest = None
            with contextlib.suppress(OpenAIError):  # a prompt that was not read costs time only
                await self.run_inference(context, max_tokens=0)
