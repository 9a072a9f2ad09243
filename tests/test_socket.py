"""The page's socket, from a client that may send anything."""

import asyncio
import json
import random
from types import SimpleNamespace

from aiortc import RTCConfiguration, RTCDataChannel, RTCPeerConnection
from pipecat.frames.frames import (
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InputTransportMessageFrame,
    SystemFrame,
)
from pipecat.frames.protobufs import frames_pb2
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.processors.frameworks.rtvi import RTVIProcessor
from pipecat.tests.utils import SleepFrame, run_test

from processors.socket import SocketSerializer
from server.channel import limit_messages
from tests.test_streams import made_up

MESSAGES = 10_000
TYPES = ["client-ready", "client-message", "send-text", "action", "llm-function-call-result"]
TYPES += ["disconnect-bot", "raw-audio", "raw-audio-batch", "append-to-context", "x", 5, None]


def message(chance: random.Random) -> object:
    """What may come as JSON: an RTVI message with some part wrong, or anything."""
    if chance.random() < 0.3:
        return made_up(chance)
    return {
        "label": chance.choice(["rtvi-ai", "rtvi-ai", "rtvi-ai", 5, None]),
        "type": chance.choice([each for each in TYPES if each != "disconnect-bot"]),
        "id": chance.choice(["1", 1, None, [], "x" * 50]),
        "data": made_up(chance),
    }


def frame(chance: random.Random) -> bytes | str:
    """A frame of Pipecat's protocol, whole or broken."""
    match chance.randrange(6):
        case 0:
            text = json.dumps(message(chance))[: chance.randrange(60)]
            inner = {"message": frames_pb2.MessageFrame(data=text)}
        case 1 | 2:
            inner = {"message": frames_pb2.MessageFrame(data=json.dumps(message(chance)))}
        case 3:
            sound = frames_pb2.AudioRawFrame(
                audio=chance.randbytes(chance.randrange(9)),
                sample_rate=chance.choice([0, 1, 8000, 16000, 48000, 2**31]),
                num_channels=chance.choice([0, 1, 2, 3, 2**20]),
            )
            inner = {"audio": sound}
        case 4:
            inner = {"text": frames_pb2.TextFrame(text=chance.choice(["", "hi", "é" * 99]))}
        case _:
            inner = {"transcription": frames_pb2.TranscriptionFrame(text="hi", user_id="u")}
    data = frames_pb2.Frame(**inner).SerializeToString()
    if chance.random() < 0.3 and data:
        at = chance.randrange(len(data))
        data = data[:at] + chance.randbytes(chance.randrange(3)) + data[at + 1 :]
    return chance.choice([data, data, data, "text"]) if chance.random() < 0.1 else data


async def test_no_message_of_ten_thousand_is_more_than_dropped():
    serializer = SocketSerializer()
    await serializer.setup(SimpleNamespace(audio_in_sample_rate=16000))
    chance = random.Random(7)
    read: list[Frame] = []
    for _ in range(MESSAGES):
        if made := await serializer.deserialize(frame(chance)):
            read.append(made)
    assert len(read) > MESSAGES / 10
    for each in read:
        if isinstance(each, InputAudioRawFrame):
            assert each.sample_rate == 16000 and each.num_channels == 1
            assert len(each.audio) % 2 == 0
    deep = "[" * 60_000
    data = frames_pb2.Frame(message=frames_pb2.MessageFrame(data=deep)).SerializeToString()
    assert await serializer.deserialize(data) is None


class Behind(FrameProcessor):
    """What stands behind Pipecat's reader of messages; counts what comes through."""

    def __init__(self):
        super().__init__()
        self.came: list[Frame] = []

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        self.came.append(frame)
        await self.push_frame(frame, direction)


async def test_no_message_of_ten_thousand_ends_a_talk():
    chance = random.Random(8)
    sent = [
        InputTransportMessageFrame(message=made)
        for made in (message(chance) for _ in range(MESSAGES))
        if isinstance(made, dict)
    ]
    down, up = await run_test(RTVIProcessor(), frames_to_send=[*sent, SleepFrame(2), Mark()])
    assert any(isinstance(each, Mark) for each in down)
    assert not any(isinstance(each, EndFrame) for each in up)


async def test_a_message_that_is_too_long_for_the_data_channel_is_dropped_and_the_next_is_read():
    caller, bot = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    read = asyncio.Queue[str]()

    @bot.on("datachannel")
    def on_datachannel(channel: RTCDataChannel) -> None:
        @channel.on("message")
        async def on_message(text: str) -> None:
            await read.put(text)

    limit_messages(bot, 1024)
    channel = caller.createDataChannel("chat")
    opened = asyncio.Event()
    channel.on("open", opened.set)
    await caller.setLocalDescription(await caller.createOffer())
    await bot.setRemoteDescription(caller.localDescription)
    await bot.setLocalDescription(await bot.createAnswer())
    await caller.setRemoteDescription(bot.localDescription)
    await asyncio.wait_for(opened.wait(), 10)
    for text in ("x" * 2000, "é" * 1000, "short"):
        channel.send(text)
    assert await asyncio.wait_for(read.get(), 10) == "short"
    await asyncio.gather(caller.close(), bot.close())


class Mark(SystemFrame):
    """It comes out where everything before it was survived."""
