"""What users of SGD really ask for, against what they are remembered to want."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from training.rows import Row
from training.sources.material import Said, Talk, errand_turns, leant, scene, willing

SOURCE = "contradictions"
# Settled for this one dinner: who likes a thing, or once asked for it, may ask for another.
FACTS = {
    "city": ("The user's table is in {v}.", "User has decided to eat in {v}.",
             "The restaurant is to be in {v}."),
    "time": ("The user's table is for {v}.", "User's dinner is at {v}."),
    "date": ("The user's dinner is on {v}.", "User is booking for {v}."),
}  # fmt: skip
# A request that says that it is a new one contradicts nothing.
CHANGES = ("actually", "instead", "change", "rather", "another", "else", "different", "?", "not ",
           "what about", "how about", "no,", "no ", "or ", "any", "i'm in ",
           "i am in ")  # fmt: skip
WEEKDAY = re.compile(r"(?:mon|tues|wednes|thurs|fri|satur|sun)day", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """A value that a user said: the words before it and up to its end."""

    talk: Talk
    at: int
    slot: str
    value: str
    begin: int
    end: int


def booked(folder: Path, chance: random.Random) -> Iterator[Row]:
    """Real turns beside a fact with another value, and beside one with theirs."""
    found = [each for name, turns in errand_turns(folder) for each in _asked(name, turns)]
    pools: dict[tuple[str, str], list[str]] = {}
    for each in found:
        pools.setdefault((each.talk.split, each.slot), []).append(each.value)
    for each in found:
        others = [
            value for value in pools[each.talk.split, each.slot] if _unlike(value, each.value)
        ]
        if others:
            yield from _rows(each, chance.choice(others), chance)


def _asked(name: str, turns: list[dict[str, Any]]) -> Iterator[Asked]:
    names = {"USER": "user", "SYSTEM": "agent"}
    said: tuple[Said, ...] = tuple((names[turn["speaker"]], turn["utterance"]) for turn in turns)
    talk = Talk(name, "CC-BY-SA-4.0", said)
    for at, turn in enumerate(turns):
        text = str(turn["utterance"])
        if turn["speaker"] == "SYSTEM" or any(word in f"{text.lower()} " for word in CHANGES):
            continue
        for slot in (slot for frame in turn["frames"] for slot in frame["slots"]):
            value = text[slot["start"] : slot["exclusive_end"]]
            if slot["slot"] in FACTS:
                begin = len(text[: slot["start"]].split())
                if begin < 2:  # a bare "12:30" does not say what it is about
                    continue
                yield Asked(talk, at, slot["slot"], value, begin, begin + len(value.split()))


def _unlike(one: str, other: str) -> bool:
    """Whether two values surely differ: "6 pm" and "18:00" may be one, as "SF", or "Friday"."""
    if bool(WEEKDAY.search(one)) != bool(WEEKDAY.search(other)):
        return False
    if min(len(one), len(other)) <= 3 or {*one.lower().split()} & {*other.lower().split()}:
        return False
    numbers = [{int(each) % 12 for each in re.findall(r"\d+", value)} for value in (one, other)]
    return not numbers[0] & numbers[1] and bool(numbers[0]) == bool(numbers[1])


def _rows(asked: Asked, other: str, chance: random.Random) -> Iterator[Row]:
    fact = chance.choice(FACTS[asked.slot])
    base = scene(SOURCE, f"{SOURCE}:{asked.talk.name}", asked.talk.split, chance)
    # Without what was said before: there the user may have asked for this very value.
    base = leant(base, asked.talk)
    words = asked.talk.turns[asked.at][1].split()
    ends = {asked.end, min(len(words), asked.end + chance.randint(1, 6))}
    wrong = replace(base, facts=(fact.format(v=other),))
    right = replace(base, facts=(fact.format(v=asked.value),))
    yield wrong.partial(words, asked.begin, "silence", "before the contradiction is said")
    label, how = willing(wrong, 0.0, "asks for other than what is remembered")
    for cut in sorted(ends):
        yield wrong.partial(words, cut, label, how)
        yield right.partial(words, cut, "silence", "asks for what is remembered")
