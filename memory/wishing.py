"""Standing wishes, found in what a user says.

A request counts, politely asked or not; what is supposed, reported or quoted does not.
"""

import re

from memory.clauses import clauses_in, is_meant, sentences_in
from memory.names import name_at
from memory.wishes import INTERRUPTIONS_WELCOME, NO_INTERRUPTIONS, Wish, WishKind

_CUT_IN = (
    r"(?:interrupt(?: me| us)?|cut (?:me |us )?(?:in|off|short)|(?:jump|butt|break|chime) in"
    r"|talk over me|speak over me)"
)
_CUTTING_IN = (
    r"(?:interrupting(?: me| us)?|cutting (?:me |us )?(?:in|off|short)|(?:jumping|butting) in"
    r"|(?:talking|speaking) over me)"
)
_END = (
    r"(?=$|[,.!?]| (?:again|any ?more|please|ever|now|like|when|while|if|whenever|because|before|"
    r"until|till|in|from|at|as|any ?time|so|all|mid|once|right|okay|ok|thanks|thank)\b)"
)
_ASKING = (
    r"(?:(?:please|just|also|ever|from now on|can you|could you|would you|will you|i want you to|"
    r"i'd like you to|i need you to|you (?:must|need to|have to|should|can|may)) )*"
)
_NOT = (
    r"(?:don't|dont|do not|never|not|"
    r"you (?:can't|cannot|mustn't|must not|shouldn't|should not|may not))"
)
_ALLOWING = (
    r"(?:please |just |do |always |you can |you may |you could |you're (?:allowed|free|welcome) "
    r"to |feel free to |go ahead and |i (?:want|need) you to |i'd like you to |"
    r"it's (?:ok|okay|fine|all right|alright) (?:to|if you) |i don't mind if you )+"
    r"(?:always |still )?"
)
_WISHES = (
    (NO_INTERRUPTIONS, rf"{_ASKING}(?:stop|quit|no more) {_CUTTING_IN}{_END}"),
    (NO_INTERRUPTIONS, rf"{_ASKING}{_NOT} (?:ever |you |dare |please )*{_CUT_IN}{_END}"),
    (NO_INTERRUPTIONS, r"(?:no|stop the) (?:more )?interruptions"),
    (
        NO_INTERRUPTIONS,
        r"i (?:hate|don't like|do not like|can't stand) (?:being|getting|to be) "
        r"(?:interrupted|cut off|talked over)",
    ),
    (
        NO_INTERRUPTIONS,
        r"i (?:hate|don't like) (?:it )?when you (?:interrupt|cut (?:me off|in)|talk over)",
    ),
    (
        NO_INTERRUPTIONS,
        rf"{_ASKING}(?:always )?let me finish(?: \w+){{0,4}} "
        r"(?:from now on|in future|in the future|always|next time|every time)\b",
    ),
    (NO_INTERRUPTIONS, r"always let me finish\b"),
    (
        NO_INTERRUPTIONS,
        rf"{_ASKING}{_NOT} (?:say|speak|talk|answer|respond)(?: (?:anything|a word|back))? "
        r"(?:until|till|before) i(?:'m| am|'ve)? (?:\w+ )?(?:stop|stopped|finish|finished|done)\b",
    ),
    (
        NO_INTERRUPTIONS,
        rf"{_ASKING}(?:wait (?:until|till) i(?:'m| am|'ve)? (?:\w+ )?(?:finish|finished|done)|"
        r"let me (?:finish|get to the end)) before you (?:say|speak|answer|reply|respond|talk)\b",
    ),
    (INTERRUPTIONS_WELCOME, rf"{_ALLOWING}{_CUT_IN}{_END}"),
    (INTERRUPTIONS_WELCOME, rf"{_CUT_IN} (?:when|whenever|if|any ?time|as soon as|as often as)\b"),
    (
        INTERRUPTIONS_WELCOME,
        r"i don't mind (?:being interrupted|interruptions|you (?:interrupting|cutting in))",
    ),
    (INTERRUPTIONS_WELCOME, r"interruptions are (?:welcome|fine|okay|ok)\b"),
)
_SUBJECT = r"(?:my |the |our |a |an )?(?P<subject>[\w'-]+(?: (?:and |or |of |the )?[\w'-]+){0,2}?)"
_STOPS = (
    r"(?=$|[,.!?;:]| (?:ever|again|any ?more|please|okay|ok|right|alright|from|whatever|either|"
    r"at|with|to|today|tonight|while|when|unless|until|not|for|in|now|thanks|up|out|because)\b)"
)
# After these, what is to be avoided.
_AVOIDS = [
    re.compile(text + _STOPS, re.IGNORECASE)
    for text in (
        rf"{_ASKING}{_NOT} (?:ever |please )*(?:talk|speak|ask(?: me)?|go on|start|remind me) "
        rf"(?:to me )?about {_SUBJECT}",
        rf"{_ASKING}{_NOT} (?:ever |please )*(?:mention|discuss) {_SUBJECT}",
        rf"{_ASKING}{_NOT} (?:ever |please )*bring (?:up {_SUBJECT}|"
        rf"{_SUBJECT.replace('subject', 'other')} up)",
        rf"{_ASKING}(?:stop|no more|quit) (?:talking|asking(?: me)?|going on|talk) about "
        rf"{_SUBJECT}",
        rf"{_ASKING}stop (?:mentioning|bringing up) {_SUBJECT}",
        rf"(?:when .{{1,30}} )?i (?:really )?(?:don't|do not|never) (?:ever )?want to (?:hear|talk|"
        rf"speak|know|be asked) (?:any more |another word )?about {_SUBJECT}",
        rf"{_ASKING}leave {_SUBJECT} (?:out of (?:it|this)|alone)",
        rf"not (?:a|one|another) word about {_SUBJECT}",
        rf"{_ASKING}steer clear of {_SUBJECT}",
        rf"let's (?:not talk about|never mention|leave) {_SUBJECT}",
    )
]
_HANGS = frozenset("it that this them him her me us you what anything everything something".split())
_BRIEF = re.compile(
    rf"{_ASKING}(?:(?:keep|make) (?:it|them|things|your (?:answers|replies|responses)|that) "
    r"(?:short|brief|shorter|briefer|to (?:a|one|two) sentences?)|be (?:brief|concise|short)|"
    r"(?:give me |use )?(?:only |just )?(?:short|brief|one[- ]line|shorter) (?:answers|replies|"
    r"responses|sentences)|answer (?:briefly|in (?:a|one|two) (?:sentences?|words?)))\b",
    re.IGNORECASE,
)
_WISH_PATTERNS = [(wish, re.compile(text, re.IGNORECASE)) for wish, text in _WISHES]
_CALL_ME = re.compile(
    r"(?:(?:please|just|can you|could you|you can|i'd like you to|i want you to|from now on) )*"
    r"call me (?P<value>.+)",
    re.IGNORECASE,
)


def wishes_in(text: str) -> list[Wish]:
    """The standing wishes in `text`, in order; a later one about the same prevails."""
    found: list[Wish] = []
    for sentence in sentences_in(text):
        for clause in clauses_in(sentence):
            if is_meant(clause.before) and (wish := _wish(clause.text)):
                found.append(wish)
    return found


def _wish(clause: str) -> Wish | None:
    for wish, pattern in _WISH_PATTERNS:
        if pattern.match(clause):
            return wish
    if _BRIEF.match(clause):
        return Wish(WishKind.BRIEF)
    match = _CALL_ME.match(clause)
    name = name_at(match["value"]) if match else ""
    return Wish(WishKind.CALL_ME, name) if name else _avoided(clause)


def _avoided(clause: str) -> Wish | None:
    for pattern in _AVOIDS:
        if match := pattern.match(clause):
            found = match.groupdict()
            subject = (found.get("subject") or found.get("other") or "").lower()
            if subject and subject not in _HANGS:
                return Wish(WishKind.AVOID, subject)
    return None
