"""OpenAI's chat completions, speech and transcription, as the SDK's types of its OpenAPI say."""

import asyncio
import json
import time
from typing import Any, Required

import numpy as np
from aiohttp import web
from openai.types import Model
from openai.types.audio import SpeechCreateParams, Transcription
from openai.types.audio.transcription_create_params import TranscriptionCreateParamsNonStreaming
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.completion_create_params import CompletionCreateParams
from openai.types.shared import ErrorObject
from pydantic import StrictBytes
from typing_extensions import get_type_hints

from tests.providers.provider import KEY, Fault, Provider
from tests.providers.specification import Specification, fields

RATE = 24_000  # of speech
FORM = get_type_hints(TranscriptionCreateParamsNonStreaming, include_extras=True)
FORM["file"] = Required[StrictBytes]  # as it comes; the SDK takes paths and files as well
CHAT = Specification(CompletionCreateParams)
WHOLE = Specification(ChatCompletion)
CHUNK = Specification(ChatCompletionChunk)
SPEECH = Specification(SpeechCreateParams)
TRANSCRIBE = Specification(fields(FORM))
TRANSCRIPTION = Specification(Transcription)
MODELS = Specification(list[Model])
ERROR = Specification(ErrorObject)


class OpenAI(Provider):
    """Answers with the scripted sentences, one answer after the other, then with the last again."""

    def __init__(self, script: list[str], *, delay: float = 0.05) -> None:
        super().__init__()
        self.script = list(script)
        self.delay = delay  # s before the first word
        self.heard = "hello there"

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/chat/completions", self._complete),
            web.get("/v1/models", self._models),
            web.post("/v1/audio/speech", self._speak),
            web.post("/v1/audio/transcriptions", self._transcribe),
        ]

    def is_authorised(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {KEY}"

    def error(self, status: int) -> dict[str, Any]:
        no = {"message": "No.", "type": "error", "param": None, "code": str(status)}
        return {"error": self.answers("an error", ERROR, no)}

    async def _models(self, _: web.Request) -> web.Response:
        model = {"id": "gpt-test", "created": 0, "object": "model", "owned_by": "tests"}
        models = self.answers("models", MODELS, [model])
        return web.json_response({"object": "list", "data": models})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.asked.append(asked)
        if not self.takes("chat", CHAT, asked):
            return self._refused()
        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        await asyncio.sleep(self.delay)
        if not asked.get("stream"):
            whole = self.answers("chat", WHOLE, _whole(asked["model"], answer))
            return web.json_response(whole)
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        words = answer.split(" ")
        for number, word in enumerate(words):
            middle = number == min(4, len(words) - 1)
            if middle and self.fault and await self._break(request, response):
                return response
            await self._send(response, asked["model"], word if not number else f" {word}")
            await asyncio.sleep(0.01)
        await self._send(response, asked["model"], None)
        await response.write(b"data: [DONE]\n\n")
        return response

    async def _break(self, request: web.Request, response: web.StreamResponse) -> bool:
        """The middle of an answer, where some faults show; whether it is over."""
        self.feel()
        if self.fault is Fault.CUT and request.transport:
            request.transport.abort()
            return True
        if self.fault is Fault.STALL:
            await self.hang()
            return True
        if self.fault is Fault.MALFORMED:
            await response.write(b'data: {"id": "chatcmpl-1", "choices": [{\n\n')
        return False

    async def _send(self, response: web.StreamResponse, model: str, text: str | None) -> None:
        chunk = {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": model,
            "choices": [
                {
                    "index": 0,
                    "delta": {"content": text} if text else {},
                    "finish_reason": None if text else "stop",
                }
            ],
        }
        told = json.dumps(self.answers("chat", CHUNK, chunk))
        await response.write(f"data: {told}\n\n".encode())

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.asked.append(asked)
        if not self.takes("speech", SPEECH, asked):
            return self._refused()
        if asked.get("response_format") != "pcm" or asked.get("stream_format", "audio") != "audio":
            self.violated("speech: pcm is all that this server has")
        response = web.StreamResponse(headers={"Content-Type": "audio/pcm"})
        await response.prepare(request)
        sound = tone(0.25 * len(asked["input"].split()), RATE)
        if self.fault is Fault.CUT and request.transport:
            await response.write(sound[: len(sound) // 4 * 2])
            request.transport.abort()
            return response
        await response.write(sound)
        return response

    async def _transcribe(self, request: web.Request) -> web.Response:
        form = _read(await request.post())
        self.asked.append({"model": form.get("model")})
        if not self.takes("transcription", TRANSCRIBE, form, as_text=True):
            return self._refused()
        if form.get("response_format", "json") != "json":
            self.violated("transcription: json is all that this server has")
        if self.fault is Fault.MALFORMED:
            return web.Response(text='{"text": ', content_type="application/json")
        text = {"text": self.heard}
        return web.json_response(self.answers("transcription", TRANSCRIPTION, text))

    def _refused(self) -> web.Response:
        return web.json_response(self.error(400), status=400)


def _read(form: Any) -> dict[str, Any]:
    """A form as the JSON that it stands for: `include[]`, which may come again, is a list."""
    read: dict[str, Any] = {}
    for name, value in form.items():
        value = value.file.read() if isinstance(value, web.FileField) else value
        if name.endswith("[]"):
            read.setdefault(name.removesuffix("[]"), []).append(value)
        else:
            read[name] = value
    return read


def tone(seconds: float, rate: int) -> bytes:
    """A sound that can be heard."""
    times = np.arange(int(seconds * rate)) / rate
    return (8000 * np.sin(2 * np.pi * 220 * times)).astype(np.int16).tobytes()


def _whole(model: str, answer: str) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": model,
        "choices": [
            {
                "index": 0,
                "finish_reason": "stop",
                "logprobs": None,
                "message": {"role": "assistant", "content": answer, "refusal": None},
            }
        ],
    }
