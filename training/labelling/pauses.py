"""Which pause a row shows.

A row must tell of a pause what a judge would know in a call: that it has lasted so long.
So the moments to show are drawn without looking at the real pause, and those that it
outlasted are kept: always 0.2 s, when a judge is first asked, and some later ones. A long
pause then speaks for a turn that is over just as far as it does in life.

Many turns in life end with no pause at all: the next speaker is quicker, or a little
early. An agent that waits would have seen a pause there, but nobody knows how long. Such
rows show a pause imputed from those inside turns: there it tells nothing, and the words
have to. The same holds for speech that another broke off, and for text without times.
"""

import random

FIRST = 0.2  # s, the first moment at which a judge is asked
LATER = 2  # how many later moments are tried
LONGEST = 2.4  # s
# Real pauses inside turns in 70 h of meetings, in s, at every tenth of them.
INSIDE = (0.20, 0.25, 0.30, 0.35, 0.42, 0.49, 0.57, 0.68, 0.82, 1.06, 1.50)
# Pauses of at least 0.2 s between a turn and the next speaker's.
BETWEEN = (0.20, 0.26, 0.33, 0.40, 0.49, 0.61, 0.76, 0.96, 1.26, 1.80, 3.00)
QUICK = 0.36  # share of turn ends without a pause of 0.2 s: these show a pause from inside


def shown(real: float, chance: random.Random) -> list[float]:
    """The pauses to show of one that lasted `real` seconds: none if it was under 0.2 s."""
    later = {round(_moment(chance), 2) for _ in range(LATER)}
    return [each for each in sorted({FIRST, *later}) if each < real]


def imputed(chance: random.Random, *, over: bool = False) -> list[float]:
    """The pauses to show where there was none; `over` where a turn ended and nothing is known."""
    table = BETWEEN if over and chance.random() > QUICK else INSIDE
    return shown(_drawn(table, chance) + 0.01, chance)


def _moment(chance: random.Random) -> float:
    """A time between the first moment and the longest, early ones more often."""
    return FIRST * (LONGEST / FIRST) ** chance.random()


def _drawn(tenths: tuple[float, ...], chance: random.Random) -> float:
    """A value whose distribution has these tenths."""
    at = chance.random() * (len(tenths) - 1)
    low = tenths[int(at)]
    return low + (tenths[int(at) + 1] - low) * (at - int(at))
