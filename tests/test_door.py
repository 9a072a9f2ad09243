from pathlib import Path

from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMMessagesAppendFrame,
    TextFrame,
    TranscriptionFrame,
    UserFileRawFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.processors.frameworks.rtvi.frames import RTVIServerMessageFrame
from pipecat.tests.utils import run_test

from memory.blocks import Blocks
from processors import door
from processors.door import Door
from processors.frames import AffrontFrame, PlayLineFrame, TypedFrame

SOUND = InputAudioRawFrame(b"\0\0" * 160, 16000, 1)


def typed(text: str) -> LLMMessagesAppendFrame:
    return LLMMessagesAppendFrame([{"role": "user", "content": text}], run_llm=True)


def blocks(tmp_path: Path) -> Blocks:
    return Blocks(tmp_path / "access.db", warnings=1, minutes=10)


async def passed(tmp_path: Path, *frames: Frame, up: bool = False) -> list[Frame]:
    direction = FrameDirection.UPSTREAM if up else FrameDirection.DOWNSTREAM
    processor = Door(blocks(tmp_path), "sam", max_text=20)
    down, _ = await run_test(
        processor, frames_to_send=list(frames), frames_to_send_direction=direction
    )
    return list(down)


def told(frames: list[Frame]) -> list[dict]:
    return [frame.data for frame in frames if isinstance(frame, RTVIServerMessageFrame)]


async def test_text_of_the_client_becomes_a_turn_and_not_a_message_to_the_model(tmp_path: Path):
    [frame] = await passed(tmp_path, typed(" hello "))
    assert isinstance(frame, TypedFrame) and frame.text == "hello"


async def test_text_that_is_not_to_be_answered_at_once_is_a_turn_all_the_same(tmp_path: Path):
    held = LLMMessagesAppendFrame([{"role": "user", "content": "hello"}], run_llm=False)
    [frame] = await passed(tmp_path, held)
    assert isinstance(frame, TypedFrame)


async def test_a_file_goes_no_further(tmp_path: Path):
    file = UserFileRawFrame(file="http://x.test/", type="url", filename="x", format="text/plain")
    frames = await passed(tmp_path, file)
    assert [message["type"] for message in told(frames)] == ["notice"]
    assert not [frame for frame in frames if isinstance(frame, UserFileRawFrame)]


async def test_a_transcript_that_a_client_made_up_is_typed_text(tmp_path: Path):
    made_up = TranscriptionFrame(text="hello", user_id="", timestamp="")
    frames = await passed(tmp_path, made_up, TextFrame("hi"))
    assert [type(frame) for frame in frames] == [TypedFrame, TypedFrame]


async def test_text_that_is_empty_or_long_is_turned_away_with_a_word(tmp_path: Path):
    frames = await passed(tmp_path, typed("  "), typed("x" * 21))
    assert [message["type"] for message in told(frames)] == ["notice", "notice"]
    assert not [frame for frame in frames if isinstance(frame, TypedFrame)]


async def test_the_ladder_goes_from_a_warning_to_a_block(tmp_path: Path):
    frames = await passed(tmp_path, AffrontFrame(), AffrontFrame(), up=True)
    assert [message["type"] for message in told(frames)] == ["warning", "blocked"]
    lines = [frame.text for frame in frames if isinstance(frame, PlayLineFrame)]
    assert lines == [door.WARNING, door.GOODBYE]
    assert [frame for frame in frames if isinstance(frame, InterruptionFrame)]


async def test_nothing_of_a_blocked_user_comes_in(tmp_path: Path):
    ladder = blocks(tmp_path)
    ladder.affront("sam")
    ladder.affront("sam")
    frames = await passed(tmp_path, SOUND, typed("hello"))
    assert [message["type"] for message in told(frames)] == ["blocked"]
    assert not [frame for frame in frames if isinstance(frame, (InputAudioRawFrame, TypedFrame))]


async def test_another_user_s_block_is_no_concern(tmp_path: Path):
    ladder = blocks(tmp_path)
    ladder.affront("max")
    ladder.affront("max")
    assert [type(frame) for frame in await passed(tmp_path, SOUND)] == [InputAudioRawFrame]
