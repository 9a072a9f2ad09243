"""Two models in one place: what is said, held and dropped, without the rest of a talk."""

import gc
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from pipecat.frames.frames import (
    EagerEndOfTurnCancelFrame,
    Frame,
    LLMContextFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    LLMUpdateSettingsFrame,
    UserStartedSpeakingFrame,
    UserStoppedSpeakingFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.services.settings import LLMSettings
from pipecat.tests.utils import SleepFrame, run_test

from config.settings import load
from processors.failover.llm import LLMFailover
from processors.services import build_llm
from tests.providers.openai import OpenAI
from tests.providers.provider import KEY, Fault

ANSWER = "We close at nine in the evening."
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@dataclass
class Two:
    """The servers, and a place for both."""

    first: OpenAI
    second: OpenAI
    model: LLMFailover

    async def said(self, *sent: Frame) -> list[Frame]:
        down, _ = await run_test(self.model, frames_to_send=[SleepFrame(0.1), *sent])
        return list(down)


@pytest.fixture
async def two(tmp_path: Path) -> AsyncIterator[Two]:
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(OpenAI([ANSWER]))
        second = await stack.enter_async_context(OpenAI([ANSWER]))
        one, other = (
            f"service: openai, args: {{api_key: {KEY}, base_url: '{each.http}/v1'}}"
            for each in (first, second)
        )
        path = tmp_path / "two.yaml"
        path.write_text(
            f"stt: moonshine\ntts: piper\nllm: {{{one}, then: {{{other}}}}}\n"
            "memory: {store: none}\n"
        )
        model = build_llm(load(path))
        assert isinstance(model, LLMFailover)
        yield Two(first, second, model)


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    yield
    gc.collect()


def asked(*, speculation: bool = False) -> LLMContextFrame:
    context = LLMContext([{"role": "user", "content": "When do you close?"}])
    return LLMContextFrame(context, speculation=speculation)


def words(frames: list[Frame]) -> str:
    return "".join(each.text for each in frames if isinstance(each, LLMTextFrame))


def bounds(frames: list[Frame]) -> int:
    kinds = (LLMFullResponseStartFrame, LLMFullResponseEndFrame)
    return sum(isinstance(each, kinds) for each in frames)


async def test_a_well_first_answers_alone(two: Two):
    frames = await two.said(asked(), SleepFrame(0.6))
    assert (words(frames), bounds(frames), two.second.asked) == (ANSWER, 2, [])


@pytest.mark.parametrize("fault", [Fault.CUT, Fault.MALFORMED, Fault.STALL, Fault.HANG])
async def test_a_broken_answer_is_gone_on_with_as_one(two: Two, fault: Fault):
    await two.first.fail(fault)
    frames = await two.said(asked(), SleepFrame(2.2))
    assert (words(frames), bounds(frames)) == (ANSWER, 2)
    given = two.second.asked[0]["messages"]
    if fault is not Fault.HANG:
        assert given[-1] == {"role": "assistant", "content": "We close at nine"}


async def test_a_first_that_is_only_slow_keeps_the_answer_if_it_speaks_first(two: Two):
    two.first.delay, two.second.delay = 1.0, 1.5
    two.second.script = ["Something else."]
    frames = await two.said(asked(), SleepFrame(2.0))
    assert words(frames) == ANSWER
    assert two.second.asked and not two.model.first.error


async def test_an_answer_ahead_of_its_turn_is_held_until_the_turn_is_over(two: Two):
    await two.first.fail(Fault.BUSY)
    held = await two.said(UserStartedSpeakingFrame(), asked(speculation=True), SleepFrame(0.8))
    assert words(held) == ""


async def test_an_answer_that_was_held_is_let_go(two: Two):
    await two.first.fail(Fault.BUSY)
    frames = await two.said(
        UserStartedSpeakingFrame(),
        asked(speculation=True),
        SleepFrame(0.8),
        UserStoppedSpeakingFrame(),
        SleepFrame(0.2),
    )
    assert words(frames) == ANSWER


async def test_an_answer_that_is_withdrawn_is_dropped_and_the_next_one_said(two: Two):
    two.first.script = ["Never this.", ANSWER]
    frames = await two.said(
        UserStartedSpeakingFrame(),
        asked(speculation=True),
        SleepFrame(0.02),
        EagerEndOfTurnCancelFrame(),
        SleepFrame(0.1),
        asked(speculation=True),
        SleepFrame(0.5),
        UserStoppedSpeakingFrame(),
        SleepFrame(0.2),
    )
    assert words(frames) == ANSWER
    assert not two.second.asked


async def test_both_know_who_they_are_even_when_made_anew(two: Two):
    await two.first.fail(Fault.BUSY)
    manner = LLMUpdateSettingsFrame(delta=LLMSettings(system_instruction="You are a clerk."))
    await two.said(manner, asked(), SleepFrame(0.5), asked(), SleepFrame(0.5))
    told = [each["messages"][0]["content"] for each in two.second.asked]
    assert told == ["You are a clerk."] * 2
    await two.first.heal()
