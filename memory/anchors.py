"""Factual anchors: what a user states of themselves, found by patterns.

Text is as a recogniser gives it: case and punctuation may be missing. Better
to miss a fact than to make one up: what is asked, denied, supposed, reported
or quoted is none.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from memory import vocabulary
from memory.claims import Claim
from memory.clauses import Clause, clauses_in, is_meant, is_sure, sentences_in
from memory.names import name_at, place_at
from memory.wishing import wishes_in

__all__ = ["Stated", "facts_in", "stated_in", "wishes_in"]

Render = Callable[[re.Match[str]], str]

_CODE = rf"(?:{vocabulary.SPOKEN}|[a-z]|\w*\d[\w/-]*)"
_LIKES = {
    "like": "likes", "love": "loves", "hate": "hates", "dislike": "dislikes", "prefer": "prefers",
    "enjoy": "enjoys", "adore": "adores", "can't stand": "can't stand",
}  # fmt: skip
_THEIRS = {"my": "their", "me": "them", "mine": "theirs", "myself": "themselves", "our": "their"}
# Words that make what is liked hang on the talk: "I like that", "I like what you said".
_HANGING = frozenset(
    "you your yours it its that this these those one ones there what how when where who why i "
    "him her them he she they their we us so not never no anything everything "
    "totally literally".split()
)
# "I like totally forgot", "I love to", "I like the idea".
_NOTHING_LIKED = re.compile(
    r"^(?:totally|literally|really|actually|basically|completely|honestly|nearly|was|were|am|is|are|have|had|need|want|went|did|do|don't|just|really|got|forgot|"
    r"can|can't|never|already|um+|uh+|the (?:way|idea)|all the)\b|\b(?:to|the|a|an|of|with)$"
)
_STOP = re.compile(
    r"\s*(?:,|\b(?:and i|but|because|when|while|if|though|although|since|so|which|who|i|i'm|"
    r"by the way|right now|at the moment|these days|nowadays|actually|please|thanks|thank you|"
    r"you know|i guess|too|as well|anyway)\b).*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Stated:
    """A fact in one sentence; what it is `about` and the `value` stated of that, if any."""

    text: str
    about: str = ""
    value: str = ""


def stated_in(text: str, claims: Sequence[Claim] = ()) -> list[Stated]:
    """The facts in `text`: those of the patterns, then those of `claims` that add to them."""
    found = [_parted(fact) for fact in facts_in(text)]
    for claim in claims:
        if not any(claim.value in each.text.lower() for each in found):
            found.append(Stated(f'The user said: "{claim.text}".', claim.about, claim.value))
            continue
        found = [_joined(each, claim) for each in found]
    return found


def _joined(stated: Stated, claim: Claim) -> Stated:
    """The pattern's sentence with the claim's key, so that a later claim can contradict it."""
    if claim.value not in stated.text.lower():
        return stated
    return Stated(stated.text, claim.about, claim.value)


def _parted(fact: str) -> Stated:
    """A fact with what it is about and its value, where there can be but one at a time."""
    for about, pattern in _SINGLE.items():
        if match := pattern.match(fact):
            return Stated(fact, match.expand(about), match["value"].lower())
    return Stated(fact)


def facts_in(text: str) -> list[str]:
    """What the user states in `text`, one sentence in the third person each, in order."""
    found: dict[str, None] = {}
    for sentence in sentences_in(text):
        if is_meant(sentence):
            for clause in clauses_in(sentence):
                if not clause.asks and is_sure(clause.text) and (fact := _fact(clause)):
                    found[fact] = None
    return list(found)


def _fact(clause: Clause) -> str:
    if _GREETING.search(clause.before) and (match := _NAME_ALONE.match(clause.text)):
        return _named(match["value"])
    for pattern, render in _FACTS:
        if (match := pattern.match(clause.text)) and (fact := render(match)):
            return fact
    return ""


def _named(value: str, which: str = "") -> str:
    name = name_at(value)
    return f"The user's {which.lower()}name is {name}." if name else ""


def _called(match: re.Match[str]) -> str:
    name = name_at(match["value"])
    return f"The user wants to be called {name}." if name else ""


def _lives(match: re.Match[str]) -> str:
    place = place_at(match["value"])
    return f"The user {_place_verb(match['verb'])} {place}." if place else ""


def _place_verb(verb: str) -> str:
    if verb.lower().endswith("live in"):
        return "lives in"
    return "is from" if verb.lower().endswith("from") else "is based in"


def _works(match: re.Match[str]) -> str:
    value = _phrase(match["value"])
    return f"The user works {match['how'].lower()} {value}." if value else ""


def _is(match: re.Match[str]) -> str:
    return f"The user is {match['value'].lower()}."


def _has(match: re.Match[str]) -> str:
    return f"The user has {match['value'].lower()}."


def _allergic(match: re.Match[str]) -> str:
    value = _phrase(match["value"].replace(", ", " and "))
    return f"The user is allergic to {value}." if value else ""


def _relative(match: re.Match[str]) -> str:
    name = name_at(match["value"])
    return f"The user's {match['whom'].lower()} is called {name}." if name else ""


def _number(match: re.Match[str]) -> str:
    return f"The user's {match['what'].lower()} is {match['value'].strip()}."


def _event(match: re.Match[str]) -> str:
    value = _phrase(match["value"])
    if not value or not re.search(vocabulary.DAYS, value, re.IGNORECASE):
        return ""
    whose = "The user's" if match["whose"].lower() == "my" else "The"
    return f"{whose} {match['what'].lower()} is {value}."


def _likes(match: re.Match[str]) -> str:
    value = _phrase(match["value"], most=8)
    if not value or _NOTHING_LIKED.search(value.lower()):
        return ""
    return f"The user {_LIKES[match['verb'].lower()]} {value}."


def _phrase(value: str, *, most: int = 6) -> str:
    """`value` up to where another thought begins, told of the user; empty if it says nothing."""
    words = _STOP.sub("", value).strip(" ,.!").split()
    if not 0 < len(words) <= most or _HANGING.intersection(word.lower() for word in words):
        return ""
    return " ".join(_THEIRS.get(word.lower(), word) for word in words)


def _patterns(table: dict[str, Render]) -> list[tuple[re.Pattern[str], Render]]:
    return [(re.compile(text, re.IGNORECASE), render) for text, render in table.items()]


# Facts of which there is one at a time: what they are about, and how they are told.
_SINGLE = {
    r"name: \g<which>": re.compile(r"The user's (?P<which>(?:\w+ )?)name is (?P<value>.+)\."),
    r"name: called": re.compile(r"The user wants to be called (?P<value>.+)\."),
    r"i: live in": re.compile(r"The user lives in (?P<value>.+)\."),
    r"taste: \g<what>": re.compile(
        r"The user (?P<value>likes|loves|hates|dislikes|enjoys|adores|can't stand) (?P<what>.+)\."
    ),
    r"\g<what>: called": re.compile(r"The user's (?P<what>.+) is called (?P<value>.+)\."),
}
_I_AM = r"i(?:'m| am)"
_FACTS = _patterns(
    {
        r"my (?P<which>first |last |full |middle |maiden |sur)?name(?:'s| is|s) (?P<value>.+)": (
            lambda match: _named(match["value"], match["which"] or "")
        ),
        r"(?:you can |just |everyone can )*call me (?P<value>.+)": _called,
        r"(?:i|people) (?:go by|call me) (?P<value>.+)": _called,
        rf"(?P<verb>i (?:currently |now |actually |still )*live in|i come from|{_I_AM}"
        r" (?:originally )?from|i'm based in|i am based in) (?P<value>.+)": _lives,
        r"i (?:currently |now )?work (?P<how>as|at|for) (?P<value>.+)": _works,
        rf"{_I_AM} (?P<value>an? (?:[a-z]+ )?(?:{vocabulary.OCCUPATIONS}))"
        r"(?= at | in | by | for | from | and |,|$)": _is,
        rf"{_I_AM} (?:a )?(?P<value>{vocabulary.CONDITIONS})(?= and |,|$)": _is,
        rf"i (?:have|'ve got|suffer from) (?P<value>{vocabulary.ILLNESSES})\b": _has,
        rf"{_I_AM} (?:very |badly |severely |highly |also )*allergic to (?P<value>.+)": _allergic,
        r"i have (?P<value>an? (?!allerg)[a-z]+ allergy)\b": _has,
        r"i have an allergy to (?P<value>.+)": _allergic,
        rf"{_I_AM} (?P<value>(?:\d+|[a-z]+ty|[a-z]+ty[ -][a-z]+|[a-z]+teen) years old)\b": _is,
        rf"my (?P<whom>(?:[a-z]+ )?(?:{vocabulary.RELATIVES}))(?:'s name is|s name is|(?:'s| is)"
        r" (?:called|named)) (?P<value>.+)": _relative,
        rf"my (?P<what>(?:{vocabulary.NUMBERED}) (?:number|reference|code|id)|postcode|zip code"
        rf"|reference) is (?:number )?(?P<value>{_CODE}(?:[ -]{_CODE})*)(?![\w'])": _number,
        rf"(?P<whose>the|my|our) (?P<what>(?:[a-z]+ )?(?:{vocabulary.EVENTS}))(?:'s| is)"
        r" (?P<value>(?:on|at|in) (?:the )?.+)": _event,
        r"i (?:really |just |quite |also |absolutely |do |much |always )*"
        rf"(?P<verb>{'|'.join(_LIKES)}) (?P<value>.+)": _likes,
    }
)
_GREETING = re.compile(
    r"\b(?:hi|hello|hey|good (?:morning|afternoon|evening))[,\s]+$", re.IGNORECASE
)
_NAME_ALONE = re.compile(rf"(?i:{_I_AM}) (?P<value>[A-Z][a-z]+(?: [A-Z][a-z]+)?)$")
