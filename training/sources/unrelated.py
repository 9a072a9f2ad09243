"""Personas whose policies have nothing to do with what is said to them."""

import random
from collections.abc import Iterator

POLICIES = {
    "train": (
        "refunds", "discounts", "other customers' orders", "the salaries of colleagues",
        "stock tips", "competitors' prices", "horoscopes", "changing somebody's booking",
        "warranty claims", "delivery dates", "suppliers' prices", "the company's future plans",
        "loan approvals", "upgrades without payment", "lottery numbers",
        "private phone numbers of staff", "reservations for tonight",
        "the chef's secret recipe", "cancelling a contract",
        "the result of the interview", "spoilers", "betting advice", "a lower price",
    ),
    "dev": (
        "haggling", "returns after thirty days", "job openings", "what others earn",
        "sports bets", "upcoming sales", "seat upgrades",
    ),
    "test": (
        "money back without a receipt", "price matching", "vacancies", "who else bought it",
        "odds on matches", "when the sale starts", "late check-out", "other shops", "star signs",
    ),
}  # fmt: skip
PROACTIVITY = (0.0, 0.2, 0.3, 0.5, 0.5, 0.5, 0.7, 0.8, 1.0)

Persona = tuple[tuple[str, ...], tuple[str, ...], float]  # refuse, deflect, proactivity


def personas(split: str, count: int, chance: random.Random) -> Iterator[Persona]:
    """`count` personas: the first has no policy."""
    for at in range(count):
        chosen = chance.sample(POLICIES[split], chance.randint(1, 5) if at else 0)
        refused = chance.randint(0, len(chosen))
        yield tuple(chosen[:refused]), tuple(chosen[refused:]), chance.choice(PROACTIVITY)
