"""What is cut into before any model is asked, and by whom."""

import asyncio
from collections.abc import Sequence

import numpy as np
import pytest

from judgement.astray import WORDS, Astray
from judgement.cuts_in import CutsIn
from judgement.decision import Action
from judgement.grounds import ground
from judgement.moment import Kind, Moment, Policy, Turn
from judgement.rules import Rules
from memory.embedding import EmbeddingError, Vectors

QUESTION = "How many people did you lead?"
ROUND = "we went to the harbour to see the new ferry and after that we walked home and"


class Meanings:
    """Embeds the question and answers to it alike, and all else at right angles to them."""

    def __init__(self) -> None:
        self.asked = 0
        self.fails = False
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def __call__(self, texts: Sequence[str]) -> Vectors:
        await self.may_go_on.wait()
        if self.fails:
            raise EmbeddingError("gone")
        self.asked += 1
        alike = [[1.0, 0.0] if "people" in text else [0.0, 1.0] for text in texts]
        return np.array(alike, np.float32)


def moment(said: str, seconds: float, proactivity: float = 1.0, asked: str = QUESTION) -> Moment:
    history = (Turn("agent", asked, seconds),)
    persona = Policy(proactivity=proactivity)
    return Moment(
        Kind.PARTIAL, said, history, turn_seconds=seconds, persona=persona, at=10 + seconds
    )


async def action(given: Moment, astray: Astray | None) -> Action:
    return (await CutsIn(Rules(), astray).judge(given)).action


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (moment("the weather was bad that year", 14.5), Action.INTERRUPT),
        (moment("the weather was bad that year", 14.4), Action.SILENCE),
        (moment("the people in my group were", 15.0), Action.SILENCE),
        (moment("the weather was bad, is that so?", 15.0), Action.SILENCE),
        (moment("the weather was bad", 15.0, asked="Tell me all of it."), Action.SILENCE),
        (moment("the weather was bad that year", 44.0, 0.9), Action.SILENCE),
        (moment("the weather was bad that year", 45.0, 0.9), Action.INTERRUPT),
        (moment("the weather was bad that year", 300.0, 0.4), Action.SILENCE),
    ],
)
async def test_a_ramble_is_long_asks_nothing_and_is_far_from_what_was_asked(
    given: Moment, expected: Action
):
    assert await action(given, Astray(Meanings())) is expected


async def test_without_meanings_no_long_turn_is_a_ramble():
    far = moment("the weather was bad that year", 60.0)
    assert await action(far, None) is Action.SILENCE


async def test_a_turn_is_looked_at_once_and_what_began_with_the_question_may_go_on():
    meanings = Meanings()
    astray = Astray(meanings)
    assert not await astray.is_astray(moment("the people", 15.0))
    assert not await astray.is_astray(moment("the weather was bad", 20.0))
    assert meanings.asked == 1
    began = f"the people {'went on ' * WORDS}"
    assert not await Astray(meanings).is_astray(moment(began, 60.0))


async def test_a_look_that_fails_finds_nothing():
    meanings = Meanings()
    meanings.fails = True
    assert not await Astray(meanings).is_astray(moment("the weather was bad", 15.0))


async def test_a_slow_look_is_not_waited_for_and_a_later_moment_finds_it_done():
    meanings = Meanings()
    meanings.may_go_on.clear()
    astray = Astray(meanings, wait=0.0)
    assert not await astray.is_astray(moment("the weather was bad", 15.0))
    meanings.may_go_on.set()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert await astray.is_astray(moment("the weather was bad", 15.3))


@pytest.mark.parametrize(
    ("proactivity", "rounds", "is_one"), [(1.0, 1.5, True), (0.5, 1.5, False), (0.5, 2, True),
                                          (0.2, 4, False)]
)  # fmt: skip
def test_circles_are_cut_sooner_the_more_proactive_the_persona(
    proactivity: float, rounds: float, is_one: bool
):
    words = (ROUND.split() * 4)[: round(rounds * len(ROUND.split()))]
    given = moment(" ".join(words), 8.0, proactivity)
    assert bool(ground(given)) is is_one
