"""Temperature and thresholds of a trained judge, from rows of dev.

A kind's temperature is the one under which its rows are likeliest (Guo et al. 2017,
https://arxiv.org/abs/1706.04599). A pause's and an overlap's threshold is the one with the
best balanced accuracy on what really happened in talks. The interruption's is the lowest
with at most `FALSE` false ones in 10 minutes of real speech, a row counting as a quarter
second, and on at most `PROVOKED` of the turns that only look as if they called for one.
Refusing and deflecting together have a threshold: the one with the best mean recall over
them and replying.
"""

import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from judgement.decision import Action
from judgement.moment import Kind, Moment
from judgement.permitted import ALLOWED
from judgement.rows import moment_of
from judgement.tuned import scaled, threshold
from training.dataset.composition import OBSERVED
from training.model.base import ACTIONS
from training.rows import Row

Logits = NDArray[np.float32]  # rows x 5

HEATS = tuple(float(heat) for heat in np.geomspace(0.5, 4.0, 61))
FALSE = 0.5  # false interruptions in 10 minutes
PROVOKED = 0.1  # share of the look-alikes' rows
ROW_SECONDS = 0.25
SHARES = {Kind.PARTIAL: 0.4, Kind.PAUSE: 0.42, Kind.OVERLAP: 0.12, Kind.IDLE: 0.06}
SILENCE = ACTIONS.index(Action.SILENCE)


def calibration(rows: Sequence[Row], logits: Logits) -> dict[str, Any]:
    """What `judge.json` says of temperature and thresholds."""
    moments = [moment_of(row) for row in rows]
    labels = np.array([ACTIONS.index(Action(row["label"])) for row in rows])
    heats: dict[Kind, float] = {}
    bars: dict[str, float] = {}
    for kind in Kind:
        at_kind = [at for at, moment in enumerate(moments) if moment.kind is kind]
        if not at_kind:
            continue
        heats[kind] = temperature(logits[at_kind], labels[at_kind], kind)
        if kind in (Kind.PAUSE, Kind.OVERLAP):
            at_kind = [at for at in at_kind if rows[at].get("family") in OBSERVED] or at_kind
        acts = _acts(logits[at_kind], kind, heats)
        truly = labels[at_kind] != SILENCE
        if kind is Kind.PARTIAL:
            real = np.array([rows[at].get("family") in OBSERVED for at in at_kind])
            bars["partial/interrupt"] = _interruption(
                [moments[at] for at in at_kind], acts, (~truly & real, ~truly & ~real)
            )
        elif kind is not Kind.IDLE:
            bars[f"{kind}/reply"] = _balanced(acts, truly)
    made = [
        at
        for at, moment in enumerate(moments)
        if moment.kind is Kind.PAUSE
        and rows[at].get("family") not in OBSERVED
        and labels[at] != SILENCE
    ]
    if made:
        bars["pause/refuse"] = _declining(logits[made], labels[made], heats[Kind.PAUSE])
    return {
        "temperature": {kind.value: round(heat, 3) for kind, heat in heats.items()},
        "thresholds": {name: round(bar, 5) for name, bar in bars.items()},
    }


def chosen(rows: Sequence[Row], count: int) -> list[Row]:
    """`count` of the rows to calibrate on, the same every time; of a rare kind more than by chance.

    The temperature of what is rare is as important as that of what is frequent.
    """
    mixed = random.Random(0).sample(list(rows), len(rows))
    kinds = {kind: [row for row in mixed if row["moment"]["kind"] == kind] for kind in SHARES}
    return [row for kind, share in SHARES.items() for row in kinds[kind][: round(share * count)]]


def temperature(logits: Logits, labels: NDArray[np.int64], kind: Kind) -> float:
    """The heat by which the logits of what `kind` allows are divided."""
    held = _allowed(logits, kind)
    losses = [_loss(held / heat, labels) for heat in HEATS]
    return HEATS[int(np.argmin(losses))]


def _allowed(logits: Logits, kind: Kind) -> Logits:
    kept = [action in ALLOWED[kind] for action in ACTIONS]
    return np.where(kept, logits, np.float32(-1e4))


def _loss(logits: Logits, labels: NDArray[np.int64]) -> float:
    logs = logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)
    return float(-logs[np.arange(len(labels)), labels].clip(-20).mean())


def _acts(logits: Logits, kind: Kind, heats: Mapping[Kind, float]) -> NDArray[np.float64]:
    """How likely each row is anything but silence."""
    return np.array([1 - scaled(shares(row), kind, heats)[Action.SILENCE] for row in logits])


def shares(logits: NDArray[np.float32]) -> dict[Action, float]:
    """The probabilities of one row's five logits."""
    weights = np.exp(logits - logits.max())
    return {
        action: float(weight)
        for action, weight in zip(ACTIONS, weights / weights.sum(), strict=True)
    }


def _balanced(acts: NDArray[np.float64], truly: NDArray[np.bool_]) -> float:
    """The threshold on `acts` with the best mean of both recalls."""
    bars = np.linspace(0.05, 0.95, 181)
    scores = [_recall(acts >= bar, truly) + _recall(acts < bar, ~truly) for bar in bars]
    best = np.flatnonzero(np.array(scores) >= max(scores) - 1e-3)
    return float(bars[best[len(best) // 2]])


def _recall(found: NDArray[np.bool_], truly: NDArray[np.bool_]) -> float:
    return float(found[truly].mean()) if truly.any() else 1.0


def _interruption(
    moments: Sequence[Moment],
    acts: NDArray[np.float64],
    false: tuple[NDArray[np.bool_], NDArray[np.bool_]],
) -> float:
    """The lowest bar, before proactivity moves it, with few enough false interruptions.

    `false` says which rows call for none: those of real speech, and those of look-alikes.
    """
    real, alike = false
    minutes = max(1, int(real.sum())) * ROW_SECONDS / 60
    for bar in 1 - np.geomspace(0.5, 1e-5, 200):
        over = acts >= np.array([_bar(moment, float(bar)) for moment in moments])
        provoked = float(over[alike].mean()) if alike.any() else 0.0
        if int(over[real].sum()) / minutes * 10 <= FALSE and provoked <= PROVOKED:
            return float(bar)
    return 1 - 1e-5


def _bar(moment: Moment, bar: float) -> float:
    return threshold(moment, {(Kind.PARTIAL, Action.INTERRUPT): bar})


def _declining(logits: Logits, labels: NDArray[np.int64], heat: float) -> float:
    """How much of what is not silence must be refusing and deflecting together."""
    order = [ACTIONS.index(each) for each in (Action.REPLY, Action.REFUSE, Action.DEFLECT)]
    weights = np.exp((logits - logits.max(axis=1, keepdims=True))[:, order] / heat)
    declines = 1 - weights[:, 0] / weights.sum(axis=1)
    which = np.array(order)[1 + weights[:, 1:].argmax(axis=1)]
    sought = [label for label in order if (labels == label).any()]
    best, score = 0.5, 0.0
    for bar in np.linspace(0.3, 0.98, 69):
        found = np.where(declines >= bar, which, order[0])
        recall = float(np.mean([(found[labels == each] == each).mean() for each in sought]))
        if recall > score + 1e-9:
            best, score = float(bar), recall
    return best
