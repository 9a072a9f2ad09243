"""What a caller on the telephone asks of the line itself: a person, or its end."""

import re
from enum import StrEnum, auto

from judgement.words import words_of

_PERSON = (
    r"(?:an? |the |your |some )?(?:real |actual |live |human )*"
    r"(?:person|human|human being|operator|agent|representative|receptionist|colleague|somebody"
    r"|someone|manager|supervisor)"
)
_FIRST = (
    r"(?:um |uh |ok |okay |no |well |hi |hello |hey |sorry |please |look |then |and |but |so )*"
)
_WISHING = r"(?:i want|i need|i wish|i'd like|i would like|i'd love|i'd rather|i prefer)"
_ASKING = r"(?:can|could|may|might|would|will) (?:i|you|we|somebody|someone) (?:please |just )*"
_OPERATOR = re.compile(
    rf"(?:{_WISHING}(?: to)? |{_ASKING}|let me |^{_FIRST})"
    rf"(?:please )?(?:speak|talk) (?:directly )?(?:to|with) {_PERSON}\b"
    rf"|(?:^{_FIRST}|{_ASKING})(?:please )?(?:put me through|connect me|transfer me|pass me on)"
    rf"(?: to| with)+ {_PERSON}\b"
    rf"|(?:is|isn't) there {_PERSON} (?:there |here )?(?:that |who |whom )?"
    r"(?:i|we) (?:can|could|may|might) (?:speak|talk)(?: to| with)?$"
    rf"|(?:{_WISHING}|get me|give me) {_PERSON}(?: please)?$"
    r"|^(?:operator|representative|(?:a )?(?:real |live )?(?:human|person))(?: please)?$"
)
_POLITE = (
    "ok okay alright all right well so great thanks thank you very much for your help a lot that's "
    "that is was it then now have nice good lovely day evening one too and i have to must go "
    "talk speak later see you no yes yeah the um uh"
).split()
_BYES = ("goodbye", "bye", "bye-bye", "good-bye")
_LONGEST = 12  # words of a farewell


class Asked(StrEnum):
    """What a caller asks of the line."""

    OPERATOR = auto()
    GOODBYE = auto()


def asked(said: str) -> Asked | None:
    """What `said` asks of the line; None where it is part of the talk."""
    words = words_of(said)
    text = " ".join(words)
    if _OPERATOR.search(text):
        return Asked.OPERATOR
    return Asked.GOODBYE if _is_farewell(words) else None


def _is_farewell(words: list[str]) -> bool:
    """Nothing but politeness, and a goodbye among it."""
    known = all(word in _BYES or word in _POLITE for word in words)
    return known and len(words) <= _LONGEST and any(word in _BYES for word in words)
