"""Which policy of a persona words are nearest to by meaning, and how near.

The judge is told both and weighs them itself. A topic's words are all that is known
of it: policies with examples are `judgement.policies`. The same in calls and in training.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Protocol

import numpy as np

from judgement.decision import Action, Decision
from judgement.judge import Judge
from judgement.moment import Kind, Moment
from judgement.policies import Embed, Match
from judgement.signals import POLICY, POLICY_MATCH
from judgement.words import topic_of
from memory.embedding import Vectors


class Policies(Protocol):
    """A persona, or what a moment knows of one."""

    @property
    def refuse(self) -> tuple[str, ...]:
        """Policies met with `Action.REFUSE`."""
        ...

    @property
    def deflect(self) -> tuple[str, ...]:
        """Policies met with `Action.DEFLECT`."""
        ...


class Nearest:
    """Finds the nearest policy. Vectors of topics are made once."""

    def __init__(self, embed: Embed, known: Mapping[str, Vectors] | None = None) -> None:
        """`embed` gives a row of length 1 for each text, or raises `EmbeddingError`.

        `known` are the rows of topics that need not be embedded again.
        """
        self._embed = embed
        self._known = dict(known or {})

    @property
    def known(self) -> Mapping[str, Vectors]:
        """The rows of all topics learnt; never of what a user said."""
        return self._known

    async def learn(self, persona: Policies) -> None:
        """Embed the topics of the persona's policies, so that no talk waits for it."""
        texts = [topic for _, topic in _topics(persona)]
        if new := [text for text in dict.fromkeys(texts) if text not in self._known]:
            self._known.update(zip(new, await self._embed(new), strict=True))

    async def nearest(self, said: str, persona: Policies) -> tuple[str, float] | None:
        """The policy as "refuse: topic" and its cosine to `said`, to a hundredth.

        None for a persona without policies and for no words.
        """
        match = await self.match(said, persona)
        return (f"{match.action}: {match.topic}", match.sure) if match else None

    async def match(self, said: str, persona: Policies) -> Match | None:
        """The same as a match: `sure` is the cosine."""
        if not said.strip() or not (persona.refuse or persona.deflect):
            return None
        await self.learn(persona)
        [vector] = await self._embed([said])
        topics = list(_topics(persona))
        rows = np.array([self._known[topic] for _, topic in topics], np.float32)
        near = rows @ vector
        best = int(near.argmax())
        return Match(*topics[best], round(float(near[best]), 2))


def _topics(persona: Policies) -> Iterator[tuple[Action, str]]:
    for action, policies in ((Action.REFUSE, persona.refuse), (Action.DEFLECT, persona.deflect)):
        for policy in policies:
            yield action, topic_of(policy)


class Told:
    """A judge that is told at a pause which policy of the moment's own persona is nearest.

    It waits as long as that takes: for data, not for a talk.
    """

    def __init__(self, judge: Judge, nearest: Nearest) -> None:
        self.name = judge.name
        self._judge = judge
        self._nearest = nearest

    async def judge(self, moment: Moment) -> Decision:
        """The judge's decision on `moment`; what it was told already stays."""
        if moment.kind is Kind.PAUSE and POLICY not in moment.signals:
            found = await self._nearest.nearest(moment.breath, moment.persona)
            if found:
                told = {POLICY: found[0], POLICY_MATCH: found[1]}
                moment = replace(moment, signals={**moment.signals, **told})
        return await self._judge.judge(moment)
