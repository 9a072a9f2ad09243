"""Sound -> voice: that it began and ended, as Pipecat says, and that it may have ended."""

from pipecat.audio.vad.vad_analyzer import VADState
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    InputAudioRawFrame,
)
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.processors.frame_processor import FrameDirection

from processors.ears import Ears
from processors.frames import EchoFoundFrame, FarVoiceFrame, HushFrame, VoiceBackFrame
from processors.played import RATE

HUSH = 0.02  # s behind the first of Silero's windows without voice: the turn may be over
MOVED = round(0.02 * RATE)  # samples by which an echo's delay must change to be told again


class HushProcessor(VADProcessor):
    """Pipecat's voice frames, with a `HushFrame` well before each end of voice.

    What takes its time can begin then: the last words, the turn model, the
    judge, a reply. A `VoiceBackFrame` follows where the voice goes on; else
    Pipecat's own frame says that it ended. An `EchoFoundFrame` tells that the
    agent's own sound comes back, and again where it does with another delay, and
    a `FarVoiceFrame` that a voice over the agent is left out, as it is far off.
    """

    def __init__(self, *, vad_analyzer: Ears):
        super().__init__(vad_analyzer=vad_analyzer)
        self._detector = vad_analyzer
        self._silent = 0.0  # s since the voice may have ended
        self._told = -MOVED  # the delay of the echo that was told last
        self._was_far = False

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        match frame:
            case InputAudioRawFrame():
                await self._look(frame.num_frames / frame.sample_rate)
                await self._tell_echo()
                await self._tell_far()
            case BotStartedSpeakingFrame() | BotStoppedSpeakingFrame() if self._detector.near:
                self._detector.near.agent_speaks = isinstance(frame, BotStartedSpeakingFrame)
            case _:
                pass

    async def _look(self, seconds: float):
        """Tell of a hush or of its end, once each."""
        before, state = self._silent, self._detector.state
        self._silent = before + seconds if state is VADState.STOPPING else 0.0
        if before < HUSH <= self._silent:
            await self.push_frame(HushFrame(self._silent))
        elif before >= HUSH and state is VADState.SPEAKING:
            await self.push_frame(VoiceBackFrame())

    async def _tell_echo(self):
        echo = self._detector.echo
        if echo and echo.delay is not None and abs(echo.delay - self._told) >= MOVED:
            self._told = echo.delay
            await self.push_frame(EchoFoundFrame(echo.delay / RATE, echo.level))

    async def _tell_far(self):
        near = self._detector.near
        is_far = near is not None and near.is_far
        if is_far and not self._was_far:
            await self.push_frame(FarVoiceFrame())
        self._was_far = is_far
