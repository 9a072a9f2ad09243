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
    r"(?:um |uh |oh |ok |okay |no |yes |yeah |well |hi |hello |hey |sorry |please |look |listen "
    r"|then |and |but |so |just |actually |really |right |alright |all right |thanks |great )*"
)
_WISHING = (
    r"(?<!said )(?<!say )(?<!if )\b(?:i|we)(?:'d| would)? (?:just |really |only )*"
    r"(?:want|need|wish|like|love|rather|prefer|have|must)(?: to)?"
)
_ASKING = r"\b(?:can|can't|could|couldn't|may|might) (?:i|we) (?:please |just )*"
_OFFER = (
    rf"(?:^{_FIRST}|\b(?:can|can't|could|couldn't|would|will) (?:you|somebody|someone) "
    r"(?:please |just )*|\b(?:i|we)(?:'d| would) like you to )"
)
_OPERATOR = re.compile(
    rf"(?:{_WISHING} |{_ASKING}|\blet me |^{_FIRST}|\b(?:is it|would it be) possible to "
    r"|\b(?:i'm|i am) (?:trying|going to (?:need|have)) to |\bi was told to )"
    rf"(?:please )?(?:speak|talk) (?:directly )?(?:to|with) {_PERSON}\b"
    rf"|{_OFFER}(?:please )?(?:put me through|connect me|transfer me|pass me on)"
    rf"(?: to| with)+ {_PERSON}\b"
    rf"|\b(?:is|isn't) there {_PERSON} (?:there |here )?(?:that |who |whom )?"
    r"(?:i|we) (?:can|could|may|might) (?:speak|talk)(?: to| with)?$"
    rf"|(?:{_WISHING}|^{_FIRST}(?:get|give) me) {_PERSON}(?: please)?$"
    rf"|^{_FIRST}(?:operator|representative|(?:a )?(?:real |live )?(?:human|person))(?: please)?$"
)
_CLAUSES = re.compile(r"[.!?;,]+")
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
    if any(_OPERATOR.search(" ".join(words_of(part))) for part in _CLAUSES.split(said)):
        return Asked.OPERATOR
    return Asked.GOODBYE if _is_farewell(words_of(said)) else None


def _is_farewell(words: list[str]) -> bool:
    """Nothing but politeness, and a goodbye among it."""
    known = all(word in _BYES or word in _POLITE for word in words)
    return known and len(words) <= _LONGEST and any(word in _BYES for word in words)
