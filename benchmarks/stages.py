"""The stages of an answer: which follows which, and when each was under way."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

HUSH, WORDS, SOUND, JUDGE = "hush", "last words read", "turn model", "judge and ending"
BEGUN, TOKEN, CLAUSE = "reply begun", "first token", "first clause written"
AHEAD, STOP, FINAL = "first clause spoken ahead", "voice detector's stop", "final words"
DECIDED, CLOSED, VOICE, HEARD = "decision", "turn closed", "voice begins", "first sound"

SLACK = 5.0  # ms by which a stage that tells its length may seem to begin too soon

# After which stages each may begin: after whichever of them was the last to end before that.
AFTER: Mapping[str, Sequence[str]] = {
    HUSH: (),
    WORDS: (HUSH,),
    SOUND: (HUSH,),
    JUDGE: (WORDS, SOUND, FINAL),
    BEGUN: (WORDS, SOUND, FINAL, JUDGE),
    TOKEN: (BEGUN, CLOSED),
    CLAUSE: (TOKEN, CLOSED),
    AHEAD: (CLAUSE,),
    STOP: (HUSH,),
    FINAL: (STOP,),
    DECIDED: (JUDGE, STOP, FINAL),
    CLOSED: (DECIDED,),
    VOICE: (CLOSED, CLAUSE, AHEAD),
    HEARD: (VOICE,),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A stage was over `at` seconds of the clock, having taken `took` where that is known."""

    stage: str
    at: float
    took: float | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """When a stage was under way, in ms from the user's last sound."""

    begin: float
    end: float


def spans(marks: Sequence[Mark], ended: float, heard: float) -> dict[str, Span]:
    """The stages of the turn answered at `heard`, in the order of `AFTER`.

    `marks` are in order and begin with the user's turn, whose last sound was over
    at `ended`; both are seconds of the marks' clock. What did not happen is left out.
    """
    found = _of_turn(marks)
    found[HEARD] = Mark(HEARD, heard)
    ends = {stage: (mark.at - ended) * 1000 for stage, mark in found.items()}
    return {
        stage: Span(_begin(stage, ends, found[stage].took), ends[stage])
        for stage in AFTER
        if stage in found
    }


def critical(done: Mapping[str, Span]) -> list[str]:
    """The stages that the first sound waited for, in their order: none sooner, no sooner sound."""
    path, stage = [HEARD], cause(HEARD, done)
    while stage:
        path.insert(0, stage)
        stage = cause(stage, done)
    return path


def cause(stage: str, done: Mapping[str, Span]) -> str | None:
    """The stage that `stage` followed, if any."""
    ends = {each: span.end for each, span in done.items()}
    return _before(stage, ends, min(done[stage].begin + SLACK, ends[stage]))


def _begin(stage: str, ends: Mapping[str, float], took: float | None) -> float:
    """When `stage` began, ms: as it tells, or when what it follows was over."""
    if took is not None:
        return ends[stage] - took * 1000
    before = _before(stage, ends, ends[stage])
    return ends[before] if before else min(0.0, ends[stage])


def _before(stage: str, ends: Mapping[str, float], until: float) -> str | None:
    """Of those that `stage` may follow the last to end, `until` then."""
    over = [each for each in AFTER[stage] if each in ends and ends[each] <= until]
    return max(over, key=lambda each: ends[each], default=None)


def _of_turn(marks: Sequence[Mark]) -> dict[str, Mark]:
    """The mark of each stage that led to the answer; others were of pauses or given up."""
    decided = _last(marks, DECIDED, lambda _: True)
    if decided is None:
        return {}
    found = {DECIDED: decided}

    def first(stage: str, after: str, until: float = float("inf")) -> None:
        since = found.get(after)
        if since and (mark := _first(marks, stage, since.at)) and mark.at <= until:
            found[stage] = mark

    for stage in (STOP, HUSH):
        if mark := _last(marks, stage, lambda mark: mark.at <= decided.at):
            found[stage] = mark
    for stage, after in ((WORDS, HUSH), (SOUND, HUSH), (JUDGE, HUSH), (FINAL, STOP)):
        first(stage, after)
    first(CLOSED, DECIDED)
    first(VOICE, CLOSED)
    if CLOSED not in found:
        return found
    closed = found[CLOSED].at
    if mark := _last(marks, BEGUN, lambda mark: mark.at <= closed):
        found[BEGUN] = mark
    first(TOKEN, BEGUN if BEGUN in found else CLOSED)
    first(CLAUSE, CLOSED)
    _ahead(marks, found)
    return found


def _ahead(marks: Sequence[Mark], found: dict[str, Mark]) -> None:
    """The first clause of a reply that was begun ahead: written, then spoken."""
    if BEGUN not in found or TOKEN not in found:
        return
    spoken = _first(marks, AHEAD, found[TOKEN].at)
    if spoken and spoken.took is not None and spoken.at - spoken.took <= found[CLOSED].at:
        found[AHEAD] = spoken
        found[CLAUSE] = Mark(CLAUSE, spoken.at - spoken.took)


def _first(marks: Sequence[Mark], stage: str, since: float) -> Mark | None:
    return next((mark for mark in marks if mark.stage == stage and mark.at >= since), None)


def _last(marks: Sequence[Mark], stage: str, true: Callable[[Mark], bool]) -> Mark | None:
    return next((mark for mark in reversed(marks) if mark.stage == stage and true(mark)), None)
