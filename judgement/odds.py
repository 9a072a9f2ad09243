"""Probabilities as log-odds, in which evidence adds up."""

import math

CERTAIN = 0.001  # a probability nearer to 0 or 1 counts as this near


def logit(probability: float) -> float:
    """The log-odds of a probability."""
    held = min(max(probability, CERTAIN), 1 - CERTAIN)
    return math.log(held / (1 - held))


def from_logit(log_odds: float) -> float:
    """The probability that has these log-odds."""
    return 1 / (1 + math.exp(-log_odds))
