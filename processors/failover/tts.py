"""Speech by a first voice, or by a second one that goes on at the next word."""

import asyncio
import copy
from collections.abc import Sequence

from pipecat.audio.resamplers.base_audio_resampler import BaseAudioResampler
from pipecat.audio.utils import create_stream_resampler
from pipecat.frames.frames import (
    AggregatedTextFrame,
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    ErrorFrame,
    Frame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    SystemFrame,
    TextFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStoppedFrame,
    TTSTextFrame,
    TTSUpdateSettingsFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor, FrameProcessorSetup

from processors.failover.base import HANG, SORRY, Failover
from processors.failover.breaker import Breaker
from processors.failover.continuing import unsaid
from processors.failover.member import Maker, Member
from processors.frames import PlayLineFrame

STEP = 0.1  # s between two looks at the clock
SECOND = 4.0  # s that the second voice may be silent
NEARLY = 0.85  # of the letters of what was asked for: voices count words differently


class TTSFailover(Failover):
    """The script of what is to be said is kept until it was said.

    A voice fails when it says so, or when it owes speech and gives no sign for
    `HANG` seconds. The other one gets the script from the first word on that
    had no sound yet.
    """

    part = "tts"

    def __init__(self, makers: Sequence[Maker[FrameProcessor]], breaker: Breaker) -> None:
        """The first of `makers` is preferred."""
        super().__init__(makers, breaker)
        self._script: list[Frame] = []
        self._out: set[int] = set()  # frames of the script that came out again
        self._spoken = ""
        self._requested = ""
        self._sounded = False
        self._stopped = True
        self._sign = 0.0
        self._muted: int | None = None  # until this interruption has passed the voice
        self._watch: asyncio.Task[None] | None = None
        self._done = asyncio.Event()
        self._done.set()
        self._taking_over = asyncio.Lock()
        self._rate = 0  # the transport's
        self._resamplers: dict[int, BaseAudioResampler] = {}
        for member in self._members:
            self._listen(member)

    async def setup(self, setup: FrameProcessorSetup) -> None:
        """Know the transport's rate."""
        self._rate = setup.audio_out_sample_rate
        await super().setup(setup)

    async def cleanup(self) -> None:
        """Watch no more."""
        if self._watch:
            await self.cancel_task(self._watch)
        await super().cleanup()

    async def work(self, frame: Frame, direction: FrameDirection) -> None:
        """Have the script said; let everything else through."""
        speaks = isinstance(frame, TTSSpeakFrame)
        match frame:
            case InterruptionFrame():
                self._forget()
                await self._interrupt(frame, direction)
                await self.push_frame(frame, direction)
            case BotStartedSpeakingFrame() | BotStoppedSpeakingFrame():
                await self._active.give(frame, direction)
                await self.push_frame(frame, direction)
            case TTSUpdateSettingsFrame():
                for member in self._members:
                    await member.set(frame)
            case SystemFrame():
                await self.push_frame(frame, direction)
            case _ if direction is FrameDirection.UPSTREAM and not speaks:
                await self.push_frame(frame, direction)
            case _:
                await self._perform(frame)

    async def _interrupt(self, frame: InterruptionFrame, direction: FrameDirection) -> None:
        """Hear no more of what the voice has made, until it knows."""
        if self._active.is_ready:
            self._muted = frame.id
            await self._active.give(frame, direction)
        else:
            self._active.forget()

    async def returned(self, member: Member, frame: Frame, direction: FrameDirection) -> None:
        """A frame of the script has its turn; an interruption has passed."""
        if frame.id == self._muted:
            self._muted = None
        if member is not self._active or isinstance(frame, SystemFrame):
            return
        self._out.add(frame.id)
        await self.push_frame(frame, direction)
        self._look_if_done()

    async def made(self, member: Member, frame: Frame, direction: FrameDirection) -> None:
        """Sound, and the words in it."""
        if isinstance(frame, ErrorFrame):
            await self._errs(member)
            return
        if member is not self._active or self._muted is not None:
            return
        match frame:
            case TTSAudioRawFrame():
                self._sounded = True
                self._note_sign()
                frame = await self._resampled(member, frame)
            case TTSTextFrame():
                self._spoken += f" {frame.text}"
                self._note_sign()
            case TTSStoppedFrame():
                self._stopped = True
            case LLMFullResponseStartFrame() | LLMFullResponseEndFrame():
                return  # of a script that was begun anew
            case _:
                pass
        await self.push_frame(frame, direction)
        if self._stopped:
            self._look_if_done()

    async def _resampled(self, member: Member, frame: TTSAudioRawFrame) -> TTSAudioRawFrame:
        """A transport takes sound of one rate only: its own."""
        if frame.sample_rate == self._rate:
            return frame
        resampler = self._resamplers.setdefault(id(member.service), create_stream_resampler())
        audio = await resampler.resample(frame.audio, frame.sample_rate, self._rate)
        return TTSAudioRawFrame(audio, self._rate, frame.num_channels, context_id=frame.context_id)

    def _listen(self, member: Member) -> None:
        """Hear what is requested of the voice; of one that is made anew too."""

        async def requested(_service: object, _context: str, text: str) -> None:
            if member is self._active:
                self._requested += f" {text}"
                self._stopped = False
                self._note_sign()

        async def disconnected(service: object, *_: object) -> None:
            # What was sent for is lost. Pipecat's services connect again and give
            # the words that had no sound as spoken, which is too late by then.
            if member is self._active and service is member.service and self._is_owed():
                await self._fail("connection cut")

        def listen(service: FrameProcessor) -> None:
            service.add_event_handler("on_tts_request", requested)
            service.add_event_handler("on_disconnected", disconnected)

        member.each(listen)

    async def _perform(self, frame: Frame) -> None:
        if not self._script:
            await self._cast()
            self._spoken = self._requested = ""
            self._sounded, self._stopped = False, True
        self._script.append(frame)
        self._done.clear()
        if len(self._script) == 1:
            self._note_sign()
        await self._active.give(frame)
        if self._watch is None or self._watch.done():
            self._watch = self.create_task(self._watched())

    async def _cast(self) -> None:
        chosen = await self.choose()
        if chosen is not self._active:
            self._active, self._muted = chosen, None

    def _note_sign(self) -> None:
        self._sign = asyncio.get_running_loop().time()

    async def _watched(self) -> None:
        while self._script:
            await asyncio.sleep(STEP)
            silent = asyncio.get_running_loop().time() - self._sign
            if self._is_owed() and silent > (HANG if self._active is self.first else SECOND):
                how = "stopped" if self._sounded else "no sound"
                await self._fail(f"{how} for {HANG:.1f} s" if self._sounded else how + " in time")

    def _is_owed(self) -> bool:
        """Whether the voice has something to say now."""
        if not self._active.is_ready:
            return any(_text(each).strip() for each in self._script)
        if _letters(self._spoken) < NEARLY * _letters(self._requested):
            return True
        ended = any(isinstance(each, LLMFullResponseEndFrame) for each in self._script)
        return not self._stopped and ended

    async def _errs(self, member: Member) -> None:
        if member is self._active and self._script:
            await self._fail(member.error)

    async def _fail(self, reason: str) -> None:
        if self._taking_over.locked():
            return
        async with self._taking_over:
            self._muted = None
            if self._active is self.first:
                self._active = self.second
                await self.failed(reason)
                await self._go_on()
                return
            apologised = SORRY in "".join(map(_text, self._script))
            self.second.renew()
            self._forget()
            if not apologised:
                await self.push_frame(PlayLineFrame(SORRY))

    async def _go_on(self) -> None:
        """Have the rest of the script said by the voice that is active now."""
        spoken, self._requested = self._spoken, ""
        self._stopped, self._sounded = True, False
        self._note_sign()
        rest = _rest(self._script, spoken, self._out)
        self._script, self._spoken = list(rest), ""
        for frame in rest:
            await self._active.give(frame)
        self._look_if_done()

    def _look_if_done(self) -> None:
        """Whether all of the script was said."""
        passed = all(
            each.id in self._out or _text(each) or isinstance(each, TTSSpeakFrame)
            for each in self._script
        )
        open_answer = _is_open(self._script)
        if not self._script or not passed or open_answer or self._is_owed() or not self._stopped:
            return
        if self._active is self.first and self._sounded:
            self.worked()
        self._forget()

    def _forget(self) -> None:
        self._script.clear()
        self._out.clear()
        self._done.set()

    async def finish(self) -> None:
        """Say what is still to be said."""
        try:
            async with asyncio.timeout(SECOND):
                await self._done.wait()
        except TimeoutError:
            pass


def _is_open(script: Sequence[Frame]) -> bool:
    """Whether an answer has begun that has not ended."""
    opens = sum(isinstance(each, LLMFullResponseStartFrame) for each in script)
    return opens > sum(isinstance(each, LLMFullResponseEndFrame) for each in script)


def _text(frame: Frame) -> str:
    """What a frame gives a voice to say."""
    spoken = isinstance(frame, (TextFrame, AggregatedTextFrame, TTSSpeakFrame))
    return frame.text if spoken and not getattr(frame, "skip_tts", False) else ""


def _letters(text: str) -> int:
    return sum(letter.isalnum() for letter in text)


def _rest(script: Sequence[Frame], spoken: str, out: set[int]) -> list[Frame]:
    """The script from the first word on that is not `spoken`, for another voice.

    An answer that had begun begins again; what came out of the first voice
    stays out.
    """
    said = _letters(spoken)
    rest: list[Frame] = []
    text = ""
    for frame in script:
        words = _text(frame)
        if not words:
            if frame.id not in out:
                rest.append(frame)
            elif isinstance(frame, LLMFullResponseStartFrame):
                rest.append(LLMFullResponseStartFrame())
            continue
        skipped = min(said, _letters(words))
        said -= skipped
        if skipped and skipped == _letters(words):
            continue
        text = unsaid(words, "x" * skipped) if skipped else words
        changed = copy.copy(frame)
        changed.text = text  # type: ignore[attr-defined]
        rest.append(changed)
    return rest
