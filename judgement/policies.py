"""Which of a persona's policies words touch by their meaning, though they name none of its words.

A persona gives example sentences for a policy, and others that it answers although
they look alike. A small regression over the sentences' vectors parts the two kinds: the
nearest sentence alone would go by the subject, drills or ladders, and not by the request.
"""

import asyncio
from collections.abc import Awaitable, Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import numpy as np

from judgement.decision import Action, Decision
from judgement.everyday import EVERYDAY
from judgement.judge import Judge, read_ahead
from judgement.moment import Kind, Moment, Policy
from judgement.persona import Persona
from judgement.rules import touched
from judgement.signals import POLICY, POLICY_MATCH
from judgement.words import topic_of
from memory.embedding import EmbeddingError, Vectors

_P = TypeVar("_P", Persona, Policy)
Embed = Callable[[Sequence[str]], Awaitable[Vectors]]

WAIT = 0.08  # s that a pause waits for a match before it is judged by words alone
RIDGE = 0.3  # chosen, like the kernel's width, by benchmarks/policies.py


Sentence = tuple[tuple[Action, str] | None, str]  # its policy, None if it is answered; its text


@dataclass(frozen=True, slots=True)
class Match:
    """The policy that words touch most, and how surely: from about -1, not at all, to 1."""

    action: Action
    topic: str
    sure: float


@dataclass(frozen=True, slots=True)
class _Fit:
    """Ridge regression with a Gaussian kernel.

    1 at a policy's examples, -1 at what is answered and far from every sentence.
    """

    policies: tuple[tuple[Action, str] | None, ...]
    vectors: Vectors
    weights: Vectors

    @classmethod
    def of(cls, sentences: tuple[Sentence, ...], vectors: Vectors) -> "_Fit":
        policies = tuple(policy for policy, _ in sentences)
        wanted = np.array([2.0 if policy else 0.0 for policy in policies], np.float32)
        ridge = RIDGE * np.eye(len(wanted), dtype=np.float32)
        return cls(policies, vectors, np.linalg.solve(_kernel(vectors, vectors) + ridge, wanted))

    def match(self, vector: Vectors) -> Match | None:
        near = _kernel(self.vectors, vector)
        order: list[int] = np.argsort(-near).tolist()
        nearest = next((policy for at in order if (policy := self.policies[at])), None)
        return Match(*nearest, float(near @ self.weights) - 1) if nearest else None


def _kernel(some: Vectors, others: Vectors) -> Vectors:
    """1 for the same row, less with their squared distance; rows of length 1."""
    return np.exp(2 * (some @ others.T) - 2)


class PolicyMatcher:
    """Finds the policy that words touch. What a persona says of its own is learnt once."""

    def __init__(self, embed: Embed, known: Mapping[str, Vectors] | None = None) -> None:
        """`embed` gives a row of length 1 for each text, or raises `EmbeddingError`.

        `known` are the rows of sentences that need not be embedded again.
        """
        self._embed = embed
        self._known = dict(known or {})
        self._fits: dict[tuple[Sentence, ...], _Fit] = {}

    @property
    def known(self) -> Mapping[str, Vectors]:
        """The rows of all sentences learnt; never of what a user said."""
        return self._known

    async def learn(self, persona: Persona) -> None:
        """Fit to the persona's sentences, so that no talk waits for it."""
        await self._fit(persona)

    async def match(self, said: str, persona: Persona) -> Match | None:
        """The policy whose example is nearest to `said`; None for a persona without examples."""
        if not said.strip() or not persona.examples:
            return None
        fit = await self._fit(persona)
        [vector] = await self._embed([said])
        return fit.match(vector)

    async def _fit(self, persona: Persona) -> _Fit:
        sentences = tuple(_sentences(persona))
        if sentences not in self._fits:
            new = [text for _, text in sentences if text not in self._known]
            if new:
                self._known.update(zip(new, await self._embed(new), strict=True))
            vectors = np.array([self._known[text] for _, text in sentences], np.float32)
            self._fits[sentences] = _Fit.of(sentences, vectors)
        return self._fits[sentences]


def _sentences(persona: Persona) -> Iterator[Sentence]:
    """Every example with its policy, then with None what the persona or anybody answers."""
    for action, policies in (
        (Action.REFUSE, persona.refuse),
        (Action.DEFLECT, persona.deflect),
    ):
        for topic in map(topic_of, policies):
            for text in persona.examples.get(topic, ()):
                yield (action, topic), text
    for text in (*persona.answers, *EVERYDAY):
        yield None, text


