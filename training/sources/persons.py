"""Who the facts of a scene speak of: the user by name, the user as "she" or "he", or another."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from training.sources.frames import of_man, of_person

NAMED = 0.25  # share of the scenes in which the facts call the user by name
NAMES = frozenset({"user_name", "user_fname", "surname"})  # frames that are about it
TIES = ("The user is called {n}.", "You are talking to {n}.", "The user's name is {n}.",
        "{n} is the user.", "The caller is {n}.", "User: {n}.")  # fmt: skip
STRANGERS = ("{n} is a friend of the user.", "{n} works with the user.",
             "{n} lives next door to the user.", "{n} is another customer.")  # fmt: skip
OWN_NAME = re.compile(r"name is|is called|surname")


@dataclass(frozen=True, slots=True)
class Person:
    """The user as the facts of one scene know them: `name` may be empty."""

    name: str
    man: bool

    def fact(self, text: str) -> str:
        """A fact about the user, told of this person."""
        return of_person(of_man(text) if self.man else text, self.name)

    def tie(self, chance: random.Random) -> list[str]:
        """What ties the name to the user, if there is one."""
        return [chance.choice(TIES).format(n=self.name)] if self.name else []


def person(
    names: Sequence[str], texts: str, values: Mapping[str, Any], chance: random.Random
) -> Person:
    """The user of a scene with the frames `names`, which say `texts`."""
    man = chance.random() < 0.5 and "expecting" not in texts and "pregnant" not in texts
    if NAMES & {*names} or chance.random() >= NAMED:
        return Person("", man)
    return Person(_unused(texts, values["mname" if man else "fname"], chance), man)


def is_plain(texts: str) -> bool:
    """Whether `texts` tell of nobody as "she", who might then be one of two."""
    return not re.search(r"\b[Ss]he\b", texts)


def stranger(
    fact: str, texts: str, user: Person, values: Mapping[str, Any], chance: random.Random
) -> list[str]:
    """`fact` as one about somebody else, with what says so; empty if it can't be told so."""
    pool = [each for each in (*values["mname"], *values["fname"]) if each[0] != user.name]
    name = _unused(texts, pool, chance)
    told = of_person(fact, name)
    if told == fact or OWN_NAME.search(fact):
        return []
    if user.name and chance.random() < 0.5:  # the user is known by another name
        return [told]
    return [chance.choice(STRANGERS).format(n=name), told]


def _unused(texts: str, pool: Sequence[Sequence[str]], chance: random.Random) -> str:
    said = {*re.findall(r"\w+", texts.lower())}
    return chance.choice([each[0] for each in pool if each[0].lower() not in said])
