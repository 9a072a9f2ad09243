"""The report as people read it."""

from collections.abc import Mapping, Sequence
from typing import Any

# Where a figure lies in a contender's part.
ROWS = (
    "pause_handling.takeover_rate",
    "pause_handling.turn_ends",
    "pause_handling.early",
    "pause_handling.failed",
    "smooth_turn_taking.transition",
    "smooth_turn_taking.takeover_rate",
    "smooth_turn_taking.failed",
    "user_interruption.barge_in",
    "user_interruption.answer",
    "user_interruption.failed",
    "backchannel.stopped_rate",
    "backchannel.right_word_rate",
    "backchannel.hole",
    "backchannel.failed",
    "agent_interruption.to_opener",
    "agent_interruption.interrupted",
    "agent_interruption.talks",
    "agent_interruption.to_silence",
    "agent_interruption.failed",
    *(
        f"false_interruptions.{persona}.{figure}"
        for persona in ("assistant", "clerk", "interviewer")
        for figure in ("minutes", "per_20_minutes")
    ),
    *(f"talks_at_once.{callers}.transition" for callers in (2, 3, 4)),
    *(
        f"robustness.{condition}.{figure}"
        for condition in ("clean", "noise_20db", "noise_10db", "telephone", "loss_2pct")
        for figure in ("transition", "takeover_rate", "barge_in", "failed")
    ),
    "speculation.wasted",
)


def table(report: Mapping[str, Any], contenders: Sequence[str]) -> str:
    """One line for each figure that any contender has.

    Of samples there are the median and the 95th percentile in seconds, shares are in per cent.
    """
    lines = [f"{'':44}" + "".join(f"{name:>18}" for name in contenders)]
    for row in ROWS:
        found = [_at(report[name], row.split(".")) for name in contenders]
        if any(each is not None for each in found):
            lines.append(f"{row:44}" + "".join(f"{_cell(row, each):>18}" for each in found))
    return "\n".join(lines)


def _at(tree: Any, path: Sequence[str]) -> Any:
    for key in path:
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree


def _cell(row: str, value: Any) -> str:
    match value:
        case None | {"p50": None}:
            return "-"
        case {"p50": p50, "p95": p95}:
            return f"{p50:.2f} / {p95:.2f}"
        case float() if row.endswith(("rate", "wasted")):
            return f"{100 * value:.1f} %"
        case _:
            return str(value)
