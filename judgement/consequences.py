"""What comes of the decisions that are no ordinary replies, as the moments after them show."""

import uuid
from dataclasses import dataclass, replace

from judgement.decision import Action, Decision
from judgement.moment import Kind, Moment
from judgement.rules import touched
from judgement.signals import SINCE_OPENER, TYPED
from judgement.words import is_backchannel, topic_of
from memory.decisions import Came, Decided

# Of the outcomes that strategy names: those to remember, and those that close a turn.
REMEMBERED = {
    "cut in": Action.INTERRUPT,
    "refused": Action.REFUSE,
    "deflected": Action.DEFLECT,
    "chose silence": Action.SILENCE,
}
CLOSING = {*REMEMBERED, "replied", "warned"}
OPENING = {"opened", "changed the subject"}


@dataclass(frozen=True, slots=True)
class _Open:
    """A decision of which nothing has come yet, and its moment."""

    decided: Decided
    action: Action
    at: Moment


@dataclass(frozen=True, slots=True)
class _Acted:
    """A later moment, what was decided at it and what was done."""

    moment: Moment
    action: Action
    outcome: str
    topic: str

    @property
    def began(self) -> float:
        """When the user began the open turn, in seconds of sound."""
        return self.moment.at - (0.0 if TYPED in self.moment.signals else self.moment.turn_seconds)


class Consequences:
    """Follows a talk's decisions in order, and tells twice of each that is worth remembering.

    First when it is carried out, then when it is known what came of it; of
    what is open when the talk ends, nothing more is told. A silence counts
    where the user said something that it left unanswered.
    """

    def __init__(self) -> None:
        """Begin with a talk."""
        self._open: list[_Open] = []

    def after(self, moment: Moment, decision: Decision, outcome: str) -> list[Decided]:
        """What there is to remember once `decision` on `moment` had this outcome."""
        if outcome == "too late":  # and so about a turn that is closed already
            return []
        action = REMEMBERED.get(outcome, decision.action)
        acted = _Acted(moment, action, outcome, _topic(moment, action, decision.reason))
        found = self._settled(acted)
        if outcome in REMEMBERED and _is_worth_it(moment):
            decided = _decided(acted, decision.reason)
            self._open.append(_Open(decided, action, moment))
            found.append(decided)
        return found

    def _settled(self, acted: _Acted) -> list[Decided]:
        """The open decisions of which something has come now."""
        found: list[Decided] = []
        for each in list(self._open):
            if came := _came_of(each, acted):
                self._open.remove(each)
                found.append(replace(each.decided, came=came[0], seconds=came[1]))
        return found


def _is_worth_it(moment: Moment) -> bool:
    return moment.kind is not Kind.IDLE and not is_backchannel(moment.said)


def _decided(acted: _Acted, reason: str) -> Decided:
    topic = acted.topic
    why = reason if not topic or topic in reason else f"{topic}; {reason}"
    return Decided(uuid.uuid4().hex, acted.action.value, acted.moment.said, why, topic)


def _topic(moment: Moment, action: Action, reason: str) -> str:
    """The policy that a refusal or a deflection keeps to, where it is known."""
    persona = moment.persona
    policies = {Action.REFUSE: persona.refuse, Action.DEFLECT: persona.deflect}.get(action, ())
    named = next((topic for topic in map(topic_of, policies) if reason.endswith(topic)), "")
    if named or not policies:
        return named
    found = touched(moment)
    return found[1] if found and found[0] is action else ""


def _came_of(each: _Open, acted: _Acted) -> tuple[Came, float | None] | None:
    """What came of a decision and after how many seconds; None while that is open."""
    match each.action:
        case Action.INTERRUPT:
            return _of_interruption(each, acted)
        case Action.REFUSE | Action.DEFLECT:
            return _of_limit(each, acted)
        case Action.SILENCE:
            return _of_silence(each, acted)
        case Action.REPLY:
            return None


def _of_interruption(each: _Open, acted: _Acted) -> tuple[Came, float | None] | None:
    """The signal is there for as long as the agent speaks and has not yielded."""
    if SINCE_OPENER in acted.moment.signals:
        lasted = acted.moment.signal(SINCE_OPENER)
        return (Came.TALKED_ON, lasted) if acted.outcome == "yielded" else None
    never_silent = acted.moment.turn_seconds > 0 and acted.began <= each.at.at
    return (Came.TALKED_ON if never_silent else Came.LISTENED), None


def _of_limit(each: _Open, acted: _Acted) -> tuple[Came, float | None] | None:
    """The user's next turn: is it about the same?"""
    if acted.outcome not in CLOSING:
        return None
    one, other = each.decided.topic, acted.topic
    is_same = acted.action is each.action and (one == other or not one or not other)
    return (Came.ASKED_AGAIN if is_same else Came.WENT_ON), None


def _of_silence(each: _Open, acted: _Acted) -> tuple[Came, float | None] | None:
    silent_since = each.at.at - each.at.pause
    if acted.outcome in OPENING:
        return Came.AGENT_SPOKE, acted.moment.at - silent_since
    if acted.moment.kind in (Kind.PARTIAL, Kind.PAUSE):
        return Came.USER_SPOKE, acted.began - silent_since
    return None
