"""What words give away, without a model: backchannels, bids for the floor, unfinished ends.

All tests take text as a recogniser gives it: case and punctuation may be missing.
"""

import re
from collections.abc import Iterable

BACKCHANNELS = frozenset(
    "mhm mm-hmm mm mmm hmm hm uh-huh uhhuh uh huh um yeah yep yes yup ok okay right sure "
    "aha ah oh wow really nice cool great good exactly totally absolutely i see".split()
)
SILENCED = (  # the agent, by who says no more than that
    "stop", "wait", "let me finish", "let me speak", "excuse me", "shut up", "be quiet", "pause",
)  # fmt: skip
STOPS = (*SILENCED, "hold on", "hang on", "one moment", "no no")
WAITS = (
    "hold on", "hang on", "one second", "one moment", "just a second", "just a moment",
    "just a minute", "give me a second", "give me a minute", "give me a moment",
    "let me think", "let me check", "let me see", "let me look", "bear with me", "i'm thinking",
)  # fmt: skip
EMERGENCIES = (
    "call an ambulance", "call 911", "call 999", "call 112", "i can't breathe", "heart attack",
    "kill myself", "end my life", "suicide", "there's a fire", "house is on fire", "overdose",
    "he's not breathing", "she's not breathing", "emergency",
)  # fmt: skip
# A turn that ends on one of these is seldom over.
UNFINISHED = frozenset(
    "and but or so because if when while that which who to of for with from in on at by about "
    "the a an my your his her their our this these those is are was were am be been do does did "
    "can could would should will i we they he she it's i'm um uh er erm like than then as into "
    "not very really just also more let's gonna wanna want need think maybe".split()
)
APART = 5  # words that three dots in a policy may stand for
_QUESTION_STARTS = frozenset(
    "what who whom whose which when where why how is are am was were do does did can could "
    "will would should shall may might have has had isn't aren't don't doesn't can't".split()
)
_CLAUSE_END = re.compile(r"[,.;:?!]\s+(?=\w)")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_WORD = re.compile(r"[a-z0-9']+(?:-[a-z0-9']+)*")


def words_of(text: str) -> list[str]:
    """Lower-case words, apostrophes kept, all other punctuation dropped."""
    return _WORD.findall(text.lower().replace("’", "'"))


def has_phrase(text: str, phrases: tuple[str, ...]) -> bool:
    """Whether any of `phrases` occurs in `text` as whole words."""
    padded = f" {' '.join(words_of(text))} "
    return any(f" {' '.join(words_of(phrase))} " in padded for phrase in phrases)


def is_backchannel(text: str) -> bool:
    """At most four words, each of which only says "I'm listening"."""
    words = words_of(text)
    return 0 < len(words) <= 4 and all(word in BACKCHANNELS for word in words)


def is_question(text: str) -> bool:
    """Whether the last sentence of `text` asks something."""
    if text.rstrip().endswith("?"):
        return True
    sentences = re.split(r"[.!?]+\s*", text.strip().rstrip(".!"))
    words = words_of(sentences[-1])
    return len(words) >= 3 and words[0] in _QUESTION_STARTS


def has_asked(text: str) -> bool:
    """Whether the last sentence of `text`, or the one before it, asks something."""
    return any(is_question(each) for each in _SENTENCE_END.split(text.strip())[-2:])


def is_unfinished(text: str) -> bool:
    """Whether the words stop where more must follow."""
    stripped = text.rstrip()
    if stripped.endswith("?"):
        return False
    if stripped.endswith((",", "-", "…", "...")):
        return True
    words = words_of(text)
    return not words or words[-1] in UNFINISHED


def clauses(text: str) -> int:
    """How many clauses are over, by the marks that a word follows.

    A mark at the very end may be no more than the recogniser's guess.
    """
    return len(_CLAUSE_END.findall(text))


def ends_clause(text: str) -> bool:
    """Whether the words stop where a clause may end, be it only at a comma."""
    return not is_unfinished(text.rstrip(" ,;"))


def repetition(text: str) -> float:
    """The share of four-word runs said before in the same text, 0 to 1."""
    words = words_of(text)
    runs = [tuple(words[i : i + 4]) for i in range(len(words) - 3)]
    return 1 - len(set(runs)) / len(runs) if runs else 0.0


def topic_of(policy: str) -> str:
    """What a policy is about, without the words that give it away."""
    return policy.partition("(")[0].strip()


def on_topic(text: str, policy: str) -> bool:
    """Whether `text` touches a policy such as "discounts (discount, knock ... off)".

    Three dots stand for up to `APART` words.
    """
    bracket = policy.partition("(")[2]
    phrases = [part.strip() for part in bracket.rstrip(") ").split(",") if part.strip()]
    said = _stems(text)
    return any(_contains(said, phrase) for phrase in phrases or [topic_of(policy)])


def _contains(said: list[str], phrase: str) -> bool:
    """Whether the parts of `phrase`, between its dots, occur in their order."""
    first, *rest = (_stems(part) for part in phrase.split("..."))
    ends = _ends(said, first, range(len(said)))
    for part in rest:
        ends = _ends(said, part, (end + gap for end in ends for gap in range(APART + 1)))
    return bool(ends)


def _ends(said: list[str], part: list[str], starts: Iterable[int]) -> set[int]:
    """Where `part` is over, for each of `starts` at which it stands."""
    width = len(part)
    return {at + width for at in starts if part and said[at : at + width] == part}


def _stems(text: str) -> list[str]:
    return [_stem(word) for word in words_of(text)]


def _stem(word: str) -> str:
    for ending in ("'s", "ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word[: -len(ending)]
    return word
