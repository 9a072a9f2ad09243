"""The sound of each in a room -> the sound of one after the other, each with a name."""

import asyncio
from collections.abc import Callable

from pipecat.frames.frames import Frame, InputAudioRawFrame, UserAudioRawFrame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from judgement.company import Company
from judgement.listener import Listener
from processors.frames import HandOverFrame
from processors.rooms.turnstile import Turnstile, Voiced

PIECE = 0.02  # s
GAP = 0.1  # s without sound of the holder, who is muted or gone; then silence goes through
AGAIN = 0.3  # s after which a turn is asked again to come to its end
PATIENCE = 2.0  # s that the next one waits for that


class RoomSound(FrameProcessor):
    """Let people through one after the other. Sound that is nobody's own passes untouched.

    Sound is the clock of a talk: where the one who is let through sends none,
    silence goes in its place.
    """

    def __init__(self, listener: Listener, voiced: Callable[[], Voiced]):
        """`voiced` makes a detector for one person; it may take its time."""
        super().__init__()
        self._listener = listener
        self._company: Company = listener.among.company
        self._voiced = voiced
        self._turnstile = Turnstile()
        self._joining: dict[str, asyncio.Task[None]] = {}
        self._clock: asyncio.Task[None] | None = None
        self._heard_at = 0.0  # the last sound of the holder's, by the event loop's clock
        self._waited = 0.0  # s that the next one has waited for the holder's turn to end
        self._shape = (16_000, 1)

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        if isinstance(frame, UserAudioRawFrame):
            await self._hear(frame)
        else:
            await self.push_frame(frame, direction)

    async def cleanup(self):
        for task in filter(None, (*self._joining.values(), self._clock)):
            await self.cancel_task(task)
        await super().cleanup()

    async def _hear(self, frame: UserAudioRawFrame):
        who = frame.user_id
        if who not in self._turnstile:
            if who not in self._joining:
                self._joining[who] = self.create_task(self._join(who))
            return
        self._shape = (frame.sample_rate, frame.num_channels)
        if who == self._turnstile.holder:
            self._heard_at = asyncio.get_running_loop().time()
        await self._let_through(who, frame.audio, frame.num_frames / frame.sample_rate)

    async def _join(self, who: str):
        self._company.name(who)
        self._turnstile.join(who, await asyncio.to_thread(self._voiced))
        if self._clock is None:
            self._heard_at = asyncio.get_running_loop().time()
            self._clock = self.create_task(self._keep_time())

    async def _let_through(self, who: str, audio: bytes, seconds: float):
        is_holder = who == self._turnstile.holder
        name = self._company.name(who)
        for piece in self._turnstile.hear(who, audio, seconds):
            await self.push_frame(self._frame(name, piece))
        if is_holder:
            await self._give_way(seconds)

    async def _give_way(self, seconds: float):
        """Let the next one through once what the holder said is decided about."""
        if not self._turnstile.gives_way:
            self._waited = 0.0
        elif not self._listener.is_busy or self._waited > PATIENCE:
            self._turnstile.pass_on()
            self._heard_at = asyncio.get_running_loop().time()
            self._waited = 0.0
        else:
            if self._waited % AGAIN < seconds:
                await self.push_frame(HandOverFrame())
            self._waited += seconds

    async def _keep_time(self):
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            due = max(due + PIECE, loop.time())
            await asyncio.sleep(due - loop.time())
            if loop.time() - self._heard_at > GAP:
                rate, channels = self._shape
                silence = bytes(2 * channels * round(rate * PIECE))
                await self._let_through(self._turnstile.holder, silence, PIECE)

    def _frame(self, name: str, audio: bytes) -> InputAudioRawFrame:
        rate, channels = self._shape
        return UserAudioRawFrame(audio, rate, channels, user_id=name)
