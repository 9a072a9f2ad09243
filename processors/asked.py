"""A caller asks for a person, or says goodbye: the line does as it is asked."""

from pipecat.frames.frames import (
    EndWorkerFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    InterruptionFrame,
    TranscriptionFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from judgement.asked import Asked, asked
from processors.frames import PlayLineFrame, TransferFailedFrame, TransferFrame
from processors.phone import PUT_THROUGH

FAREWELL = "Goodbye."


class AskedProcessor(FrameProcessor):
    """Stands before the moments: what it acts on is no turn, and nothing is judged after it.

    Only a telephone's caller is heard here: a page has buttons. With no `operator`
    who asks for one is answered by the agent.
    """

    def __init__(self, operator: str | None, *, by_phone: bool):
        super().__init__()
        self._operator = operator
        self._by_phone = by_phone
        self._acts = False

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        match frame:
            case InterimTranscriptionFrame() | InputAudioRawFrame() if self._acts:
                return
            case TranscriptionFrame() if self._by_phone:
                if not self._acts and not await self._act(frame.text):
                    await self.push_frame(frame, direction)
            case TransferFailedFrame():
                self._acts = False
                await self.push_frame(frame, direction)
            case _:
                await self.push_frame(frame, direction)

    async def _act(self, said: str) -> bool:
        """Do what is asked of the line; whether anything was."""
        match asked(said):
            case Asked.OPERATOR if self._operator:
                await self._say(PUT_THROUGH)
                await self.push_frame(TransferFrame(self._operator))
            case Asked.GOODBYE:
                await self._say(FAREWELL)
                await self.push_frame(EndWorkerFrame(reason="the caller said goodbye"))
            case _:
                return False
        return True

    async def _say(self, line: str):
        self._acts = True
        await self.push_frame(InterruptionFrame())
        await self.push_frame(PlayLineFrame(line))
