"""Callers who vanish, never come, speak nonsense or have an old microphone; a server that stops."""

import asyncio
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender
from pipecat.frames.protobufs import frames_pb2

from benchmarks.caller import Caller
from benchmarks.line import Line, post
from benchmarks.microphone import PERIOD, Microphone
from benchmarks.server import ROOT
from benchmarks.socket_caller import SocketLine
from benchmarks.sound import RATE, read_clip
from benchmarks.webrtc import WebRTCLine
from tests.serving import GRACE, Bot, until

CLIP = Path(__file__).parent / "audio" / "weather_question.wav"
QUESTION = "What is the capital of France?"
ANSWER = 20.0  # s that a loaded machine may take
UNCONNECTED = 15.0  # s that an offer may take to become a connection
MARGIN = 10.0
UNNOTICED = 25.0  # s in which it must be noticed that nobody is there: 10 on an idle machine

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    with Bot(tmp_path_factory.mktemp("bad-calls")) as bot:
        yield bot


async def answers(line: Line) -> None:
    """Call, ask aloud, and be answered to what was asked."""
    async with Caller("", line=line) as caller:
        await caller.until_message("bot-stopped-speaking", timeout=ANSWER)
        await ask(caller)


async def ask(caller: Caller) -> None:
    end = await asyncio.wait_for(caller.say(read_clip(CLIP)), ANSWER)
    replied = await decided(caller, "replied")
    assert "weather in paris" in replied["said"].lower()
    assert await caller.until_heard(after=end, timeout=ANSWER) is not None


async def decided(caller: Caller, outcome: str) -> Mapping[str, Any]:
    message = await caller.until_message(
        "server-message", timeout=ANSWER, where=lambda data: data.get("outcome") == outcome
    )
    return message.data


class FreeWebRTCLine(WebRTCLine):
    """Sends what it likes."""

    def send_raw(self, data: str | bytes) -> None:
        assert self._channel is not None
        self._channel.send(data)


class FreeSocketLine(SocketLine):
    """Sends what it likes."""

    async def send_raw(self, data: str | bytes) -> None:
        assert self._socket is not None
        await (self._socket.send_str(data) if isinstance(data, str) else self._send_bytes(data))

    async def send_json(self, text: str) -> None:
        frame = frames_pb2.Frame(message=frames_pb2.MessageFrame(data=text))
        await self._send_bytes(frame.SerializeToString())

    async def _send_bytes(self, data: bytes) -> None:
        assert self._socket is not None
        await self._socket.send_bytes(data)


NONSENSE = ["", "hello", "{", "[]", "5", "null", '"text"', "{}", '{"type": 5}', '{"type": null}']


async def test_nonsense_on_the_data_channel_changes_nothing(bot: Bot):
    line = FreeWebRTCLine(bot.url, {})
    async with Caller("", line=line) as caller:
        for text in NONSENSE:
            line.send_raw(text)
        line.send_raw(b"\x00\xff\xfe")
        line.send_raw('{"type": "signalling", "message": {"type": "no-such"}}')
        line.send_raw('{"type": "signalling", "message": 5}')
        line.send_raw("x" * 50_000)
        await ask(caller)


async def test_nonsense_on_the_socket_changes_nothing(bot: Bot):
    line = FreeSocketLine(bot.url, {})
    async with Caller("", line=line) as caller:
        for text in NONSENSE:
            await line.send_json(text)
        for data in (b"\x00\xff\xfe", b"\x80" * 100, b"", "text"):
            await line.send_raw(data)
        odd = frames_pb2.AudioRawFrame(audio=b"\x01", sample_rate=0, num_channels=0)
        await line.send_raw(frames_pb2.Frame(audio=odd).SerializeToString())
        await ask(caller)


class NarrowSocketLine(SocketLine):
    """Its microphone gives 8,000 samples a second."""

    async def _speak(self, socket: aiohttp.ClientWebSocketResponse, microphone: Microphone) -> None:
        spoken = time.monotonic()
        while not socket.closed:
            await asyncio.sleep(spoken + PERIOD - time.monotonic())
            pcm = microphone.frame(spoken).reshape(-1, 2).mean(axis=1).astype(np.int16)
            audio = frames_pb2.AudioRawFrame(
                audio=pcm.tobytes(), sample_rate=RATE // 2, num_channels=1
            )
            await socket.send_bytes(frames_pb2.Frame(audio=audio).SerializeToString())
            spoken += PERIOD


class NarrowWebRTCLine(WebRTCLine):
    """It speaks the telephone's codec, of 8,000 samples a second."""

    async def _signal(self, peer: RTCPeerConnection) -> None:
        codecs = RTCRtpSender.getCapabilities("audio").codecs
        [transceiver] = peer.getTransceivers()
        transceiver.setCodecPreferences([c for c in codecs if c.mimeType == "audio/PCMU"])
        await super()._signal(peer)


@pytest.mark.parametrize("line", [NarrowWebRTCLine, NarrowSocketLine])
async def test_a_microphone_at_8_khz_is_understood(bot: Bot, line: Any):
    await answers(line(bot.url, {}))


