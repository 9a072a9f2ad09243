"""Scripted talks that need memory: what was said before, the turn that needs it, what is right."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from judgement.decision import Action

SCRIPTS = Path(__file__).with_name("talks.yaml")


@dataclass(frozen=True, slots=True)
class Script:
    """`before` are (who, text); with `later` it was another talk, `days` ago.

    `told` must all be in what the reply model is told, `never` among no current fact.
    """

    name: str
    kind: str
    later: bool
    days: int
    before: tuple[tuple[str, str], ...]
    now: str
    told: tuple[str, ...]
    never: tuple[str, ...]
    decision: Action


def scripts(path: Path = SCRIPTS) -> list[Script]:
    """All scripts of the file, in order."""
    return [_script(entry) for entry in yaml.safe_load(path.read_text("utf-8"))]


def _script(entry: dict[str, Any]) -> Script:
    expected = entry["expect"]
    return Script(
        name=entry["name"],
        kind=entry["kind"],
        later=entry["later"],
        days=entry["days"],
        before=tuple((who, text) for turn in entry["before"] for who, text in turn.items()),
        now=entry["now"],
        told=tuple(expected["told"]),
        never=tuple(expected.get("never", ())),
        decision=Action(expected["decision"]),
    )
