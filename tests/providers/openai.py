"""OpenAI's chat completions, speech and transcription, as the SDK's types of its OpenAPI say."""

import asyncio
import json
import time
from typing import Any

import numpy as np
from aiohttp import web
from openai.types import Model
from openai.types.audio import Transcription
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming
from pydantic import TypeAdapter, ValidationError

from tests.providers.provider import KEY, Fault, Provider

RATE = 24_000  # of speech
PARAMETERS = set(CompletionCreateParamsStreaming.__annotations__)
for _base in getattr(CompletionCreateParamsStreaming, "__orig_bases__", ()):
    PARAMETERS |= set(getattr(_base, "__annotations__", {}))
MESSAGES = TypeAdapter(list[dict[str, Any]])
ROLES = {"system", "developer", "user", "assistant", "tool"}


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
        return {"error": {"message": "No.", "type": "error", "param": None, "code": str(status)}}

    async def _models(self, _: web.Request) -> web.Response:
        model = Model(id="gpt-test", created=0, object="model", owned_by="tests")
        return web.json_response({"object": "list", "data": [model.model_dump()]})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self._check(asked)
        self.asked.append(asked)
        answer = self.script.pop(0) if len(self.script) > 1 else self.script[0]
        await asyncio.sleep(self.delay)
        if not asked.get("stream"):
            return web.json_response(_whole(asked["model"], answer))
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
        chunk = ChatCompletionChunk.model_validate(
            {
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
        )
        await response.write(f"data: {chunk.model_dump_json(exclude_unset=True)}\n\n".encode())

    def _check(self, asked: dict[str, Any]) -> None:
        for name in asked.keys() - PARAMETERS:
            self.violated(f"chat completions have no parameter {name}")
        try:
            for message in MESSAGES.validate_python(asked["messages"]):
                if message.get("role") not in ROLES or not isinstance(message["content"], str):
                    self.violated(f"no message: {message}")
            if not isinstance(asked["model"], str):
                self.violated("model must be text")
        except (KeyError, ValidationError) as error:
            self.violated(f"{type(error).__name__}: {error}")

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.asked.append(asked)
        for name in ("input", "model", "voice"):
            if not asked.get(name):
                self.violated(f"speech needs {name}")
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
        form = await request.post()
        if "file" not in form or "model" not in form:
            self.violated("a transcription needs file and model")
        self.asked.append({"model": form.get("model")})
        if self.fault is Fault.MALFORMED:
            return web.Response(text='{"text": ', content_type="application/json")
        return web.json_response(json.loads(Transcription(text=self.heard).model_dump_json()))


def tone(seconds: float, rate: int) -> bytes:
    """A sound that can be heard."""
    times = np.arange(int(seconds * rate)) / rate
    return (8000 * np.sin(2 * np.pi * 220 * times)).astype(np.int16).tobytes()


def _whole(model: str, answer: str) -> dict[str, Any]:
    whole = ChatCompletion.model_validate(
        {
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
    )
    return whole.model_dump()
