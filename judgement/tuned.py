"""What a language model's five probabilities come to: scaled, heard, held to thresholds.

The figures come with the adapter, in its `judge.json`:

    {"temperature": {"pause": 1.3},
     "thresholds": {"partial/interrupt": 0.9, "pause/reply": 0.55, "pause/refuse": 0.7},
     "turn_over": {"judge": 1.0, "sound": 0.5}}

A kind that is not named has temperature 1 and threshold 0.5. `turn_over` weighs words and
sound of a judge without endings; with them `judgement.waits` does.
"""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from judgement.decision import Action, Decision, decide
from judgement.dictation import least_wait
from judgement.endings import Endings
from judgement.grounds import eagerness
from judgement.judge import Judge, read_ahead
from judgement.moment import Kind, Moment
from judgement.odds import from_logit, logit
from judgement.permitted import ALLOWED
from judgement.signals import TURN_OVER, TYPED
from judgement.waits import LIKELY, SHORTEST, pause_for, settled

EAGER = 1.0  # logits by which proactivity moves the bar; the prompt tells it as well

EVERY = 0.45  # s of speech, at least, between two questions whether to cut in
SPOKEN = (Kind.PARTIAL, Kind.PAUSE)  # in which the user's turn is open

# The threshold of a kind is one on anything but silence; it is named after its usual action.
ACTS = {
    Kind.PARTIAL: Action.INTERRUPT,
    Kind.PAUSE: Action.REPLY,
    Kind.OVERLAP: Action.REPLY,
    Kind.IDLE: Action.REPLY,
}


@dataclass(frozen=True, slots=True)
class Fusion:
    """Weights of the judge's and the audio model's log-odds that a turn is over."""

    judge: float = 1.0
    sound: float = 0.5


@dataclass(frozen=True, slots=True)
class Calibration:
    """The figures of one trained judge. `Calibration()` changes no probability."""

    temperature: Mapping[Kind, float] = field(default_factory=dict[Kind, float])
    thresholds: Mapping[tuple[Kind, Action], float] = field(
        default_factory=dict[tuple[Kind, Action], float]
    )
    turn_over: Fusion = Fusion()

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "Calibration":
        """From the JSON above; other keys are left alone. Raises `ValueError` naming the key."""
        return cls(
            {Kind(kind): _positive(f"temperature.{kind}", value)
             for kind, value in _section(given, "temperature", list(Kind)).items()},
            {_named(key): _share(f"thresholds.{key}", value)
             for key, value in _section(given, "thresholds", _NAMES).items()},
            Fusion(**{key: _number(f"turn_over.{key}", value)
             for key, value in _section(given, "turn_over", ["judge", "sound"]).items()}),
        )  # fmt: skip


class Tuned:
    """A judge whose probabilities are calibrated and whose action follows the thresholds.

    With `endings` a pause is asked about once, as it begins, and answered when it has
    lasted as long as the turn's end is in doubt. While the user speaks, whether to cut in
    is asked `EVERY` so often and takes two answers that are for it on average; but where
    the last word may have been said, the pause behind it is asked about instead, before it
    comes (`judge` keeps its latest answers).
    """

    def __init__(
        self, judge: Judge, calibration: Calibration, endings: Endings | None = None
    ) -> None:
        self.name = judge.name
        self._judge = judge
        self._calibration = calibration
        self._endings = endings
        self._last: tuple[Moment, Decision] | None = None  # that a judge was asked about
        self._answer: Decision | None = None  # of the judge, to that

    async def judge(self, moment: Moment) -> Decision:
        """The judge's decision on `moment`, tuned. Raises `JudgeError` as the judge does."""
        if self._endings is None or moment.kind not in SPOKEN or moment.signals.get(TYPED):
            return tuned(await self._judge.judge(moment), moment, self._calibration)
        if moment.kind is Kind.PARTIAL:
            return await self._while_speaking(moment, self._endings)
        decision, ending = await asyncio.gather(
            self._judge.judge(_begun(moment)), self._endings.over(moment)
        )
        return timed(decision, moment, ending, self._calibration)

    async def _while_speaking(self, moment: Moment, endings: Endings) -> Decision:
        ending = await endings.over(moment)
        if ending is not None and ending >= LIKELY:
            await self._judge.judge(_begun(moment))
            decision = decide(Action.SILENCE, f"may be done: {ending:.0%}", judge=self.name)
        else:
            decision = await self._cut_in(moment)
        return replace(decision, ending=ending)

    async def _cut_in(self, moment: Moment) -> Decision:
        """Whether to, as decided of late or anew."""
        before = None
        if self._last and self._last[0].turn == moment.turn:
            last, decision = self._last
            if moment.at - last.at < EVERY:
                return decision
            before = self._answer
        self._answer = tuned(await self._judge.judge(moment), moment, self._calibration)
        decision = confirmed(self._answer, before, threshold(moment, self._calibration.thresholds))
        self._last = moment, decision
        return decision

    async def read_ahead(self, moment: Moment) -> None:
        """As the judge does."""
        await read_ahead(self._judge, moment)


