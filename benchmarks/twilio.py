"""A caller's line as Twilio's media streams have it: mu-law in JSON over one socket."""

import asyncio
import base64
import json
import time
import uuid
from collections.abc import Mapping
from typing import Any

import aiohttp

from benchmarks import mulaw
from benchmarks.line import CallError, Receive
from benchmarks.microphone import PERIOD, Microphone
from benchmarks.sound import RATE
from benchmarks.timeline import Timeline
from processors.resampling import Resampler

# What Pipecat's serializer cannot do without; no Twilio is asked anything but to hang up.
ENVIRONMENT = {"TWILIO_ACCOUNT_SID": "AC0", "TWILIO_AUTH_TOKEN": "none"}


class TwilioLine:
    """The socket that Twilio opens at `/ws` for a call, with the far end of the call.

    Sound that came is played in order, and dropped when the bot says `clear`.
    """

    tells = False

    def __init__(self, url: str, *, number: str = "+15550100") -> None:
        """Call the bot at `url` from `number`."""
        self._url = url.rstrip("/")
        self._number = number
        self._stream = f"MZ{uuid.uuid4().hex}"
        self._http: aiohttp.ClientSession | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def connect(self, microphone: Microphone, heard: Timeline, receive: Receive) -> None:
        """Call; returns once the socket is open."""
        self._http = aiohttp.ClientSession()
        try:
            self._socket = await self._http.ws_connect(f"{self._url}/ws")
        except aiohttp.ClientError as error:
            raise CallError(f"{self._url}/ws: {error}") from error
        await self._tell({"event": "connected", "protocol": "Call", "version": "1.0.0"})
        await self._tell({"event": "start", "streamSid": self._stream, "start": self._start()})
        self._tasks = [
            asyncio.create_task(self._speak(self._socket, microphone)),
            asyncio.create_task(_listen(self._socket, heard)),
        ]

    async def send(self, message: Mapping[str, Any]) -> None:
        """A telephone takes no messages."""
        raise CallError("a telephone line carries sound alone")

    async def hang_up(self) -> None:
        """End the call."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        if self._socket is not None and not self._socket.closed:
            await self._tell({"event": "stop", "streamSid": self._stream})
            await self._socket.close()
        if self._http is not None:
            await self._http.close()

    def _start(self) -> dict[str, Any]:
        return {
            "streamSid": self._stream,
            "callSid": f"CA{uuid.uuid4().hex}",
            "accountSid": ENVIRONMENT["TWILIO_ACCOUNT_SID"],
            "tracks": ["inbound"],
            "customParameters": {"from": self._number},
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": mulaw.RATE, "channels": 1},
        }

    async def _speak(self, socket: aiohttp.ClientWebSocketResponse, microphone: Microphone) -> None:
        """Send the microphone's frames, one every 20 ms by the clock."""
        down = Resampler(RATE, mulaw.RATE)
        spoken = time.monotonic()
        while not socket.closed:
            await asyncio.sleep(spoken + PERIOD - time.monotonic())
            sound = mulaw.encode(down.resample(microphone.frame(spoken)))
            payload = base64.b64encode(sound).decode()
            media = {"track": "inbound", "payload": payload}
            await self._tell({"event": "media", "streamSid": self._stream, "media": media})
            spoken += PERIOD

    async def _tell(self, message: Mapping[str, Any]) -> None:
        assert self._socket is not None
        await self._socket.send_str(json.dumps(message))


async def _listen(socket: aiohttp.ClientWebSocketResponse, heard: Timeline) -> None:
    """Play sound one piece after another, until the socket closes."""
    up = Resampler(mulaw.RATE, RATE)
    async for packet in socket:
        if packet.type is not aiohttp.WSMsgType.TEXT:
            continue
        message, now = json.loads(packet.data), time.monotonic()
        match message.get("event"):
            case "media":
                pcm = mulaw.decode(base64.b64decode(message["media"]["payload"]))
                heard.add(up.resample(pcm), max(now, heard.end))
            case "clear":
                heard.cut(now)
            case _:
                pass
