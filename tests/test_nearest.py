"""The nearest policy by meaning, from its topic or from a persona's examples."""

from collections.abc import Sequence

import numpy as np
import pytest

from judgement.decision import Action
from judgement.moment import Policy
from judgement.nearest import Nearest
from judgement.persona import Persona
from memory.embedding import Vectors

POLICY = Policy(refuse=("a discount (discount, cheaper)",), deflect=("politics (election)",))
CLERK = Persona(
    "clerk",
    "You sell.",
    refuse=POLICY.refuse,
    deflect=POLICY.deflect,
    examples={"a discount": ("make it cheap",)},
    answers=("how much is it",),
)
SPACE: dict[str, tuple[float, float, float]] = {
    "a discount": (1, 0, 0),
    "politics": (0, 1, 0),
    "make it cheap": (0.8, 0, 0.6),
    "how much is it": (0, 0, 1),
    "come down a bit": (0.86, 0.1, 0.5),
    "who will win": (0.3, 0.95, 0),
    "what does this cost": (0.2, 0, 0.98),
}


class Space:
    """Sentences at known places; counts what it was asked."""

    def __init__(self):
        self.asked: list[str] = []

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        rows = np.array([SPACE[text] for text in texts], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize(
    ("said", "policy", "cosine"),
    [("come down a bit", "refuse: a discount", 0.86), ("who will win", "deflect: politics", 0.95)],
)
async def test_the_nearest_topic_is_named_with_its_cosine(said: str, policy: str, cosine: float):
    assert await Nearest(Space().embed).nearest(said, POLICY) == (policy, cosine)


async def test_an_example_may_be_nearer_than_the_topic():
    match = await Nearest(Space().embed).match("come down a bit", CLERK)
    assert match and (match.action, match.topic, match.sure) == (Action.REFUSE, "a discount", 0.99)


async def test_an_example_does_not_count_where_an_answered_sentence_is_nearer():
    match = await Nearest(Space().embed).match("what does this cost", CLERK)
    assert match and match.sure == 0.2


async def test_topics_are_embedded_once():
    space = Space()
    nearest = Nearest(space.embed)
    await nearest.nearest("who will win", POLICY)
    await nearest.nearest("come down a bit", POLICY)
    assert space.asked == ["a discount", "politics", "who will win", "come down a bit"]


@pytest.mark.parametrize(("said", "policy"), [(" ", POLICY), ("who will win", Policy())])
async def test_no_words_or_no_policies_are_near_nothing(said: str, policy: Policy):
    space = Space()
    assert await Nearest(space.embed).nearest(said, policy) is None
    assert space.asked == []
