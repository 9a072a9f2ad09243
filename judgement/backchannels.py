"""When the agent says "uh-huh" while it listens: seldom, and where a turn pauses and goes on."""

import math

from judgement.decision import Action, Decision
from judgement.moment import Kind, Moment
from judgement.rules import touched
from judgement.signals import AFFRONT, NO_INTERRUPTIONS, TURN_OVER
from judgement.words import (
    EMERGENCIES,
    WAITS,
    ends_clause,
    has_phrase,
    is_backchannel,
    is_question,
)

PROACTIVE = 0.5  # of a persona that does so
GAP = 6.0  # s of sound between two
BEGUN = 4.0  # s that a turn has lasted at least
SHORTEST, LONGEST = 0.3, 0.6  # s of the pause: sooner it is hardly one, later an answer is near
SILENCE = 0.6  # probability that the agent is to be silent, by the judge, at least
OVER = 0.5  # and that the turn is over, by the sound of the voice, below this


class Backchannels:
    """Those of one talk."""

    def __init__(self) -> None:
        self._last = -math.inf  # s of sound

    def is_due(self, moment: Moment, decision: Decision) -> bool:
        """Whether to say one at `moment`; if so, it counts as said."""
        due = (
            _is_wanted(moment)
            and _goes_on(moment, decision)
            and _is_plain(moment)
            and moment.at - self._last >= GAP
        )
        if due:
            self._last = moment.at
        return due


def _is_wanted(moment: Moment) -> bool:
    return moment.persona.proactivity >= PROACTIVE and not moment.signals.get(NO_INTERRUPTIONS)


def _goes_on(moment: Moment, decision: Decision) -> bool:
    """A short pause of a long turn, most likely between two clauses."""
    return (
        moment.kind is Kind.PAUSE
        and SHORTEST <= moment.pause <= LONGEST
        and moment.turn_seconds >= BEGUN
        and decision.probabilities[Action.SILENCE] >= SILENCE
        and moment.signal(TURN_OVER) < OVER
        and ends_clause(moment.said)
    )


def _is_plain(moment: Moment) -> bool:
    """Whether "right" could not be taken for an answer or a promise."""
    said = moment.said
    return (
        not (is_question(said) or is_backchannel(said) or moment.signals.get(AFFRONT))
        and not has_phrase(said, WAITS + EMERGENCIES)
        and touched(moment) is None
    )
