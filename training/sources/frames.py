"""Frames of contradictions.json and contradictions_more.json, with their values filled in."""

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from training.sources.material import load

HOW = "contradicts a fact"
# What says so first names its value, and only then what it is about.
LATE = ("it", "he", "she", "there", "{w}", "at {w}", "of all", "as", "being")


@dataclass(frozen=True, slots=True)
class Clause:
    """Words of a turn; from `open` to `decided` they may give away the contradiction."""

    text: str
    open: int
    decided: int
    how: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A frame with its values filled in."""

    fact: str
    against: list[Clause]
    agree: list[Clause]
    near: list[str]
    moved: list[str]  # an announced change, said with both values


def templates() -> dict[str, Any]:
    """Both files as one; "apart" names for each frame those that may not stand beside it.

    These are frames of the same group, and those that take for granted what the frame
    "denies": who is single does not speak of "my wife".
    """
    data, more = load("contradictions"), load("contradictions_more")
    frames: dict[str, Any] = data["frames"] | more["frames"]
    apart = {name: {name} for name in frames}
    for group in (*data["apart"], *more["apart"]):
        for name in group:
            apart[name].update(group)
    for name, phrases in more["denies"].items():
        pattern = re.compile(rf"\b(?:{'|'.join(phrases)})\b")
        for other, frame in frames.items():
            if pattern.search(json.dumps(frame)):
                apart[name].add(other)
                apart[other].add(name)
    values = data["values"] | more["values"]
    return data | {"values": values, "frames": frames, "apart": apart, "denies": more["denies"]}


def beside(
    name: str, data: Mapping[str, Any], known: Sequence[str], count: int, chance: random.Random
) -> list[str]:
    """Up to `count` of the frames `known` that go together with `name` and with each other."""
    picked: list[str] = []
    for each in chance.sample(known, len(known)):
        if len(picked) < count and not data["apart"][each] & {name, *picked}:
            picked.append(each)
    return picked


def drawn(frame: Mapping[str, Any], values: Mapping[str, Any], chance: random.Random) -> Drawn:
    """`frame` with values of its kind."""
    fact = str(chance.choice(frame["facts"]))
    if "values" not in frame:
        against = [_marked(text) for text in frame["against"]]
        agree = [Clause(text, 0, len(text.split()), "agrees") for text in frame["with"]]
        return Drawn(_told(fact, chance), against, agree, list(frame["near"]), [])
    true, other = chance.sample(values[frame["values"]], 2)
    v = chance.choice(true)
    said = (true[1:] or true, other[1:] or other)
    spoken, wrong = chance.choice(said[0]), chance.choice(said[1])
    against = [_valued(text, wrong, HOW) for text in frame["says"]]
    against += [_valued(text, spoken, HOW) for text in _denied(frame["says"])]
    agree = [_valued(text, spoken, "agrees with a fact") for text in frame["says"]]
    agree += [_valued(text, wrong, "denies another value") for text in _denied(frame["says"])]
    near = [
        _articled(text.format(v=spoken, w=chance.choice((wrong, spoken)))) for text in frame["near"]
    ]
    moved = [f"it used to be {spoken} but now it's {wrong}", f"no longer {spoken} it's {wrong} now",
             f"it was going to be {spoken} but they made it {wrong}"]  # fmt: skip
    return Drawn(_told(_articled(fact.format(v=v)), chance), against, agree, near, moved)


def _told(fact: str, chance: random.Random) -> str:
    """The fact as another memory may word it."""
    if chance.random() < 0.1 and fact.startswith(("The user", "User ")):
        return f"{chance.choice(('The user said', 'User mentioned', 'The user told us'))}: {fact}"
    return fact.rstrip(".") if chance.random() < 0.2 else fact


def _marked(text: str) -> Clause:
    before = text.partition("|")[0]
    decided = len(before.split())
    return Clause(text.replace("|", ""), decided - 1, decided, HOW)


def _valued(text: str, value: str, how: str) -> Clause:
    text, marked, behind = text.partition("|")
    before, _, after = (text + behind).partition("{w}")
    # "a orange" counts as many words as "an orange".
    start = len(before.split())
    end = start + len(value.split())
    if marked:
        end = len(text.replace("{w}", value).split())
    elif text.startswith(LATE):  # only what follows says what it is about
        end += len(after.split())
    return Clause(_articled(f"{before}{value}{after}"), start, end, how)


def _denied(says: Sequence[str]) -> list[str]:
    """Those of `says` that have a plain "is", with "is not"."""
    plain = [
        text
        for text in says
        if text.count(" is ") == 1 and text.startswith(("my ", "the ", "our "))
    ]
    return [text.replace(" is ", " is not ") for text in plain if text.endswith("{w}")]


def _articled(text: str) -> str:
    return re.sub(r"\b([Aa]) (?=[aeio]|[AEIO][a-z])", r"\1n ", text)


def of_person(fact: str, name: str) -> str:
    """A fact about the user as one about `name`; as it is if `name` is empty."""
    return re.sub(r"\b(?:[Tt]he user|User)(?=['\s])", name, fact) if name else fact


def of_man(fact: str) -> str:
    """A fact of "she" as one of "he": facts say "her" for what is the user's only."""
    if not re.search(r"\b[Ss]he\b", fact):
        return fact
    words = {"She": "He", "she": "he", "her": "his"}
    return re.sub(r"\b(?:[Ss]he|her)\b", lambda match: words[match[0]], fact)


def asked(says: Sequence[str]) -> list[str]:
    """ "my flight is on Friday" as "is my flight on Friday"."""
    matches = [re.match(r"((?:my|our|the) .+?) is (.+)", text) for text in says]
    return [f"is {match[1]} {match[2]}" for match in matches if match]
