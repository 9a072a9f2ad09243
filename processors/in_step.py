"""Words with a time -> the same words when their sound has come, be it later than that."""

from asyncio import Task, sleep
from collections import deque

from pipecat.frames.frames import (
    EndFrame,
    Frame,
    InterruptionFrame,
    MixerControlFrame,
    OutputAudioRawFrame,
    OutputImageRawFrame,
    SpriteFrame,
    SystemFrame,
    TTSAudioRawFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from processors.hold import Hold

SECOND = 1_000_000_000  # of the pipeline's clock
GRAIN = 0.01  # s, the least that is waited before another look
UNTIMED = (  # what a transport plays in turn, whatever its time
    SystemFrame, OutputAudioRawFrame, OutputImageRawFrame, SpriteFrame, MixerControlFrame,
    TTSStoppedFrame,
)  # fmt: skip


class InStepProcessor(FrameProcessor):
    """Stands before the transport, which sends what has a time by the clock.

    A voice with word times stamps each word for the moment at which its sound is
    due. While the hold keeps the sound, the words wait as long: none counts as
    heard that was not played.
    """

    def __init__(self, hold: Hold):
        """`hold` is where the sound waits."""
        super().__init__()
        self._hold = hold
        self._kept: deque[tuple[Frame, float]] = deque()  # and its `_since`
        self._since = 0.0  # s that the hold had waited when the present sound was due
        self._last = 0  # time of the last word
        self._context: str | None = None
        self._releasing: Task[None] | None = None

    async def cleanup(self):
        await self._stop()
        await super().cleanup()

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        if isinstance(frame, TTSAudioRawFrame | TTSTextFrame):
            self._note_context(frame.context_id)
        if direction is FrameDirection.DOWNSTREAM and frame.pts and not isinstance(frame, UNTIMED):
            self._keep(frame, frame.pts)
            return
        if isinstance(frame, InterruptionFrame):
            await self._forget()
        elif isinstance(frame, EndFrame):
            await self._let_go()
        await self.push_frame(frame, direction)

    def _note_context(self, context: str | None):
        """With new speech its times begin anew: now, or where the speech before it was to end.

        What that is late by, the new speech is late by as well.
        """
        if context == self._context:
            return
        self._context = context
        late = self._hold.waited - self._since
        slack = max(0, self.get_clock().get_time() - self._last) / SECOND
        self._since = self._hold.waited - max(0.0, late - slack)

    def _keep(self, frame: Frame, time: int):
        if isinstance(frame, TTSTextFrame):
            self._last = time
        self._kept.append((frame, self._since))
        if self._releasing is None or self._releasing.done():
            self._releasing = self.create_task(self._release())

    async def _release(self):
        """Let each frame through when it is due."""
        while self._kept:
            frame, since = self._kept[0]
            early = ((frame.pts or 0) - self.get_clock().get_time()) / SECOND
            if (left := early + self._hold.waited - since) > 0:
                await sleep(max(GRAIN, left))
            else:
                self._kept.popleft()
                await self.push_frame(frame)

    async def _forget(self):
        """Interrupted: what was to be said is not said. What may not be dropped is let go."""
        await self._stop()
        self._kept = deque(each for each in self._kept if not each[0].interruptible)
        self._last, self._since, self._context = 0, self._hold.waited, None
        await self._let_go()

    async def _let_go(self):
        """Leave the rest to the transport's own clock."""
        await self._stop()
        while self._kept:
            await self.push_frame(self._kept.popleft()[0])

    async def _stop(self):
        if self._releasing:
            await self.cancel_task(self._releasing)
            self._releasing = None
