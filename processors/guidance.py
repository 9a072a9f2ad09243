"""LLMContextFrame -> a copy that says in which manner, for this answer only."""

from typing import Any, Protocol, runtime_checkable

from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    InterruptionFrame,
    LLMContextAssistantTurnFrame,
    LLMContextFrame,
    LLMUpdateSettingsFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.settings import LLMSettings

from judgement.listener import Listener
from processors import manners
from processors.frames import GuidanceFrame, ReadAheadFrame, WordsFrame
from processors.role import Role


@runtime_checkable
class ReadsAhead(Protocol):
    """A reply model that is quicker when it has read a prompt before it must answer."""

    def read_ahead(self, context: LLMContext) -> None:
        """Read `context`, and make no token of it."""


class GuidanceProcessor(FrameProcessor):
    """Put the guidance behind the talk, in a copy; the persona is the system instruction.

    The shared context holds what was said and nothing else. The copy keeps the
    last messages, `history` at most. Guidance serves the next answer only; an
    interruption drops it. Until the agent speaks again, every copy also says
    after which word it was interrupted.
    """

    def __init__(
        self,
        role: Role,
        listener: Listener,
        context: LLMContext,
        *,
        history: int,
        reads_ahead: bool = False,
    ):
        """`context` is the talk's: a model that `reads_ahead` gets it with the words so far."""
        super().__init__()
        self._reads_ahead = reads_ahead
        self._context = context
        self._role = role
        self._listener = listener
        self._history = history
        self._guidance = ""
        self._manner = ""
        self._speaks = False
        self._cut_off = False  # interrupted, and silent since
        self._heard = ""  # of the turn that was cut off

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        match frame:
            case GuidanceFrame(text=text):
                self._guidance = text
            case LLMContextFrame() if direction is FrameDirection.DOWNSTREAM:
                await self._take_manner()
                guided = LLMContextFrame(self._copy(frame.context), speculation=frame.speculation)
                await self.push_frame(guided, direction)
            case WordsFrame(said=said):
                await self._read_ahead(said)
            case LLMContextAssistantTurnFrame() if direction is FrameDirection.UPSTREAM:
                self._note(frame)
                await self.push_frame(frame, direction)
                await self._read_ahead("")
            case _:
                self._note(frame)
                await self.push_frame(frame, direction)

    async def _read_ahead(self, said: str):
        """Have the model read all that is known before the user's turn is over."""
        if self._reads_ahead:
            await self._take_manner()
            await self.push_frame(ReadAheadFrame(self._with(said)))

    def _note(self, frame: Frame):
        """Keep up with who was interrupted."""
        match frame:
            case InterruptionFrame():
                self._guidance = ""
                self._cut_off = self._cut_off or self._speaks
            case LLMContextAssistantTurnFrame() if self._cut_off:
                self._heard = frame.text
            case BotStartedSpeakingFrame():
                self._speaks, self._cut_off, self._heard = True, False, ""
            case BotStoppedSpeakingFrame():
                self._speaks = False
            case _:
                pass

    async def _take_manner(self):
        """Tell the model who it is, once a persona."""
        manner = self._role.persona.manner
        if manner != self._manner:
            self._manner = manner
            await self.push_frame(
                LLMUpdateSettingsFrame(delta=LLMSettings(system_instruction=manner))
            )

    def _with(self, said: str) -> LLMContext:
        """The talk with a turn of the user's that is not over, or has not begun."""
        said_so_far: Any = {"role": "user", "content": said}
        latest = self._latest([*self._context.messages, said_so_far])
        return LLMContext(self._beside(latest), tools=self._context.tools)

    def _latest(self, messages: list[Any]) -> list[Any]:
        """At most `history` messages, cut by halves: a server has read their beginning before."""
        half = max(1, self._history // 2)
        over = max(0, len(messages) - self._history)
        return messages[-(-over // half) * half :]

    def _beside(self, messages: list[Any]) -> list[Any]:
        """With what there is to know before the last message, where a server reads it ahead."""
        known = (
            self._company(),
            manners.known(self._listener.told),
            manners.cut_off(self._heard),
        )
        told = ({"role": "system", "content": text} for text in known if text)
        return [*messages[:-1], *told, *messages[-1:]]

    def _company(self) -> str:
        company = self._listener.among.company
        return manners.company(company.called[0], company.names) if company.several else ""

    def _copy(self, context: LLMContext) -> LLMContext:
        guidance, self._guidance = self._guidance, ""
        messages = self._beside(self._latest(context.messages))
        if guidance:
            messages.append({"role": "system", "content": guidance})
        return LLMContext(messages, tools=context.tools, tool_choice=context.tool_choice)
