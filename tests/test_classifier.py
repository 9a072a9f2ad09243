"""The judge as a Pipecat classifier, on its own."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest
from pipecat.classifiers.base_classifier import (
    ChoiceQuestion,
    ClassifierError,
    ClassifierQuestion,
    YesNoQuestion,
)
from pipecat.metrics.metrics import MetricsData

from judgement.decision import Action, Decision
from judgement.judge import JudgeError
from judgement.moment import Kind, Moment
from judgement.rules import Rules
from processors.classifier import PAUSE, WHAT_NEXT, JudgeClassifier

SHARES = {
    Action.REPLY: 0.3,
    Action.SILENCE: 0.5,
    Action.INTERRUPT: 0.0,
    Action.REFUSE: 0.1,
    Action.DEFLECT: 0.1,
}


class Scripted:
    name = "scripted"

    def __init__(self, *, after: float = 0, error: str = ""):
        self.after, self.error = after, error
        self.asked: list[Moment] = []

    async def judge(self, moment: Moment) -> Decision:
        self.asked.append(moment)
        await asyncio.sleep(self.after)
        if self.error:
            raise JudgeError(self.error)
        return Decision(Action.REPLY, SHARES, "the bar is low")


def choice(*options: str) -> dict[str, ChoiceQuestion]:
    return {"next": ChoiceQuestion(instructions="what now", options=dict.fromkeys(options))}


async def test_among_all_actions_the_choice_is_the_judges():
    found = await JudgeClassifier(Scripted()).choice("hello", {"next": WHAT_NEXT})
    assert found["next"].choice == "reply"
    assert found["next"].probabilities == pytest.approx({a.value: s for a, s in SHARES.items()})
    assert found["next"].confidence == pytest.approx(0.3)


async def test_among_fewer_the_likeliest_is_chosen_and_they_sum_to_one():
    found = await JudgeClassifier(Scripted()).choice("hello", choice("silence", "reply"))
    assert found["next"].choice == "silence"
    assert found["next"].probabilities == pytest.approx({"silence": 0.625, "reply": 0.375})


async def test_a_text_is_what_was_said_before_a_pause():
    judge = Scripted()
    await JudgeClassifier(judge).choice("hello", {"a": WHAT_NEXT, "b": WHAT_NEXT})
    assert judge.asked == [Moment(Kind.PAUSE, "hello", pause=PAUSE)]


async def test_a_mapping_is_a_moment_as_in_a_row():
    judge = Scripted()
    state = {"kind": "overlap", "said": "wait", "facts": ["has a dog"]}
    await JudgeClassifier(judge).choice(state, {"next": WHAT_NEXT})
    assert judge.asked == [Moment(Kind.OVERLAP, "wait", facts=("has a dog",))]


async def test_its_metrics_name_the_judge():
    classifier = JudgeClassifier(Rules())
    told: list[MetricsData] = []

    @classifier.event_handler("on_metrics")
    async def on_metrics(_: JudgeClassifier, data: list[MetricsData]):
        told.extend(data)

    await classifier.choice("what time is it?", {"next": WHAT_NEXT})
    await classifier.cleanup()
    assert [each.model for each in told] == ["rules"]


@pytest.mark.parametrize(
    ("state", "questions", "says"),
    [
        ("hello", choice("reply", "laugh"), "next: the options must be among"),
        ("hello", choice("reply"), "next: a choice needs two"),
        ("hello", {"done": YesNoQuestion(instructions="done?")}, "done: the judge answers choices"),
        ({"said": "hello"}, {"next": WHAT_NEXT}, "no moment.*kind"),
        (["hello"], {"next": WHAT_NEXT}, "not a list"),
    ],
)
async def test_what_it_cannot_answer_is_an_error(
    state: Any, questions: Mapping[str, ClassifierQuestion], says: str
):
    with pytest.raises(ClassifierError, match=says):
        await JudgeClassifier(Scripted()).ask(state, questions)


@pytest.mark.parametrize(
    ("judge", "says"), [(Scripted(error="gone"), "gone"), (Scripted(after=5), "took over 0.01 s")]
)
async def test_a_judge_that_fails_or_is_late_is_an_error(judge: Scripted, says: str):
    with pytest.raises(ClassifierError, match=says):
        await JudgeClassifier(judge, timeout=0.01).choice("hello", {"next": WHAT_NEXT})
