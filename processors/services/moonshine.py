"""Moonshine as a Pipecat service: interim words while the user speaks, final ones after."""

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from typing import Any, TypeVar

import numpy as np
from pipecat.audio.utils import create_stream_resampler
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    EndFrame,
    Frame,
    InterimTranscriptionFrame,
    StartFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.services.settings import STTSettings
from pipecat.services.stt_service import STTService
from pipecat.transcriptions.language import Language
from pipecat.utils.time import time_now_iso8601

from judgement.bids import assents
from processors.frames import (
    DoubtfulTranscriptionFrame,
    HushFrame,
    SettledTranscriptionFrame,
    VoiceBackFrame,
)
from processors.services.moonshine_model import RATE, MoonshineError
from processors.services.recogniser import Recogniser, shared_recogniser
from processors.services.speech import NOTHING, Speech

PRE_ROLL = RATE // 2  # kept from before the user was known to speak
_FINAL_AFTER = 0.35  # seconds from the last sound to the final words: 0.2 of silence, then 0.15

T = TypeVar("T")


class MoonshineService(STTService):
    """Words from the sound between a VAD's start and stop frames.

    While the user speaks, an `InterimTranscriptionFrame` with all words of the
    stretch goes out for every 250 ms of sound; `Speech` says which ticks it
    leaves out. One finalized `TranscriptionFrame` follows the stop, after every
    interim of its stretch and before any of the next; no frame at all where
    nothing was recognised. A few words over the agent are read again, to tell
    words from a hum. A recogniser that fails is reported with an
    `ErrorFrame`, and the talk goes on without the words concerned.
    """

    def __init__(self, *, recogniser: Recogniser | None = None, **kwargs: Any) -> None:
        """Use `recogniser`, or the process's own, which is loaded on start at the latest."""
        kwargs.setdefault("ttfs_p99_latency", _FINAL_AFTER)
        super().__init__(settings=STTSettings(model="tiny-en", language=Language.EN), **kwargs)
        self._recogniser = recogniser
        self._resampler = create_stream_resampler()
        self._before = NOTHING  # the latest sound, while nobody speaks
        self._speech: Speech | None = None
        self._is_hushed = False
        self._agent_speaks = False
        self._closing: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._readings = self._pushed = 0  # of interim words: all, and the newest that went out
        self._pushing = asyncio.Lock()  # keeps a final behind an interim on its way out

    def can_generate_metrics(self) -> bool:
        """Say that the time from the last sound to the final words is measured."""
        return True

    async def start(self, frame: StartFrame) -> None:
        """Get the recogniser ready, off the event loop."""
        await super().start(frame)
        if self._recogniser is None:
            self._recogniser = await asyncio.to_thread(shared_recogniser)

    async def stop(self, frame: EndFrame) -> None:
        """Let the last final words out before the end."""
        if self._closing is not None:
            await self._closing
        await super().stop(frame)

    async def cleanup(self) -> None:
        """Drop what is still being recognised."""
        await super().cleanup()
        for task in list(self._tasks):
            await self.cancel_task(task)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Read the last words at a hush already; all else as every recogniser."""
        await super().process_frame(frame, direction)
        if isinstance(frame, HushFrame) and self._speech is not None:
            self._is_hushed = True
            words = self._speech.settled()
            self._spawn(self._push_settled(self._speech, words, after=self._closing))
        elif isinstance(frame, VoiceBackFrame):
            self._is_hushed = False
            if self._speech is not None:
                self._speech.goes_on()
        elif isinstance(frame, BotStartedSpeakingFrame | BotStoppedSpeakingFrame):
            self._agent_speaks = isinstance(frame, BotStartedSpeakingFrame)

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Take in 16-bit mono sound. The words come by themselves."""
        audio = await self._resampler.resample(audio, self.sample_rate, RATE)
        sound = (np.frombuffer(audio, np.int16) / 32768).astype(np.float32)
        if self._speech is None:
            self._before = np.concatenate((self._before, sound))[-PRE_ROLL:]
        elif self._speech.hear(sound) and self._wants_interim():
            self._readings += 1
            self._spawn(self._push_interim(self._speech, self._speech.interim(), self._readings))
        yield None

    def _wants_interim(self) -> bool:
        """Not while last words are read, nor in a hush, whose words are known."""
        return not self._is_hushed and (self._closing is None or self._closing.done())

    async def _handle_vad_user_started_speaking(self, frame: VADUserStartedSpeakingFrame) -> None:
        await super()._handle_vad_user_started_speaking(frame)
        if self._speech is None and self._recogniser is not None:
            self._speech = Speech(
                self._before, self._recogniser, spawn=self._spawn, report=self._report
            )

    async def _handle_vad_user_stopped_speaking(self, frame: VADUserStoppedSpeakingFrame) -> None:
        await super()._handle_vad_user_stopped_speaking(frame)
        if self._speech is None:
            return
        words = self._speech.final()
        self._closing = self._spawn(self._push_final(self._speech, words, after=self._closing))
        # The next pre-roll starts here: it must not repeat this stretch's last word.
        self._speech, self._before = None, NOTHING
        self._is_hushed = False

    async def _push_interim(self, speech: Speech, words: asyncio.Task[str], number: int) -> None:
        text = await words
        async with self._pushing:
            is_newest = number > self._pushed and speech is self._speech
            if text and is_newest and not self._is_hushed:
                self._pushed = number
                await self.push_frame(
                    InterimTranscriptionFrame(text, self._user_id, time_now_iso8601(), Language.EN)
                )

    async def _push_settled(
        self, speech: Speech, words: asyncio.Task[str], *, after: asyncio.Task[None] | None
    ) -> None:
        if after is not None:
            await after
        text = await words
        async with self._pushing:
            if text and speech is self._speech and self._is_hushed:
                await self.push_frame(
                    SettledTranscriptionFrame(text, self._user_id, time_now_iso8601(), Language.EN)
                )

    async def _push_final(
        self, speech: Speech, words: asyncio.Task[str], *, after: asyncio.Task[None] | None
    ) -> None:
        if after is not None:
            await after
        text = await words
        kind = TranscriptionFrame
        if self._agent_speaks and speech.is_brief and text and not assents(text):
            again = await speech.again()
            text, kind = (again, kind) if again else (text, DoubtfulTranscriptionFrame)
        async with self._pushing:
            if text:
                await self.push_frame(
                    kind(text, self._user_id, time_now_iso8601(), Language.EN, finalized=True)
                )
        await self.emit_stt_usage_metrics()

    async def _report(self, error: MoonshineError) -> None:
        await self.push_error(f"Moonshine failed: {error}", exception=error)

    def _spawn(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = self.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
