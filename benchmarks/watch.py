"""Frames between the stages of a talk -> when each stage was over."""

import time
from typing import Any

from pipecat.frames.frames import (
    EagerTranscriptionFrame,
    Frame,
    MetricsFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    UserStoppedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.metrics.metrics import ProcessingMetricsData, TTFBMetricsData, TurnMetricsData
from pipecat.observers.base_observer import BaseObserver, FramePushed
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.services.llm_service import LLMService
from pipecat.services.stt_service import STTService
from pipecat.services.tts_service import TTSService

from benchmarks import stages
from benchmarks.stages import Mark
from judgement.moment import Kind
from processors.frames import ActedFrame, DecisionFrame, HushFrame, SettledTranscriptionFrame


class Watch(BaseObserver):
    """Collects the marks of the turn under way, in seconds of `time.monotonic()`."""

    def __init__(self) -> None:
        super().__init__(observe_every_push=False)
        self.marks: list[Mark] = []

    async def on_push_frame(self, data: FramePushed) -> None:
        """Mark the end of a stage, at the time when its frame was pushed."""
        since = data.source.get_clock().get_time() - data.timestamp
        at = time.monotonic() - since / 1e9
        self.marks += [Mark(stage, at, took) for stage, took in ended(data.frame, data.source)]


def ended(frame: Frame, source: FrameProcessor) -> list[tuple[str, float | None]]:
    """The stage that is over with `frame`, if one is, and the seconds that it took if told."""
    match frame:
        case HushFrame():
            return [(stages.HUSH, None)]
        case SettledTranscriptionFrame():
            return [(stages.WORDS, None)]
        case DecisionFrame(moment=moment, latency=latency) if moment.kind is Kind.PAUSE:
            return [(stages.JUDGE, latency)]
        case EagerTranscriptionFrame():
            return [(stages.BEGUN, None)]
        case VADUserStoppedSpeakingFrame():
            return [(stages.STOP, None)]
        case TranscriptionFrame() if isinstance(source, STTService):
            return [(stages.FINAL, None)]
        case ActedFrame(outcome="replied"):
            return [(stages.DECIDED, None)]
        case UserStoppedSpeakingFrame():
            return [(stages.CLOSED, None)]
        case TTSStartedFrame() if isinstance(source, TTSService):
            return [(stages.CLAUSE, None)]
        case TTSAudioRawFrame() if isinstance(source, TTSService):
            return [(stages.VOICE, None)]
        case MetricsFrame(data=metrics):
            return [found for each in metrics if (found := _measured(each, source))]
        case _:
            return []


def _measured(metric: Any, source: FrameProcessor) -> tuple[str, float | None] | None:
    match metric:
        case TurnMetricsData():
            return stages.SOUND, None
        case TTFBMetricsData(value=took) if isinstance(source, LLMService):
            return stages.TOKEN, took
        case ProcessingMetricsData(value=took) if isinstance(source, TTSService):
            return stages.AHEAD, took
        case _:
            return None
