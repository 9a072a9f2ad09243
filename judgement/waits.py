"""How long a pause must last before a turn that is so likely over is answered.

The figures are fitted by `python -m benchmarks.waits` on sentences that no other
benchmark speaks, so that about one pause in twenty inside a sentence is taken for its end.
"""

import math

from judgement.odds import from_logit, logit

SHORTEST = 0.16  # s, for a turn that is surely over
LONGEST = 1.1  # s, for one that most likely goes on
SURE, UNSURE = 0.75, 0.6  # probabilities between which the wait falls from one to the other
LIKELY = 0.35  # from which a turn may well be over, so that a reply to it is begun
HARDLY = 0.1  # below it a turn goes on, however long the pause: patience decides


def settled(judge: float, sound: float, ending: float | None) -> float:
    """The probability that a turn is over: of the judge, the audio model, the words' `ending`.

    The weights lie between those that fit the embedded voice and those that fit people, of
    whose ends the sound tells more.
    """
    if ending is None:
        return from_logit(0.19 * logit(judge) + 0.38 * logit(sound) - 1.17)
    return from_logit(0.12 * logit(judge) + 0.3 * logit(sound) + 0.55 * logit(ending) - 0.3)


def pause_for(over: float) -> float:
    """Seconds of silence to wait for; infinite where the turn is hardly over."""
    if over < HARDLY:
        return math.inf
    doubt = min(max((SURE - over) / (SURE - UNSURE), 0.0), 1.0)
    return SHORTEST + doubt * (LONGEST - SHORTEST)
