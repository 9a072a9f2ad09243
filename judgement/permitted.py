"""What is allowed, enforced by code whatever a judge answers."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import time

from judgement.decision import Action, Decision
from judgement.judge import Judge, read_ahead
from judgement.moment import Kind, Moment
from judgement.signals import REJECTED
from judgement.words import EMERGENCIES, STOPS, has_phrase, is_question, words_of

ENDING = 0.25  # s in which it is not known yet that a sound is over
MOST_REJECTED = 8  # interruptions that double the gap: 20 s become 85 minutes
SHORT = 0.5  # s of speech that is no more than "mm-hmm", whatever is understood of it, unless
BIDS = frozenset(  # it begins with one of these
    "no but what why who where when how which actually sorry hey please can could i i'm".split()
)
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
        if moment.kind is Kind.OVERLAP and action is Action.REPLY and _is_short(moment):
            return Action.SILENCE, "too short for a bid"
        if moment.kind is Kind.PAUSE and action is not Action.REPLY:
            return self._must_answer(action, moment)
        if moment.kind is Kind.IDLE and self._is_quiet(moment):
            return Action.SILENCE, "quiet hours"
        return action, ""

    def _no_interruption(self, moment: Moment) -> str:
        """Why the agent may not cut in now; empty if it may."""
        if moment.signals.get("no_interruptions"):
            return "was asked not to interrupt"
        if moment.persona.proactivity <= 0:
            return "speaks only when asked"
        if moment.signal("talk_seconds", moment.at) < self._limits.first_seconds:
            return "the talk has just begun"
        return self._cools_down(moment)

    def _cools_down(self, moment: Moment) -> str:
        """Why it is too soon after the last interruption; empty if it isn't."""
        rejected = min(int(moment.signal(REJECTED)), MOST_REJECTED)
        gap = self._limits.interruption_gap * 2**rejected
        if moment.signal("since_interruption", math.inf) >= gap:
            return ""
        if not rejected:
            return "cut in a short while ago"
        return f"cut in a short while ago and was talked over {rejected}x, so waits {gap:.0f} s"

    def _must_answer(self, action: Action, moment: Moment) -> tuple[Action, str]:
        """An emergency gets a reply, and so does a question before silence is final."""
        if has_phrase(moment.said, EMERGENCIES):
            return Action.REPLY, "speaks of an emergency"
        final = moment.pause >= self._patience() or moment.signals.get("typed")
        if action is Action.SILENCE and final and is_question(moment.said):
            return Action.REPLY, "asked a question"
        return action, ""

    def _is_quiet(self, moment: Moment) -> bool:
        if self._limits.quiet_hours is None:
            return False
        begin, end = self._limits.quiet_hours
        try:
            now = time.fromisoformat(str(moment.signals.get("local_time", "")))
        except ValueError:
            return False
        return begin <= now < end if begin <= end else now >= begin or now < end


def _is_short(moment: Moment) -> bool:
    """Whether a sound over the agent is no bid, or not yet: it waits meanwhile, so no haste.

    "Mm-hmm" is seldom understood: its final words may be any, in half a second.
    """
    is_over = moment.signals.get("finished")
    short = SHORT if is_over else SHORT + ENDING
    if moment.signal("sound_seconds", short) >= short:
        return False
    if has_phrase(moment.said, STOPS + EMERGENCIES):
        return False
    asks = is_question(moment.said) or not BIDS.isdisjoint(words_of(moment.said)[:1])
    return not (asks and is_over)


def _nearest(action: Action, moment: Moment) -> Action:
    """What a judge most likely meant by an action that its moment does not know."""
    if moment.kind is Kind.PAUSE:
        return Action.REPLY
    if moment.kind is Kind.OVERLAP and action in (Action.REFUSE, Action.DEFLECT):
        return Action.REPLY
    return Action.SILENCE