def _begun(moment: Moment) -> Moment:
    """The pause of `moment`, or the one that may follow it, as it begins."""
    return replace(moment, kind=Kind.PAUSE, pause=SHORTEST)


def tuned(decision: Decision, moment: Moment, calibration: Calibration) -> Decision:
    """`decision` with calibrated probabilities, the sound's evidence, and the action they call for.

    What was typed is complete: it is never met with silence.
    """
    heard = scaled(decision.probabilities, moment.kind, calibration.temperature)
    if moment.kind is Kind.PAUSE and moment.signals.get(TYPED):
        heard = with_silence(heard, 0.0)
    elif moment.kind is Kind.PAUSE and TURN_OVER in moment.signals:
        over = fused(
            1 - heard[Action.SILENCE], moment.signal(TURN_OVER, 0.5), calibration.turn_over
        )
        heard = with_silence(heard, 1 - over)
    action = chosen(heard, moment, calibration.thresholds)
    acts, bar = 1 - heard[Action.SILENCE], threshold(moment, calibration.thresholds)
    reason = f"{action} at {heard[action]:.0%}"
    if (acts > heard[Action.SILENCE]) is not (action is not Action.SILENCE):
        reason += f", the bar is {bar:.0%}"
    return replace(decision, action=action, probabilities=heard, reason=reason)


def confirmed(decision: Decision, before: Decision | None, bar: float) -> Decision:
    """An interruption only if it and the answer `before` come over the bar on average.

    The average is one of log-odds: a single answer may be off by chance.
    """
    if decision.action is not Action.INTERRUPT:
        return decision
    if before is None:
        return replace(decision, action=Action.SILENCE, reason=f"{decision.reason}, once")
    odds = [logit(each.probabilities[Action.INTERRUPT]) for each in (before, decision)]
    if sum(odds) / 2 >= logit(bar):
        return decision
    return replace(decision, action=Action.SILENCE, reason=f"{decision.reason}, once")


def timed(
    decision: Decision, moment: Moment, ending: float | None, calibration: Calibration
) -> Decision:
    """`decision` on a pause with calibrated probabilities; the less sure the end, the later.

    `ending` is the probability that the words end there; see `judgement.waits`.
    """
    heard = scaled(decision.probabilities, moment.kind, calibration.temperature)
    sound = moment.signal(TURN_OVER, 0.5)
    over = settled(1 - heard[Action.SILENCE], sound, ending)
    heard = with_silence(heard, 1 - over)
    wait = max(pause_for(over), least_wait(moment))
    action = Action.SILENCE
    if moment.pause >= wait - 1e-6:
        action = _answer(heard, moment, calibration.thresholds)
    reason = f"over at {over:.0%}: " + (f"waits {wait:.1f} s" if wait < math.inf else "goes on")
    return replace(decision, action=action, probabilities=heard, reason=reason)


