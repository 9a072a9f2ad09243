"""A turn that strategy closes, in Pipecat's own user aggregator."""

from collections.abc import Sequence

from pipecat.frames.frames import (
    Frame,
    InterruptionFrame,
    LLMContextFrame,
    ProposedUserStartedSpeakingFrame,
    TranscriptionFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.tests.utils import SleepFrame, run_test

from processors.frames import TurnEndProposedFrame
from processors.turns import decided_turns


async def closed(frames: Sequence[Frame]) -> tuple[LLMContext, list[Frame]]:
    context = LLMContext()
    params = LLMUserAggregatorParams(user_turn_strategies=decided_turns(), empty_user_turn=None)
    hear, _ = LLMContextAggregatorPair(context, user_params=params)
    down, _ = await run_test(hear, frames_to_send=[*frames, SleepFrame(0.1)])
    return context, list(down)


def words(text: str) -> TranscriptionFrame:
    frame = TranscriptionFrame(text=text, user_id="", timestamp="")
    frame.interruptible = False
    return frame


def runs(down: list[Frame]) -> int:
    return len([frame for frame in down if isinstance(frame, LLMContextFrame)])


async def test_an_answered_turn_runs_the_model_once_with_its_words():
    start, end = ProposedUserStartedSpeakingFrame(), TurnEndProposedFrame(answer=True)
    context, down = await closed([start, words("hello"), end])
    assert runs(down) == 1 and context.messages[-1]["content"] == "hello"


async def test_an_unanswered_turn_keeps_its_words_and_runs_no_model():
    start, end = ProposedUserStartedSpeakingFrame(), TurnEndProposedFrame(answer=False)
    context, down = await closed([start, words("hello"), end])
    assert runs(down) == 0 and context.messages[-1]["content"] == "hello"
    assert [f for f in down if isinstance(f, UserStoppedSpeakingFrame)]


async def test_a_turn_can_be_closed_while_the_user_speaks():
    frames = [
        ProposedUserStartedSpeakingFrame(),
        VADUserStartedSpeakingFrame(),
        words("and then"),
        TurnEndProposedFrame(answer=True),
    ]
    context, down = await closed(frames)
    assert runs(down) == 1 and context.messages[-1]["content"] == "and then"


async def test_opening_a_turn_interrupts_the_agent():
    _, down = await closed([ProposedUserStartedSpeakingFrame()])
    assert [f for f in down if isinstance(f, InterruptionFrame)]


async def test_one_turn_leaves_nothing_for_the_next():
    start = ProposedUserStartedSpeakingFrame
    context, down = await closed(
        [
            start(),
            words("one"),
            TurnEndProposedFrame(answer=False),
            SleepFrame(0.05),
            start(),
            words("two"),
            TurnEndProposedFrame(answer=True),
        ]
    )
    assert [m["content"] for m in context.messages] == ["one", "two"] and runs(down) == 1
