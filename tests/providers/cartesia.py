"""Cartesia's speech over a socket and over HTTP, as the types of its SDK have it."""

import asyncio
import base64
import json
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web
from cartesia.types import TTSGenerateParams, TTSGenerateSSEParams, TTSSSEEvent, Voice
from cartesia.types.generation_request import GenerationRequest
from cartesia.types.voice_get_params import VoiceGetParams
from cartesia.types.websocket_client_event import CancelContextRequest
from cartesia.types.websocket_response import WebsocketResponse

from tests.providers.openai import tone
from tests.providers.provider import KEY, STATUS, Fault, Provider
from tests.providers.specification import Specification

GENERATE = Specification(GenerationRequest)
CANCEL = Specification(CancelContextRequest)
MESSAGE = Specification(WebsocketResponse)
SSE = Specification(TTSGenerateSSEParams)
EVENT = Specification(TTSSSEEvent)
BYTES = Specification(TTSGenerateParams)
VOICE_QUERY = Specification(VoiceGetParams)
A_VOICE = Specification(Voice)
WORD = 0.25  # s that each word lasts
VOICE = "71a7ad14-091c-4e8e-a314-022ece01c121"


class Cartesia(Provider):
    """Says every word as a tone, and tells when each began and ended."""

    def __init__(self, *, delay: float = 0.1) -> None:
        super().__init__()
        self.delay = delay  # s before the first sound
        self.said: list[str] = []

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/tts/websocket", self._socket),
            web.post("/tts/sse", self._sse),
            web.post("/tts/bytes", self._bytes),
            web.get("/voices/{id}", self._voice),
        ]

    def is_authorised(self, request: web.Request) -> bool:
        if request.headers.get("Cartesia-Version", "") < "2024-06-10":
            self.violated("a request needs the header Cartesia-Version")
        given = request.headers.get("X-API-Key") or request.headers.get("Authorization", "")
        return given in (KEY, f"Bearer {KEY}")

    def error(self, status: int) -> dict[str, Any]:
        return {"error_code": str(status), "title": "No", "message": "No.", "status_code": status}

    async def _voice(self, request: web.Request) -> web.Response:
        query = {each.removesuffix("[]"): request.query.getall(each) for each in request.query}
        if not self.takes("voice", VOICE_QUERY, query):
            return self._refused()
        if request.match_info["id"] != VOICE:
            return web.json_response(self.error(404), status=404)
        voice = {
            "id": VOICE,
            "access": "public",
            "created_at": "2026-01-01T00:00:00Z",
            "description": "A tone.",
            "is_owner": False,
            "language": "en",
            "locales": [],
            "name": "Tone",
            "tagline": "",
            "visibility": "all",
        }
        return web.json_response(self.answers("a voice", A_VOICE, voice))

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        for name in request.query:
            self.violated(f"socket: {name} in the address: key and version are headers")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        mouths: dict[str, _Mouth] = {}
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                self.violated("socket: a message that is no text")
                continue
            told = json.loads(message.data)
            self.asked.append(told)
            if self.fault is Fault.HANG:
                self.feel()
                continue
            await self._do(told, mouths, socket)
        return socket

    async def _do(
        self, told: Any, mouths: dict[str, "_Mouth"], socket: web.WebSocketResponse
    ) -> None:
        cancels = isinstance(told, dict) and "cancel" in told
        if not self.takes("socket", CANCEL if cancels else GENERATE, told):
            await self.tell(socket, {"type": "error", "done": True, **self.error(400)})
        elif cancels:
            mouths.pop(told["context_id"], None)
        else:
            self._as_raw("socket", told)
            mouth = mouths.setdefault(told["context_id"], _Mouth(self, socket, told))
            await mouth.say(told["transcript"], more=bool(told.get("continue")))

    async def tell(self, socket: web.WebSocketResponse, message: dict[str, Any]) -> None:
        """Over the socket, within the specification."""
        self.answers(message["type"], MESSAGE, message)
        if not socket.closed:
            with suppress(ConnectionResetError):  # cut, or the caller is gone
                await socket.send_str(json.dumps(message))

    async def _sse(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.asked.append(asked)
        if not self.takes("/tts/sse", SSE, asked):
            return self._refused()
        self._as_raw("/tts/sse", asked)
        rate = asked["output_format"]["sample_rate"]
        words = asked["transcript"].split()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        sound = base64.b64encode(tone(WORD * len(words), rate)).decode()
        common = {"status_code": 206, "done": False}
        events: list[dict[str, Any]] = [
            {"type": "chunk", "data": sound, "step_time": 1.0, **common},
            {"type": "timestamps", "word_timestamps": _times(words, 0), **common},
            {"type": "done", "status_code": 200, "done": True},
        ]
        for event in events:
            data = json.dumps(self.answers(event["type"], EVENT, event))
            await response.write(f"event: {event['type']}\ndata: {data}\n\n".encode())
        return response

    async def _bytes(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.asked.append(asked)
        if not self.takes("/tts/bytes", BYTES, asked):
            return self._refused()
        self._as_raw("/tts/bytes", asked)
        rate = asked["output_format"]["sample_rate"]
        return web.Response(body=tone(WORD * len(asked["transcript"].split()), rate))

    def _as_raw(self, what: str, asked: dict[str, Any]) -> None:
        sound = asked["output_format"]
        if (sound["container"], sound.get("encoding")) != ("raw", "pcm_s16le"):
            self.violated(f"{what}: raw pcm_s16le is all that this server speaks")

    def _refused(self) -> web.Response:
        return web.json_response(self.error(400), status=400)


class _Mouth:
    """One context of a socket."""

    def __init__(self, server: Cartesia, socket: web.WebSocketResponse, told: dict[str, Any]):
        self._server = server
        self._socket = socket
        self._context = told["context_id"]
        self._rate = told["output_format"]["sample_rate"]
        self._at = 0.0

    async def say(self, text: str, *, more: bool) -> None:
        fault = self._server.fault
        if fault in (*STATUS, Fault.MALFORMED):
            self._server.feel()
        if fault in STATUS:
            no = self._server.error(STATUS[fault])
            await self._send({"type": "error", "done": True, **no})
            return
        if fault is Fault.MALFORMED:
            await self._socket.send_str('{"type": "chunk", "data": ')
            return
        if text.strip():
            self._server.said.append(text)
            await asyncio.sleep(self._server.delay)
        words = text.split()
        for number, word in enumerate(words):
            if number and number == len(words) // 2 and fault in (Fault.CUT, Fault.STALL):
                self._server.feel()
                if fault is Fault.STALL:
                    await self._server.hang()
                self._server.cut()
                return
            await self._word(word)
        if not more:
            await self._send({"type": "done", "done": True, "status_code": 200})

    async def _word(self, word: str) -> None:
        common = {"done": False, "status_code": 206}
        sound = base64.b64encode(tone(WORD, self._rate)).decode()
        await self._send({"type": "chunk", "data": sound, "step_time": 1.0, **common})
        times = _times([word], self._at)
        await self._send({"type": "timestamps", "word_timestamps": times, **common})
        self._at += WORD

    async def _send(self, message: dict[str, Any]) -> None:
        await self._server.tell(self._socket, {"context_id": self._context, **message})


def _times(words: list[str], at: float) -> dict[str, Any]:
    starts = [at + WORD * number for number in range(len(words))]
    return {"words": words, "start": starts, "end": [each + WORD for each in starts]}
