"""The judge as one of Pipecat's classifiers: a choice between actions, about a moment.

    async with local_judge() as judge:
        answers = await JudgeClassifier(judge).choice("could you tell me", {"next": WHAT_NEXT})
        answers["next"].choice          # "silence"

A state is a text, what a user has said before a pause of `PAUSE` seconds, or a mapping
as the "moment" of a data row (docs: `judgement.rows`).
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from pipecat.classifiers.base_classifier import (
    BaseClassifier,
    ChoiceQuestion,
    ChoiceResult,
    ClassifierError,
    ClassifierImage,
    ClassifierQuestion,
    ClassifierResult,
)
from pipecat.metrics.metrics import LLMTokenUsage

from judgement.decision import Action, Decision
from judgement.judge import Judge, JudgeError
from judgement.moment import Moment
from judgement.rows import moment_of

PAUSE = 0.8  # s
WHAT_NEXT = ChoiceQuestion(
    instructions="What is the voice agent to do now?",
    options={
        "reply": "the user is done and is to be answered, or takes the floor",
        "silence": "the user goes on, or wants no answer now",
        "interrupt": "the user is wrong, goes round in circles or rambles and is to be cut off",
        "refuse": "the user asks for what the agent must not do",
        "deflect": "the user turns to what the agent talks its way around",
    },
)

State = str | dict[str, Any] | list[Any]


class JudgeClassifier(BaseClassifier):
    """Answers choices between two or more of the five actions, and no other question.

    The judge was trained for one question: the wording of instructions and
    options changes nothing. Where all five are options, the choice is the
    judge's action, which follows its thresholds; among fewer, the likeliest.
    """

    def __init__(self, judge: Judge, *, timeout: float = 5.0, **kwargs: Any):
        """Ask `judge`, for at most `timeout` seconds."""
        super().__init__(**kwargs)
        self._judge = judge
        self._timeout = timeout

    @property
    def model(self) -> str | None:
        """The judge's name."""
        return self._judge.name

    async def _ask(
        self,
        state: State,
        questions: Mapping[str, ClassifierQuestion],
        images: Sequence[ClassifierImage] = (),
    ) -> tuple[dict[str, ClassifierResult], LLMTokenUsage | None]:
        options = {name: _options(name, question) for name, question in questions.items()}
        decision = await self._decide(_moment(state))
        return {name: _result(decision, each) for name, each in options.items()}, None

    async def _decide(self, moment: Moment) -> Decision:
        try:
            async with asyncio.timeout(self._timeout):
                return await self._judge.judge(moment)
        except TimeoutError as error:
            raise ClassifierError(f"the judge took over {self._timeout} s") from error
        except JudgeError as error:
            raise ClassifierError(f"the judge failed: {error}") from error


def _moment(state: State) -> Moment:
    match state:
        case str():
            given: Mapping[str, Any] = {"kind": "pause", "said": state, "pause": PAUSE}
        case dict():
            given = state
        case _:
            raise ClassifierError("a state is a text or a moment, not a list")
    try:
        return moment_of({"id": "state", "moment": given})
    except ValueError as error:
        raise ClassifierError(f"the state is no moment: {error}") from error


def _options(name: str, question: ClassifierQuestion) -> list[Action]:
    if not isinstance(question, ChoiceQuestion):
        raise ClassifierError(f"{name}: the judge answers choices, not a {type(question).__name__}")
    try:
        actions = [Action(option) for option in question.options]
    except ValueError:
        raise ClassifierError(f"{name}: the options must be among {', '.join(Action)}") from None
    if len(actions) < 2:
        raise ClassifierError(f"{name}: a choice needs two options or more")
    return actions


def _result(decision: Decision, options: Sequence[Action]) -> ChoiceResult:
    """The decision among `options`, whose probabilities then sum to 1."""
    shares = {action: decision.probabilities[action] for action in options}
    total = sum(shares.values())
    shares = {
        action: share / total if total else 1 / len(shares) for action, share in shares.items()
    }
    whole = decision.action in shares and len(shares) == len(Action)
    choice = decision.action if whole else max(shares, key=shares.__getitem__)
    probabilities = {action.value: share for action, share in shares.items()}
    return ChoiceResult(choice=choice.value, probabilities=probabilities, confidence=shares[choice])
