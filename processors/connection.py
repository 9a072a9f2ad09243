"""How a client is connected to a talk, and what its coming and going does."""

import asyncio
from functools import partial
from typing import Any

from aiortc import RTCPeerConnection
from aiortc.jitterbuffer import JitterBuffer
from loguru import logger
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.processors.frameworks.rtvi import RTVIObserverParams
from pipecat.runner.types import RunnerArguments, SmallWebRTCRunnerArguments
from pipecat.runner.utils import create_transport
from pipecat.transports.base_transport import BaseTransport, TransportParams
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams

from processors.client import ClientMessages
from processors.hold import Hold
from processors.sample import SamplePlayer
from processors.socket import SocketSerializer
from processors.talk import Talk

UNCONNECTED = 15.0  # s in which an offer must become a connection
BUFFER = "_RTCRtpReceiver__jitter_buffer"  # of aiortc, which has no setting for it
CHUNKS = 2  # of 10 ms that leave at a time: less than Pipecat's 4, so that less is in flight


def _webrtc(**sound: Any) -> TransportParams:
    return TransportParams(audio_out_10ms_chunks=CHUNKS, **sound)


def _socket(**sound: Any) -> FastAPIWebsocketParams:
    return FastAPIWebsocketParams(serializer=SocketSerializer(), **sound)


def _telephone(**sound: Any) -> FastAPIWebsocketParams:
    return FastAPIWebsocketParams(**sound)


def _daily(**sound: Any) -> TransportParams:
    from pipecat.transports.daily.transport import DailyParams

    return DailyParams(**sound)


PARAMS = {
    "webrtc": _webrtc,
    "websocket": _socket,
    "daily": _daily,
    **dict.fromkeys(("twilio", "telnyx", "plivo", "exotel"), _telephone),
}


async def connect(runner_args: RunnerArguments, hold: Hold) -> BaseTransport:
    """The transport that the client asked for; its sound leaves through `hold`."""
    if isinstance(runner_args, SmallWebRTCRunnerArguments):
        listen_at_once(runner_args.webrtc_connection.pc)
    sound = {"audio_in_enabled": True, "audio_out_enabled": True, "audio_out_filter": hold}
    params = {name: partial(make, **sound) for name, make in PARAMS.items()}
    return await create_transport(runner_args, params)


def listen_at_once(peer: RTCPeerConnection) -> None:
    """Give out a packet of sound when the next one comes, or when three did in its place.

    aiortc waits for four, so that a loudspeaker never runs dry, and for sixteen
    in the place of a lost one: from then on all sound would be 0.3 s late. Ears
    need no even pace. To be called before the first packet.
    """
    for transceiver in peer.getTransceivers():
        if transceiver.kind == "audio" and hasattr(transceiver.receiver, BUFFER):
            setattr(transceiver.receiver, BUFFER, JitterBuffer(capacity=4, prefetch=1))


async def hang_up(runner_args: RunnerArguments) -> None:
    """Close the line. Pipecat closes a WebRTC connection only if it ever came about."""
    if isinstance(runner_args, SmallWebRTCRunnerArguments):
        await runner_args.webrtc_connection.disconnect()


def working(pipeline: Pipeline, quiet: FrameProcessor, *, minutes: float) -> PipelineWorker:
    """What runs `pipeline`, for so many idle minutes at most; clients see no words of `quiet`."""
    return PipelineWorker(
        pipeline,
        params=PipelineParams(enable_metrics=True),
        rtvi_observer_params=RTVIObserverParams(ignored_sources=[quiet]),
        idle_timeout_secs=minutes * 60,
    )


def follow(
    worker: PipelineWorker, transport: BaseTransport, talk: Talk, sample: SamplePlayer
) -> None:
    """Start the talk when the client is ready, end it when the client is gone."""
    messages = ClientMessages(talk, worker.rtvi, sample)
    connected = asyncio.Event()

    @transport.event_handler("on_client_connected")
    async def on_client_connected(_transport: object, _client: object):
        connected.set()

    @transport.event_handler("on_client_disconnected")
    async def on_client_disconnected(_transport: object, _client: object):
        logger.info(f"talk {talk.id}: the client is gone")
        await worker.cancel()

    @worker.event_handler("on_pipeline_started")
    async def on_pipeline_started(_worker: object, _frame: object):
        try:
            await asyncio.wait_for(connected.wait(), UNCONNECTED)
        except TimeoutError:
            logger.info(f"talk {talk.id}: nobody connected in {UNCONNECTED:.0f} s")
            await worker.cancel()

    @worker.rtvi.event_handler("on_client_ready")
    async def on_client_ready(_rtvi: object):
        await messages.joined()

    @worker.rtvi.event_handler("on_client_message")
    async def on_client_message(_rtvi: object, message: object):
        await messages.received(getattr(message, "type", ""), getattr(message, "data", None))
