"""A voice like a cloud's: its sound comes at once, its words with the time at which each begins."""

from collections.abc import AsyncGenerator
from typing import Any

from pipecat.frames.frames import Frame, StartFrame, TTSAudioRawFrame
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService

from processors.services.voice import shared_voice


class TimedVoice(TTSService):
    """Piper's sound, timed by the transport's clock."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            push_text_frames=False,
            push_start_frame=True,
            push_stop_frames=True,
            settings=TTSSettings(model=None, voice="timed", language=None),
            **kwargs,
        )

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        self._sample_rate = shared_voice().rate

    async def run_tts(self, text: str, context_id: str) -> AsyncGenerator[Frame | None, None]:
        line = shared_voice().line(text)
        begins = [0, *(end for _, end in line.words)]
        timed = [(word, at / line.rate) for (word, _), at in zip(line.words, begins, strict=False)]
        await self.add_word_timestamps(timed, context_id)
        yield TTSAudioRawFrame(line.pcm, line.rate, 1, context_id=context_id)
