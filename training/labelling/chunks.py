"""Talks cut into stretches whose rows share a beginning.

Rows of one stretch have the same persona and facts, and a history that grows from the
stretch's first turn: training reads such a beginning once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from zlib import crc32

TURNS = 14  # of a stretch, at most
WORDS = 100  # of the turns before its last one: what a judge reads of a history
TURN = 40  # words of one turn that count
LEAD = 2  # turns of the stretch before that are its history only
NAMES = (
    "anna ben carl dora emil faye gus hana ivan june kim leo mia ned olga paul rosa sam tina "
    "uma vic wes yara zoe"
).split()


@dataclass(frozen=True, slots=True)
class Chunk:
    """Turns from `start` up to `end`; those before `own` are history only."""

    start: int
    own: int
    end: int


def chunks(lengths: Sequence[int]) -> list[Chunk]:
    """A talk whose turns have so many words, cut into stretches."""
    found: list[Chunk] = []
    own = 0
    while own < len(lengths):
        start = max(0, own - LEAD)
        end, words = start, 0
        while end < len(lengths) and (end <= own or (words <= WORDS and end - start < TURNS)):
            words += min(lengths[end], TURN)
            end += 1
        found.append(Chunk(start, own, end))
        own = end
    return found


def named(talk: str, speakers: Sequence[str], *, user: str, agent: str) -> dict[str, str]:
    """What a row calls each speaker: `user`, `agent`, or a short name, the same all talk long."""
    first = crc32(talk.encode())
    order = sorted(set(speakers))
    names = {each: NAMES[(first + at) % len(NAMES)] for at, each in enumerate(order)}
    return names | {agent: "agent", user: "user"}


def unit(text: str) -> float:
    """A number from 0 to 1 that depends on `text` alone."""
    return int.from_bytes(blake2b(text.encode(), digest_size=4).digest()) / 2**32


def split_of(talk: str) -> str:
    """Train, dev or test, in 80, 8 and 12 of a hundred talks."""
    where = unit(f"split:{talk}")
    return "train" if where < 0.8 else "dev" if where < 0.88 else "test"


def past(who: str, text: str, ago: float) -> dict[str, Any]:
    """One turn of a history."""
    return {"who": who, "text": text, "ago": round(max(0.0, ago), 2)}
