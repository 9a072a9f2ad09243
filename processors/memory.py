"""MomentFrame -> MomentFrame with what is remembered."""

from dataclasses import asdict, replace
from datetime import UTC, datetime

from pipecat.frames.frames import (
    Frame,
    LLMContextAssistantTurnFrame,
    LLMContextUserTurnFrame,
)
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor

from judgement.listener import Listener
from judgement.moment import Kind, Moment
from judgement.signals import (
    AFFRONT,
    CONTRADICTION,
    INTERRUPTIONS_WELCOME,
    NO_INTERRUPTIONS,
    against_usual,
    days_since,
    local_time,
)
from memory.affronts import is_affront
from memory.keeper import Keeper
from memory.store import Sort
from memory.telling import told
from memory.wishes import WishKind
from processors.frames import AsideFrame, MomentFrame

WISHES = {
    WishKind.NO_INTERRUPTIONS: NO_INTERRUPTIONS,
    WishKind.INTERRUPTIONS_WELCOME: INTERRUPTIONS_WELCOME,
}


class MemoryProcessor(FrameProcessor):
    """Add facts and signals to each moment; keep each turn that reached the context.

    It adds the last finished recall and never waits for one; writing is behind
    the keeper's queue.
    """

    def __init__(self, keeper: Keeper, listener: Listener):
        super().__init__()
        self._keeper = keeper
        self._listener = listener
        self._looked_at = ("", False)  # words, and whether they go on: a pause brings them again
        self._is_affront = False

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        match frame:
            case MomentFrame(moment=moment):
                self._look_at(moment.said, goes_on=moment.kind is Kind.PARTIAL)
                await self.push_frame(MomentFrame(self._known(moment)))
                return
            case LLMContextUserTurnFrame() if direction is FrameDirection.UPSTREAM:
                who, said = self._listener.among.company.attributed(frame.text)
                self._keeper.heard(who or "user", said, datetime.now(UTC))
            case AsideFrame():
                self._keeper.heard(frame.speaker, frame.text, datetime.now(UTC))
            case LLMContextAssistantTurnFrame() if direction is FrameDirection.UPSTREAM:
                self._keeper.heard("agent", frame.text, datetime.now(UTC))
            case _:
                pass
        await self.push_frame(frame, direction)

    def _look_at(self, said: str, *, goes_on: bool) -> None:
        """Once for the same words: start their recall, and tell whether they are abusive."""
        if (said, goes_on) == self._looked_at:
            return
        self._looked_at = said, goes_on
        self._is_affront = is_affront(said)
        if said:
            self._keeper.saying(said, goes_on=goes_on)

    def _known(self, moment: Moment) -> Moment:
        keeper, now = self._keeper, datetime.now(UTC)
        facts = facts_for_judge(keeper)
        self._listener.facts = facts
        self._listener.told = told(keeper, moment.said, now)
        return replace(moment, facts=facts, signals={**moment.signals, **self._signals(now)})

    def _signals(self, now: datetime) -> dict[str, float | str | bool]:
        keeper = self._keeper
        signals: dict[str, float | str | bool] = {**days_since(keeper.last_seen, now)}
        signals |= local_time(datetime.now())
        signals |= against_usual(self._listener.rhythm.talk(), asdict(keeper.habits))
        signals |= signals_of(keeper)
        if self._is_affront:
            signals[AFFRONT] = True
        return signals


def facts_for_judge(keeper: Keeper) -> tuple[str, ...]:
    """The recalled facts, first the one that is being contradicted."""
    recalled = [each.text for each in keeper.recalled if each.sort is Sort.FACT]
    against = [keeper.contradiction.fact.text] if keeper.contradiction else []
    return tuple(dict.fromkeys([*against, *recalled]))


def signals_of(keeper: Keeper) -> dict[str, bool]:
    """The wishes in force that a judge must know, and a contradiction."""
    signals = {WISHES[wish.kind]: True for wish in keeper.wishes if wish.kind in WISHES}
    return signals | ({CONTRADICTION: True} if keeper.contradiction else {})
