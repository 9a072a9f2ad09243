"""What a user claims of a thing: "my rent is 950 a month", "the flight goes from Gatwick".

A claim has a subject, a relation and a value, so that a later one can contradict it.
Text is as a recogniser gives it. Better to miss a claim than to make one up.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from memory.clauses import is_meant, is_sure, sentences_in
from memory.states import states_in
from memory.terms import terms_in
from memory.values import Of, Value, values_in

CLAUSE = 64  # characters of a claim's words that are of its own clause
REACH = 48  # characters between the verb and its value
_KIN = (
    "mum|mom|mother|dad|father|sister|brother|wife|husband|partner|son|daughter|grandad|granddad|"
    "grandfather|grandpa|grandma|grandmother|nan|gran|aunt|uncle|cousin|nephew|niece|godson|"
    "goddaughter|girlfriend|boyfriend|fiance|fiancee|fiancé|fiancée|boss|landlord|neighbour|neighbor"
)
_VERB = (
    r"(?P<verb>'s|is|are|was|were|being|'re|'m|am|lives?|living|works?|working|goes|go|going|"
    r"leaves?|starts?|begins?|ends?|turns?|turned|comes?|costs?|closes?|opens?|arrives?|departs?|"
    r"lands?|takes?|falls?|runs?|has|have|got)"
)
_PHRASE = r"(?:[a-z][\w'-]* ){0,2}?[a-z][\w'-]*(?: (?:to|from|with|in|at|for) [\w'-]+)?"
_SUBJECTS = (
    re.compile(rf"\b(?:my|our|the) (?P<subject>{_PHRASE})(?: |(?=')){_VERB}(?!\w)", re.IGNORECASE),
    re.compile(rf"\b(?P<subject>{_KIN})(?: |(?=')){_VERB}(?!\w)", re.IGNORECASE),
    re.compile(r"\b(?P<subject>i) (?:just |only |still |really )?"
               r"(?P<verb>live|work|was born|grew up)\b", re.IGNORECASE),
    re.compile(rf"\b(?P<subject>he|she|it|they)(?: |(?=')){_VERB}(?!\w)", re.IGNORECASE),
)  # fmt: skip
_CHANGED = re.compile(
    r"\b(?:moved|changed|now|no longer|any ?more|from now on|used to|instead|switched|rescheduled|"
    r"postponed|brought forward|put (?:back|off)|not|never|another|next|also|too|every)\b|n't\b"
)
_ASKS = re.compile(
    r"\b(?:did i say|is it|was it|or is|or was|am i|isn't it|which|whether|if|suppose|imagine|"
    r"what if|maybe|perhaps|might|could|would have|wish|hope|think)\b"
)
_BOUNDARY = re.compile(r"[,;:]|\b(?:since|because|as|so|but|and|seeing|though)\b", re.IGNORECASE)
_PLACE = re.compile(r"\b(?P<word>in|at|from|called|named)\s+(?:the )?$", re.IGNORECASE)
_WHERE = {"in": "in", "at": "in", "from": "from", "called": "called", "named": "called"}
_BE = frozenset(["'s", "is", "are", "was", "were", "being", "turns", "turned", "costs", "cost"])
_OF_ME = frozenset(["live", "work", "was born", "grew up"])
_YOUR = re.compile(rf"\byour (?P<subject>{_PHRASE})", re.IGNORECASE)
_PRONOUNS = ("he", "she", "it", "they")
_KIN_TERMS = frozenset(term for word in _KIN.split("|") for term in terms_in(word))
# What a question asks for, as the relation of its answer.
_ASKED = {
    "in": re.compile(r"\bwhere\b|\bwhich (?:city|town|country)\b", re.IGNORECASE),
    "called": re.compile(r"\b(?:name|called)\b", re.IGNORECASE),
    "day": re.compile(r"\b(?:when|what day|which day)\b", re.IGNORECASE),
    "month": re.compile(r"\b(?:which|what) month\b", re.IGNORECASE),
    "time": re.compile(r"\bwhat time\b", re.IGNORECASE),
    "be number": re.compile(r"\bhow (?:old|many|much|big|long)\b", re.IGNORECASE),
}
_MENTIONED = re.compile(rf"\b(?:my|our) (?P<subject>{_KIN})\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Claim:
    """`about` is what it is of, `value` what is said of that, `text` the words themselves."""

    subject: frozenset[str]
    relation: str
    value: str
    text: str

    @property
    def about(self) -> str:
        """Subject and relation, as a key that only a claim about the same has."""
        return f"{' '.join(sorted(self.subject))}: {self.relation}"


class Ear:
    """Listens to a talk for claims: who "she" is, and what a short answer is an answer to."""

    def __init__(self) -> None:
        """Nothing was said yet."""
        self._subject: frozenset[str] = frozenset()
        self._asked = ""

    def agent_said(self, text: str) -> None:
        """The agent's turn may ask for what the next one answers."""
        self._asked = text if text.rstrip().endswith("?") else ""

    def user_said(self, text: str) -> list[Claim]:
        """What is claimed in a finished turn, in order."""
        found = self.claims_in(text)
        self._asked = ""
        for match in _MENTIONED.finditer(text):
            self._subject = frozenset(terms_in(match["subject"]))
        return found

    def claims_in(self, text: str, *, goes_on: bool = False) -> list[Claim]:
        """What is claimed in a turn, in order; while it `goes_on` its last words may be no job."""
        subject, found = self._asked_for(), list[Claim]()
        for number, sentence in enumerate(sentences_in(text)):
            if sentence.endswith("?"):
                continue
            values = values_in(sentence)
            claims = [*_claims(sentence, values, subject), *_of_oneself(sentence, goes_on)]
            if not claims and number == 0 and subject and values:
                claims = self._answers(subject, values[0], sentence)
            found += claims
            subject = claims[-1].subject if claims else _mentioned(sentence) or subject
        return found

    def _asked_for(self) -> frozenset[str]:
        match = _YOUR.search(self._asked)
        return frozenset(terms_in(match["subject"])) if match else self._subject

    def _answers(self, subject: frozenset[str], value: Value, sentence: str) -> list[Claim]:
        """The claim that a short answer to the agent's question makes."""
        relation = next((name for name, asks in _ASKED.items() if asks.search(self._asked)), "")
        fits = {Of.NAME: ("in", "called"), Of.NUMBER: ("be number",)}
        if relation not in fits.get(value.of, (str(value.of),)):
            return []
        return [Claim(subject, relation, value.text, f"{self._asked} {sentence}")]


