"""What a telephone call has beside a talk: keys, an operator, and an end."""

import asyncio
from collections.abc import Callable

from pipecat.frames.frames import Frame, InputDTMFFrame, InterruptionFrame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from config.phone import Phone
from judgement.listener import Listener
from processors.frames import PlayLineFrame, TransferFailedFrame, TransferFrame, TypedFrame

RECORDED = "This call is recorded."
PUT_THROUGH = "I am putting you through."
NOBODY_THERE = "Nobody can take your call there. How can I help?"
SILENT = "I can't hear you, so I am hanging up. Goodbye."
TIME_IS_UP = "I have to end our talk here. Goodbye."
LINES = (RECORDED, PUT_THROUGH, NOBODY_THERE, SILENT, TIME_IS_UP)

ENOUGH = 2.0  # s after the last key in which a number may go on
LOOK = 0.25  # s between two looks at a call


class KeysProcessor(FrameProcessor):
    """Keys that a caller presses become a turn, ended by # or by a pause; 0 alone, the operator."""

    def __init__(self, phone: Phone):
        super().__init__()
        self._operator = phone.operator
        self._pressed = ""
        self._waiting: asyncio.Task[None] | None = None

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        match frame:
            case InputDTMFFrame():
                await self._press(frame.button.value)
            case TransferFailedFrame():
                await self.push_frame(PlayLineFrame(NOBODY_THERE))
            case _:
                await self.push_frame(frame, direction)

    async def cleanup(self):
        await self._stop_waiting()
        await super().cleanup()

    async def _press(self, key: str):
        await self._stop_waiting()
        if key == "#":
            await self._over()
            return
        self._pressed += key
        self._waiting = self.create_task(self._wait())

    async def _wait(self):
        await asyncio.sleep(ENOUGH)
        self._waiting = None
        await self._over()

    async def _stop_waiting(self):
        if self._waiting:
            await self.cancel_task(self._waiting)
            self._waiting = None

    async def _over(self):
        pressed, self._pressed = self._pressed, ""
        if pressed == "0" and self._operator:
            await self.push_frame(InterruptionFrame())
            await self.push_frame(PlayLineFrame(PUT_THROUGH))
            await self.push_frame(TransferFrame(self._operator))
        elif pressed:
            await self.push_frame(TypedFrame(f"I pressed {' '.join(pressed)} on my telephone."))


async def until_over(phone: Phone, listener: Listener, is_shut: Callable[[], bool]) -> str:
    """Wait until a call has to end; the line that says why, "" where it was said already.

    The caller's silence is counted while the agent is silent too.
    """
    loop = asyncio.get_running_loop()
    last = began = loop.time()
    silent = 0.0
    while not is_shut():
        await asyncio.sleep(LOOK)
        now = loop.time()
        if listener.user_speaks:
            silent = 0.0
        elif not listener.agent_speaks:
            silent += now - last
        last = now
        if silent >= phone.silent_seconds:
            return SILENT
        if now - began >= 60 * phone.max_minutes:
            return TIME_IS_UP
    return ""
