"""Sound, words and turns -> MomentFrame: a chance to act."""

import asyncio

from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    LLMContextAssistantTurnFrame,
    MetricsFrame,
    TranscriptionFrame,
    UserAudioRawFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor, FrameProcessorSetup

from judgement.listener import Listener
from judgement.moment import Moment
from processors.frames import (
    AsideFrame,
    DoubtfulTranscriptionFrame,
    FarVoiceFrame,
    HandOverFrame,
    HushFrame,
    MomentFrame,
    SettledTranscriptionFrame,
    TurnClosedFrame,
    TurnOpenedFrame,
    TypedFrame,
    VoiceBackFrame,
)
from processors.turn_model import TurnModel


class MomentProcessor(FrameProcessor):
    """Feed the listener; push the moments it makes.

    Transcripts end here: what the user said reaches the context only when a
    turn is closed, so that words said over the agent are never glued to the
    next turn. The turn model runs at each hush, off the event loop.
    """

    def __init__(self, listener: Listener, turn_model: TurnModel | None = None):
        super().__init__()
        self._listener = listener
        self._turn_model = turn_model
        self._analysis: asyncio.Task[None] | None = None

    async def setup(self, setup: FrameProcessorSetup):
        await super().setup(setup)
        if self._turn_model:
            self._turn_model.set_sample_rate(setup.audio_in_sample_rate)

    async def cleanup(self):
        await self._stop_analysis()
        if self._turn_model:
            await self._turn_model.cleanup()
        await super().cleanup()

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        listener = self._listener
        match frame:
            case InputAudioRawFrame():
                if isinstance(frame, UserAudioRawFrame):
                    listener.among.speaker = frame.user_id
                await self._emit(listener.sound(self._hear(frame)))
            case VADUserStartedSpeakingFrame():
                await self._stop_analysis()
                if listener.user_starts() and self._turn_model:
                    self._turn_model.turn_begins()
            case FarVoiceFrame():
                listener.far_voice()
            case HushFrame():
                listener.hush()
                self._analyse(frame.silent)
            case VoiceBackFrame():
                await self._stop_analysis()
                listener.voice_back()
            case VADUserStoppedSpeakingFrame():
                listener.user_stops(frame.stop_secs)
                if not self._analysis:
                    self._analyse(frame.stop_secs)
            case SettledTranscriptionFrame():
                await self._emit(listener.words(frame.text, final=False, settled=True))
                return
            case InterimTranscriptionFrame():
                await self._emit(listener.words(frame.text, final=False))
                return
            case TranscriptionFrame():
                doubtful = isinstance(frame, DoubtfulTranscriptionFrame)
                await self._emit(listener.words(frame.text, final=True, doubtful=doubtful))
                return
            case BotStartedSpeakingFrame():
                listener.agent_starts()
            case BotStoppedSpeakingFrame():
                await self._emit(listener.agent_stops())
            case LLMContextAssistantTurnFrame() if direction is FrameDirection.UPSTREAM:
                listener.agent_said(frame.text)
            case TypedFrame():
                await self._emit(listener.typed(frame.text))
                return
            case TurnOpenedFrame():
                await self._emit(listener.turn_opened())
                return
            case TurnClosedFrame():
                listener.turn_closed(frame.text, cut_in=frame.cut_in, speaker=frame.speaker)
                return
            case AsideFrame():
                listener.aside(frame.speaker, frame.text)
                return
            case HandOverFrame():
                await self._emit(listener.hand_over())
                return
            case _:
                pass
        await self.push_frame(frame, direction)

    def _hear(self, frame: InputAudioRawFrame) -> float:
        """Keep the sound for the turn model; how many seconds it lasts."""
        if self._turn_model:
            self._turn_model.hear(frame.audio)
        return frame.num_frames / frame.sample_rate

    async def _emit(self, moments: list[Moment]):
        for moment in moments:
            await self.push_frame(MomentFrame(moment))

    def _analyse(self, silent: float):
        if self._turn_model:
            self._analysis = self.create_task(self._ask_turn_model(self._turn_model, silent))

    async def _ask_turn_model(self, model: TurnModel, silent: float):
        answer = await model.turn_over(silent)
        if answer:
            await self.push_frame(MetricsFrame([answer]))
            await self._emit(self._listener.turn_over(answer.probability))

    async def _stop_analysis(self):
        if self._analysis:
            task, self._analysis = self._analysis, None
            await self.cancel_task(task)
