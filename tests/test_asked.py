"""What a caller asks of the line itself."""

import pytest
from pipecat.frames.frames import (
    EndWorkerFrame,
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    TranscriptionFrame,
)
from pipecat.tests.utils import SleepFrame, run_test

from judgement.asked import Asked, asked
from processors.asked import FAREWELL, AskedProcessor
from processors.frames import PlayLineFrame, TransferFrame
from processors.phone import PUT_THROUGH


@pytest.mark.parametrize(
    "said",
    [
        "Can I speak to a real person?",
        "I would like to talk to somebody, please.",
        "put me through to the operator",
        "Operator, please.",
        "Give me a human.",
        "I want to speak with a manager",
        "Could you please put me through to a colleague?",
        "Is there a person I can talk to?",
        "Hello, can I talk to somebody about my bill?",
        "No, I'd rather speak to a human.",
        "Um, talk to an agent.",
        "A real person, please.",
        "I just want to talk to a human.",
        "I was told to speak to someone about my bill.",
        "Would it be possible to speak to someone?",
        "I'm trying to talk to a real person.",
        "We really need to talk to a human.",
        "Yes, put me through to an operator.",
        "Actually put me through to a human",
        "This is useless. Transfer me to an agent.",
        "I have to speak to a manager.",
        "Is it possible to speak to a person?",
        "Can't I speak to a person?",
        "I'd like you to put me through to an operator.",
        "I'd like to speak to an agent, please.",
        "Hi, I'd like an operator.",
        "my bill is wrong i want to speak to a person",
    ],
)
def test_who_asks_for_a_person_gets_one(said: str):
    assert asked(said) is Asked.OPERATOR


@pytest.mark.parametrize(
    "said", ["Goodbye.", "OK, thanks, bye bye!", "Goodbye. Thank you very much."]
)
def test_a_goodbye_ends_the_call(said: str):
    assert asked(said) is Asked.GOODBYE


@pytest.mark.parametrize(
    "said",
    [
        "",
        "I spoke to a person yesterday and she said no.",
        "How do I become an operator?",
        "He said goodbye to the whole team.",
        "My manager told me to buy it.",
        "I speak to a colleague every day",
        "You should talk to a person about that, he said.",
        "I don't want to talk to a person.",
        "How do I talk to a manager who never listens?",
        "They put me through to an operator yesterday.",
        "I can't talk to people, but I talk to an agent like you.",
        "Is there a person in the house?",
        "I never said I want to speak to a person.",
        "Can you talk to someone about the weather for me?",
        "Do you like an agent with a beard?",
        "I like people. You talk to an agent like me.",
        "I was saying goodbye to my sister when she said bye",
        "Can I buy a book?",
        "Give me a person's name.",
    ],
)
def test_what_is_part_of_the_talk_stays_there(said: str):
    assert asked(said) is None


def heard(text: str) -> TranscriptionFrame:
    return TranscriptionFrame(text=text, user_id="", timestamp="")


async def passed(*frames: Frame, operator: str | None = "+442071838750", by_phone: bool = True):
    processor = AskedProcessor(operator, by_phone=by_phone)
    down, _ = await run_test(processor, frames_to_send=list(frames))
    return list(down)


SOUND = InputAudioRawFrame(b"\0\0" * 160, 16000, 1)


async def test_the_caller_is_told_and_passed_on_and_not_judged_any_more():
    frames = await passed(
        heard("Can I speak to a person?"), SleepFrame(0.1), SOUND, heard("Hello?")
    )
    assert {type(frame) for frame in frames} == {InterruptionFrame, PlayLineFrame, TransferFrame}
    assert [f.text for f in frames if isinstance(f, PlayLineFrame)] == [PUT_THROUGH]
    assert [f.target for f in frames if isinstance(f, TransferFrame)] == ["+442071838750"]


async def test_a_goodbye_is_answered_before_the_end():
    frames = await passed(heard("Thanks, goodbye."))
    assert [f.text for f in frames if isinstance(f, PlayLineFrame)] == [FAREWELL]
    assert any(isinstance(frame, EndWorkerFrame) for frame in frames)


@pytest.mark.parametrize("by_phone", [True, False])
async def test_where_nobody_is_there_the_agent_answers(by_phone: bool):
    operator = None if by_phone else "+442071838750"
    said = heard("Can I speak to a person?")
    assert await passed(said, operator=operator, by_phone=by_phone) == [said]
