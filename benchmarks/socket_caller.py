"""The same caller over Pipecat's plain WebSocket: protobuf frames at /ws-client."""

import asyncio
import json
import time
from collections.abc import Mapping
from typing import Any

import aiohttp
import numpy as np
from pipecat.frames.protobufs import frames_pb2

from benchmarks.caller import Caller
from benchmarks.line import CallError, Receive, post
from benchmarks.microphone import PERIOD, Microphone
from benchmarks.sound import RATE, resample
from benchmarks.timeline import Timeline

WIRE: Any = frames_pb2  # its classes are made when it is imported


class SocketLine:
    """`POST /start`, then one socket for sound and messages.

    The bot sends sound ahead of its time; a player queues it, and drops what it
    has not played when the bot says so.
    """

    tells = True

    def __init__(self, url: str, body: Mapping[str, Any]) -> None:
        """Call the bot at `url`, with `body` for the talk."""
        self._url = url.rstrip("/")
        self._body = dict(body)
        self._http: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def connect(self, microphone: Microphone, heard: Timeline, receive: Receive) -> None:
        """Call; returns once the socket is open."""
        self._http = aiohttp.ClientSession()
        start = {"transport": "websocket", "body": self._body}
        token = (await post(self._http, f"{self._url}/start", start)).get("token")
        path = f"/ws-client/{token}" if token else "/ws-client"
        try:
            self._socket = await self._http.ws_connect(self._url + path)
        except aiohttp.ClientError as error:
            raise CallError(f"{self._url}{path}: {error}") from error
        self._tasks = [
            asyncio.create_task(self._speak(self._socket, microphone)),
            asyncio.create_task(_listen(self._socket, heard, receive)),
        ]

    async def send(self, message: Mapping[str, Any]) -> None:
        """Send one JSON message in a frame."""
        if self._socket is None or self._socket.closed:
            raise CallError("the line is closed")
        frame = WIRE.Frame(message=WIRE.MessageFrame(data=json.dumps(message)))
        await self._socket.send_bytes(frame.SerializeToString())

    async def hang_up(self) -> None:
        """End the call."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        if self._socket is not None:
            await self._socket.close()
        if self._http is not None:
            await self._http.close()

    async def _speak(self, socket: aiohttp.ClientWebSocketResponse, microphone: Microphone) -> None:
        """Send the microphone's frames, one every 20 ms by the clock."""
        spoken = time.monotonic()
        while not socket.closed:
            await asyncio.sleep(spoken + PERIOD - time.monotonic())
            audio = WIRE.AudioRawFrame(
                audio=microphone.frame(spoken).tobytes(), sample_rate=RATE, num_channels=1
            )
            await socket.send_bytes(WIRE.Frame(audio=audio).SerializeToString())
            spoken += PERIOD


async def _listen(
    socket: aiohttp.ClientWebSocketResponse, heard: Timeline, receive: Receive
) -> None:
    """Play sound one piece after another, until the socket closes."""
    async for packet in socket:
        if packet.type is not aiohttp.WSMsgType.BINARY:
            continue
        frame = WIRE.Frame.FromString(packet.data)
        now = time.monotonic()
        match frame.WhichOneof("frame"):
            case "audio":
                pcm = np.frombuffer(frame.audio.audio, np.int16)
                heard.add(resample(pcm, frame.audio.sample_rate), max(now, heard.end))
            case "message":
                receive(json.loads(frame.message.data))
            case "interruption":
                heard.cut(now)


def socket_caller(url: str, body: Mapping[str, Any] | None = None) -> Caller:
    """A caller to the bot at `url` over the plain socket."""
    return Caller(url, line=SocketLine(url, body or {}))
