"""A call as a pipeline sees it: what goes in and out, waits, and ends."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest
from pipecat.frames.frames import (
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InputDTMFFrame,
    InterruptionFrame,
    OutputAudioRawFrame,
    OutputDTMFFrame,
    OutputDTMFUrgentFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.transports.base_transport import TransportParams
from pipecat.workers.runner import WorkerRunner

from judgement.doubt import Level
from processors.frames import TransferFailedFrame, TransferFrame
from processors.hold import Hold
from processors.resampling import Pcm
from processors.sip import SipTransport
from tests.line import QuietCall

RATE = 16000
CHUNK = np.full(RATE // 50, 5000, np.int16)


class Between(FrameProcessor):
    """Keeps all that passes."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Frame] = []

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        self.seen.append(frame)
        await self.push_frame(frame, direction)

    def sound(self) -> Pcm:
        heard = [f.audio for f in self.seen if isinstance(f, InputAudioRawFrame)]
        return np.frombuffer(b"".join(heard), np.int16)


@dataclass
class Talking:
    call: QuietCall
    between: Between
    worker: PipelineWorker
    hold: Hold
    events: list[str] = field(default_factory=list[str])

    async def say(self, seconds: float) -> None:
        sound = np.full(round(RATE * seconds), 5000, np.int16)
        await self.worker.queue_frame(OutputAudioRawFrame(sound.tobytes(), RATE, 1))

    async def until(self, true: Callable[[], object], seconds: float = 3.0) -> None:
        async with asyncio.timeout(seconds):
            while not true():  # noqa: ASYNC110 - a look at what is played
                await asyncio.sleep(0.005)


@asynccontextmanager
async def talking() -> AsyncIterator[Talking]:
    call, between, hold = QuietCall(), Between(), Hold()
    params = TransportParams(audio_in_enabled=True, audio_out_enabled=True, audio_out_filter=hold)
    transport = SipTransport(call, params)  # pyright: ignore - as a call does
    worker = PipelineWorker(
        Pipeline([transport.input(), between, transport.output()]),
        params=PipelineParams(audio_in_sample_rate=RATE, audio_out_sample_rate=RATE),
        enable_rtvi=False,
    )
    talk = Talking(call, between, worker, hold)

    @transport.event_handler("on_client_connected")
    async def on_client_connected(_transport: object, _call: object):
        talk.events.append("connected")

    @transport.event_handler("on_client_disconnected")
    async def on_client_disconnected(_transport: object, _call: object):
        talk.events.append("gone")

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    try:
        await talk.until(lambda: talk.events)
        yield talk
    finally:
        await worker.cancel()
        await running


async def test_the_callers_sound_comes_in():
    async with talking() as talk:
        talk.call.said += [CHUNK, CHUNK]
        await talk.until(lambda: len(talk.between.sound()) == 2 * len(CHUNK))


async def test_a_goodbye_is_heard_to_its_end_before_the_line_is_closed():
    async with talking() as talk:
        await talk.say(0.5)
        await talk.worker.queue_frame(EndFrame())
        await talk.until(talk.call.ended.is_set)
        assert talk.call.loud == pytest.approx(0.5)


async def test_little_is_given_to_the_line_ahead_of_its_time():
    async with talking() as talk:
        await talk.say(1.0)
        await talk.until(lambda: talk.call.loud > 0.1)
        assert talk.call.waiting() < 0.1


async def test_an_interruption_takes_back_what_has_not_left():
    async with talking() as talk:
        await talk.say(2.0)
        await talk.until(lambda: talk.call.loud > 0.2)
        await talk.worker.queue_frame(InterruptionFrame())
        await talk.until(lambda: not talk.call.waiting())
        heard = talk.call.loud
        await asyncio.sleep(0.2)
        assert talk.call.loud - heard <= 0.04 and heard < 0.6


async def test_what_is_held_waits_and_goes_on_with_the_next_sample():
    async with talking() as talk:
        await talk.say(0.6)
        await talk.until(lambda: talk.call.loud > 0.1)
        talk.hold.play(Level.NONE)
        await asyncio.sleep(0.15)
        waited = talk.call.loud
        await asyncio.sleep(0.2)
        assert talk.call.loud - waited < 0.03
        talk.hold.play(Level.FULL)
        await talk.until(lambda: talk.call.loud >= 0.6)


async def test_on_hold_the_agent_waits_and_hears_no_music():
    async with talking() as talk:
        await talk.say(0.4)
        await talk.until(lambda: talk.call.loud > 0.1)
        talk.call.held = True
        heard = talk.call.loud
        for _ in range(20):
            talk.call.said.append(CHUNK)
            await asyncio.sleep(0.01)
        assert talk.call.loud - heard <= 0.1
        assert not talk.between.sound().any()
        talk.call.held = False
        await talk.until(lambda: talk.call.loud >= 0.4)


async def test_keys_come_in_and_go_out():
    async with talking() as talk:
        for key in "7#D":  # a telephone of four columns is rare: Pipecat knows no D
            talk.call.on_digit(key)
        await talk.until(lambda: len(keys(talk.between)) == 2)
        assert sorted(keys(talk.between)) == ["#", "7"]
        await talk.say(0.3)
        await talk.worker.queue_frame(OutputDTMFFrame.from_string("42"))
        await talk.until(lambda: talk.call.pressed == ["42"])
        assert talk.call.loud > 0.2, "pressed before what was said"
        await talk.say(1.0)
        await talk.worker.queue_frame(OutputDTMFUrgentFrame.from_string("*#"))
        await talk.until(lambda: talk.call.pressed == ["42", "*#"])
        assert talk.call.loud < 1.0, "an urgent key waited"


def keys(between: Between) -> list[str]:
    return [f.button.value for f in between.seen if isinstance(f, InputDTMFFrame)]


async def test_a_caller_is_passed_on_when_the_last_word_is_over():
    async with talking() as talk:
        await talk.say(0.3)
        await talk.worker.queue_frame(TransferFrame("sip:100@pbx"))
        await talk.until(lambda: talk.call.went_to)
        assert talk.call.loud == pytest.approx(0.3)
        await talk.until(lambda: "gone" in talk.events)


async def test_a_transfer_that_fails_is_told_and_the_talk_goes_on():
    async with talking() as talk:
        talk.call.takes_transfers = False
        await talk.worker.queue_frame(TransferFrame("sip:100@pbx"))
        await talk.until(
            lambda: any(isinstance(frame, TransferFailedFrame) for frame in talk.between.seen)
        )
        await talk.say(0.1)
        await talk.until(lambda: talk.call.loud >= 0.1)


async def test_a_caller_who_hangs_up_in_mid_word_ends_the_talk():
    async with talking() as talk:
        await talk.say(2.0)
        talk.call.said.append(CHUNK)
        talk.call.ended.set()
        await talk.until(lambda: "gone" in talk.events)


async def test_a_cancelled_talk_hangs_up():
    async with talking() as talk:
        await talk.say(0.1)
        await talk.until(lambda: talk.call.loud)
    assert talk.call.ended.is_set()
