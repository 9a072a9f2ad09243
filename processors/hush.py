"""Sound -> voice: that it began and ended, as Pipecat says, and that it may have ended."""

from pipecat.audio.vad.vad_analyzer import VADState
from pipecat.frames.frames import Frame, InputAudioRawFrame
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.processors.frame_processor import FrameDirection

from processors.ears import Ears
from processors.frames import HushFrame, VoiceBackFrame

HUSH = 0.04  # s without voice after which the turn may be over: one of Silero's windows


class HushProcessor(VADProcessor):
    """Pipecat's voice frames, with a `HushFrame` well before each end of voice.

    What takes its time can begin then: the last words, the turn model, the
    judge, a reply. A `VoiceBackFrame` follows where the voice goes on; else
    Pipecat's own frame says that it ended.
    """

    def __init__(self, *, vad_analyzer: Ears):
        super().__init__(vad_analyzer=vad_analyzer)
        self._detector = vad_analyzer
        self._silent = 0.0
        self._is_hushed = False

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            await self._look(frame.num_frames / frame.sample_rate)

    async def _look(self, seconds: float):
        """Tell of a hush or of its end, once each."""
        was_hushed = self._is_hushed
        stopping = self._detector.state is VADState.STOPPING
        self._silent = self._silent + seconds if stopping else 0.0
        self._is_hushed = stopping and (was_hushed or self._silent >= HUSH)
        if self._is_hushed and not was_hushed:
            await self.push_frame(HushFrame(self._silent))
        elif was_hushed and self._detector.state is VADState.SPEAKING:
            await self.push_frame(VoiceBackFrame())
