"""The telling words of a text, without their endings: what a search by words looks for."""

import re
from functools import lru_cache
from typing import Any

import snowballstemmer as _snowball  # pyright: ignore[reportMissingTypeStubs]

QUERY_TERMS = 32  # of a long query, the last ones

# Words that are in every sentence and tell none from another.
COMMON = frozenset(
    "a about am an and are as at be been but by can could did do does for from had has have he her "
    "him his how i if in is it its just like me my no not now of oh ok okay on or our please she "
    "so some tell than that the their them then there these they this to uh um us was we well were "
    "what when where which who why will with would yes you your s t m re ve ll d".split()
)
snowball: Any = _snowball  # it has no types
_STEMMER = snowball.stemmer("english")


def words_in(text: str) -> list[str]:
    """All words of `text` in lower case."""
    return re.findall(r"[^\W_]+", text.lower())


def terms_in(text: str) -> list[str]:
    """The stems of the words that tell something, in order, as often as they stand there."""
    return [_stem(word) for word in words_in(text) if word not in COMMON]


def query_terms(query: str) -> list[str]:
    """The last distinct terms of `query`, the last first."""
    return list(dict.fromkeys(reversed(terms_in(query))))[:QUERY_TERMS]


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    return str(_STEMMER.stemWord(word))