def scaled(
    probabilities: Mapping[Action, float], kind: Kind, temperature: Mapping[Kind, float]
) -> dict[Action, float]:
    """Probabilities of what `kind` allows, softened by its temperature; they sum to 1.

    Guo et al. 2017, https://arxiv.org/abs/1706.04599
    """
    heat = temperature.get(kind, 1.0)
    logs = {action: math.log(max(probabilities[action], 1e-12)) / heat for action in ALLOWED[kind]}
    most = max(logs.values())
    weights = {action: math.exp(log - most) for action, log in logs.items()}
    total = sum(weights.values())
    return {action: weights.get(action, 0.0) / total for action in Action}


def fused(over: float, heard: float, weights: Fusion) -> float:
    """The probability that a turn is over, from words (`over`) and from sound (`heard`).

    A weighted sum of log-odds, without a bias: 0.5 from the sound changes
    nothing where the judge's weight is 1.
    """
    return from_logit(weights.judge * logit(over) + weights.sound * logit(heard))


def with_silence(probabilities: Mapping[Action, float], silence: float) -> dict[Action, float]:
    """The same shares among what is not silence, with `silence` for that."""
    acts = sum(probabilities.values()) - probabilities[Action.SILENCE]
    left = (1 - silence) / acts if acts else 0.0
    found = {action: share * left for action, share in probabilities.items()}
    return {**found, Action.SILENCE: silence if acts else 1.0}


def chosen(
    probabilities: Mapping[Action, float],
    moment: Moment,
    thresholds: Mapping[tuple[Kind, Action], float],
) -> Action:
    """Silence below the threshold of the kind, else the likeliest of the rest.

    "pause/refuse" is a threshold on how much of what is not silence is refusing or
    deflecting: below it, the pause is answered.
    """
    acts = 1 - probabilities[Action.SILENCE]
    if acts < threshold(moment, thresholds):
        return Action.SILENCE
    return _answer(probabilities, moment, thresholds)


def _answer(
    probabilities: Mapping[Action, float],
    moment: Moment,
    thresholds: Mapping[tuple[Kind, Action], float],
) -> Action:
    """The likeliest of what is not silence."""
    acts = 1 - probabilities[Action.SILENCE]
    usual = ACTS[moment.kind]
    rest = {
        action: share
        for action, share in probabilities.items()
        if action not in (Action.SILENCE, usual)
    }
    bar = thresholds.get((moment.kind, Action.REFUSE))
    if bar is not None:
        likelier = sum(rest.values()) >= acts * bar
    else:
        likelier = max(rest.values()) > probabilities[usual]
    return max(rest, key=rest.__getitem__) if likelier else usual


def threshold(moment: Moment, thresholds: Mapping[tuple[Kind, Action], float]) -> float:
    """How likely anything but silence must be.

    An interruption's bar moves with proactivity: logit(t) + 1 - 2 proactivity.
    A bar of 0.8 is 0.92 at proactivity 0 and 0.60 at 1.
    """
    bar = thresholds.get((moment.kind, ACTS[moment.kind]), 0.5)
    if moment.kind is not Kind.PARTIAL:
        return bar
    return from_logit(logit(bar) + EAGER * (1 - 2 * eagerness(moment)))


_NAMES = [f"{kind}/{action}" for kind, actions in ALLOWED.items() for action in actions]


def _named(key: str) -> tuple[Kind, Action]:
    kind, _, action = key.partition("/")
    return Kind(kind), Action(action)


def _section(given: Mapping[str, Any], name: str, known: list[Any]) -> dict[str, Any]:
    found: Any = given.get(name) or {}
    if not isinstance(found, dict):
        raise ValueError(f"{name}: must be a mapping")
    section: dict[str, Any] = {**found}
    for key in section:
        if key not in known:
            raise ValueError(f"{name}.{key}: must be one of {', '.join(map(str, known))}")
    return section


def _number(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{key}: must be a number, not {value!r}")
    return float(value)


def _positive(key: str, value: Any) -> float:
    if (number := _number(key, value)) <= 0:
        raise ValueError(f"{key}: must be above 0, not {value!r}")
    return number


def _share(key: str, value: Any) -> float:
    if not 0 <= (number := _number(key, value)) <= 1:
        raise ValueError(f"{key}: must lie between 0 and 1, not {value!r}")
    return number
