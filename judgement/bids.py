"""Whether words over the agent are meant to stop it, without a model.

A judge of words has little to go by in three of them: "Tuesday." and "Okay." look
alike to it, and a hummed "mm-hmm" is understood as any short words at all.
"""

import re

from judgement.moment import Moment
from judgement.signals import AGENT_ASKED, DOUBTFUL, FINISHED, SINCE_OPENER
from judgement.words import (
    BACKCHANNELS,
    EMERGENCIES,
    STOPS,
    UNFINISHED,
    has_phrase,
    is_question,
    words_of,
)

MOST = 3  # words that are judged here
_TURNS = frozenset(  # to the agent: to ask it something, or to deny what it says
    "what why who where when how which actually sorry pardon hey hello no not nope never".split()
)
_FILLED = frozenset("ah uh um oh eh er erm hm hmm mm mhm huh but".split())
_ON = frozenset("and or so".split())  # what begins with one of these goes on from something
_EMPTY = BACKCHANNELS | UNFINISHED | {"you", "there"}  # "you" is also what a cough is taken for
_HEARD = "|".join(BACKCHANNELS - {"i", "see"}) + "|well|ha|haha|ha-ha|alright"
_GOOD = (
    "true|right|great|nice|good|fine|fair|funny|interesting|amazing|awesome|perfect|lovely|"
    "wonderful|crazy|cool|sad|correct|incredible|fantastic|excellent|brilliant"
)
_AGREED = (
    rf"(?:(?:that's|that is|it's|it is|sounds|that sounds|how) )?"
    rf"(?:(?:so|very|pretty|quite|really|all|just) )?(?:{_GOOD})"
    r"|i (?:see|know|agree|understand|get it|bet|guess so|think so|suppose so)"
    r"|(?:(?:that|it) )?makes? (?:(?:total|perfect|a lot of) )?sense"
    r"|(?:good|fair|great|nice) (?:point|enough|one|idea)"
    r"|got (?:it|you)|gotcha|of course|for sure|indeed|definitely|no (?:way|kidding|doubt|problem)"
    r"|my (?:god|gosh|goodness)|thanks|thank you"
)
_ASSENT = re.compile(rf"(?:(?:{_HEARD}|{_AGREED}) )+")


def bid(moment: Moment) -> bool | None:
    """Whether the words of an overlap want the floor; None where they don't tell.

    What asks something does, and so do finished words that answer the agent's
    question. Others do where they are few.
    """
    said = moment.said
    if stops(said):
        return True if moment.signals.get(FINISHED) else None
    if SINCE_OPENER in moment.signals:
        return None
    if assents(said):
        return False
    if not moment.signals.get(FINISHED):
        return None
    words = words_of(said)
    if is_question(said) and not _FILLED.issuperset(words):
        return True
    if not words or (len(words) > MOST and not moment.signals.get(AGENT_ASKED)):
        return None
    return True if _turns_to_agent(words) or _is_meant(words, moment) else None


def stops(text: str) -> bool:
    """Whether `text` holds words that stop the agent at once."""
    return has_phrase(text, STOPS + EMERGENCIES)


def assents(text: str) -> bool:
    """Whether `text` says no more than that it is heard, agreed with or liked."""
    return _ASSENT.fullmatch("".join(f"{word} " for word in words_of(text))) is not None


def _turns_to_agent(words: list[str]) -> bool:
    """Whether they begin as a question or a denial does, and not as "No, uh" does."""
    first, *rest = words
    return first in _TURNS and (not rest or not _FILLED.issuperset(rest))


def _is_meant(words: list[str], moment: Moment) -> bool:
    """Whether they say something, go on from nothing, and were clearly understood."""
    if moment.signals.get(DOUBTFUL) or words[0] in _ON or words[-1] in UNFINISHED:
        return False
    return any(len(word) > 2 and word not in _EMPTY for word in words)