def claims_in(text: str) -> list[Claim]:
    """What is claimed in `text` by itself, in order."""
    return Ear().claims_in(text)


def _claims(sentence: str, values: list[Value], before: frozenset[str]) -> Iterator[Claim]:
    for match in _subjects(sentence):
        subject = _named(match["subject"].lower(), before)
        value = _value_after(match, values)
        if subject and value and _is_asserted(sentence, match.start(), value.at):
            yield from _claim(subject, match, value, sentence)
        before = before if match["subject"].lower() == "i" else subject or before


def _of_oneself(sentence: str, goes_on: bool) -> Iterator[Claim]:
    for state in states_in(sentence):
        is_open = goes_on and state.is_open and not sentence[state.end :].strip(" ,.!")
        if not is_open and _is_asserted(sentence, state.begin, state.end):
            yield Claim(frozenset({"i"}), state.relation, state.value, state.told)


def _mentioned(sentence: str) -> frozenset[str]:
    found = list(_MENTIONED.finditer(sentence))
    return frozenset(terms_in(found[-1]["subject"])) if found else frozenset()


def _is_asserted(sentence: str, begin: int, end: int) -> bool:
    """Whether the words around a claim say that it is so, not that it might or no longer is."""
    clause = _BOUNDARY.split(sentence[:begin])[-1] + sentence[begin:end]
    return is_meant(clause) and is_sure(clause) and not _ASKS.search(clause.lower())


def is_change(claim: Claim) -> bool:
    """Whether a claim's own words say that something is not as it was."""
    return bool(_CHANGED.search(claim.text.lower()[:CLAUSE]))


def _subjects(sentence: str) -> list[re.Match[str]]:
    """Subjects with their verbs, in order, none inside another."""
    found: list[re.Match[str]] = []
    for pattern in _SUBJECTS:
        for match in pattern.finditer(sentence):
            if all(match.start() >= other.end() or match.end() <= other.start() for other in found):
                found.append(match)
    return sorted(found, key=lambda match: match.start())


def _named(words: str, before: frozenset[str]) -> frozenset[str]:
    """The terms of a subject; of a pronoun, of what was spoken of before."""
    if words in _PRONOUNS:
        fits = bool(before & _KIN_TERMS) == (words in ("he", "she"))
        return before if fits else frozenset()
    return frozenset({"i"} if words == "i" else terms_in(words))


def _value_after(match: re.Match[str], values: list[Value]) -> Value | None:
    """The value that belongs to the verb: the first one after it, not far off."""
    near = (value for value in values if match.end() <= value.at <= match.end() + REACH)
    return next(near, None)


def _claim(
    subject: frozenset[str], match: re.Match[str], value: Value, sentence: str
) -> Iterator[Claim]:
    """The claim, if its relation is one of which there is but one at a time."""
    verb = match["verb"].lower()
    relation = str(value.of)
    if value.of is Of.NAME:
        place = _PLACE.search(sentence[: value.at])
        relation = _WHERE.get(place["word"].lower(), "") if place else ""
    elif value.of is Of.NUMBER:
        relation = f"be {relation}" if verb in _BE else ""
    if verb in _OF_ME:
        relation = f"{verb} {relation}" if relation == "in" else ""
    if relation:
        yield Claim(subject, relation, value.text, sentence[match.start() :].strip(" .,!"))


def contradicts(one: Claim, other: Claim) -> bool:
    """Whether both cannot be true: the same of the same, but not the same value."""
    if one.relation != other.relation or _may_be_same(one.value, other.value):
        return False
    shared = one.subject & other.subject
    return bool(shared) and shared in (one.subject, other.subject)


def _may_be_same(one: str, other: str) -> bool:
    """Whether a value is the other, a word of it, or a word that is still being said."""
    if one == other:
        return True
    short, long = sorted((one, other), key=len)
    return short[:1].isalpha() and (long.startswith(short) or short in long.split())
