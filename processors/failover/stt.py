"""Words from a first recogniser, or from a second one that hears the same sound again."""

import asyncio
import copy
from collections import deque
from collections.abc import Sequence

from pipecat.frames.frames import (
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    InterruptionFrame,
    STTMuteFrame,
    STTUpdateSettingsFrame,
    TranscriptionFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.stt_service import SegmentedSTTService

from processors.failover.base import DEAF, HANG, WAIT, Failover
from processors.failover.breaker import Breaker
from processors.failover.continuing import unheard
from processors.failover.member import Maker, Member
from processors.frames import HushFrame, PlayLineFrame, VoiceBackFrame

BEFORE = 0.6  # s of sound kept from before the user was known to speak
LONGEST = 30.0  # s of speech that can be heard again
WORDLESS = 0.7  # s of voice without a word, after which a recogniser that gives interims is doubted
BRIEF = 0.3  # s of voice that need not be words
SURELY = 0.8  # s of voice that nobody understood, for which an apology is due
SECOND = 1.3  # s that the second has for the words of what it heard again
STEP = 0.1  # s between two looks at the clock

_HEARD = (InputAudioRawFrame, VADUserStartedSpeakingFrame, VADUserStoppedSpeakingFrame)
_WORKED_ON = (*_HEARD, HushFrame, VoiceBackFrame, UserStoppedSpeakingFrame, InterruptionFrame)


class STTFailover(Failover):
    """The active recogniser hears the talk; its sound is kept until its words are here.

    Whoever takes over hears what is kept before it hears what comes. An error
    is reason enough. Silence is not, since a noise has no words: then the second
    hears the same sound, and takes over only if it understands words.
    """

    part = "stt"

    def __init__(self, makers: Sequence[Maker[FrameProcessor]], breaker: Breaker) -> None:
        """The first of `makers` is preferred."""
        super().__init__(makers, breaker)
        self._kept: deque[Frame] = deque()
        self._asked: Member | None = None  # for a second opinion
        self._speaks = False
        self._owed = False  # words of sound that was heard
        self._words = ""  # final ones of this stretch of speech
        self._voice = 0.0  # s of this stretch
        self._broken = ""  # why the first cannot tell its words
        self._watch: asyncio.Task[None] | None = None
        self._sign = 0.0  # when the user began, stopped, or words came last
        self._stopped = 0.0

    async def cleanup(self) -> None:
        """Watch no more."""
        if self._watch:
            await self.cancel_task(self._watch)
        await super().cleanup()

    async def work(self, frame: Frame, direction: FrameDirection) -> None:
        """Let everything through, and have it heard."""
        if isinstance(frame, (STTUpdateSettingsFrame, STTMuteFrame)):
            for member in self._members:
                await member.set(frame)
            return
        await self.push_frame(frame, direction)
        if not isinstance(frame, _WORKED_ON) or (
            isinstance(frame, _HEARD) and direction is FrameDirection.UPSTREAM
        ):
            return
        match frame:
            case VADUserStartedSpeakingFrame():
                await self._starts()
            case VADUserStoppedSpeakingFrame():
                self._speaks = False
                self._sign = self._stopped = self._now
                self._look_after_words()
            case InputAudioRawFrame() if self._speaks:
                self._voice += frame.num_frames / frame.sample_rate
            case _:
                pass
        self._keep(frame)
        for member in {self._active, self._asked} - {None}:
            if member:
                await member.give(copy.copy(frame), direction)

    async def made(self, member: Member, frame: Frame, direction: FrameDirection) -> None:
        """Words, or the news that there will be none."""
        match frame:
            case ErrorFrame():
                await self._errs(member)
            case TranscriptionFrame() | InterimTranscriptionFrame():
                await self._hears(member, frame)
            case _ if member is self._active:
                await self.push_frame(frame, direction)
            case _:
                pass

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    async def _starts(self) -> None:
        """The user begins to speak: a time to go back to the first."""
        self._speaks = True
        if not self._owed:
            self._words, self._voice, self._broken = "", 0.0, ""
            chosen = await self.choose()
            if chosen is not self._active:
                self._active = chosen
                await self._hear_again(chosen)
        self._owed = True
        self._sign = self._now
        self._look_after_words()

    def _look_after_words(self) -> None:
        if self._owed and (self._watch is None or self._watch.done()):
            self._watch = self.create_task(self._watched())

    def _keep(self, frame: Frame) -> None:
        if isinstance(frame, (UserStoppedSpeakingFrame, InterruptionFrame)):
            return
        self._kept.append(frame)
        most = LONGEST if self._owed else BEFORE
        while self._seconds() > most:
            self._kept.popleft()

    def _seconds(self) -> float:
        first = next((each for each in self._kept if isinstance(each, InputAudioRawFrame)), None)
        sounds = len(self._kept)
        return sounds * first.num_frames / first.sample_rate if first else 0.0

    async def _hear_again(self, member: Member) -> None:
        for frame in list(self._kept):
            await member.give(copy.copy(frame))

    async def _hears(self, member: Member, frame: Frame) -> None:
        assert isinstance(frame, (TranscriptionFrame, InterimTranscriptionFrame))
        if member is self._asked:
            await self._take_over(self._broken or "it heard nothing")
        elif member is not self._active:
            return
        elif self._asked:
            await self._dismiss()
        self._sign = self._now
        heard = frame.text
        if self._broken:
            frame.text = unheard(heard, self._words)
        if isinstance(frame, TranscriptionFrame):
            await self._finals(frame, heard)
        elif frame.text:
            await self.push_frame(frame)

    async def _finals(self, frame: TranscriptionFrame, heard: str) -> None:
        if not self._broken:
            self._words = f"{self._words} {heard}".strip()
        elif frame.text != heard:
            self._words = ""  # the second has come as far as the first had
        if not self._speaks:
            self._owed = False
            self._keep_little()
            if self._active is self.first:
                self.worked()
        if frame.text:
            await self.push_frame(frame)

    def _keep_little(self) -> None:
        sound = [each for each in self._kept if isinstance(each, InputAudioRawFrame)]
        self._kept = deque(sound)
        while self._seconds() > BEFORE:
            self._kept.popleft()

    async def _errs(self, member: Member) -> None:
        if member is self._active is self.first:
            if self._owed:
                await self._take_over(member.error)
            # else it connects anew; when the user speaks it is seen whether it could
        elif member is self._asked:
            self._asked = None

    async def _take_over(self, reason: str) -> None:
        """From now on the second is heard, from the beginning of what is owed on."""
        again = self._asked is not self.second
        self._active, self._asked, self._broken = self.second, None, reason
        self._sign = self._now
        await self.failed(reason)
        if again:
            await self._hear_again(self.second)

    async def _dismiss(self) -> None:
        """The first has words after all."""
        if self._asked and self._speaks:
            self._asked.renew()
        self._asked = None

    async def _watched(self) -> None:
        """Look after words that are owed, until none are."""
        asked_at = 0.0
        told = False
        while self._owed:
            await asyncio.sleep(STEP)
            silent = self._now - self._sign
            if self._active is self.first and self._asked is None and self._is_late(silent):
                if not self._speaks and (self._answered_nothing() or self._voice < BRIEF):
                    self._forgive()
                    return
                self._asked, asked_at = self.second, self._now
                await self._hear_again(self.second)
            elif self._asked and self._now - asked_at > SECOND:
                await self._nobody_heard()
                return
            elif self._active is not self.first and not self._speaks:
                since = self._now - self._stopped
                if self._broken and not told and since > 1.5:
                    told = True
                    await self.push_frame(PlayLineFrame(WAIT))
                if silent > SECOND + (3.0 if told else 0.0):
                    await self._nobody_heard()
                    return

    def _is_late(self, silent: float) -> bool:
        if not self._speaks:
            return silent > HANG
        gives_interims = not isinstance(self.first.service, SegmentedSTTService)
        return gives_interims and silent > WORDLESS

    def _answered_nothing(self) -> bool:
        """Whether the first has confirmed that it heard all there is: a noise."""
        return bool(getattr(self.first.service, "_finalize_pending", False))

    def _forgive(self) -> None:
        """What was heard had no words."""
        if not self._speaks:
            self._owed = False
            self._keep_little()

    async def _nobody_heard(self) -> None:
        surely = self._voice > SURELY and not self._words and not self._speaks
        awaited = getattr(self.first.service, "_finalize_requested", False)
        both_ill = self._active is self.second and bool(self.second.error)
        if surely and (self._broken or awaited or both_ill):
            await self.push_frame(PlayLineFrame(DEAF))
        if self._asked or both_ill:
            self.second.renew()
        self._asked = None
        self._forgive()
        self._sign = self._now
