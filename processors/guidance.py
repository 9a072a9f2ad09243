"""LLMContextFrame -> a copy that says in which manner, for this answer only."""

from typing import Any

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


class GuidanceProcessor(FrameProcessor):
    """Put the guidance behind the talk, in a copy; the persona is the system instruction.

    The shared context holds what was said and nothing else. The copy keeps the
    last messages, `history` at most. Guidance serves the next answer only; an
    interruption drops it. Until the agent speaks again, every copy also says
    after which word it was interrupted.
    """

    def __init__(self, role: Role, listener: Listener, context: LLMContext, *, history: int):
        """`context` is the talk's: with the user's words so far it is read ahead."""
        super().__init__()
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
                await self._take_manner()
                await self.push_frame(ReadAheadFrame(self._with(said)))
            case _:
                self._note(frame)
                await self.push_frame(frame, direction)

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
        messages: list[Any] = [*self._latest(self._context), {"role": "user", "content": said}]
        return LLMContext(messages, tools=self._context.tools)

    def _latest(self, context: LLMContext) -> list[Any]:
        """At most `history` messages, cut by halves: a server has read their beginning before."""
        half = max(1, self._history // 2)
        over = max(0, len(context.messages) - self._history)
        return context.messages[-(-over // half) * half :]

    def _copy(self, context: LLMContext) -> LLMContext:
        guidance, self._guidance = self._guidance, ""
        last = [manners.known(self._listener.told), manners.cut_off(self._heard), guidance]
        messages: list[Any] = [
            *self._latest(context),
            *({"role": "system", "content": text} for text in last if text),
        ]
        return LLMContext(messages, tools=context.tools, tool_choice=context.tool_choice)
