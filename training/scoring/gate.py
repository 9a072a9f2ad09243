"""Whether a new judge may take an old one's place: both answer the same rows, and a gate decides.

All of it must hold:
- at least `ROWS` rows;
- accuracy over all rows is higher than the old judge's;
- in no kind of moment, and on rows of our own talks, does it fall by more than `SLACK`;
- ordinary speech is interrupted no more often.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from judgement.decision import Action
from judgement.moment import Kind
from training.scoring.scores import Judged

ROWS = 200
SLACK = 0.005  # of accuracy: half a point


@dataclass(frozen=True, slots=True)
class Compared:
    """Some of the rows: what share of them each judge got right."""

    name: str
    n: int
    old: float
    new: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """Both judges on the same rows; `objections` says why the new one stays out."""

    parts: tuple[Compared, ...]  # the first of them is all rows
    false_interruptions: tuple[int, int]  # old, new
    gained: int  # rows that only the new judge gets right
    lost: int  # rows that only the old one does
    objections: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether the gate is open."""
        return not self.objections


def compare(old: Sequence[Judged], new: Sequence[Judged]) -> Outcome:
    """What the gate says. The two answered the same rows in the same order."""
    whole = _part("all rows", old, new, lambda _: True)
    kinds = [_part(kind.value, old, new, lambda each, k=kind: each.kind is k) for kind in Kind]
    talks = _part("our own talks", old, new, lambda each: each.source == "talk")
    false = false_interruptions(old), false_interruptions(new)
    parts = [part for part in (*kinds, talks) if part.n]
    pairs = [(a.right, b.right) for a, b in zip(old, new, strict=True)]
    return Outcome(
        parts=(whole, *parts),
        false_interruptions=false,
        gained=pairs.count((False, True)),
        lost=pairs.count((True, False)),
        objections=tuple(_objections(whole, parts, false)),
    )


def false_interruptions(judged: Sequence[Judged]) -> int:
    """How many rows of ordinary speech are cut off."""
    ordinary = (e for e in judged if e.kind is Kind.PARTIAL and e.label is not Action.INTERRUPT)
    return sum(each.predicted is Action.INTERRUPT for each in ordinary)


def table(outcome: Outcome, *, old: str, new: str) -> str:
    """The comparison for people, the verdict last."""
    rows = [f"{'':16}{'rows':>7}{'old':>9}{'new':>9}{'change':>9}"]
    rows += [
        f"{part.name:16}{part.n:7}{part.old:9.3f}{part.new:9.3f}{part.new - part.old:+9.3f}"
        for part in outcome.parts
    ]
    before, now = outcome.false_interruptions
    rows.append(f"{'cut off wrongly':16}{'':7}{before:9}{now:9}{now - before:+9}")
    rows.append(f"old: {old}; new: {new}; better on {outcome.gained}, worse on {outcome.lost} rows")
    verdict = "passed" if outcome.passed else "not passed: " + "; ".join(outcome.objections)
    return "\n".join([*rows, f"gate: {verdict}"])


def _part(
    name: str, old: Sequence[Judged], new: Sequence[Judged], of: Callable[[Judged], bool]
) -> Compared:
    before = [each.right for each in old if of(each)]
    now = [each.right for each in new if of(each)]
    n = max(1, len(now))
    return Compared(name, len(now), sum(before) / n, sum(now) / n)


def _objections(whole: Compared, parts: Sequence[Compared], false: tuple[int, int]) -> list[str]:
    found = [
        f"{part.name}: accuracy falls from {part.old:.3f} to {part.new:.3f}, "
        f"by more than {SLACK:.3f}"
        for part in parts
        if part.new < part.old - SLACK - 1e-9
    ]
    if whole.n < ROWS:
        found.append(f"{whole.n} rows tell too little: at least {ROWS}")
    if whole.new <= whole.old:
        found.append("it is no better over all rows")
    if false[1] > false[0]:
        found.append(f"it cuts off ordinary speech {false[1]} times, not {false[0]}")
    return found
