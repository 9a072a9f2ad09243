"""PlayLineFrame -> sound at once: prepared lines bypass the voice."""

import uuid
from collections.abc import Mapping

from pipecat.frames.frames import Frame, TTSSpeakFrame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from processors.frames import PlayLineFrame
from processors.services.words import Line, line_frames


class LinePlayer(FrameProcessor):
    """Stands behind the voice and plays lines synthesised at start-up.

    A line that is not prepared (a voice that cannot be asked ahead) is spoken
    by the voice before it, later by the time the voice takes.
    """

    def __init__(self, prepared: Mapping[str, Line]):
        super().__init__()
        self._prepared = prepared

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        match frame:
            case PlayLineFrame(text=text):
                line = self._prepared.get(text)
                if line:
                    await self._play(line, goes_on=frame.goes_on)
                else:
                    await self.push_frame(TTSSpeakFrame(text), FrameDirection.UPSTREAM)
            case _:
                await self.push_frame(frame, direction)

    async def _play(self, line: Line, *, goes_on: bool):
        alone = not goes_on
        for frame in line_frames(line, str(uuid.uuid4()), stopped=alone, commit=alone):
            await self.push_frame(frame)
