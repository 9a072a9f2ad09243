"""Policies known by meaning: the nearest example, and a judge that is told of it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from judgement.decision import Action, Decision, decide
from judgement.everyday import EVERYDAY
from judgement.moment import Kind, Moment, Policy
from judgement.persona import Persona
from judgement.policies import ByExample, Informed, OnTime, PolicyMatcher
from judgement.rules import MEANT, Rules
from memory.embedding import EmbeddingError, Vectors

CLERK = Persona(
    "clerk",
    "You sell.",
    refuse=("a discount (discount)", "staff (colleague)"),
    deflect=("politics (election)",),
    examples={"a discount": ("make it cheap",), "politics": ("who rules us",)},
    answers=("how much is it",),
)
POLICY = Policy(CLERK.refuse, CLERK.deflect)
AXES = {"make it cheap": 0, "who rules us": 1, "how much is it": 2}
SAID: dict[str, tuple[float, ...]] = {
    "do something about that price": (0.8, 0.0, 0.6),
    "what does it cost": (0.6, 0.0, 0.8),
    "those up there": (0.0, 1.0, 0.0),
    "a lamp please": (0.3, 0.1, 0.2),
}


class Space:
    """The sentences above along three axes, others along a fourth; counts what it was asked."""

    def __init__(self, error: Exception | None = None, wait: asyncio.Event | None = None):
        self.asked: list[str] = []
        self.error, self.wait = error, wait

    async def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        if self.wait and texts[0] in SAID:
            await self.wait.wait()
        if self.error:
            raise self.error
        known = {each: np.eye(4)[at] for each, at in AXES.items()}
        known |= {each: np.array((*at, 0.0)) for each, at in SAID.items()}
        return np.array([known.get(each, np.eye(4)[3]) for each in texts], np.float32)


class Listening:
    """Remembers the moments that it was asked about."""

    name = "listening"

    def __init__(self):
        self.moments: list[Moment] = []

    async def judge(self, moment: Moment) -> Decision:
        self.moments.append(moment)
        return decide(Action.SILENCE, "listens")


def pause(said: str, kind: Kind = Kind.PAUSE) -> Moment:
    return Moment(kind, said, pause=3.0, persona=POLICY, signals={"turn_over": 0.9})


def informed(space: Space, judge: Listening | Rules) -> Informed:
    return Informed(judge, OnTime(PolicyMatcher(space.embed), lambda: CLERK))


@pytest.mark.parametrize(
    ("said", "action", "topic"),
    [
        ("do something about that price", Action.REFUSE, "a discount"),
        ("those up there", Action.DEFLECT, "politics"),
    ],
)
async def test_words_like_an_example_touch_its_policy(said: str, action: Action, topic: str):
    match = await PolicyMatcher(Space().embed).match(said, CLERK)
    assert match and (match.action, match.topic) == (action, topic)
    assert match.sure > 0


async def test_words_like_what_is_answered_touch_no_policy_surely():
    match = await PolicyMatcher(Space().embed).match("what does it cost", CLERK)
    assert match and match.sure < 0


async def test_the_examples_of_one_persona_say_nothing_of_another():
    matcher = PolicyMatcher(Space().embed)
    await matcher.learn(CLERK)
    other = replace(CLERK, examples={"staff": ("make it cheap",)})
    match = await matcher.match("do something about that price", other)
    assert match and match.topic == "staff"


async def test_silence_and_a_persona_without_examples_ask_for_no_vector():
    space = Space()
    assert await PolicyMatcher(space.embed).match(" ", CLERK) is None
    assert await PolicyMatcher(space.embed).match("hello", Persona("plain", "")) is None
    assert space.asked == []


async def test_examples_are_embedded_once():
    space = Space()
    matcher = PolicyMatcher(space.embed)
    await matcher.learn(CLERK)
    await matcher.match("a lamp please", CLERK)
    await matcher.match("those up there", CLERK)
    assert space.asked == [*AXES, *EVERYDAY, "a lamp please", "those up there"]


async def test_sentences_that_are_known_are_not_embedded_again():
    first, second = Space(), Space()
    matcher = PolicyMatcher(first.embed)
    await matcher.match("those up there", CLERK)
    assert "those up there" not in matcher.known
    await PolicyMatcher(second.embed, matcher.known).learn(CLERK)
    assert second.asked == []


async def test_a_pause_is_judged_with_the_match_among_its_signals():
    judge = Listening()
    await informed(Space(), judge).judge(pause("those up there"))
    assert judge.moments[0].signals == {
        "turn_over": 0.9,
        "policy": "deflect: politics",
        "policy_match": pytest.approx(0.7, abs=0.3),
    }


@pytest.mark.parametrize("kind", [Kind.PARTIAL, Kind.OVERLAP, Kind.IDLE])
async def test_only_a_pause_is_matched(kind: Kind):
    space, judge = Space(), Listening()
    await informed(space, judge).judge(pause("those up there", kind))
    assert space.asked == [] and judge.moments == [pause("those up there", kind)]


async def test_the_same_words_are_matched_once():
    space = Space()
    judge = informed(space, Listening())
    for said in ("those up there", "those up there", "a lamp please"):
        await judge.judge(pause(said))
    assert space.asked == [*AXES, *EVERYDAY, "those up there", "a lamp please"]


async def test_a_model_that_fails_leaves_the_words_to_decide():
    judge = informed(Space(EmbeddingError("no model")), Rules())
    assert (await judge.judge(pause("those up there"))).action is Action.REPLY
    assert (await judge.judge(pause("any discount"))).action is Action.REFUSE


async def test_a_late_match_leaves_the_words_to_decide_and_is_asked_for_again():
    arrived = asyncio.Event()
    judge = informed(Space(wait=arrived), Rules())
    assert (await judge.judge(pause("those up there"))).action is Action.REPLY
    arrived.set()
    assert (await judge.judge(pause("those up there"))).action is Action.DEFLECT


@pytest.mark.parametrize(
    ("policy", "similarity", "action"),
    [
        ("refuse: a discount", MEANT, Action.REFUSE),
        ("refuse: a discount", MEANT - 0.01, Action.REPLY),
        ("deflect: politics", MEANT, Action.DEFLECT),
    ],
)
async def test_the_rules_heed_a_match_that_is_near_enough(
    policy: str, similarity: float, action: Action
):
    told = {"turn_over": 0.9, "policy": policy, "policy_match": similarity}
    moment = Moment(Kind.PAUSE, "That is all.", pause=1.0, persona=POLICY, signals=told)
    decision = await Rules().judge(moment)
    assert decision.action is action
    if action is not Action.REPLY:
        assert decision.reason.endswith(policy.partition(": ")[2])


async def test_words_of_a_policy_need_no_match():
    assert (await Rules().judge(pause("Any discount?"))).action is Action.REFUSE


async def test_an_emergency_is_answered_whatever_it_is_near_to():
    told = {"typed": True, "policy": "refuse: a dose", "policy_match": 0.9}
    moment = Moment(Kind.PAUSE, "I took an overdose", persona=POLICY, signals=told)
    assert (await Rules().judge(moment)).action is Action.REPLY


class Answers(Listening):
    """Gives one action to everything."""

    def __init__(self, action: Action):
        super().__init__()
        self.action = action

    async def judge(self, moment: Moment) -> Decision:
        self.moments.append(moment)
        return decide(self.action, "as told", sure=0.8)


def by_example(space: Space, judge: Listening) -> ByExample:
    return ByExample(judge, OnTime(PolicyMatcher(space.embed), lambda: CLERK), lambda: CLERK)


async def test_a_judge_sees_the_policies_without_examples_only():
    judge = Answers(Action.REPLY)
    await by_example(Space(), judge).judge(pause("a lamp please"))
    assert judge.moments[0].persona == Policy(("staff (colleague)",), ())


@pytest.mark.parametrize(
    ("judged", "said", "action"),
    [
        (Action.REPLY, "those up there", Action.DEFLECT),
        (Action.REPLY, "any discount", Action.REFUSE),  # by the policy's own words
        (Action.REPLY, "what does it cost", Action.REPLY),
        (Action.SILENCE, "those up there", Action.SILENCE),  # when is the judge's to say
        (Action.REFUSE, "what does it cost", Action.REFUSE),  # it may be an affront
    ],
)
async def test_examples_decide_what_is_declined(judged: Action, said: str, action: Action):
    decision = await by_example(Space(), Answers(judged)).judge(pause(said))
    assert decision.action is action
    assert sum(decision.probabilities.values()) == pytest.approx(1)
    assert decision.probabilities[Action.SILENCE] == pytest.approx(
        0.8 if judged is Action.SILENCE else 0.05
    )


async def test_examples_that_cannot_be_read_leave_the_judge_to_decide():
    judge = by_example(Space(EmbeddingError("no model")), Answers(Action.REPLY))
    assert (await judge.judge(pause("those up there"))).action is Action.REPLY
