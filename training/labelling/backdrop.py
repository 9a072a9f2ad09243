"""A persona and facts that the talk at hand does not touch.

Ordinary rows carry them, so that a policy or a fact alone is no reason to do anything.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

POLICIES = (
    "refunds", "medical doses", "party politics", "legal advice", "tax advice",
    "other customers' orders", "discounts", "the chef's secret recipe", "stock tips",
    "religious debates", "home addresses of staff", "weapons", "gambling odds",
    "medical diagnoses", "prescription changes", "cancelling a contract", "celebrity gossip",
    "the salaries of colleagues", "spoilers for unreleased films", "betting advice",
    "explicit content", "how to pick a lock", "passwords", "credit card numbers",
    "comparisons with competitors", "delivery dates", "warranty claims", "visa applications",
    "private phone numbers", "insurance claims", "loan approvals", "exam answers",
    "writing someone's essay", "fortune telling", "diet plans", "the company's future plans",
    "pending lawsuits", "tips on dating", "crypto prices", "changing somebody's booking",
    "giving away free nights", "age of the guests", "suppliers' prices", "vaccines",
    "election forecasts", "mixing cleaning agents", "fireworks at home", "tattoo removal",
    "upgrades without payment", "jokes about nationalities", "complaints about the manager",
    "the owner's private life", "police matters", "immigration status", "adoption cases",
    "pet medication", "horoscopes", "poems on demand", "song lyrics", "ghost stories",
    "where the keys are kept", "reservations for tonight",
)  # fmt: skip
FACTS = (
    "The user has a {pet} named {name}.",
    "The user's {kin} is called {name}.",
    "The user lives in {town}.",
    "The user was born in {town}.",
    "The user will travel to {town} in {month}.",
    "The user is allergic to {food}.",
    "The user does not eat {food}.",
    "The user likes {food} best of all.",
    "The user plays the {thing}.",
    "The user is learning the {thing}.",
    "The user works as a {job}.",
    "The user's {kin} works as a {job}.",
    "The user's {kin} lives in {town}.",
    "The user's birthday is in {month}.",
    "The user's {kin} has a birthday in {month}.",
    "The user goes {sport} every {day}.",
    "The user used to go {sport} with {name}.",
    "The user drives a {car} car.",
    "The user sold the {car} car in {month}.",
    "The user has a dentist's appointment on {day}.",
    "The user is called {name}.",
    "The user's neighbour {name} has a {pet}.",
    "The user gets up at {hour}.",
    "The user takes the bus at {hour}.",
    "The user prefers calls after {hour}.",
    "The user is afraid of a neighbour's {pet}.",
    "The user's favourite colour is {car}.",
    "The user has two {kin}s.",
    "The user said that {name} borrowed the {thing}.",
    "The user cannot stand {food}.",
)
VALUES = {
    "pet": "dog cat rabbit parrot hamster tortoise pony goldfish".split(),
    "name": "Rex Bella Toby Marta Igor Lena Felix Noor Hugo Sally Pablo Greta".split(),
    "kin": "brother sister cousin daughter son uncle aunt grandmother".split(),
    "town": "Leeds Porto Austin Bergen Nairobi Lyon Kyoto Quito Perth Gdansk".split(),
    "month": "January March April June July September November".split(),
    "food": "peanuts shellfish mushrooms cheese lentils rhubarb olives noodles".split(),
    "thing": "piano cello drums accordion flute guitar banjo".split(),
    "job": "nurse welder baker teacher surveyor librarian pilot carpenter".split(),
    "sport": "swimming running climbing rowing skating fishing".split(),
    "day": "Monday Tuesday Thursday Saturday Sunday".split(),
    "car": "red blue green grey white yellow".split(),
    "hour": "six,seven,half past eight,nine,noon,four".split(","),
}
PROACTIVITY = (0.0, 0.2, 0.3, 0.5, 0.7, 0.8, 1.0)
PLAIN = 0.5  # share without a policy
KNOWN = 0.3  # share with facts


@dataclass(frozen=True, slots=True)
class Backdrop:
    """What a stretch of a talk has in common besides its words."""

    facts: tuple[str, ...]
    refuse: tuple[str, ...]
    deflect: tuple[str, ...]
    proactivity: float

    def fields(self) -> Mapping[str, Any]:
        """As fields of a moment."""
        persona = {
            "refuse": list(self.refuse),
            "deflect": list(self.deflect),
            "proactivity": self.proactivity,
        }
        return {"facts": list(self.facts), "persona": persona}


def backdrop(chance: random.Random) -> Backdrop:
    """One drawn at random."""
    count = 0 if chance.random() < PLAIN else chance.randint(1, 5)
    policies = chance.sample(POLICIES, count)
    refused = chance.randint(0, count)
    facts = chance.randint(1, 3) if chance.random() < KNOWN else 0
    return Backdrop(
        tuple(fact(chance) for _ in range(facts)),
        tuple(policies[:refused]),
        tuple(policies[refused:]),
        chance.choice(PROACTIVITY),
    )


def fact(chance: random.Random) -> str:
    """A sentence about the user that nothing in the talk turns on."""
    template = chance.choice(FACTS)
    names = [name for _, name, _, _ in Formatter().parse(template) if name]
    return template.format(**{name: chance.choice(VALUES[name]) for name in names})
