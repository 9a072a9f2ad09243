"""All that a judge may answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto


class Action(StrEnum):
    """What to do at a moment: also the label in the data and the word a model emits."""

    REPLY = auto()
    SILENCE = auto()
    INTERRUPT = auto()
    REFUSE = auto()
    DEFLECT = auto()


@dataclass(frozen=True, slots=True)
class Decision:
    """An action, the probability of each, and why.

    `probabilities` name all five actions and sum to 1. `judge` is who decided;
    `fallback` says that it stood in for a judge that was late or failed. `ending`
    is how likely the turn ends with the words so far, where the judge can tell.
    """

    action: Action
    probabilities: Mapping[Action, float]
    reason: str  # one line, for the timeline, the log and the person labelling
    judge: str = "rules"
    fallback: bool = False
    ending: float | None = None


def decide(action: Action, reason: str, *, sure: float = 0.9, judge: str = "rules") -> Decision:
    """A decision whose other four actions share what `sure` leaves."""
    rest = (1.0 - sure) / (len(Action) - 1)
    probabilities = {each: sure if each is action else rest for each in Action}
    return Decision(action, probabilities, reason, judge)