VANISHING = """
import asyncio, sys
from pathlib import Path
from benchmarks.caller import Caller
from benchmarks.line import Line
from benchmarks.socket_caller import SocketLine
from benchmarks.sound import read_clip
from benchmarks.webrtc import WebRTCLine

async def main(url, line, clip):
    body = {"user": "vanishes", "consent": True}
    async with Caller("", line=globals()[line](url, body)) as caller:
        await caller.send_text("What is the capital of France?")
        await caller.until_message("bot-tts-text", timeout=30)
        await caller.begin(read_clip(Path(clip))).onset
        print("speaking", flush=True)
        await asyncio.sleep(60)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.mark.parametrize("line", ["WebRTCLine", "SocketLine"])
async def test_a_caller_who_vanishes_in_mid_word_leaves_nothing_open(bot: Bot, line: str):
    command = [sys.executable, "-c", VANISHING, bot.url, line, str(CLIP)]
    caller = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert caller.stdout is not None
    assert await caller.stdout.readline() == b"speaking\n"
    assert bot.open_lines
    caller.kill()
    await caller.wait()
    assert await until(lambda: not bot.open_lines, UNNOTICED)
    if line == "WebRTCLine":
        assert QUESTION in bot.remembered("vanishes")
    await answers(WebRTCLine(bot.url, {}))


async def test_twenty_who_come_and_go_leave_nothing_open(bot: Bot):
    for number in range(20):
        line = WebRTCLine(bot.url, {}) if number % 2 else SocketLine(bot.url, {})
        async with Caller("", line=line):
            assert bot.open_lines
    assert await until(lambda: not bot.open_lines, 30)
    await answers(WebRTCLine(bot.url, {}))


@pytest.mark.parametrize("ending", ["", "a=end-of-candidates\r\n"], ids=["open", "ended"])
async def test_an_offer_that_never_connects_is_let_go(bot: Bot, ending: str):
    async with aiohttp.ClientSession() as http:
        session = await offer_without_candidates(http, bot.url, ending)
        offered = time.monotonic()
        while await is_open(http, session):
            assert time.monotonic() - offered < UNCONNECTED + MARGIN
            await asyncio.sleep(0.2)
    assert await until(lambda: not bot.open_lines)
    await answers(WebRTCLine(bot.url, {}))


async def offer_without_candidates(http: aiohttp.ClientSession, url: str, ending: str) -> str:
    """Offer a call as a browser does, and never be there for it; the address of its session."""
    sdp = await unreachable(ending)
    start = await post(http, f"{url}/start", {"transport": "webrtc", "body": {}})
    session = f"{url}/sessions/{start['sessionId']}"
    offer = {"sdp": sdp, "type": "offer", "pc_id": None, "restart_pc": False}
    assert await post(http, f"{session}/api/offer", offer)
    assert await is_open(http, session)
    return session


async def unreachable(ending: str) -> str:
    """The offer of a browser that is nowhere."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.addTransceiver("audio")
    peer.createDataChannel("chat")
    await peer.setLocalDescription(await peer.createOffer())
    lines = peer.localDescription.sdp.splitlines(keepends=True)
    sdp = "".join(line for line in lines if "candidate" not in line) + ending
    await peer.close()
    return sdp


async def is_open(http: aiohttp.ClientSession, session: str) -> bool:
    """Whether the runner still runs the talk of a session."""
    async with http.get(f"{session}/") as response:
        return response.status != 404


async def test_of_a_hundred_offers_five_are_open_and_all_are_free_again_in_time(bot: Bot):
    offer = {"sdp": await unreachable("a=end-of-candidates\r\n"), "type": "offer"}
    async with aiohttp.ClientSession() as http:

        async def one() -> int:
            async with http.post(f"{bot.url}/api/offer", json=offer) as answer:
                return answer.status

        async def offered(count: int) -> list[int]:
            return sorted(await asyncio.gather(*(one() for _ in range(count))))

        assert await offered(100) == [200] * 5 + [503] * 95
        await asyncio.sleep(UNCONNECTED)
        assert await offered(5) == [200] * 5
        await asyncio.sleep(UNCONNECTED)
    await answers(WebRTCLine(bot.url, {}))


async def typed_turn(caller: Caller, bot: Bot, user: str) -> None:
    """Type a turn and wait until memory has acknowledged it."""
    await caller.send_text(QUESTION)
    await decided(caller, "replied")
    assert await until(lambda: QUESTION in bot.remembered(user))


async def test_a_server_told_to_stop_is_gone_in_time_and_has_kept_what_was_said(tmp_path: Path):
    with Bot(tmp_path) as bot:
        async with Caller(bot.url, body={"user": "stays", "consent": True}) as caller:
            await caller.send_text(QUESTION)
            await decided(caller, "replied")
            took = await asyncio.to_thread(bot.stop)
        assert took < GRACE
        assert QUESTION in bot.remembered("stays")


async def test_a_server_killed_has_kept_what_was_acknowledged(tmp_path: Path):
    with Bot(tmp_path) as bot:
        async with Caller(bot.url, body={"user": "stays", "consent": True}) as caller:
            await typed_turn(caller, bot, "stays")
            bot.kill()
        assert bot.remembered("stays") == [QUESTION]
        bot.start()
        await answers(WebRTCLine(bot.url, {"user": "stays", "consent": True}))
        assert bot.remembered("stays")[0] == QUESTION
