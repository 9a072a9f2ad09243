"""Piper as a Pipecat service whose words reach the context as they are heard."""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from pipecat.frames.frames import (
    AggregatedTextFrame,
    AggregatedTextProgressFrame,
    Frame,
    LLMAssistantPushAggregationFrame,
    LLMFullResponseEndFrame,
    MetricsFrame,
    StartFrame,
    TTSAudioRawFrame,
)
from pipecat.metrics.metrics import ProcessingMetricsData
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService
from pipecat.utils.tracing.service_decorators import traced_tts

from processors.services.ahead import Ahead
from processors.services.clauses import ClauseAggregator
from processors.services.voice import Voice, shared_voice
from processors.services.words import Line, paced

_HUSH = bytes(2 * 400)  # about 20 ms of silence

# What Pipecat gives the time at which a word should be over.
_TIMED = (
    AggregatedTextFrame,
    AggregatedTextProgressFrame,
    LLMFullResponseEndFrame,
    LLMAssistantPushAggregationFrame,
)


async def synthesize(text: str, voice: Voice | None = None) -> Line:
    """`text` as a line ready to play, by the process's voice unless another is given."""
    return await asyncio.to_thread(lambda: (voice or shared_voice()).line(text))


class PiperService(TTSService):
    """Speech in pieces of 40 ms at most, each word's `TTSTextFrame` behind its sound.

    Words and sound stay in one queue as far as the transport's output, which
    plays it in order and drops the rest at an interruption: what the context
    keeps is what was played. Ready lines from upstream (`words.line_frames`)
    join the same queue.
    """

    def __init__(self, *, voice: Voice | None = None, **kwargs: Any) -> None:
        """Speak with `voice`, or the process's own, which is loaded on start at the latest."""
        super().__init__(
            push_text_frames=False,
            push_start_frame=True,
            push_stop_frames=True,
            settings=TTSSettings(model=None, voice="en_US-joe-medium", language=None),
            **kwargs,
        )
        self._voice = voice
        self._answering = ""  # the context of the answer that has begun
        self._text_aggregator = ClauseAggregator()
        self.ahead = Ahead(self._speak_ahead, ClauseAggregator)

    @property
    def name_of_voice(self) -> str:
        """Which voice speaks: lines kept on disk go by it."""
        return str(self._settings.voice)

    def can_generate_metrics(self) -> bool:
        """Say that the time to the first sound is measured."""
        return True

    async def start(self, frame: StartFrame) -> None:
        """Get the voice ready, off the event loop."""
        await super().start(frame)
        if self._voice is None:
            self._voice = await asyncio.to_thread(shared_voice)
        # The transport resamples whatever it is given: once is enough.
        self._sample_rate = self._voice.rate

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Keep a ready line's words in line with its sound; all else as every TTS service."""
        if isinstance(frame, AggregatedTextFrame) and frame.skip_tts:
            await self._audio_context_manager.put_frame(frame)
        else:
            await super().process_frame(frame, direction)

    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        """Push without a time: the transport's clock would let words overtake their sound."""
        if isinstance(frame, _TIMED):
            frame.pts = 0
        await super().push_frame(frame, direction)

    async def prepare(self, text: str) -> Line:
        """`text` as a line ready to play, before any talk."""
        return await synthesize(text, self._voice)

    async def _speak_ahead(self, text: str) -> AsyncIterator[Line]:
        """`text` for a reply that is still held.

        A metric tells how soon its first sound was there, since no sound does.
        """
        began = time.monotonic()
        is_first = True
        async for line in self._spoken(text):
            if is_first and self.metrics_enabled:
                took = ProcessingMetricsData(processor=self.name, value=time.monotonic() - began)
                await self.push_frame(MetricsFrame([took]))
            is_first = False
            yield line

    async def _spoken(self, text: str) -> AsyncIterator[Line]:
        """`text` piece by piece, each made off the event loop."""
        voice = self._voice or await asyncio.to_thread(shared_voice)
        lines = voice.lines(text)
        while (line := await asyncio.to_thread(next, lines, None)) is not None:
            yield line

    @traced_tts
    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        """The sound of `text`; its words go into the same queue."""
        await self.start_tts_usage_metrics(text)
        is_silent = True
        async for line in self.ahead.take(text) or self._spoken(text):
            is_silent = False
            if context_id != self._answering:
                self._answering, line = context_id, line.at_once()
            for piece in paced(line):
                if isinstance(piece, bytes):
                    yield TTSAudioRawFrame(piece, line.rate, 1, context_id=context_id)
                else:
                    word, end = piece
                    await self.add_word_timestamps([(word, end / line.rate)], context_id)
        if is_silent:
            # "..." has no sound, but an answer without any counts as a failure.
            yield TTSAudioRawFrame(_HUSH, self.sample_rate, 1, context_id=context_id)
