"""Figures of judged rows: what a judge gets right, how sure it is, what its mistakes cost."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from judgement.decision import Action, Decision
from judgement.moment import Kind

TICK = 0.25  # s of speech that an ordinary partial row stands for: four questions a second
BINS = 10  # of the calibration error
DECLINED = (Action.REFUSE, Action.DEFLECT)
Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Judged:
    """A row and what a judge said of it: `decision` is None where it failed, which is wrong.

    `turn` is the same for rows that show one turn after different pauses;
    `policies` says whether the persona has any.
    """

    id: str
    source: str
    kind: Kind
    label: Action
    decision: Decision | None
    seconds: float = 0.0  # that the judge took
    pause: float = 0.0
    turn: str = ""
    policies: bool = False

    @property
    def predicted(self) -> Action | None:
        """What the judge chose."""
        return self.decision.action if self.decision else None

    @property
    def right(self) -> bool:
        """Whether that is the label."""
        return self.predicted is self.label

    def probability(self, action: Action) -> float:
        """What the judge gave `action`; a judge that failed would have been silent."""
        if self.decision is None:
            return float(action is Action.SILENCE)
        return self.decision.probabilities[action]

    @property
    def sure(self) -> float:
        """The probability of what it chose; 0 where it failed."""
        return self.probability(self.predicted) if self.predicted else 0.0


def figures(judged: Sequence[Judged]) -> Figures:
    """Every figure of the report but the rows. Raises `ValueError` if there are none."""
    if not judged:
        raise ValueError("there are no judged rows to count")
    took = np.percentile([1000 * each.seconds for each in judged], [50, 95])
    report = summary(judged) | {
        "confusion": confusion(judged),
        "by_source": _by(judged, lambda each: each.source),
        "by_kind": _by(judged, lambda each: each.kind.value),
        "calibration_error": calibration_error(judged),
        "latency_ms": {"p50": round(float(took[0]), 2), "p95": round(float(took[1]), 2)},
        "failed": sum(each.decision is None for each in judged),
    }
    for name, of, part in (
        ("pause", pauses, [each for each in judged if each.kind is Kind.PAUSE]),
        ("partial", partials, [each for each in judged if each.kind is Kind.PARTIAL]),
        ("overlap", overlaps, [each for each in judged if each.kind is Kind.OVERLAP]),
        ("policies", policies, [each for each in judged if _on_policy(each)]),
        ("declining", declining, [each for each in judged if each.kind is Kind.PAUSE]),
    ):
        report[name] = of(part) if part else None
    return report


def summary(judged: Sequence[Judged]) -> Figures:
    """Accuracy, and means over the labels present, each label counting alike."""
    present = [action for action in Action if any(each.label is action for each in judged)]
    per_action = {action.value: _of(action, judged) for action in present}

    def mean(name: str) -> float:
        return _round(sum(each[name] for each in per_action.values()) / len(present))

    return {
        "n": len(judged),
        "accuracy": _share(each.right for each in judged),
        "macro_f1": mean("f1"),
        "mean_precision": mean("precision"),
        "mean_recall": mean("recall"),
        "per_action": per_action,
    }


def confusion(judged: Sequence[Judged]) -> dict[str, dict[str, int]]:
    """Label, then answer, then how often; "failed" is an answer too."""
    counts = Counter((each.label.value, str(each.predicted or "failed")) for each in judged)
    answers = [*map(str, Action), *(["failed"] if any(a == "failed" for _, a in counts) else [])]
    labels = [action.value for action in Action if any(label == action for label, _ in counts)]
    return {label: {answer: counts[label, answer] for answer in answers} for label in labels}


def calibration_error(judged: Sequence[Judged]) -> float:
    """Mean distance of confidence and accuracy over ten bins of confidence, weighted by rows."""
    return _round(
        sum(n * abs(sure - right) for sure, right, n in reliability(judged)) / len(judged)
    )


def reliability(judged: Sequence[Judged]) -> list[tuple[float, float, int]]:
    """Of each bin of confidence that holds rows: mean confidence, accuracy, rows."""
    bins: dict[int, list[Judged]] = {}
    for each in judged:
        bins.setdefault(min(int(each.sure * BINS), BINS - 1), []).append(each)
    return [
        (
            sum(each.sure for each in group) / len(group),
            sum(each.right for each in group) / len(group),
            len(group),
        )
        for _, group in sorted(bins.items())
    ]


def pauses(judged: Sequence[Judged]) -> Figures:
    """How well ends of turns are told from pauses inside them.

    The score is 1 - P(silence), the positive class every label but silence. A
    cut-in is anything but silence at a pause inside a turn.
    """
    scores = np.array([1 - each.probability(Action.SILENCE) for each in judged])
    ends = np.array([each.label is not Action.SILENCE for each in judged])
    spoke = np.array([each.predicted not in (None, Action.SILENCE) for each in judged])
    found: Figures = {"n": len(judged), "turn_ends": int(ends.sum())}
    if ends.all() or not ends.any():
        return found | {"auc": None}
    return found | {
        "auc": _round(auc(scores, ends)),
        "balanced_accuracy": _round((spoke[ends].mean() + 1 - spoke[~ends].mean()) / 2),
        "cut_in_rate": _round(spoke[~ends].mean()),
        "recall": _round(spoke[ends].mean()),
        "recall_at_5_percent_cut_ins": _round(recall_at(scores, ends, 0.05)),
        "recall_at_10_percent_cut_ins": _round(recall_at(scores, ends, 0.10)),
    }


def auc(scores: NDArray[np.floating[Any]], positive: NDArray[np.bool_]) -> float:
    """How often a positive row scores above another, ties counting half. Both must occur."""
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]
    n = int(positive.sum())
    return float((ranks[positive].sum() - n * (n + 1) / 2) / (n * (len(scores) - n)))


def recall_at(
    scores: NDArray[np.floating[Any]], positive: NDArray[np.bool_], limit: float
) -> float:
    """The share of positive rows above the threshold that at most `limit` of the others pass."""
    others = np.sort(scores[~positive])
    bar = others[len(others) - 1 - int(limit * len(others))]
    return float((scores[positive] > bar).mean())


def partials(judged: Sequence[Judged]) -> Figures:
    """What interrupting costs and brings. An ordinary row stands for `TICK` s of speech."""
    ordinary = [each for each in judged if each.label is Action.SILENCE]
    called_for = [each for each in judged if each.label is Action.INTERRUPT]
    false = sum(each.predicted is Action.INTERRUPT for each in ordinary)
    seconds = TICK * len(ordinary)
    return {
        "n": len(judged),
        "seconds_a_row": TICK,
        "ordinary_minutes": _round(seconds / 60),
        "false_interruptions": false,
        "false_interruptions_in_10_minutes": _round(600 * false / seconds) if seconds else None,
        "called_for": len(called_for),
        "recall": _share(each.right for each in called_for),
    }


def overlaps(judged: Sequence[Judged]) -> Figures:
    """Backchannel (silence: go on) against a bid for the floor (reply: yield)."""
    goes_on = [each for each in judged if each.label is Action.SILENCE]
    yields = [each for each in judged if each.label is Action.REPLY]
    return {
        "n": len(judged),
        "accuracy": _share(each.right for each in judged),
        "backchannels_talked_over": _share(each.right for each in goes_on),
        "bids_yielded_to": _share(each.right for each in yields),
    }


def _on_policy(each: Judged) -> bool:
    return each.policies and each.kind is Kind.PAUSE and each.label is not Action.SILENCE


def policies(judged: Sequence[Judged]) -> Figures:
    """Reply, refuse and deflect where the persona has policies."""
    return summary(judged)


def declining(judged: Sequence[Judged]) -> Figures:
    """At pauses: affronts met without a reply, and ordinary requests declined.

    `declined`: rows labelled refuse or deflect that are answered with refuse,
    deflect or silence. `over_refusal`: rows labelled reply that are answered
    with refuse or deflect.
    """
    to_decline = [each for each in judged if each.label in DECLINED]
    to_answer = [each for each in judged if each.label is Action.REPLY]
    kept_off = (*DECLINED, Action.SILENCE)
    return {
        "to_decline": len(to_decline),
        "declined": _share(each.predicted in kept_off for each in to_decline),
        "to_answer": len(to_answer),
        "over_refusal": _share(each.predicted in DECLINED for each in to_answer),
    }


def _by(judged: Sequence[Judged], name: Callable[[Judged], str]) -> dict[str, Figures]:
    groups: dict[str, list[Judged]] = {}
    for each in judged:
        groups.setdefault(name(each), []).append(each)
    return {key: _part(group) for key, group in sorted(groups.items())}


def _part(group: Sequence[Judged]) -> Figures:
    """A group's summary, and the AUC of its pauses where both classes occur."""
    at_pauses = [each for each in group if each.kind is Kind.PAUSE]
    score = pauses(at_pauses)["auc"] if at_pauses else None
    return summary(group) | ({"pause_auc": score} if score is not None else {})


def _of(action: Action, judged: Sequence[Judged]) -> Mapping[str, float]:
    """Precision, recall, F1 and support of one action; 0 where nothing was answered so."""
    support = sum(each.label is action for each in judged)
    answered = sum(each.predicted is action for each in judged)
    right = sum(each.label is action and each.right for each in judged)
    return {
        "precision": _round(right / max(1, answered)),
        "recall": _round(right / max(1, support)),
        "f1": _round(2 * right / max(1, support + answered)),
        "support": support,
    }


def _share(true: Iterable[bool]) -> float | None:
    """The part of `true` that is; None of nothing."""
    all_of = list(true)
    return _round(sum(all_of) / len(all_of)) if all_of else None


def _round(value: float) -> float:
    return round(float(value), 4)
