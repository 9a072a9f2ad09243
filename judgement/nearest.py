"""Which policy of a persona words are nearest to by meaning, and how near.

The judge is told both and weighs them itself: a topic's words are enough, a persona
without example sentences is known as well. The same in calls and in training.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Protocol

import numpy as np

from judgement.decision import Action, Decision
from judgement.judge import Judge
from judgement.moment import Kind, Moment
from judgement.persona import Persona
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
    """Finds the nearest policy. Vectors of topics and examples are made once."""

    def __init__(self, embed: Embed, known: Mapping[str, Vectors] | None = None) -> None:
        """`embed` gives a row of length 1 for each text, or raises `EmbeddingError`.

        `known` are the rows of topics and examples that need not be embedded again.
        """
        self._embed = embed
        self._known = dict(known or {})

    @property
    def known(self) -> Mapping[str, Vectors]:
        """The rows of all topics and examples learnt; never of what a user said."""
        return self._known

    async def learn(self, persona: Policies) -> None:
        """Embed what the persona says of its policies, so that no talk waits for it."""
        texts = [text for *_, text in _sentences(persona)]
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
        sentences = list(_sentences(persona))
        rows = np.array([self._known[text] for *_, text in sentences], np.float32)
        near: list[float] = (rows @ vector).tolist()
        answered = [at for at, (action, *_) in zip(near, sentences, strict=True) if not action]
        bar = max(answered, default=-1.0)
        counts = [
            (at, action, topic)
            for at, (action, topic, text) in zip(near, sentences, strict=True)
            if action and (text == topic or at > bar)
        ]
        cosine, action, topic = max(counts, key=lambda each: each[0])
        return Match(action, topic, round(cosine, 2))


def _sentences(persona: Policies) -> Iterator[tuple[Action | None, str, str]]:
    """Action, topic and text of each topic and example; None for what the persona answers.

    An example counts only where no sentence that is answered is nearer.
    """
    examples: Mapping[str, tuple[str, ...]] = {}
    if isinstance(persona, Persona):
        examples = persona.examples
    for action, policies in ((Action.REFUSE, persona.refuse), (Action.DEFLECT, persona.deflect)):
        for topic in map(topic_of, policies):
            yield action, topic, topic
            yield from ((action, topic, text) for text in examples.get(topic, ()))
    if examples and isinstance(persona, Persona):
        yield from ((None, "", text) for text in persona.answers)


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
