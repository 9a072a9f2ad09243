"""A caller's line over WebRTC: signalling, a data channel, sound both ways."""

import asyncio
import contextlib
import fractions
import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
import av
from aiortc import (
    RTCConfiguration,
    RTCDataChannel,
    RTCIceServer,
    RTCIceTransportPolicy,
    RTCPeerConnection,
    RTCSessionDescription,
)
from aiortc.jitterbuffer import JitterFrame
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.rtp import RtpPacket

from benchmarks.line import CallError, Receive, post
from benchmarks.microphone import FRAME, PERIOD, Microphone
from benchmarks.sound import RATE
from benchmarks.timeline import Timeline
from processors.jitter import AsItComes, keep_in

BUFFER = 2  # packets of 20 ms: Chromium's buffer held 40 ms on this page's own talks (getStats)
PING = 1.0  # seconds; after three without one the bot takes the caller for gone


class MicrophoneTrack(MediaStreamTrack):
    """The microphone as a track: a frame every 20 ms by the clock."""

    kind = "audio"

    def __init__(self, microphone: Microphone) -> None:
        """Start the clock at the first frame."""
        super().__init__()
        self._microphone = microphone
        self._start = 0.0
        self._count = 0

    async def recv(self) -> av.AudioFrame:
        """Wait until the next 20 ms have been spoken, then give them."""
        if self.readyState != "live":
            raise MediaStreamError
        self._start = self._start or time.monotonic()
        spoken = self._start + self._count * PERIOD
        await asyncio.sleep(spoken + PERIOD - time.monotonic())
        pcm = self._microphone.frame(spoken)
        frame = av.AudioFrame.from_ndarray(pcm.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        frame.time_base = fractions.Fraction(1, RATE)
        frame.pts = self._count * FRAME
        self._count += 1
        return frame


class Ears(AsItComes):
    """As late as a browser's, and like them no later behind a lost packet."""

    def __init__(self) -> None:
        """Nothing waits yet."""
        super().__init__()
        self._waiting: deque[JitterFrame] = deque()

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        """What came `BUFFER` packets before `packet`."""
        _, frame = super().add(packet)
        if frame is None:
            return False, None
        self._waiting.append(frame)
        return False, self._waiting.popleft() if len(self._waiting) > BUFFER else None


class WebRTCLine:
    """`POST /start`, `POST /sessions/ID/api/offer`, then sound and messages."""

    tells = True

    def __init__(
        self, url: str, body: Mapping[str, Any], *, relay: Callable[[str], bool] | None = None
    ) -> None:
        """Call the bot at `url`, with `body` for the talk.

        With `relay`, by nothing but those addresses of the TURN servers that the bot
        names which it takes; else without a STUN or TURN server.
        """
        self._url = url.rstrip("/")
        self._body = dict(body)
        self._relay = relay
        self._session: Mapping[str, Any] = {}
        self._ends: tuple[Microphone, Timeline, Receive] | None = None
        self._name: str | None = None  # of the connection
        self._peer: RTCPeerConnection | None = None
        self._channel: RTCDataChannel | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def connect(self, microphone: Microphone, heard: Timeline, receive: Receive) -> None:
        """Call; returns once the data channel is open."""
        self._session, self._ends = await self._start(), (microphone, heard, receive)
        await self._open()
        self._spawn(self._ping())

    async def anew(self) -> None:
        """Make the connection anew, as a page does whose own broke; the talk goes on."""
        broken = self._peer
        await self._open()
        if broken is not None:
            await broken.close()

    async def send(self, message: Mapping[str, Any]) -> None:
        """Send one JSON message over the data channel."""
        if self._channel is None or self._channel.readyState != "open":
            raise CallError("the line is closed")
        self._channel.send(json.dumps(message))

    async def hang_up(self) -> None:
        """End the call."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        if self._peer is not None:
            await self._peer.close()
            self._peer = None

    def _configuration(self, offered: Mapping[str, Any]) -> RTCConfiguration:
        if self._relay is None:
            # No ICE server: the default would wait for one on the internet.
            return RTCConfiguration(iceServers=[])
        servers = [
            RTCIceServer(url, each.get("username"), each.get("credential"))
            for each in offered.get("iceServers", [])
            for url in each["urls"]
            if self._relay(url)
        ]
        return RTCConfiguration(servers, RTCIceTransportPolicy.RELAY)

    @property
    def ways(self) -> set[str]:
        """Of what kind the own end of the way is that sound takes: host, srflx, relay."""
        assert self._peer is not None and self._peer.sctp is not None
        pairs = self._peer.sctp.transport.transport._connection._nominated.values()
        return {pair.local_candidate.type for pair in pairs}

    async def _start(self) -> Mapping[str, Any]:
        async with aiohttp.ClientSession() as http:
            start = {"transport": "webrtc", "body": self._body}
            return await post(http, f"{self._url}/start", start)

    async def _open(self) -> None:
        assert self._ends is not None
        microphone, heard, receive = self._ends
        peer = RTCPeerConnection(self._configuration(self._session.get("iceConfig", {})))
        peer.addTransceiver(MicrophoneTrack(microphone), direction="sendrecv")
        keep_in(peer, Ears)
        channel = peer.createDataChannel("chat", ordered=True)
        opened = asyncio.Event()
        channel.on("open", opened.set)
        channel.on("message", lambda text: receive(json.loads(text)))
        peer.on("track", lambda track: self._spawn(_listen(track, heard)))
        try:
            await self._signal(peer)
            await opened.wait()
        except BaseException:
            await peer.close()
            raise
        self._peer, self._channel = peer, channel

    async def _signal(self, peer: RTCPeerConnection) -> None:
        await peer.setLocalDescription(await peer.createOffer())
        local, name = peer.localDescription, self._name
        offer = {"sdp": local.sdp, "type": local.type, "pc_id": name, "restart_pc": bool(name)}
        where = f"{self._url}/sessions/{self._session['sessionId']}/api/offer"
        async with aiohttp.ClientSession() as http:
            answer = await post(http, where, offer)
        self._name = answer["pc_id"]
        await peer.setRemoteDescription(
            RTCSessionDescription(sdp=answer["sdp"], type=answer["type"])
        )

    async def _ping(self) -> None:
        while self._channel is not None and self._channel.readyState == "open":
            self._channel.send(f"ping: {time.time() * 1000:.0f}")
            await asyncio.sleep(PING)

    def _spawn(self, work: Any) -> None:
        self._tasks.append(asyncio.create_task(work))


async def _listen(track: MediaStreamTrack, heard: Timeline) -> None:
    """Put every frame on the timeline as it arrives, until the track ends."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    with contextlib.suppress(MediaStreamError):
        while True:
            frame = await track.recv()
            at = time.monotonic()
            assert isinstance(frame, av.AudioFrame)
            for out in resampler.resample(frame):
                heard.add(out.to_ndarray()[0], at)
                at += out.samples / RATE