class Matcher(Protocol):
    """Whoever finds the policy that words touch most."""

    async def match(self, said: str, persona: Persona) -> Match | None:
        """The policy, None if the persona has none. Raises `EmbeddingError`."""
        ...


class OnTime:
    """A matcher for a talk: asked once for the same words; late or failed, it finds nothing."""

    def __init__(
        self, matcher: Matcher, persona: Callable[[], Persona], *, wait: float | None = WAIT
    ) -> None:
        """`persona` gives whom the agent plays now; `wait` None is as long as it takes."""
        self._matcher = matcher
        self._persona = persona
        self._wait = wait
        self._last: tuple[Persona, str] | None = None  # what `_match` is of
        self._match: Match | None = None

    async def match(self, said: str) -> Match | None:
        """The policy that `said` touches most."""
        asked = (self._persona(), said)
        if asked != self._last:
            try:
                async with asyncio.timeout(self._wait):
                    self._match = await self._matcher.match(said, asked[0])
            except (TimeoutError, EmbeddingError):
                return None
            self._last = asked
        return self._match


class Informed:
    """A judge that is told at a pause which policy the words touch most."""

    def __init__(self, judge: Judge, matcher: OnTime) -> None:
        self.name = judge.name
        self._judge = judge
        self._matcher = matcher

    async def judge(self, moment: Moment) -> Decision:
        """The judge's decision on `moment` with its match among the signals."""
        match = await self._matcher.match(moment.breath) if moment.kind is Kind.PAUSE else None
        if match:
            told = {
                POLICY: f"{match.action}: {match.topic}",
                POLICY_MATCH: round(match.sure, 3),
            }
            moment = replace(moment, signals={**moment.signals, **told})
        return await self._judge.judge(moment)

    async def read_ahead(self, moment: Moment) -> None:
        """As the judge does."""
        await read_ahead(self._judge, moment)


class ByExample:
    """A judge whose persona's examples decide what touches the policies that have some.

    The judge decides when to answer, and on every other policy: it does not see those
    that have examples, since a few sentences tell a request from its look-alikes better
    than a topic's name does (benchmarks/policies.py).
    """

    def __init__(self, judge: Judge, matcher: OnTime, persona: Callable[[], Persona]) -> None:
        """`persona` gives whom the agent plays now."""
        self.name = judge.name
        self._judge = judge
        self._matcher = matcher
        self._persona = persona

    async def judge(self, moment: Moment) -> Decision:
        """The judge's decision; a reply gives way to what the examples or their words say."""
        rest = self._rest(moment)
        if rest is moment or moment.kind is not Kind.PAUSE:
            return await self._judge.judge(rest)
        match, decision = await asyncio.gather(
            self._matcher.match(moment.breath), self._judge.judge(rest)
        )
        if decision.action is not Action.REPLY:
            return decision
        signals = {**moment.signals}
        if match:
            signals |= {POLICY: f"{match.action}: {match.topic}", POLICY_MATCH: match.sure}
        found = touched(replace(moment, signals=signals))
        return with_action(decision, *found) if found else decision

    async def read_ahead(self, moment: Moment) -> None:
        """As the judge does."""
        await read_ahead(self._judge, self._rest(moment))

    def _rest(self, moment: Moment) -> Moment:
        examples = self._persona().examples
        if not examples:
            return moment
        return replace(moment, persona=unexampled(moment.persona, examples))


def unexampled(persona: _P, examples: Container[str]) -> _P:
    """The persona without the policies that have examples."""
    refuse, deflect = (
        tuple(policy for policy in policies if topic_of(policy) not in examples)
        for policies in (persona.refuse, persona.deflect)
    )
    return replace(persona, refuse=refuse, deflect=deflect)


def with_action(decision: Decision, action: Action, topic: str) -> Decision:
    """The decision with all that is not silence given to `action`."""
    silence = decision.probabilities[Action.SILENCE]
    shares = {each: 0.0 for each in Action} | {Action.SILENCE: silence, action: 1 - silence}
    return replace(decision, action=action, probabilities=shares, reason=f"{action}: {topic}")
