from typing import Any

from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    InterruptionFrame,
    LLMContextAssistantTurnFrame,
    LLMContextFrame,
    LLMUpdateSettingsFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameDirection
from pipecat.tests.utils import SleepFrame, run_test

from judgement.listener import Listener
from judgement.persona import Persona
from processors.frames import GuidanceFrame, ReadAheadFrame, WordsFrame
from processors.guidance import GuidanceProcessor, ReadsAhead
from processors.role import Role
from processors.services.llama import LlamaService
from processors.services.openai import OpenAIService

ROLE = Role(Persona("test", "You test."))


def context() -> LLMContext:
    return LLMContext([{"role": "user", "content": "hello"}])


async def guided(
    *frames: Frame,
    facts: tuple[str, ...] = (),
    history: int = 6,
    talk: LLMContext | None = None,
    reads_ahead: bool = True,
) -> list[Frame]:
    listener = Listener(ROLE.policy)
    listener.told = facts
    processor = GuidanceProcessor(
        ROLE, listener, talk or LLMContext(), history=history, reads_ahead=reads_ahead
    )
    down, _ = await run_test(processor, frames_to_send=[*frames, SleepFrame(0.05)])
    return list(down)


def contents(frames: list[Frame]) -> list[list[str]]:
    runs = [frame.context for frame in frames if isinstance(frame, LLMContextFrame)]
    return [[message["content"] for message in run.messages] for run in runs]


async def test_guidance_is_the_last_message_of_a_copy():
    shared = context()
    frames = await guided(GuidanceFrame("Be brief."), LLMContextFrame(shared))
    assert contents(frames) == [["hello", "Be brief."]]
    assert [message["content"] for message in shared.messages] == ["hello"]


async def test_guidance_serves_one_answer_only():
    frames = await guided(
        GuidanceFrame("Be brief."),
        LLMContextFrame(context()),
        SleepFrame(0.05),
        LLMContextFrame(context()),
    )
    assert contents(frames) == [["hello", "Be brief."], ["hello"]]


async def test_an_interruption_drops_the_guidance():
    frames = await guided(
        GuidanceFrame("Be brief."),
        InterruptionFrame(),
        SleepFrame(0.05),
        LLMContextFrame(context()),
    )
    assert contents(frames) == [["hello"]]


def in_order(*frames: Frame) -> list[Frame]:
    """System frames overtake others: each is sent when the last has arrived."""
    return [each for frame in frames for each in (frame, SleepFrame(0.02))]


BEGAN, ENDED = BotStartedSpeakingFrame, BotStoppedSpeakingFrame
HEARD = LLMContextAssistantTurnFrame("There is a table by the", "")


async def test_the_model_is_told_after_which_word_it_was_interrupted():
    shared = context()
    cut_off = in_order(BEGAN(), InterruptionFrame(), ENDED(), HEARD)
    runs = LLMContextFrame(shared, speculation=True), LLMContextFrame(shared)
    for messages in contents(await guided(*cut_off, *runs)):
        assert messages == ['You were interrupted after "…table by the".', "hello"]
    assert shared.messages == context().messages


async def test_an_answer_of_which_nothing_was_heard_was_not_interrupted():
    heard_whole = in_order(BEGAN(), HEARD, ENDED())
    cut_off = in_order(BEGAN(), InterruptionFrame(), ENDED())
    assert contents(await guided(*heard_whole, *cut_off, LLMContextFrame(context()))) == [["hello"]]


async def test_who_has_spoken_since_was_not_interrupted():
    cut_off = in_order(BEGAN(), InterruptionFrame(), ENDED(), HEARD)
    since = in_order(BEGAN(), HEARD, ENDED(), InterruptionFrame())
    assert contents(await guided(*cut_off, *since, LLMContextFrame(context()))) == [["hello"]]


async def test_what_is_remembered_comes_before_the_words_that_it_is_about():
    run = LLMContextFrame(context())
    [messages] = contents(await guided(GuidanceFrame("Be brief."), run, facts=("A.", "B.")))
    assert messages == ["What you remember: A. B.", "hello", "Be brief."]


async def test_a_speculation_stays_one():
    frames = await guided(LLMContextFrame(context(), speculation=True))
    assert [f.speculation for f in frames if isinstance(f, LLMContextFrame)] == [True]


async def test_only_the_last_messages_go_to_the_model():
    long = LLMContext([{"role": "user", "content": str(each)} for each in range(9)])
    assert contents(await guided(LLMContextFrame(long), history=2)) == [["7", "8"]]


async def test_the_model_is_told_who_it_is_once():
    frames = await guided(LLMContextFrame(context()), LLMContextFrame(context()))
    updates = [frame for frame in frames if isinstance(frame, LLMUpdateSettingsFrame)]
    assert [frame.delta.system_instruction for frame in updates] == ["You test."]


def long(count: int) -> LLMContext:
    return LLMContext([{"role": "user", "content": str(number)} for number in range(count)])


async def test_a_long_talk_is_cut_by_halves_so_that_its_prompts_begin_alike():
    frames = [LLMContextFrame(long(count)) for count in (6, 7, 8, 9, 10)]
    begins = [found[0] for found in contents(await guided(*frames))]
    assert begins == ["0", "3", "3", "3", "6"]


async def test_the_words_so_far_are_read_ahead_behind_the_talk():
    frames = await guided(WordsFrame("how do I"), talk=context())
    [ahead] = [frame for frame in frames if isinstance(frame, ReadAheadFrame)]
    assert [message["content"] for message in ahead.context.messages] == ["hello", "how do I"]


async def test_a_model_that_does_not_read_ahead_gets_no_words_so_far():
    frames = await guided(WordsFrame("how do I"), talk=context(), reads_ahead=False)
    assert not [frame for frame in frames if isinstance(frame, ReadAheadFrame)]


def test_the_local_reply_model_reads_ahead_and_others_do_not():
    assert issubclass(LlamaService, ReadsAhead)
    assert not issubclass(OpenAIService, ReadsAhead)


async def test_a_model_reads_what_it_will_be_asked_with_when_the_agent_has_spoken():
    messages: list[Any] = [{"role": "user", "content": f"{number}"} for number in range(6)]
    talk, spoken = LLMContext(messages), LLMContextAssistantTurnFrame(text="5", timestamp="")
    listener = Listener(ROLE.policy)
    listener.told = ("A.",)
    guidance = GuidanceProcessor(ROLE, listener, talk, history=6, reads_ahead=True)
    down, _ = await run_test(
        guidance,
        frames_to_send=[spoken, SleepFrame(0.05)],
        frames_to_send_direction=FrameDirection.UPSTREAM,
    )
    [ahead] = [frame.context for frame in down if isinstance(frame, ReadAheadFrame)]
    talk.add_message({"role": "user", "content": "hello"})
    asked = await guided(LLMContextFrame(talk), facts=("A.",))
    assert [m["content"] for m in ahead.messages][:-1] == contents(asked)[0][:-1]
