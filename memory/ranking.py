"""Which memories answer a query best: by meaning and by words, by speaker, time and neighbours.

A store finds candidates its own way; this puts them in order, the same for all.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import compress

import numpy as np

from memory.store import AGENT, USER, Memory, Sort
from memory.terms import query_terms, terms_in, words_in
from memory.times import NamedTime, times_in

K1, B, AVERAGE = 1.2, 0.75, 12.0  # of BM25; the average is a guess, so that no store must know it
MYSELF = frozenset("i me my mine myself".split())
# What the agent said is asked for so; "can you" and "do you know" are in half of all requests.
YOU_SAID = re.compile(
    r"\byours?\b|\b(did|have|had|were)(n't)? you\b(?! know\b| got\b)|"
    r"\byou(?:'(?:ve|d|re))? (?:\w+ ){0,2}?(said|saying|told|telling|mentioned|promised|meant|gave|"
    r"recommended|suggested|called|explained|asked|offered|answered|advised|named|wrote|quoted|"
    r"listed|shared|found|picked|chose|described|showed)\b",
    re.IGNORECASE,
)
FRESH_DAYS = 30.0  # in which what is fresh loses half of what that is worth

HITS = 40  # candidates whose neighbours a store looks at too
BY_WORDS = 80  # candidates that share words with the query
POSTINGS = 3000  # memories looked at for their words: the commonest words of a query add none

FEATURES = (
    "words",  # BM25
    "words_around",  # of the turns before and after, summed
    "meaning",  # cosine
    "meaning_around",
    "speaker",  # whom the query names is who said it
    "time",  # said at the time that the query names
    "question",  # a turn that asks holds no answer
    "length",  # logarithm of 1 + its words
    "fact",
    "fresh",  # 1 for what was said now, a half after FRESH_DAYS
)
# By a logistic regression on LoCoMo's development talks (`python -m benchmarks.ranking`);
# the last two are set by hand, since nothing there can teach them.
WEIGHTS = np.array([0.37, 0.14, 6.0, 1.1, 1.9, 1.25, -1.1, 1.15, 1.0, 0.3])

# The least score of what bears on a query: the most, in halves, that keeps every memory that is
# needed in those talks of `benchmarks.remembered` that were seen; in the others it does as well.
# LoCoMo's turns are longer and its questions name the speaker: there 8.0 loses only 0.2 % of the
# evidence among the best six, while in those talks what is needed is told in 0.83, not in 0.93.
FLOOR = 6.5
SUPPOSED = (
    0.3  # for the floor, the cosine where there is no vector: the median of LoCoMo's evidence
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A memory that may answer. `previous` is the key of the turn before it in the talk."""

    memory: Memory
    meaning: float | None = None  # cosine to the query; None where the memory has no vector yet
    previous: int | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for. `rarity` is the inverse document frequency of each of its terms.

    With `relevant`, only what reaches the `FLOOR` is an answer.
    """

    text: str
    now: datetime
    rarity: Mapping[str, float] = field(default_factory=dict[str, float])
    relevant: bool = False


def rarity(documents: int, holding: int) -> float:
    """What a term is worth that `holding` of a user's `documents` hold: never below 0."""
    return math.log(1 + max(documents - holding + 0.5, 0.5) / (holding + 0.5))


def promising(worth: Mapping[int, float], near: Mapping[int, float], limit: int) -> list[int]:
    """The keys that stand out by their words' `worth` and their cosine, at most `limit`."""
    scores = {
        key: worth.get(key, 0.0) * WEIGHTS[0] + near.get(key, 0.0) * WEIGHTS[2]
        for key in worth.keys() | near.keys()
    }
    return sorted(scores, key=lambda key: scores[key], reverse=True)[:limit]


