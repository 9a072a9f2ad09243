"""Cartesia's speech over a socket and over HTTP, as the types of its SDK have it."""

import asyncio
import base64
import json
from contextlib import suppress
from typing import Any

from aiohttp import WSMsgType, web
from cartesia.types import Voice
from cartesia.types.generation_request import GenerationRequest
from cartesia.types.tts_sse_event import TTSSSEChunkEvent, TTSSSEDoneEvent, TTSSSETimestampsEvent
from cartesia.types.websocket_client_event import CancelContextRequest
from cartesia.types.websocket_response import Chunk, Done, Error, Timestamps
from pydantic import ValidationError

from tests.providers.openai import tone
from tests.providers.provider import KEY, STATUS, Fault, Provider

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
        if request.match_info["id"] != VOICE:
            return web.json_response(self.error(404), status=404)
        voice = Voice.model_validate(
            {
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
        )
        return web.json_response(json.loads(voice.model_dump_json()))

    async def _socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        mouths: dict[str, _Mouth] = {}
        async for message in socket:
            if message.type is not WSMsgType.TEXT:
                continue
            told = json.loads(message.data)
            self.asked.append(told)
            if self.fault is Fault.HANG:
                self.feel()
                continue
            if told.get("cancel"):
                self._check(CancelContextRequest, told)
                mouths.pop(told["context_id"], None)
                continue
            self._check(GenerationRequest, told)
            mouth = mouths.setdefault(told["context_id"], _Mouth(self, socket, told))
            await mouth.say(told["transcript"], more=bool(told.get("continue")))
        return socket

    def _check(self, model: Any, told: dict[str, Any]) -> None:
        try:
            parsed = model.model_validate(told)
        except ValidationError as error:
            self.violated(str(error))
            return
        for name in parsed.model_extra or ():
            self.violated(f"{model.__name__} has no {name}")

    async def _sse(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.asked.append(asked)
        rate = asked["output_format"]["sample_rate"]
        words = asked["transcript"].split()
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        sound = base64.b64encode(tone(WORD * len(words), rate)).decode()
        common = {"status_code": 206, "done": False}
        events = [
            TTSSSEChunkEvent.model_validate(
                {"type": "chunk", "data": sound, "step_time": 1.0, **common}
            ),
            TTSSSETimestampsEvent.model_validate(
                {"type": "timestamps", "word_timestamps": _times(words, 0), **common}
            ),
            TTSSSEDoneEvent.model_validate({"type": "done", "status_code": 200, "done": True}),
        ]
        for event in events:
            data = event.model_dump_json(exclude_none=True)
            await response.write(f"event: {event.type}\ndata: {data}\n\n".encode())
        return response

    async def _bytes(self, request: web.Request) -> web.Response:
        asked = await request.json()
        self.asked.append(asked)
        rate = asked["output_format"]["sample_rate"]
        return web.Response(body=tone(WORD * len(asked["transcript"].split()), rate))


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
            await self._send(
                Error(
                    type="error",
                    done=True,
                    context_id=self._context,
                    status_code=STATUS[fault],
                    title="No",
                    message="No.",
                    error_code=str(STATUS[fault]),
                )
            )
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
            await self._send(
                Done(type="done", done=True, status_code=200, context_id=self._context)
            )

    async def _word(self, word: str) -> None:
        common = {"context_id": self._context, "done": False, "status_code": 206}
        sound = base64.b64encode(tone(WORD, self._rate)).decode()
        await self._send(
            Chunk.model_validate({"type": "chunk", "data": sound, "step_time": 1.0, **common})
        )
        times = _times([word], self._at)
        await self._send(
            Timestamps.model_validate({"type": "timestamps", "word_timestamps": times, **common})
        )
        self._at += WORD

    async def _send(self, message: Any) -> None:
        if not self._socket.closed:
            with suppress(ConnectionResetError):  # cut, or the caller is gone
                await self._socket.send_str(message.model_dump_json(exclude_none=True))


def _times(words: list[str], at: float) -> dict[str, Any]:
    starts = [at + WORD * number for number in range(len(words))]
    return {"words": words, "start": starts, "end": [each + WORD for each in starts]}
