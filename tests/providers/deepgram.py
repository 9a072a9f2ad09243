"""Deepgram's live transcription over a socket, as its AsyncAPI and the SDK's types have it."""

import asyncio
import json
import uuid
from contextlib import suppress
from typing import Any

import numpy as np
from aiohttp import WSMsgType, web
from deepgram.listen.v1.types import ListenV1Metadata, ListenV1Results

from tests.providers.provider import KEY, Fault, Provider, close

LOUD = 300  # of 32768, on average: a voice
PACE = 0.35  # s of voice for a word
CONTROLS = {"Finalize", "CloseStream", "KeepAlive", "Configure"}
OPTIONS = {
    "model", "language", "encoding", "sample_rate", "channels", "multichannel", "interim_results",
    "punctuate", "smart_format", "endpointing", "utterance_end_ms", "vad_events", "diarize",
    "numerals", "keyterm", "keywords", "search", "redact", "replace", "tag", "version", "extra",
    "mip_opt_out", "profanity_filter", "dictation", "detect_entities", "callback",
    "callback_method",
}  # fmt: skip


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
        return {"err_code": f"HTTP_{status}", "err_msg": "No.", "request_id": str(uuid.uuid4())}

    async def fail(self, fault: Fault) -> None:
        """A refusal is given at the door only: whoever is in is put out first."""
        await super().fail(fault)
        if fault in (Fault.REFUSED, Fault.BUSY, Fault.BROKEN):
            self.cut()

    async def _listen_live(self, request: web.Request) -> web.WebSocketResponse:
        for name in request.query.keys() - OPTIONS:
            self.violated(f"/v1/listen has no parameter {name}")
        if "model" not in request.query:
            self.violated("/v1/listen needs a model")
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connected += 1
        ear = _Ear(self, socket, int(request.query.get("sample_rate", 16000)))
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
        if told.get("type") not in CONTROLS:
            self.violated(f"no control message: {text}")
        if self.fault is Fault.HANG:
            return False
        if told["type"] == "Finalize":
            await ear.finalize()
        if told["type"] == "CloseStream":
            await ear.goodbye()
            return True
        return False


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
        metadata = ListenV1Metadata(
            transaction_key="deprecated",
            request_id=str(uuid.uuid4()),
            sha256="0" * 64,
            created="2026-11-22T00:00:00.000Z",
            duration=self._heard,
            channels=1,
        )
        await self._send(metadata.model_dump(mode="json"))
        await close(self._socket)

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
        ListenV1Results.model_validate(results)
        await self._send(results)

    async def _send(self, message: dict[str, Any]) -> None:
        if self._server.fault is Fault.MALFORMED:
            await self._socket.send_str('{"type": "Results", "channel": {')
        elif not self._socket.closed:
            with suppress(ConnectionResetError):  # cut, or the caller is gone
                await self._socket.send_str(json.dumps(message))