def ranked(query: Query, candidates: Mapping[int, Candidate], limit: int) -> list[Memory]:
    """The best of `candidates`, by key, best first; of equals the newer."""
    if not candidates or limit < 1:
        return []
    rows = features(query, candidates)
    scores = rows @ WEIGHTS
    bears = bearing(rows, candidates) if query.relevant else np.ones(len(rows), bool)
    order = sorted(
        zip(scores[bears].round(9), compress(candidates.values(), bears), strict=True),
        key=lambda pair: (pair[0], pair[1].memory.when),
        reverse=True,
    )
    return [candidate.memory for _, candidate in order[:limit]]


def bearing(rows: np.ndarray, candidates: Mapping[int, Candidate]) -> np.ndarray:
    """Which candidates most likely bear on the query, one bool for each of their feature `rows`.

    One without a vector does if it shares a telling word with the query, or if
    its score with a usual cosine reaches the floor.
    """
    blind = np.array([each.meaning is None for each in candidates.values()])
    scores = rows @ WEIGHTS + blind * SUPPOSED * WEIGHTS[FEATURES.index("meaning")]
    return (scores >= FLOOR) | (blind & (rows[:, FEATURES.index("words")] > 0))


def features(query: Query, candidates: Mapping[int, Candidate]) -> np.ndarray:
    """One row of `FEATURES` for each candidate, in their order."""
    words = {key: _bm25(query, each.memory.text) for key, each in candidates.items()}
    meaning = {key: each.meaning or 0.0 for key, each in candidates.items()}
    around = _around(candidates)
    named, times = who_is_named(query.text), times_in(query.text)
    return np.array(
        [
            (
                words[key],
                sum(words[each] for each in around[key]),
                meaning[key],
                sum(meaning[each] for each in around[key]),
                *_of_itself(each.memory, named, times, query.now),
            )
            for key, each in candidates.items()
        ]
    )


def _of_itself(
    memory: Memory, named: frozenset[str], times: Sequence[NamedTime], now: datetime
) -> tuple[float, ...]:
    age = max((now - memory.when) / timedelta(days=1), 0.0)
    return (
        float(_is_named(memory.who, named)),
        max((time.fits(memory.when, now) for time in times), default=0.0),
        float(memory.text.rstrip().endswith("?")),
        math.log1p(len(memory.text.split())),
        float(memory.sort is Sort.FACT),
        0.5 ** (age / FRESH_DAYS),
    )


def who_is_named(text: str) -> frozenset[str]:
    """The words of a query, and "user" and "agent" where it asks for what they said."""
    words = frozenset(words_in(text))
    asked = YOU_SAID.search(text.replace("’", "'"))
    named = {USER: not words.isdisjoint(MYSELF), AGENT: asked is not None}
    return words - named.keys() | {who for who, is_named in named.items() if is_named}


def _is_named(who: str, named: frozenset[str]) -> bool:
    """Whether a speaker is among those `named`: a guest by any word of their name."""
    if who in (USER, AGENT):
        return who in named
    return not (named - {USER, AGENT}).isdisjoint(words_in(who))


def _around(candidates: Mapping[int, Candidate]) -> dict[int, list[int]]:
    """The keys of the turns before and after each candidate, of those that are candidates too."""
    found: dict[int, list[int]] = {key: [] for key in candidates}
    for key, each in candidates.items():
        if each.previous is not None and each.previous in candidates:
            found[key].append(each.previous)
            found[each.previous].append(key)
    return found


def _bm25(query: Query, text: str) -> float:
    terms = terms_in(text)
    length = 1 - B + B * len(terms) / AVERAGE
    total = 0.0
    for term, worth in query.rarity.items():
        if count := terms.count(term):
            total += worth * count * (K1 + 1) / (count + K1 * length)
    return total


__all__ = [
    "BY_WORDS",
    "FLOOR",
    "HITS",
    "POSTINGS",
    "Candidate",
    "Query",
    "promising",
    "query_terms",
    "ranked",
    "rarity",
    "who_is_named",
]
