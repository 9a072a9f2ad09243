"""The nearest policy by meaning, from its topic."""

from collections.abc import Sequence

import numpy as np
import pytest

from judgement.moment import Policy
from judgement.nearest import Nearest
from memory.embedding import Vectors

POLICY = Policy(refuse=("a discount (discount, cheaper)",), deflect=("politics (election)",))
SPACE: dict[str, tuple[float, float, float]] = {
    "a discount": (1, 0, 0),
    "politics": (0, 1, 0),
    "come down a bit": (0.86, 0.1, 0.5),
    "who will win": (0.3, 0.95, 0),
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
