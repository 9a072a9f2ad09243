"""ActionJudgementProcessor: MomentFrame -> DecisionFrame."""

import asyncio
import time
from dataclasses import replace

from pipecat.frames.frames import Frame, InterruptionFrame, LLMContextAssistantTurnFrame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from judgement.grounds import ground
from judgement.interval import Interval
from judgement.judge import Judge, read_ahead
from judgement.moment import Kind, Moment, Turn
from judgement.signals import LAST_WORDS
from processors.frames import AskingFrame, DecisionFrame, MomentFrame


class ActionJudgementProcessor(FrameProcessor):
    """Put each moment to the judge, off the frame path.

    One moment is judged at a time and the newest waits its turn, so that a slow
    judge is late but never starved. An interruption drops both, and so does a
    moment of another kind: its question is no longer the one that matters.
    A judge that shares the machine with all else is asked less often about a user
    who speaks while its answers take long, and that is told with an AskingFrame; the
    last words before a hush are left to the pause then.
    Strategy sees each moment too, to begin what takes long. When the agent has
    spoken, the judge may read what it said before it is asked
    again. Every other frame passes untouched.
    """

    def __init__(self, judge: Judge, *, shares_machine: bool = False):
        super().__init__()
        self._judge = judge
        self._shares_machine = shares_machine
        self._interval = Interval()
        self._newest: Moment | None = None
        self._asked: Moment | None = None
        self._last: Moment | None = None
        self._task: asyncio.Task[None] | None = None
        self._reading: asyncio.Task[None] | None = None

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        match frame:
            case MomentFrame(moment=moment) if self._can_wait(moment):
                pass
            case MomentFrame(moment=moment):
                await self.push_frame(frame, direction)
                await self._judge_next(moment)
            case InterruptionFrame():
                await self._drop()
                await self.push_frame(frame, direction)
            case LLMContextAssistantTurnFrame() if direction is FrameDirection.UPSTREAM:
                await self._read_ahead(frame.text)
                await self.push_frame(frame, direction)
            case _:
                await self.push_frame(frame, direction)

    async def cleanup(self):
        await self._stop_reading()
        await self._drop()
        await super().cleanup()

    def _can_wait(self, moment: Moment) -> bool:
        """Whether a busy machine had better hear how the voice sounded before it replies."""
        is_last = bool(moment.signals.get(LAST_WORDS))
        return is_last and self._interval.is_wide and not ground(moment)

    async def _judge_next(self, moment: Moment):
        """Judge at once if idle or asked about another kind; else after the one in flight."""
        await self._stop_reading()
        if self._asked and self._asked.kind is not moment.kind:
            await self._drop()
        self._newest = self._last = moment
        if self._task is None or self._task.done():
            self._task = self.create_task(self._judge_all())

    async def _read_ahead(self, agent_said: str):
        """Before the next turn, unless something is asked now."""
        await self._stop_reading()
        if self._last and not self._asked:
            ahead = read_ahead(self._judge, _after(self._last, agent_said))
            self._reading = self.create_task(ahead)

    async def _stop_reading(self):
        if self._reading:
            task, self._reading = self._reading, None
            await self.cancel_task(task)

    async def _judge_all(self):
        while self._newest:
            moment, self._newest = self._newest, None
            if self._interval.is_due(moment):
                self._asked = moment
                await self._ask(moment)
                self._asked = None

    async def _ask(self, moment: Moment):
        began = time.monotonic()
        decision = await self._judge.judge(moment)
        latency = time.monotonic() - began
        await self.push_frame(DecisionFrame(moment, decision, latency))
        if self._shares_machine and self._interval.answered(moment, latency):
            every, busy = self._interval.seconds, self._interval.is_wide
            await self.push_frame(AskingFrame(every, moment.at, busy))

    async def _drop(self):
        self._newest = self._asked = None
        if self._task:
            task, self._task = self._task, None
            await self.cancel_task(task)


def _after(moment: Moment, agent_said: str) -> Moment:
    """The beginning of the user's next turn, once the agent has answered that of `moment`."""
    heard = (Turn("user", moment.said, 0.0), Turn("agent", agent_said, 0.0))
    history = (*moment.history, *(turn for turn in heard if turn.text))
    return replace(moment, kind=Kind.PARTIAL, said="", history=history)
