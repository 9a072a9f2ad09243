"""Who may come in: blocked users, typed text, and the ladder after an affront."""

import asyncio
from datetime import UTC, datetime

from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMMessagesAppendFrame,
    TextFrame,
    UserFileRawFrame,
    UserImageRawFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.processors.frameworks.rtvi.frames import RTVIServerMessageFrame

from memory.blocks import Blocks, Rung
from processors.frames import AffrontFrame, PlayLineFrame, TypedFrame

WARNING = "Please keep this civil, or I will have to end our talk."
GOODBYE = "I am ending our talk here. You can try again later."
BLOCKED = "I can't talk with you at the moment. Please try again later."
LINES = (WARNING, GOODBYE, BLOCKED)


class Door(FrameProcessor):
    """Stands before everything that costs: a blocked user's sound and text stop here.

    Text from the client, in whichever frame and with whichever options, becomes a
    turn of its own instead of going straight to the reply model. Text that is
    empty or over `max_text` characters is turned away with a word, and so is a
    file.
    """

    def __init__(self, blocks: Blocks, user: str, *, max_text: int):
        super().__init__()
        self._blocks = blocks
        self._user = user
        self._max_text = max_text
        self._until: datetime | None = blocks.until(user)

    @property
    def is_shut(self) -> bool:
        """Whether the user is blocked now."""
        return self._until is not None and self._until > datetime.now(UTC)

    async def greet(self, *lines: str):
        """The first words of a talk, or the word for a blocked user."""
        if self.is_shut:
            await self._tell_blocked()
            await self.push_frame(PlayLineFrame(BLOCKED))
            return
        for line in filter(None, lines):
            await self.push_frame(PlayLineFrame(line))

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        match frame:
            case InputAudioRawFrame() if self.is_shut:
                return
            case LLMMessagesAppendFrame():
                await self._typed(" ".join(map(_text, frame.messages)))
            case TextFrame() if direction is FrameDirection.DOWNSTREAM:
                await self._typed(frame.text)
            case UserFileRawFrame() | UserImageRawFrame():
                await self._tell("notice", text="Files can't be read here.")
            case AffrontFrame():
                await self._answer_affront()
            case _:
                await self.push_frame(frame, direction)

    async def _typed(self, text: str):
        text = text.strip()
        if self.is_shut:
            await self._tell_blocked()
        elif len(text) > self._max_text:
            await self._tell("notice", text=f"Please keep it under {self._max_text} characters.")
        elif not text:
            await self._tell("notice", text="There was nothing in that message.")
        else:
            await self.push_frame(TypedFrame(text))

    async def _answer_affront(self):
        step = await asyncio.to_thread(self._blocks.affront, self._user)
        if step.rung is Rung.WARNED:
            await self._tell("warning", left=step.left)
            await self.push_frame(PlayLineFrame(WARNING))
            return
        self._until = step.until
        await self._tell_blocked()
        await self.push_frame(InterruptionFrame())
        await self.push_frame(PlayLineFrame(GOODBYE))

    async def _tell_blocked(self):
        lasting = self._until is None or self._until.year > 9000
        until = None if lasting else self._until
        await self._tell("blocked", until=until.isoformat() if until else None)

    async def _tell(self, kind: str, **data: object):
        await self.push_frame(RTVIServerMessageFrame(data={"type": kind, **data}))


def _text(message: object) -> str:
    content = message.get("content") if isinstance(message, dict) else None
    return content if isinstance(content, str) else ""
