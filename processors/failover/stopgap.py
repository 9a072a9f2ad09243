"""A word for the caller while services fail and the answer takes longer than it should."""

import asyncio

from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    Frame,
    InterruptionFrame,
    LLMFullResponseStartFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from config.settings import PARTS, Settings
from processors.failover.base import WAIT
from processors.frames import PlayLineFrame

LATEST = 1.9  # s after the user's last sound
SOONEST = 0.9  # s after the answer was begun


class Stopgap(FrameProcessor):
    """Stands before the voice: an answer that is not heard in time is announced.

    "One moment." is played `LATEST` seconds after the user's last sound, where an
    answer is under way and nothing of it was heard.
    """

    def __init__(self) -> None:
        super().__init__()
        self._last_sound = 0.0
        self._timer: asyncio.Task[None] | None = None

    async def cleanup(self) -> None:
        await self._stop()
        await super().cleanup()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        now = asyncio.get_running_loop().time()
        match frame:
            case VADUserStoppedSpeakingFrame():
                self._last_sound = now - frame.stop_secs
            case LLMFullResponseStartFrame():
                await self._stop()
                due = max(now + SOONEST, self._last_sound + LATEST)
                self._timer = self.create_task(self._announce(due - now))
            case (
                BotStartedSpeakingFrame()
                | InterruptionFrame()
                | PlayLineFrame()
                | VADUserStartedSpeakingFrame()
            ):
                await self._stop()
            case _:
                pass
        await self.push_frame(frame, direction)

    async def _announce(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._timer = None
        await self.push_frame(PlayLineFrame(WAIT, goes_on=True))

    async def _stop(self) -> None:
        if self._timer:
            timer, self._timer = self._timer, None
            await self.cancel_task(timer)


def stopgap(settings: Settings) -> list[FrameProcessor]:
    """What announces a late answer, where any service has a second one."""
    return [Stopgap()] if any(settings.part(part).then for part in PARTS) else []
