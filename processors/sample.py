"""A bundled talk through the real pipeline, for a visitor without a microphone."""

import asyncio
import wave
from pathlib import Path

from pipecat.frames.frames import Frame, InputAudioRawFrame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.processors.frameworks.rtvi.frames import RTVIServerMessageFrame

SAMPLE = Path(__file__).parent / "sample.wav"
CHUNK = 0.02  # s


class SamplePlayer(FrameProcessor):
    """Stands where the microphone's sound comes in and can take its place.

    While it plays, the client's own sound is dropped.
    """

    def __init__(self, path: Path = SAMPLE):
        super().__init__()
        self._path = path
        self._task: asyncio.Task[None] | None = None

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame) and self._task:
            return
        await self.push_frame(frame, direction)

    async def cleanup(self):
        if self._task:
            await self.cancel_task(self._task)
        await super().cleanup()

    async def play(self):
        """Play the sample from its beginning, unless it plays already."""
        if self._task is None:
            self._task = self.create_task(self._play())

    async def _play(self):
        await self._tell("playing")
        with wave.open(str(self._path)) as sound:
            rate = sound.getframerate()
            loop = asyncio.get_running_loop()
            due = loop.time()
            while chunk := sound.readframes(int(rate * CHUNK)):
                await self.push_frame(InputAudioRawFrame(chunk, rate, 1))
                due += CHUNK
                await asyncio.sleep(max(0.0, due - loop.time()))
        self._task = None
        await self._tell("done")

    async def _tell(self, state: str):
        await self.push_frame(RTVIServerMessageFrame(data={"type": "sample", "state": state}))
