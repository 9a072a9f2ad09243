"""Whether the user says something piece by piece, with pauses that end nothing.

Numbers, spelt names and addresses are dictated in groups; so is the answer to a
question for one. Who asks for a moment wants the same, and who only stopped the
agent is about to say why.
"""

import math

from judgement.moment import Moment
from judgement.words import SILENCED, WAITS, has_phrase, is_question, words_of

PATIENCE = 1.4  # s to wait at least
SHORT = 8  # words, of which asking for a moment is all
FEW = 4  # words, of which stopping the agent is all
NUMBER = 10  # digits after which a number is most likely complete

_DIGITS = {
    **{word: 1 for word in "zero oh o one two three four five six seven eight nine".split()},
    **{word: 2 for word in "double ten eleven twelve thirteen fourteen fifteen sixteen".split()},
    **{word: 2 for word in "seventeen eighteen nineteen twenty thirty forty fifty".split()},
    **{word: 2 for word in "sixty seventy eighty ninety hundred thousand triple".split()},
}
_JOINTS = frozenset("at dot dash hyphen underscore slash plus point as".split())
_ENDINGS = frozenset("com org net edu gov io".split())
_ASKED = (
    "number", "phone", "e-mail", "email", "address", "spell", "spelled", "code", "postcode", "zip",
    "pin", "birthday", "date of birth", "account", "reference", "card", "digits", "password",
)  # fmt: skip


def least_wait(moment: Moment) -> float:
    """Seconds to wait at least though the words sound complete; infinite for a moment asked for."""
    words = words_of(moment.said)
    if len(words) <= SHORT and has_phrase(moment.said, WAITS):
        return math.inf
    return PATIENCE if _is_dictated(moment, words) or _only_stops(moment.said, words) else 0.0


def _only_stops(said: str, words: list[str]) -> bool:
    return len(words) <= FEW and has_phrase(said, SILENCED) and not is_question(said)


def _is_dictated(moment: Moment, words: list[str]) -> bool:
    if not words:
        return False
    tail = _tail(words)
    if not tail or tail[-1] in _ENDINGS or _digits(tail) >= NUMBER:
        return False
    return len(tail) >= 3 or words[-1] in _JOINTS or _was_asked(moment)


def _tail(words: list[str]) -> list[str]:
    """The pieces at the end of `words`: digits, single letters, what joins them."""
    start = len(words)
    while start and _is_piece(words[start - 1]):
        start -= 1
    tail = words[start:]
    return tail if any(word not in _JOINTS for word in tail) or len(tail) < len(words) else []


def _is_piece(word: str) -> bool:
    return (
        word in _DIGITS
        or word in _JOINTS
        or word in _ENDINGS
        or any(letter.isdigit() for letter in word)
        or (len(word) == 1 and word not in "ai")
    )


def _digits(tail: list[str]) -> int:
    """How many digits were said, about."""
    return sum(_DIGITS.get(word, sum(letter.isdigit() for letter in word)) for word in tail)


def _was_asked(moment: Moment) -> bool:
    """Whether the agent has just asked for something that is dictated."""
    last = moment.history[-1] if moment.history else None
    return last is not None and last.who == "agent" and has_phrase(last.text, _ASKED)
