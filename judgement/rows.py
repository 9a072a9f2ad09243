"""A moment as one row of a judgement data set, and back."""

from collections.abc import Mapping
from typing import Any

from judgement.decision import Action
from judgement.moment import Kind, Moment, Policy, Turn


def row_of(moment: Moment, label: Action, *, id: str, source: str = "talk") -> dict[str, Any]:
    """The row for `moment`, ready for JSON."""
    return {
        "id": id,
        "source": source,
        "licence": "private",
        "split": "",
        "moment": {
            "kind": moment.kind.value,
            "history": [
                {"who": turn.who, "text": turn.text, "ago": round(turn.ago, 2)}
                for turn in moment.history
            ],
            "said": moment.said,
            **({"speaker": moment.speaker} if moment.speaker else {}),
            "pause": moment.pause,
            "turn_seconds": moment.turn_seconds,
            "facts": list(moment.facts),
            "signals": dict(moment.signals),
            "persona": {
                "refuse": list(moment.persona.refuse),
                "deflect": list(moment.persona.deflect),
                "proactivity": moment.persona.proactivity,
            },
        },
        "label": label.value,
    }


def moment_of(row: Mapping[str, Any]) -> Moment:
    """The moment in `row`. Raises `ValueError` naming the row and the field at fault."""
    try:
        given: Mapping[str, Any] = row["moment"]
        persona: Mapping[str, Any] = given.get("persona", {})
        return Moment(
            kind=Kind(given["kind"]),
            said=str(given["said"]),
            speaker=str(given.get("speaker", "")),
            history=tuple(
                Turn(str(turn["who"]), str(turn["text"]), float(turn.get("ago", 0)))
                for turn in given.get("history", ())
            ),
            pause=float(given.get("pause", 0)),
            turn_seconds=float(given.get("turn_seconds", 0)),
            facts=tuple(map(str, given.get("facts", ()))),
            signals=dict(given.get("signals", {})),
            persona=Policy(
                tuple(persona.get("refuse", ())),
                tuple(persona.get("deflect", ())),
                float(persona.get("proactivity", 0.5)),
            ),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"row {row.get('id', '?')}: {error!r}") from error
