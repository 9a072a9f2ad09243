"""What calls for an interruption and needs no model to be told: one line each, or nothing."""

from judgement.circles import retold
from judgement.moment import Moment
from judgement.signals import ASTRAY, CONTRADICTION, INTERRUPTIONS_WELCOME
from judgement.words import has_asked, is_question

WELCOME = 0.8  # proactivity at least, for a user who wishes to be interrupted
CORRECTS = 0.3  # proactivity of a persona that cuts in on a contradiction or on circles
HURRIES = 0.5  # and of one that cuts in on a ramble
RETOLD, MORE = 5.0, 6.0  # weight of words told again at proactivity 1, and more of it at 0
# s of a turn that may be a ramble at proactivity 1, half a second before the opener is
# heard, and more at 0.
LONG, LONGER = 14.5, 300.0


def ground(moment: Moment) -> str:
    """Why to cut in on the open turn of `moment`; empty if nothing calls for it."""
    eager = eagerness(moment)
    if eager < CORRECTS:
        return ""
    if moment.signals.get(CONTRADICTION):
        return "contradicts what is known"
    if retold(moment.said) >= RETOLD + MORE * (1 - eager):
        return "goes round in circles"
    if moment.signals.get(ASTRAY) and may_ramble(moment):
        return f"rambles for {moment.turn_seconds:.0f} s"
    return ""


def may_ramble(moment: Moment) -> bool:
    """Whether the agent asked something, has listened for long and was asked nothing."""
    eager = eagerness(moment)
    if eager < HURRIES or moment.turn_seconds < LONG + LONGER * (1 - eager):
        return False
    return bool(asked(moment)) and not is_question(moment.said)


def asked(moment: Moment) -> str:
    """The agent's last turn, if it asks something and the open turn is the answer."""
    last = moment.history[-1] if moment.history else None
    return last.text if last and last.who == "agent" and has_asked(last.text) else ""


def eagerness(moment: Moment) -> float:
    """The persona's proactivity, or what the user wishes for."""
    welcome = WELCOME if moment.signals.get(INTERRUPTIONS_WELCOME) else 0.0
    return max(moment.persona.proactivity, welcome)
