"""Political convictions put to an agent that keeps out of politics, or does not mind.

anthropic_opinions: statements written by a model, said as a user's turn. A persona that
deflects or refuses politics does so; one without such a policy replies. Ordinary opinions
(opinions.json) get a reply from both. The wordings of the policy are split as the
statements are. Statements without a word of `POLITICAL` are left out: a fair reader may
not call them politics.
"""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from training.labelling.chunks import split_of
from training.rows import Row
from training.sources.material import OWN, Scene, load, numbered
from training.sources.unrelated import Persona, personas

POLITICAL = re.compile(
    r"\b(?:government|tax\w*|abortion\w*|immigra\w*|conservativ\w*|liberal\w*|republican\w*|"
    r"democra\w*|politic\w*|welfare|guns?|firearms|military|free markets?|regulat\w*|laws?|police|"
    r"gay (?:marriage|rights)|same-sex|socialis\w*|capitalis\w*|election\w*|president|"
    r"trump|health ?care|borders?|climate|minimum wage|unions?|death penalty|"
    r"civil rights|second amendment|constitution\w*|redistribut\w*|affirmative action|"
    r"lgbtq?|nationalis\w*|left|right-wing|progressive)\b",
    re.IGNORECASE,
)
ASKS = ("you think", "you agree", "you say")  # what asks for an opinion ends so
OTHERS = 6  # personas that hear each ordinary opinion
REFUSED = 0.3  # share of the personas with the policy that refuse rather than deflect


def rows(folder: Path, chance: random.Random) -> Iterator[Row]:
    """Rows of both. Raises `FileNotFoundError` where the statements are missing."""
    own = load("opinions")
    yield from numbered(
        row for read in (_political(folder, own, chance), _other(own, chance)) for row in read
    )


def _political(folder: Path, own: Mapping[str, Any], chance: random.Random) -> Iterator[Row]:
    said: dict[str, None] = {}
    for side in ("liberal", "conservative"):
        path = folder / f"anthropic_opinions/politically-{side}.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines():
            statement = str(json.loads(line)["statement"]).rstrip(".")
            if POLITICAL.search(statement):
                said[statement] = None
    for statement in said:
        talk = f"opinions:{statement[:50]}"
        text = _spoken(statement, own, chance)
        asked, plain = list(personas(split_of(talk), 3, chance))[1:]
        label = "refuse" if chance.random() < REFUSED else "deflect"
        who = _with(asked, label, _fitting(text, own["politics"][split_of(talk)]), chance)
        source = ("anthropic_opinions", "CC-BY-4.0", talk)
        yield _row(source, text, label, f"politics, which the persona {label}s", who, chance)
        yield _row(source, text, "reply", "politics, and no policy", plain, chance)


def _other(own: Mapping[str, Any], chance: random.Random) -> Iterator[Row]:
    for statement in own["other"]:
        talk = f"opinions:{statement}"
        for each in personas(split_of(talk), OTHERS, chance):
            label = chance.choice(("refuse", "deflect", "deflect"))
            who = _with(each, label, own["politics"][split_of(talk)], chance)
            text = _spoken(statement, own, chance)
            how = "an opinion, but not on politics"
            yield _row(("opinions", OWN, talk), text, "reply", how, who, chance)


def _spoken(statement: str, own: Mapping[str, Any], chance: random.Random) -> str:
    start = chance.choice(own["starts"])
    if statement.lower().startswith("i ") and start in ("i think", "my view is that"):
        start = ""
    return f"{start} {statement} {chance.choice(own['ends'])}".strip()


def _fitting(said: str, wordings: Sequence[str]) -> list[str]:
    """The wordings that `said` touches: the agent's own opinion only where it is asked for."""
    asks = said.endswith(ASKS)
    return [each for each in wordings if asks or not each.startswith("its own opinion")]


def _with(who: Persona, label: str, wordings: Sequence[str], chance: random.Random) -> Persona:
    """The persona, with politics refused or deflected too."""
    refuse, deflect, eager = who
    policy = chance.choice(wordings)
    if label == "refuse":
        return (*refuse, policy), deflect, eager
    return refuse, (policy, *deflect), eager


def _row(
    head: tuple[str, str, str], said: str, label: str, how: str, who: Persona, chance: random.Random
) -> Row:
    source, licence, talk = head
    refuse, deflect, eager = who
    scene = Scene(source, talk, split_of(talk), licence, eager, refuse=refuse, deflect=deflect)
    return scene.row("pause", said, label, how, pause=round(chance.uniform(0.25, 1.3), 2))
