"""Whether a turn goes round in circles: its last words were said before, in the same order.

A recogniser hears the same words now and then as others, so that the two passages are
aligned as in T. F. Smith and M. S. Waterman, Identification of common molecular
subsequences, J. Mol. Biol. 147 (1981).
"""

from judgement.words import words_of

REACH = 90  # words looked back on
PERIOD = 8  # words from a passage to the same again; a restart comes sooner
PLAIN = 0.5  # weight of a word that is in every sentence; others have 1
AMISS = 0.7  # taken off for a word that is left out, put in or heard otherwise
TAIL = 2  # last words that may be misheard still
_PLAIN = frozenset(
    "a about all am an and are as at be been but by can could did do does for from get go going "
    "got had has have he her him his how i i'm if in is it it's its just know like me mean my no "
    "not of oh okay on or our out right she so some that that's the their them then there they "
    "this to uh um up us was we well were what when where which who why will with would yeah yes "
    "you your".split()
)


def retold(text: str) -> float:
    """The weight of the words at the end of `text` that tell again what it said before."""
    words = words_of(text)[-REACH:]
    count = len(words)
    best = 0.0
    above = [0.0] * (count + 1)
    for later in range(1, count + 1):
        row = [0.0] * (count + 1)
        for sooner in range(1, later - PERIOD + 1):
            match = _weight(words[later - 1], words[sooner - 1])
            row[sooner] = max(
                0.0, above[sooner - 1] + match, above[sooner] - AMISS, row[sooner - 1] - AMISS
            )
            if match > 0 and later >= count - TAIL:
                best = max(best, above[sooner - 1] + match)
        above = row
    return best


def _weight(one: str, other: str) -> float:
    """What a word of the second passage adds for one of the first."""
    if one == other:
        return PLAIN if one in _PLAIN else 1.0
    return -AMISS
