"""How a client is connected to a talk, and what its coming and going does."""

import asyncio
import time
from functools import partial
from typing import Any

import aioice.ice
from loguru import logger
from pipecat.frames.frames import EndFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.processors.frameworks.rtvi import RTVIObserverParams
from pipecat.runner.types import (
    DailyRunnerArguments,
    LiveKitRunnerArguments,
    RunnerArguments,
    SmallWebRTCRunnerArguments,
)
from pipecat.runner.utils import create_transport
from pipecat.transports.base_transport import BaseTransport, TransportParams
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams

from config.phone import Phone
from config.settings import Settings
from judgement.company import Company
from processors.breaks import speak_on
from processors.client import ClientMessages
from processors.frames import PlayLineFrame
from processors.hold import Hold
from processors.phone import TIME_IS_UP, until_over
from processors.rooms.joining import join
from processors.rooms.visit import Visit
from processors.sample import SamplePlayer
from processors.sip import SipRunnerArguments, SipTransport
from processors.socket import SocketSerializer
from processors.streams import StreamRunnerArguments, StreamTransport
from processors.talk import Talk

# aioice takes a peer for gone 30 s after its last answer: 6 questions, 5 s apart. Here it is 10.
aioice.ice.CONSENT_INTERVAL = 1.5  # s, and 0.5 s in which to answer
aioice.ice.CONSENT_FAILURES = 5
CHUNKS = 2  # of 10 ms that leave at a time: less than Pipecat's 4, so that less is in flight


def _webrtc(**sound: Any) -> TransportParams:
    return TransportParams(audio_out_10ms_chunks=CHUNKS, **sound)


def _socket(**sound: Any) -> FastAPIWebsocketParams:
    return FastAPIWebsocketParams(serializer=SocketSerializer(), **sound)


PARAMS = {
    "webrtc": _webrtc,
    "websocket": _socket,
}


async def connect(runner_args: RunnerArguments, hold: Hold, name: str) -> BaseTransport:
    """The transport that the client asked for; its sound leaves through `hold`.

    In a room the agent is called `name`.
    """
    sound = {"audio_in_enabled": True, "audio_out_enabled": True, "audio_out_filter": hold}
    if isinstance(runner_args, SipRunnerArguments):
        return SipTransport(runner_args.call, TransportParams(**sound))
    if isinstance(runner_args, StreamRunnerArguments):
        return StreamTransport(runner_args, FastAPIWebsocketParams(**sound))
    if isinstance(runner_args, DailyRunnerArguments | LiveKitRunnerArguments):
        return join(runner_args, name, audio_out_10ms_chunks=CHUNKS, **sound)
    params = {name: partial(make, **sound) for name, make in PARAMS.items()}
    transport = await create_transport(runner_args, params)
    if isinstance(runner_args, SmallWebRTCRunnerArguments):
        speak_on(runner_args.webrtc_connection)
    return transport


def is_telephone(transport: BaseTransport) -> bool:
    """Whether nothing but a telephone is at the other end: no page, no messages."""
    return isinstance(transport, SipTransport | StreamTransport)


async def hang_up(runner_args: RunnerArguments) -> None:
    """Close the line. Pipecat closes a WebRTC connection only if it ever came about."""
    match runner_args:
        case SmallWebRTCRunnerArguments():
            await runner_args.webrtc_connection.disconnect()
        case SipRunnerArguments():
            await runner_args.call.hang_up()
        case _:
            pass


def working(pipeline: Pipeline, quiet: FrameProcessor, *, minutes: float) -> PipelineWorker:
    """What runs `pipeline`, for so many idle minutes at most; clients see no words of `quiet`."""
    return PipelineWorker(
        pipeline,
        params=PipelineParams(enable_metrics=True),
        rtvi_observer_params=RTVIObserverParams(ignored_sources=[quiet]),
        idle_timeout_secs=minutes * 60,
    )


