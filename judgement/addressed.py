"""Whether words in a room of several people are meant for the agent, without a model.

Who is called by name is meant. Without a name a question is, where it follows on the
agent's own words to the same person, and for a proactive persona also where nobody
has been talking to anybody else.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile

from judgement.bids import stops
from judgement.company import Company
from judgement.moment import Kind, Moment
from judgement.signals import AGENT_ASKED
from judgement.words import EMERGENCIES, has_phrase, is_question

FOLLOWS = 12.0  # s after the agent's last words in which a question follows on them
THREAD = 20.0  # s after which a talk between people counts as over
PROACTIVE = 0.5  # proactivity from which a question to nobody in particular is answered
ALIKE = 0.75  # how alike letters must be for a long name that was misheard
LONG = 6  # letters from which on a name may be misheard; shorter ones are too like words
_TOKEN = re.compile(r"[\w'-]+|[.,!?;:]")
_ENDS = frozenset(".!?;:")
_BEFORE = frozenset(  # what a call by name begins with
    "hey hi hello ok okay oh so well and but now then thanks thank you please right yes no yeah "
    "alright listen sorry excuse me good morning evening afternoon um uh er dear maybe".split()
)
_ABOUT = frozenset(  # behind which a name is somebody spoken of
    "to with about of for from by like than and or is was are were called named ask asked tell "
    "told use using the a an my our your this his her their on in as at say said says".split()
)
_DOES = frozenset(  # before which it is, too
    "says said told thinks thought knows knew just always never also and or who which isn't "
    "wasn't doesn't didn't can't won't".split()
)
_MAY_ASK = frozenset("is was has had does did can could will would".split())  # so are these,
_ASKED = frozenset(  # unless one of these comes next: "Bob is it late"
    "you it there this that he she we they i the a an my your his her its our their anyone "
    "anybody somebody someone".split()
)
_REQUESTS = frozenset(
    "tell give explain repeat say show list name read spell count describe compare remind "
    "suggest continue".split()
)


@dataclass(frozen=True, slots=True)
class Thread:
    """Who last spoke with whom, and how many seconds `ago` that was over.

    `partner` is whom the agent has answered last.
    """

    with_agent: bool = False
    partner: str = ""
    ago: float = float("inf")


def addressed(moment: Moment, company: Company, thread: Thread) -> tuple[bool, str]:
    """Whether the agent is meant by the words of `moment`, and why."""
    said = moment.said
    if has_phrase(said, EMERGENCIES):
        return True, "speaks of an emergency"
    others = [name for name in company.names if name != moment.speaker]
    called = list(_called(said, company.called, others))
    if called and called[-1]:
        return False, f"speaks to {called[-1]}"
    if called:
        return True, "called it by name"
    if moment.kind is Kind.OVERLAP:
        return _over_agent(moment, thread)
    return _unnamed(moment, thread)


def _over_agent(moment: Moment, thread: Thread) -> tuple[bool, str]:
    """Over the agent's speech the one whom it answers is meant to be heard, and a "stop"."""
    if stops(moment.said):
        return True, "asks it to stop"
    if moment.said and moment.speaker == thread.partner:
        return True, "is being answered"
    return False, "speaks beside it"


def _unnamed(moment: Moment, thread: Thread) -> tuple[bool, str]:
    asks = is_question(moment.said) or _requests(moment.said)
    if thread.with_agent and moment.speaker == thread.partner and thread.ago <= FOLLOWS:
        if moment.signals.get(AGENT_ASKED):
            return True, "answers it"
        return (True, "follows on its words") if asks else (False, "asks it nothing")
    if moment.persona.proactivity < PROACTIVE:
        return False, "was not called"
    if not thread.with_agent and thread.ago <= THREAD:
        return False, "speaks with the others"
    return (True, "asks, and names nobody") if asks else (False, "names nobody")


def _requests(said: str) -> bool:
    """Whether the last sentence asks for something to be told."""
    sentences = [each.lower().split() for each in re.split(r"[.!?]+", said) if each.strip()]
    words = [word.strip(",") for word in sentences[-1]] if sentences else []
    while words and words[0] in _BEFORE:
        words.pop(0)
    return bool(words) and words[0] in _REQUESTS


def _called(said: str, agent: Iterable[str], others: Iterable[str]) -> Iterator[str]:
    """Who is called in `said`, in its order: "" for the agent, else a person's name."""
    names = [("", spelled) for spelled in agent]
    names += [(name, spelled) for name in others for spelled in _spellings(name)]
    tokens = _TOKEN.findall(said.replace("’", "'"))
    for at in range(len(tokens)):
        for who, spelled in names:
            width = _is_at(tokens, at, spelled)
            if width and _is_call(tokens, at, at + width):
                yield who
                break


def _spellings(name: str) -> list[str]:
    """A whole name, and the first part of it."""
    return list(dict.fromkeys((name, name.split()[0])))


def _is_at(tokens: Sequence[str], at: int, name: str) -> int:
    """How many tokens from `at` on are `name`, perhaps misheard; 0 if they are not."""
    parts = len(name.split())
    for width in dict.fromkeys((parts, parts + 1, parts + 2)):
        words = tokens[at : at + width]
        if len(words) < width or any(word in _ENDS or word == "," for word in words):
            break
        heard, wanted = _letters("".join(words)), _letters(name)
        if heard == wanted or _is_alike(heard, wanted):
            return width
    return 0


def _letters(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum() or letter == "'")


def _is_alike(heard: str, name: str) -> bool:
    if len(name) < LONG or heard.endswith("'s") or heard[:1] != name[:1]:
        return False
    return SequenceMatcher(None, heard, name).ratio() >= ALIKE


def _is_call(tokens: Sequence[str], begin: int, end: int) -> bool:
    """Whether the name between the two stands where somebody is called, not spoken of."""
    sentence = list(takewhile(lambda each: each not in _ENDS, reversed(tokens[:begin])))
    words = [each.lower() for each in sentence if each != ","]
    after = [each.lower() for each in tokens[end : end + 2]]
    if sentence[:1] == [","] or _BEFORE.issuperset(words):
        return not _is_subject(after)
    return (not after or after[0] in _ENDS) and words[0] not in _ABOUT


def _is_subject(after: Sequence[str]) -> bool:
    """Whether a name goes on as in "Bob said so", unlike "Bob, is it so" and "Bob is it so"."""
    if not after or after[0] not in _DOES | _MAY_ASK:
        return False
    return after[0] in _DOES or len(after) < 2 or after[1] not in _ASKED
