"""What users say of themselves that has one value at a time: work, how many of something, habits.

"I work as a baker", "I have no children", "I'm a vegetarian": text is as a recogniser
gives it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from memory import vocabulary
from memory.values import NUMBERS

DOES, DOES_NOT = "does", "never"
_MEAT = "meat|steaks?|beef|pork|chicken|bacon|lamb|ham|sausages?"
_ALCOHOL = "alcohol|wine|beers?|whisk(?:e)?y|vodka|gin|cocktails?"
_OWNED = "children|kids|sons|daughters|brothers|sisters|siblings|grandchildren|grandkids|cats|dogs"
_SAME = {"kids": "children", "grandkids": "grandchildren"}
_NUMBER = rf"\d+|{'|'.join(NUMBERS)}"
_AM = r"\bi(?:'m| am)"
_HAVE = r"\bi(?: have|'ve|'ve got| have got)"
_NEVER = r"\bi (?:don't|do not|never)"
_OFTEN = r"\bi (?:often |always |usually |really |still )?"
_SOME = r"(?!no )(?:[a-z]+ ){0,3}?"
_COUNTED = rf"(?:[a-z-]+ )?(?P<of>{_OWNED})\b"
# A job's name goes no further than to one of these.
_BEHIND = frozenset(
    "in at for with and but so because since on from who which where now there here by of".split()
)


@dataclass(frozen=True, slots=True)
class State:
    """A relation and its value; `told` says it without a "not"; where in the text it stands.

    Where it `is_open`, more words may change the value, as "taxi" is no job yet.
    """

    relation: str
    value: str
    told: str
    begin: int
    end: int
    is_open: bool


# Relation, words, the value if they have none of their own, and how it is told if not as said.
_STATES = tuple(
    (relation, re.compile(words, re.IGNORECASE), value, told)
    for relation, words, value, told in (
        ("work as", r"\bi (?:just |still |currently )?work as an? "
                    r"(?P<value>[a-z][a-z'-]*(?: [a-z][a-z'-]*)?)", "", ""),
        ("work as", rf"{_AM} an? (?:[a-z]+ )?(?P<value>{vocabulary.OCCUPATIONS})\b", "", ""),
        ("be", rf"{_AM} (?P<value>married|single|divorced|widowed)\b", "", ""),
        ("have", rf"{_HAVE} (?P<value>{_NUMBER}) {_COUNTED}", "", ""),
        ("have", rf"(?:{_HAVE} no|{_NEVER} have(?: any)?) {_COUNTED}", "0", "I have no {of}"),
        ("eat meat", rf"{_AM} (?:an? )?(?:strict )?(?:vegetarian|vegan)\b", DOES_NOT, ""),
        ("eat meat", rf"(?:{_NEVER} eat(?: any)?|\bi eat no) (?:{_MEAT})\b",
         DOES_NOT, "I eat no meat"),
        ("eat meat", rf"{_OFTEN}(?:eat|ate|had) {_SOME}(?:{_MEAT})\b", DOES, ""),
        ("drink alcohol", rf"(?:{_NEVER} drink(?: any)?|\bi drink no) (?:{_ALCOHOL})\b",
         DOES_NOT, "I drink no alcohol"),
        ("drink alcohol", rf"{_NEVER} drink(?=[,.;] \w)", DOES_NOT, "I drink no alcohol"),
        ("drink alcohol", rf"{_OFTEN}(?:drink|drank|had) {_SOME}(?:{_ALCOHOL})\b", DOES, ""),
        ("smoke", rf"{_NEVER} smoke\b", DOES_NOT, "I am a non-smoker"),
        ("smoke", rf"{_OFTEN}smoke\b", DOES, ""),
    )
)  # fmt: skip


def states_in(text: str) -> Iterator[State]:
    """The states in `text`, in no order."""
    for relation, words, value, told in _STATES:
        for match in words.finditer(text):
            yield _state(match, relation, value, told)


def _state(match: re.Match[str], relation: str, value: str, told: str) -> State:
    said = match.groupdict()
    if of := str(said.get("of", "")).lower():
        relation = f"{relation} {_SAME.get(of, of)}"
    is_open = relation == "work as"
    value = value or _named(said["value"].lower())
    return State(relation, value, told.format(of=of) or match[0], *match.span(), is_open)


def _named(value: str) -> str:
    """A number as figures, any other value without what follows it."""
    first, *rest = value.split()
    kept = [first, *(word for word in rest if word not in _BEHIND)]
    return str(NUMBERS.get(value, " ".join(kept)))
