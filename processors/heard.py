"""The agent's words on their way out -> the listener: what it has asked, and what may echo."""

from pipecat.frames.frames import Frame, TTSTextFrame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from judgement.listener import Listener


class HeardProcessor(FrameProcessor):
    """Stands behind the transport, which lets a word through when it was heard."""

    def __init__(self, listener: Listener):
        super().__init__()
        self._listener = listener

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSTextFrame):
            self._listener.agent_says(frame.text)
        await self.push_frame(frame, direction)
