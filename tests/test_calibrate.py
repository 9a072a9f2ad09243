"""Temperature and thresholds come from dev."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="`make train` installs it")

from training.model.base import ACTIONS
from training.model.calibrate import calibration

LABELS = [action.value for action in ACTIONS]


def row(kind: str, label: str, family: str) -> dict[str, Any]:
    return {
        "id": f"{kind}:{label}:{family}",
        "family": family,
        "label": label,
        "moment": {"kind": kind, "said": "well", "persona": {"proactivity": 0.5}},
    }


def logits(**shares: float) -> list[float]:
    """Of the labels named, the rest next to nothing."""
    return [float(np.log(shares.get(label, 1e-4))) for label in LABELS]


def found(rows: list[dict[str, Any]], given: list[list[float]]) -> dict[str, float]:
    return calibration(rows, np.array(given, np.float32))["thresholds"]


def cutting_in(ordinary: float, guards: float) -> float:
    """The bar where real speech and look-alikes come so near to an interruption."""
    rows = [row("partial", "silence", "meetings")] * 300
    given = [logits(interrupt=ordinary, silence=1 - ordinary)] * 300
    rows += [row("partial", "silence", "circles")] * 100
    given += [logits(interrupt=guards, silence=1 - guards)] * 100
    rows += [row("partial", "interrupt", "circles")] * 100
    given += [logits(interrupt=0.97, silence=0.03)] * 100
    return found(rows, given)["partial/interrupt"]


def test_neither_real_speech_nor_look_alikes_are_interrupted():
    low = cutting_in(0.01, 0.01)
    assert low == pytest.approx(0.5)
    assert cutting_in(0.9, 0.01) > low
    assert cutting_in(0.01, 0.9) > low


def test_the_threshold_of_pauses_comes_from_what_really_happened():
    rows = [row("pause", "silence", "meetings"), row("pause", "reply", "meetings")] * 20
    given = [logits(silence=0.9, reply=0.1), logits(silence=0.7, reply=0.3)] * 20
    rows += [row("pause", "reply", "policies")] * 200
    given += [logits(silence=0.05, reply=0.95)] * 200
    assert 0.1 < found(rows, given)["pause/reply"] < 0.35


def test_a_refusal_that_is_as_likely_as_a_reply_must_be_surer():
    rows = [row("pause", "reply", "policies"), row("pause", "refuse", "policies")] * 50
    given = [logits(reply=0.4, refuse=0.6), logits(reply=0.1, refuse=0.9)] * 50
    assert 0.55 < found(rows, given)["pause/refuse"] < 0.95