def follow(
    worker: PipelineWorker,
    transport: BaseTransport,
    talk: Talk,
    sample: SamplePlayer,
    settings: Settings,
) -> None:
    """Start the talk when the client is ready, end it when the client is gone.

    A telephone is ready as soon as it is connected, and so is a room once somebody is there.
    """
    messages = ClientMessages(talk, worker.rtvi, sample)
    answer_messages(worker, messages)
    if talk.company:
        stay(worker, transport, talk, talk.company, messages, settings)
    else:
        take_call(worker, transport, talk, messages, settings)


def answer_messages(worker: PipelineWorker, messages: ClientMessages) -> None:
    """Answer what pages send beside sound and text."""

    @worker.rtvi.event_handler("on_client_ready")
    async def on_client_ready(_rtvi: object):
        await messages.joined()

    @worker.rtvi.event_handler("on_client_message")
    async def on_client_message(_rtvi: object, message: object):
        await messages.received(getattr(message, "type", ""), getattr(message, "data", None))


def stay(
    worker: PipelineWorker,
    transport: BaseTransport,
    talk: Talk,
    company: Company,
    messages: ClientMessages,
    settings: Settings,
) -> None:
    """Be in a room for as long as anybody is."""
    visit = Visit(worker, talk, company, settings.room.alone_seconds)
    visit.follow(transport)

    @worker.event_handler("on_pipeline_started")
    async def on_pipeline_started(_worker: object, _frame: object):
        talk.beside(end_after(worker, settings.limits.max_talk_minutes))
        await visit.greet(partial(messages.answered, recorded=False))


def take_call(
    worker: PipelineWorker,
    transport: BaseTransport,
    talk: Talk,
    messages: ClientMessages,
    settings: Settings,
) -> None:
    """Hold a talk with the one client that a transport is for."""
    connected, over = asyncio.Event(), asyncio.Event()

    @transport.event_handler("on_client_connected")
    async def on_client_connected(_transport: object, _client: object):
        talk.seat.join()
        connected.set()

    @transport.event_handler("on_client_disconnected")
    async def on_client_disconnected(_transport: object, _client: object):
        logger.info(f"talk {talk.id}: the client is gone")
        await worker.cancel()

    @worker.event_handler("on_pipeline_started")
    async def on_pipeline_started(_worker: object, _frame: object):
        try:
            await asyncio.wait_for(connected.wait(), talk.seat.left(time.monotonic()))
        except TimeoutError:
            logger.info(f"talk {talk.id}: nobody connected")
            await worker.cancel()
            return
        if talk.by_phone:
            await messages.answered(recorded=settings.phone.record)
            talk.beside(end_in_time(worker, talk, settings.phone, over))
        else:
            talk.beside(end_after(worker, settings.limits.max_talk_minutes))

    @worker.event_handler("on_pipeline_finished")
    async def on_pipeline_finished(_worker: object, _frame: object):
        over.set()


async def end_after(worker: PipelineWorker, minutes: float) -> None:
    """Say goodbye and end a talk that has lasted as long as one may."""
    await asyncio.sleep(minutes * 60)
    logger.info(f"a talk has lasted {minutes:g} minutes and ends")
    text = f"The talk has ended: one lasts {minutes:g} minutes here at most."
    await worker.rtvi.send_server_message({"type": "notice", "text": text})
    await worker.queue_frame(PlayLineFrame(TIME_IS_UP))
    await worker.queue_frame(EndFrame())


async def end_in_time(
    worker: PipelineWorker, talk: Talk, phone: Phone, over: asyncio.Event
) -> None:
    """Say goodbye and hang up when a telephone call has to end, unless it is `over` already."""
    ends = lambda: over.is_set() or talk.door.is_shut  # noqa: E731
    if farewell := await until_over(phone, talk.listener, ends):
        await worker.queue_frame(PlayLineFrame(farewell))
    await worker.queue_frame(EndFrame())
