"""What a telephone call has beside a talk: keys, an operator, an end, no recording."""

import asyncio
import time
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.frames.frames import EndFrame, Frame, InputDTMFFrame, InterruptionFrame
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frame_processor import FrameDirection
from pipecat.tests.utils import SleepFrame, run_test

from config.phone import Phone
from judgement.listener import Listener
from judgement.moment import Policy
from processors import phone as phones
from processors.connection import end_after
from processors.frames import PlayLineFrame, TransferFailedFrame, TransferFrame, TypedFrame
from processors.phone import (
    NOBODY_THERE,
    PUT_THROUGH,
    SILENT,
    TIME_IS_UP,
    KeysProcessor,
    until_over,
)
from processors.recorder import Recorder

OPERATOR = Phone(transfer_to=("sip:100@pbx.example",), operator="sip:100@pbx.example")


async def after(phone: Phone, *frames: Frame, up: bool = False) -> list[Frame]:
    direction = FrameDirection.UPSTREAM if up else FrameDirection.DOWNSTREAM
    down, _ = await run_test(
        KeysProcessor(phone), frames_to_send=list(frames), frames_to_send_direction=direction
    )
    return list(down)


def keys(text: str) -> list[Frame]:
    return [InputDTMFFrame(KeypadEntry(key)) for key in text]


async def test_keys_up_to_the_hash_are_one_turn():
    assert typed(await after(Phone(), *keys("42#"))) == ["I pressed 4 2 on my telephone."]


async def test_a_pause_ends_a_number(monkeypatch):
    monkeypatch.setattr(phones, "ENOUGH", 0.05)
    frames = await after(Phone(), *keys("1"), SleepFrame(0.15), *keys("2"), SleepFrame(0.15))
    assert typed(frames) == ["I pressed 1 on my telephone.", "I pressed 2 on my telephone."]


async def test_a_lone_hash_is_nothing():
    assert typed(await after(Phone(), *keys("#"))) == []


async def test_zero_calls_the_operator():
    frames = await after(OPERATOR, *keys("0#"))
    wanted = [f for f in frames if isinstance(f, (InterruptionFrame, PlayLineFrame, TransferFrame))]
    assert [type(f) for f in wanted] == [InterruptionFrame, PlayLineFrame, TransferFrame]
    assert lines(frames) == [PUT_THROUGH]


async def test_without_an_operator_zero_is_a_key():
    assert typed(await after(Phone(), *keys("0#"))) == ["I pressed 0 on my telephone."]


async def test_a_caller_whom_nobody_takes_hears_so():
    down, _ = await run_test(
        KeysProcessor(OPERATOR),
        frames_to_send=[TransferFailedFrame()],
        frames_to_send_direction=FrameDirection.UPSTREAM,
    )
    assert lines(down) == [NOBODY_THERE]


def typed(frames: list[Frame]) -> list[str]:
    return [f.text for f in frames if isinstance(f, TypedFrame)]


def lines(frames: list[Frame]) -> list[str]:
    return [f.text for f in frames if isinstance(f, PlayLineFrame)]


def listener() -> Listener:
    return Listener(Policy())


async def over(phone: Phone, talk: Listener, **changes: bool) -> str:
    async with asyncio.timeout(2):
        return await until_over(phone, talk, lambda: changes.get("shut", False))


async def test_a_caller_who_says_nothing_is_told_goodbye(monkeypatch):
    monkeypatch.setattr(phones, "LOOK", 0.02)
    assert await over(Phone(silent_seconds=0.1), listener()) == SILENT


async def test_a_caller_is_not_silent_while_they_or_the_agent_speak(monkeypatch):
    monkeypatch.setattr(phones, "LOOK", 0.02)
    talk = listener()
    talk.user_starts()
    began = time.monotonic()
    assert await over(Phone(silent_seconds=0.05, max_minutes=0.005), talk) == TIME_IS_UP
    assert time.monotonic() - began >= 0.3


async def test_a_blocked_caller_is_hung_up_on_without_another_word():
    assert await over(Phone(), listener(), shut=True) == ""


def test_a_call_leaves_no_sound_on_the_disk_unless_it_is_recorded(tmp_path: Path):
    for keeps in (False, True):
        recorder = Recorder(tmp_path, f"talk-{keeps}", keeps_sound=keeps)
        recorder.sound(b"\0\0" * 320, 16000, 2)
        recorder.close()
    assert not (tmp_path / "talk-False").exists()
    assert (tmp_path / "talk-True" / "audio.wav").is_file()


async def test_a_talk_that_has_lasted_long_enough_ends_with_a_goodbye():
    queued: list[Frame] = []

    async def queue_frame(frame: Frame) -> None:
        queued.append(frame)

    told: list[dict[str, str]] = []

    async def send_server_message(message: dict[str, str]) -> None:
        told.append(message)

    rtvi = SimpleNamespace(send_server_message=send_server_message)
    worker = SimpleNamespace(queue_frame=queue_frame, rtvi=rtvi)
    await end_after(cast(PipelineWorker, worker), 0.0005)
    assert told[0]["type"] == "notice"
    assert [type(each) for each in queued] == [PlayLineFrame, EndFrame]
    assert isinstance(queued[0], PlayLineFrame) and queued[0].text == TIME_IS_UP
