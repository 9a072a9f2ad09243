"""Piper as a Pipecat service whose words reach the context as they are heard."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from typing import Any

from pipecat.frames.frames import (
    AggregatedTextFrame,
    AggregatedTextProgressFrame,
    Frame,
    LLMAssistantPushAggregationFrame,
    LLMFullResponseEndFrame,
    StartFrame,
    TTSAudioRawFrame,
)
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
        self._text_aggregator = ClauseAggregator()
        self.ahead = Ahead(self.prepare, ClauseAggregator)

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

    @traced_tts
    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        """The sound of `text`; its words go into the same queue."""
        assert self._voice is not None
        await self.start_tts_usage_metrics(text)
        line, lines = await self.ahead.take(text), iter(())
        if line is None:
            lines = self._voice.lines(text)
            line = await asyncio.to_thread(_next, lines)
        if line is None:
            # "..." has no sound, but an answer without any counts as a failure.
            yield TTSAudioRawFrame(_HUSH, self.sample_rate, 1, context_id=context_id)
        while line is not None:
            for piece in paced(line):
                if isinstance(piece, bytes):
                    yield TTSAudioRawFrame(piece, line.rate, 1, context_id=context_id)
                else:
                    word, end = piece
                    await self.add_word_timestamps([(word, end / line.rate)], context_id)
            line = await asyncio.to_thread(_next, lines)


def _next(lines: Iterator[Line]) -> Line | None:
    """The next line, made in the calling thread, or None after the last."""
    return next(lines, None)
