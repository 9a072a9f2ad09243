"""What is allowed, enforced by code whatever a judge answers."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import time

from judgement.bids import bid, stops
from judgement.decision import Action, Decision, decide
from judgement.grounds import eagerness
from judgement.judge import Judge, read_ahead
from judgement.moment import Kind, Moment
from judgement.signals import (
    ECHO,
    FINISHED,
    HANDED_OVER,
    LOCAL_TIME,
    MEANT,
    MEANT_WHY,
    NO_INTERRUPTIONS,
    REJECTED,
    SINCE_INTERRUPTION,
    SOUND_SECONDS,
    TALK_SECONDS,
    TYPED,
)
from judgement.words import EMERGENCIES, has_phrase, is_question, words_of

ENDING = 0.25  # s in which it is not known yet that a sound is over
MOST_REJECTED = 8  # interruptions that double the gap: 20 s become 85 minutes
SHORT = 0.5  # s of speech that may be no more than "mm-hmm", whatever is understood of it
ALLOWED = {
    Kind.PARTIAL: (Action.SILENCE, Action.INTERRUPT),
    Kind.PAUSE: (Action.REPLY, Action.SILENCE, Action.REFUSE, Action.DEFLECT),
    Kind.OVERLAP: (Action.SILENCE, Action.REPLY),
    Kind.IDLE: (Action.SILENCE, Action.REPLY, Action.DEFLECT),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds of sound, and the hours in which the agent never opens."""

    first_seconds: float = 5.0  # no interruption in a talk's first seconds
    interruption_gap: float = 20.0  # at most one interruption in so many; twice as many
    # for each one in a row that the user talked on over
    quiet_hours: tuple[time, time] | None = None


class Permitted:
    """A judge whose decisions are held to the limits."""

    def __init__(self, judge: Judge, limits: Limits, *, patience: Callable[[], float]) -> None:
        """`patience` gives the pause, in seconds, at which a silence is final now."""
        self.name = judge.name
        self._judge = judge
        self._limits = limits
        self._patience = patience

    async def judge(self, moment: Moment) -> Decision:
        """The judge's decision, or the nearest allowed one with the reason why."""
        if moment.signals.get(ECHO) and not words_of(moment.said):
            return decide(Action.SILENCE, "hears its own voice", sure=0.97)
        if moment.signals.get(MEANT) is False:
            why = f"not meant: {moment.signals.get(MEANT_WHY, '')}"
            return decide(Action.SILENCE, why, sure=0.97)
        decision = await self._judge.judge(moment)
        action, why = self._allowed(decision.action, moment)
        if action is decision.action:
            return decision
        return replace(decision, action=action, reason=f"{why}; {decision.reason}")

    async def read_ahead(self, moment: Moment) -> None:
        """As the judge does."""
        await read_ahead(self._judge, moment)

    def _allowed(self, action: Action, moment: Moment) -> tuple[Action, str]:
        if action not in ALLOWED[moment.kind]:
            return _nearest(action, moment), f"{action} is no answer to a {moment.kind}"
        if action is Action.INTERRUPT and (why := self._no_interruption(moment)):
            return Action.SILENCE, why
        if moment.kind is Kind.OVERLAP:
            return _over_agent(action, moment)
        if moment.kind is Kind.PAUSE and action is not Action.SILENCE and _is_hasty(moment):
            return Action.SILENCE, f"leaves {moment.persona.least_pause:g} s"
        if moment.kind is Kind.PAUSE and action is not Action.REPLY:
            return self._must_answer(action, moment)
        if moment.kind is Kind.IDLE and self._is_quiet(moment):
            return Action.SILENCE, "quiet hours"
        return action, ""

    def _no_interruption(self, moment: Moment) -> str:
        """Why the agent may not cut in now; empty if it may."""
        if moment.signals.get(NO_INTERRUPTIONS):
            return "was asked not to interrupt"
        if eagerness(moment) <= 0:
            return "speaks only when asked"
        if moment.signal(TALK_SECONDS, moment.at) < self._limits.first_seconds:
            return "the talk has just begun"
        return self._cools_down(moment)

    def _cools_down(self, moment: Moment) -> str:
        """Why it is too soon after the last interruption; empty if it isn't."""
        rejected = min(int(moment.signal(REJECTED)), MOST_REJECTED)
        gap = self._limits.interruption_gap * 2**rejected
        if moment.signal(SINCE_INTERRUPTION, math.inf) >= gap:
            return ""
        if not rejected:
            return "cut in a short while ago"
        return f"cut in a short while ago and was talked over {rejected}x, so waits {gap:.0f} s"

    def _must_answer(self, action: Action, moment: Moment) -> tuple[Action, str]:
        """An emergency gets a reply; a question does before silence is final, and so does
        whoever means the agent among several people."""
        if has_phrase(moment.said, EMERGENCIES):
            return Action.REPLY, "speaks of an emergency"
        over = moment.signals.get(TYPED) or moment.signals.get(HANDED_OVER)
        final = moment.pause >= self._patience() or over
        if action is Action.SILENCE and final:
            if moment.signals.get(MEANT):
                return Action.REPLY, str(moment.signals.get(MEANT_WHY, "is meant"))
            if is_question(moment.said):
                return Action.REPLY, "asked a question"
        return action, ""

    def _is_quiet(self, moment: Moment) -> bool:
        if self._limits.quiet_hours is None:
            return False
        begin, end = self._limits.quiet_hours
        try:
            now = time.fromisoformat(str(moment.signals.get(LOCAL_TIME, "")))
        except ValueError:
            return False
        return begin <= now < end if begin <= end else now >= begin or now < end


def _is_hasty(moment: Moment) -> bool:
    """Whether the pause is still shorter than the persona leaves to who may go on."""
    done = moment.signals.get(TYPED) or moment.signals.get(HANDED_OVER)
    short = moment.pause < moment.persona.least_pause
    return short and not done and not has_phrase(moment.said, EMERGENCIES)


def _over_agent(action: Action, moment: Moment) -> tuple[Action, str]:
    """Yield to what is a bid for the floor by its words, and to nothing that is none by them."""
    match bid(moment):
        case True if action is not Action.REPLY:
            return Action.REPLY, "wants the floor"
        case False if action is Action.REPLY:
            return Action.SILENCE, "only acknowledges"
        case None if action is Action.REPLY and _is_short(moment):
            return Action.SILENCE, "too short for a bid"
        case _:
            return action, ""


def _is_short(moment: Moment) -> bool:
    """Whether a sound over the agent is no bid, or not yet: it waits meanwhile, so no haste.

    "Mm-hmm" is seldom understood: its final words may be any, in half a second.
    """
    if stops(moment.said):
        return False
    short = SHORT if moment.signals.get(FINISHED) else SHORT + ENDING
    return moment.signal(SOUND_SECONDS, short) < short


def _nearest(action: Action, moment: Moment) -> Action:
    """What a judge most likely meant by an action that its moment does not know."""
    if moment.kind is Kind.PAUSE:
        return Action.REPLY
    if moment.kind is Kind.OVERLAP and action in (Action.REFUSE, Action.DEFLECT):
        return Action.REPLY
    return Action.SILENCE
