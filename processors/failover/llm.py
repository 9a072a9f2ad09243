"""Replies from a first model, or from a second one that goes on where the first broke off."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pipecat.frames.frames import (
    EagerEndOfTurnCancelFrame,
    ErrorFrame,
    Frame,
    InterruptionFrame,
    LLMConfigureOutputFrame,
    LLMContextFrame,
    LLMContextSummaryRequestFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    LLMUpdateSettingsFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from processors.failover.base import HANG, SORRY, Failover
from processors.failover.breaker import Breaker
from processors.failover.continuing import Continuation, go_on
from processors.failover.member import Maker, Member
from processors.failover.why import why
from processors.frames import ReadAheadFrame
from processors.services.ahead import Ahead
from processors.services.speculative import Gate, Tally, follow, is_wanted

LAST_RESORT = 8.0  # s that the last model asked has for its first word


@dataclass(frozen=True)
class Broken:
    """An answer that will not go on, and why."""

    why: str


Piece = str | Broken | None  # text; None at the end


@dataclass
class Asked:
    """A model that is answering."""

    member: Member
    pieces: asyncio.Queue[Piece] = field(default_factory=asyncio.Queue[Piece])


class LLMFailover(Failover):
    """One answer after the other, each from whichever model gives it.

    The first that says nothing for `HANG` seconds is not given up at once: the
    second is asked as well, and the first word wins. The gate for answers
    whose turn is not over stands behind both.
    """

    part = "llm"
    ahead: Ahead | None = None
    wanted: Callable[[str], bool] | None = None

    def __init__(self, makers: Sequence[Maker[FrameProcessor]], breaker: Breaker) -> None:
        """The first of `makers` is preferred."""
        super().__init__(makers, breaker)
        self._speculation_gate = Gate(name=f"{self}::Gate")
        self._tally = Tally()
        self._asked: list[Asked] = []

    async def work(self, frame: Frame, direction: FrameDirection) -> None:
        """Answer, or stop answering."""
        match frame:
            case LLMContextFrame() if direction is FrameDirection.DOWNSTREAM:
                if is_wanted(frame, self.wanted):
                    self._speculation_gate.begin_speculation(frame.speculation)
                    await self._answer(frame.context)
                return
            case LLMUpdateSettingsFrame() | LLMConfigureOutputFrame():
                for member in self._members:
                    await member.set(frame)
                return
            case LLMContextSummaryRequestFrame() | ReadAheadFrame():
                await (await self.choose()).give(frame, direction)
                return
            case EagerEndOfTurnCancelFrame():
                if self._speculation_gate.is_speculating:
                    await self._start_interruption()
            case InterruptionFrame():
                await self._drop(*self._asked)
            case _:
                pass
        await self.push_frame(frame, direction)

    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        """Push, or hold, as the gate says."""
        held = self._speculation_gate.is_speculating
        for each, way in self._speculation_gate.process(frame, direction):
            await super().push_frame(each, way)
        if became := await follow(self._tally, self.ahead, frame, direction, held=held):
            await super().push_frame(became, FrameDirection.UPSTREAM)

    async def made(self, member: Member, frame: Frame, direction: FrameDirection) -> None:
        """Keep what is said for `_answer`; let everything else through."""
        asked = next((each for each in self._asked if each.member is member), None)
        match frame:
            case ErrorFrame():
                if asked:
                    asked.pieces.put_nowait(Broken(why(frame)))
            case LLMTextFrame():
                if asked and frame.text:
                    asked.pieces.put_nowait(frame.text)
            case LLMFullResponseStartFrame():
                pass
            case LLMFullResponseEndFrame():
                if asked:
                    asked.pieces.put_nowait(None)
            case _:
                await self.push_frame(frame, direction)

    async def _answer(self, context: LLMContext) -> None:
        await self.push_frame(LLMFullResponseStartFrame())
        try:
            await self._say(context)
        finally:
            await self._drop(*self._asked)
            await self.push_frame(LLMFullResponseEndFrame())

    async def _say(self, context: LLMContext) -> None:
        said = ""
        preferred = await self.choose()
        order = [preferred, *(each for each in self._members if each is not preferred)]
        while order:
            asked, piece, order = await self._begun(order, _behind(context, said))
            if asked is None:
                break
            text, broken = await self._go_on(asked, piece, said)
            said += text
            if broken is None:
                if asked.member is self.first:
                    self.worked()
                return
            await self._blame(asked, broken)
        if not said.strip():
            await self.push_frame(LLMTextFrame(SORRY))

    async def _begun(
        self, order: list[Member], context: LLMContext
    ) -> tuple[Asked | None, str, list[Member]]:
        """Ask one after the other; who spoke first, the first word, who is left to be asked."""
        order = list(order)
        running = [await self._ask(order.pop(0), context)]
        while running:
            found = await _first_piece(running, HANG if order else LAST_RESORT)
            if found is None:
                if not order:
                    for asked in list(running):
                        await self._blame(asked, Broken("no answer in time"))
                    break
                running.append(await self._ask(order.pop(0), context))
                continue
            asked, piece = found
            if isinstance(piece, str):
                await self._won(asked, running)
                return asked, piece, order
            running.remove(asked)
            await self._blame(asked, piece or Broken("it said nothing"))
            if order and not running:
                running.append(await self._ask(order.pop(0), context))
        return None, "", []

    async def _won(self, asked: Asked, running: list[Asked]) -> None:
        """`asked` spoke first. Only the first that was too slow is at fault."""
        for other in running:
            if other is not asked and other.member is self.first:
                await self._blame(other, Broken(f"no answer in {HANG:.1f} s"))
            elif other is not asked:
                await self._drop(other)

    async def _go_on(self, asked: Asked, piece: str, said: str) -> tuple[str, Broken | None]:
        """Say all that comes; what was said, and why no more comes if it broke off."""
        rest = Continuation(said)
        text = ""
        next_piece: Piece = piece
        while isinstance(next_piece, str):
            text += await self._push(rest.hear(next_piece), "" if text else said)
            try:
                next_piece = await asyncio.wait_for(asked.pieces.get(), HANG)
            except TimeoutError:
                next_piece = Broken(f"silent for {HANG:.1f} s")
        text += await self._push(rest.end(), "" if text else said)
        if next_piece is None:
            self._asked.remove(asked)
        return text, next_piece

    async def _push(self, text: str, before: str) -> str:
        """Say `text`, behind what another model said before."""
        if text and before and not before[-1].isspace() and text[0].isalnum():
            text = f" {text}"
        if text:
            await self.push_frame(LLMTextFrame(text))
        return text

    async def _ask(self, member: Member, context: LLMContext) -> Asked:
        asked = Asked(member)
        self._asked.append(asked)
        await member.give(LLMContextFrame(context))
        return asked

    async def _blame(self, asked: Asked, broken: Broken) -> None:
        if asked in self._asked:
            self._asked.remove(asked)
        if asked.member is self.first:
            await self.failed(broken.why)
        else:
            asked.member.renew()

    async def _drop(self, *dropped: Asked) -> None:
        """What these still say is of no use."""
        for asked in dropped:
            if asked in self._asked:
                self._asked.remove(asked)
            if asked.member.is_ready:
                await asked.member.give(InterruptionFrame())
            else:
                asked.member.forget()


def _behind(context: LLMContext, said: str) -> LLMContext:
    """The context for an answer that begins with `said`."""
    if not said.strip():
        return context
    messages = go_on(context.messages, said)
    return LLMContext(messages, tools=context.tools, tool_choice=context.tool_choice)


async def _first_piece(running: list[Asked], seconds: float) -> tuple[Asked, Piece] | None:
    """Whoever is heard first within `seconds`, and what it said."""
    waiting = {asyncio.ensure_future(each.pieces.get()): each for each in running}
    try:
        done, _ = await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for each in running:
            task = next(task for task, asked in waiting.items() if asked is each)
            if task in done:
                for other in done - {task}:
                    _put_back(waiting[other], other.result())
                return each, task.result()
        return None
    finally:
        for task in waiting:
            task.cancel()


def _put_back(asked: Asked, piece: Piece) -> None:
    rest = [piece]
    while not asked.pieces.empty():
        rest.append(asked.pieces.get_nowait())
    for each in rest:
        asked.pieces.put_nowait(each)
