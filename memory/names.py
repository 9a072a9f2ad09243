"""What can be somebody's name, out of words that may lack case."""

import re
from collections.abc import Callable

# Words that follow "my name is" or "call me" without being a name.
_NO_NAMES = frozenset(
    "a about afraid after again all already also always an and any anything anytime as at back "
    "because before being but by correct crazy different difficult easy first for from funny good "
    "hard here his how if important in irrelevant it just later long maybe me missing mine my "
    "never nice no nobody not now of off often old on once one only or our out over please private "
    "quite rather really same short so some something sometimes soon spelled spelt still stupid "
    "that the their there this to today tomorrow tonight too under unusual up very well what "
    "whatever when whenever where with wrong yet you your calling looking fine okay ok sorry "
    "happy glad ambulance taxi cab doctor sir madam".split()
)
# Words after a name that are no part of it.
_AFTER = frozenset(
    "and but by from for here with i i'm it's nice please so thanks the who but too actually "
    "speaking calling instead now ok okay from at in on because is was how what can could".split()
)
_PLACE_ENDS = frozenset(
    "and with but so because which where since for near now at by these right currently when is as "
    "though actually who that are was to if i my".split()
)
_NO_PLACES = frozenset(
    "fear hope pain peace denial sin it this that here there one what a's is was my".split()
)
_NAME_WORD = re.compile(r"^[^\W\d_][\w'-]*$")


def name_at(text: str, *, most: int = 3) -> str:
    """The name that `text` begins with, in capitals where they were missing; empty for none.

    Where the words have capitals, they tell where the name ends. Else it is
    one word, or all of up to three that are left.
    """
    words = text.split(",")[0].split()
    if not words or words[0].lower() in _NO_NAMES or not _NAME_WORD.match(words[0]):
        return ""
    if words[0][0].isupper():
        length = _run(words, lambda word: word[0].isupper() and word != "I")
    else:
        length = _run(words, lambda word: word not in _AFTER | _NO_NAMES)
        length = length if length == len(words) else 1
    if length > most:
        length = 1
    return " ".join(_capital(word) for word in words[:length])


def place_at(text: str) -> str:
    """The place that `text` begins with: up to four words, with capitals; empty for none."""
    words = text.split(",")[0].split()
    length = _run(words, lambda word: word.lower() not in _PLACE_ENDS)
    words = words[: min(length, 4)]
    if not words or words[0].lower() in _NO_PLACES:
        return ""
    if words[0].lower() in ("a", "an", "the") or any(word[0].isupper() for word in words):
        return " ".join(words)
    return " ".join(
        word if word in ("of", "on", "upon", "le") else _capital(word) for word in words
    )


def _run(words: list[str], fits: Callable[[str], bool]) -> int:
    """How many of the first words fit."""
    return next((i for i, word in enumerate(words) if not fits(word)), len(words))


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]
