"""Deepgram's live transcription over a socket, as the types of its SDK have it."""

import asyncio
import inspect
import json
import uuid
from contextlib import suppress
from typing import Any, Required, get_type_hints

import numpy as np
from aiohttp import WSMsgType, web
from deepgram.listen.v1.client import V1Client
from deepgram.listen.v1.types import (
    ListenV1CloseStream,
    ListenV1Configure,
    ListenV1Error,
    ListenV1Finalize,
    ListenV1KeepAlive,
    ListenV1Metadata,
    ListenV1Results,
)
from deepgram.types import ErrorResponse

from tests.providers.provider import KEY, Fault, Provider, close
from tests.providers.specification import Specification, fields

LOUD = 300  # of 32768, on average: a voice
PACE = 0.35  # s of voice for a word
# Of these the SDK says only in words that they are numbers, and that an encoding needs its rate.
NUMBERS = {"sample_rate": Required[int], "channels": int, "utterance_end_ms": int}


def _options() -> dict[str, Any]:
    """What may stand behind /v1/listen, and as what: as the SDK's own connect() has it."""
    hints = get_type_hints(V1Client.connect) | {"model": str}  # names that it knows are not all
    parameters = inspect.signature(V1Client.connect).parameters.values()
    options = {
        each.name: hints[each.name] if each.default is None else Required[hints[each.name]]
        for each in parameters
        if each.name not in ("self", "authorization", "request_options")
    }
    return options | NUMBERS


OPTIONS = Specification(fields(_options()))
CONTROLS = {
    "Finalize": Specification(ListenV1Finalize),
    "CloseStream": Specification(ListenV1CloseStream),
    "KeepAlive": Specification(ListenV1KeepAlive),
    "Configure": Specification(ListenV1Configure),
}
ANSWERS = {
    "Results": Specification(ListenV1Results),
    "Metadata": Specification(ListenV1Metadata),
    "Error": Specification(ListenV1Error),
}
REFUSAL = Specification(ErrorResponse)


class Deepgram(Provider):
    """Hears a voice by its loudness, and in it the scripted words, one utterance at a time."""

    def __init__(self, script: list[str]) -> None:
        super().__init__()
        self.script = list(script)
        self.connected = 0

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/listen", self._listen_live)]

    def is_authorised(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") in (f"Token {KEY}", f"Bearer {KEY}")

    def error(self, status: int) -> dict[str, Any]:
        no = {"err_code": f"HTTP_{status}", "err_msg": "No.", "request_id": str(uuid.uuid4())}
        return self.answers("an error", REFUSAL, no)

    async def fail(self, fault: Fault) -> None:
        """A refusal is given at the door only: whoever is in is put out first."""
        await super().fail(fault)
        if fault in (Fault.REFUSED, Fault.BUSY, Fault.BROKEN):
            self.cut()

    async def _listen_live(self, request: web.Request) -> web.StreamResponse:
        told = {name: request.query.getall(name) for name in request.query}
        asked = {name: values if values[1:] else values[0] for name, values in told.items()}
        if not self.takes("/v1/listen", OPTIONS, asked, as_text=True):
            return web.json_response(self.error(400), status=400)
        if (asked.get("encoding"), asked.get("channels", "1")) != ("linear16", "1"):
            self.violated("/v1/listen: one channel of linear16 is all that this server hears")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connected += 1
        ear = _Ear(self, socket, int(request.query["sample_rate"]))
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                await ear.hear(message.data)
            elif message.type is WSMsgType.TEXT and await self._control(ear, message.data):
                break
        return socket

    async def _control(self, ear: "_Ear", text: str) -> bool:
        """Do as told; whether that was the end."""
        told = json.loads(text)
        self.asked.append(told)
        if not self._takes_control(told):
            await ear.refuse(text)
            return False
        if self.fault is Fault.HANG:
            return False
        if told["type"] == "Finalize":
            await ear.finalize()
        if told["type"] == "CloseStream":
            await ear.goodbye()
            return True
        return False

    def _takes_control(self, told: Any) -> bool:
        kind = told.get("type") if isinstance(told, dict) else None
        if kind not in CONTROLS:
            self.violated(f"control message: type is {kind!r}: should be one of {list(CONTROLS)}")
            return False
        return self.takes(kind, CONTROLS[kind], told)


class _Ear:
    def __init__(self, server: Deepgram, socket: web.WebSocketResponse, rate: int) -> None:
        self._server = server
        self._socket = socket
        self._rate = rate
        self._heard = 0.0  # s of sound
        self._voice = 0.0  # s of voice since the last final
        self._told = 0
        self._began = 0.0

    async def hear(self, sound: bytes) -> None:
        pcm = np.frombuffer(sound, np.int16).astype(np.int32)
        seconds = len(pcm) / self._rate
        self._heard += seconds
        if len(pcm) and np.abs(pcm).mean() > LOUD:
            self._voice += seconds
        words = self._words()
        if len(words) > self._told:
            self._told = len(words)
            if self._server.fault and (self._told > 1 or self._server.fault is Fault.HANG):
                self._server.feel()
            if self._server.fault is Fault.HANG:
                return
            if self._server.fault is Fault.CUT and self._told > 1:
                self._server.cut()
            elif self._server.fault is not Fault.STALL or self._told < 2:
                await self._tell(" ".join(words), final=False)

    async def finalize(self) -> None:
        """The rest of what was heard, at once."""
        words = ""
        if self._voice > 0.2 and self._server.script:
            words = self._server.script.pop(0)
        self._told, self._voice = 0, 0.0
        if self._server.fault is not Fault.STALL:
            await asyncio.sleep(0.05)
            await self._tell(words, final=True)
        self._began = self._heard

    async def goodbye(self) -> None:
        metadata = {
            "type": "Metadata",
            "transaction_key": "deprecated",
            "request_id": str(uuid.uuid4()),
            "sha256": "0" * 64,
            "created": "2026-11-22T00:00:00.000Z",
            "duration": self._heard,
            "channels": 1,
        }
        await self._send(metadata)
        await close(self._socket)

    async def refuse(self, told: str) -> None:
        error = {"type": "Error", "variant": "SchemaError", "description": "No.", "message": told}
        await self._send(error)

    def _words(self) -> list[str]:
        line = self._server.script[0] if self._server.script else ""
        return line.split()[: int(self._voice / PACE)]

    async def _tell(self, text: str, *, final: bool) -> None:
        each = PACE
        words = [
            {
                "word": word.strip(".,?!").lower(),
                "start": self._began + number * each,
                "end": self._began + (number + 1) * each,
                "confidence": 0.98,
                "punctuated_word": word,
            }
            for number, word in enumerate(text.split())
        ]
        results = {
            "type": "Results",
            "channel_index": [0, 1],
            "duration": self._heard - self._began,
            "start": self._began,
            "is_final": final,
            "speech_final": final,
            "from_finalize": final,
            "channel": {"alternatives": [{"transcript": text, "confidence": 0.98, "words": words}]},
            "metadata": {
                "request_id": str(uuid.uuid4()),
                "model_info": {"name": "general-nova-3", "version": "2026", "arch": "nova-3"},
                "model_uuid": str(uuid.uuid4()),
            },
        }
        await self._send(results)

    async def _send(self, message: dict[str, Any]) -> None:
        if self._server.fault is Fault.MALFORMED:
            await self._socket.send_str('{"type": "Results", "channel": {')
            return
        self._server.answers(message["type"], ANSWERS[message["type"]], message)
        if not self._socket.closed:
            with suppress(ConnectionResetError):  # cut, or the caller is gone
                await self._socket.send_str(json.dumps(message))
