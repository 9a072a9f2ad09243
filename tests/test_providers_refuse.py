"""The servers of `tests/providers` take only what the published specifications allow.

Each wrong request is one that is right but for one value: it is refused as the provider would, and
the test that made it fails with the field and the value.
"""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, FormData, WSServerHandshakeError

from tests.providers.cartesia import EVENT, MESSAGE, VOICE, Cartesia
from tests.providers.deepgram import ANSWERS, Deepgram
from tests.providers.openai import CHUNK, TRANSCRIPTION, OpenAI
from tests.providers.provider import KEY, Provider
from tests.providers.specification import Specification

CHAT: dict[str, Any] = {
    "model": "any",
    "stream": True,
    "temperature": 0.5,
    "messages": [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": "Hello"}]},
    ],
}
SPEECH = {"input": "Hello", "model": "any", "voice": "alloy", "response_format": "pcm"}
FORM = {"file": b"RIFF", "model": "any", "temperature": "0.5", "response_format": "json"}
LISTEN = {"model": "any", "encoding": "linear16", "sample_rate": "16000", "punctuate": "true"}
RAW = {"container": "raw", "encoding": "pcm_s16le", "sample_rate": 24_000}
SPOKEN = {"model_id": "any", "transcript": "Hello", "output_format": RAW, "language": "en"}
SPOKEN |= {"voice": {"mode": "id", "id": VOICE}}
LINE = {**SPOKEN, "context_id": "1", "continue": False}


def changed(told: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """`told` with `value` at `path`."""
    told = json.loads(json.dumps(told)) if "file" not in told else dict(told)
    at: Any = told
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        at = at[step]
    at[last] = value
    return told


@pytest.fixture
async def asking() -> AsyncIterator[ClientSession]:
    headers = {"Authorization": f"Bearer {KEY}", "Cartesia-Version": "2025-04-16"}
    async with ClientSession(headers=headers) as session:
        yield session


def refused(server: Provider, path: str, value: Any) -> None:
    """It says so, once; and leaving the server would raise."""
    (wrong,) = server.violations
    assert path in wrong and repr(value) in wrong
    server.violations.clear()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("temperature", "warm"),
        ("max_completion_tokens", 0.5),
        ("model", None),
        ("stream", "yes"),
        ("messages.0.role", "boss"),
        ("messages.0.content", 5),
        ("messages.0.mood", "good"),
        ("messages.1.content.0.type", "txt"),
        ("messages.1.content.0.size", 3),
        ("reasoning_effort", "heroic"),
        ("service_tier", "first class"),
        ("response_format", "yaml"),
        ("talkative", True),
    ],
)
async def test_openai_refuses_a_wrong_chat(asking: ClientSession, path: str, value: Any):
    async with OpenAI(["Hello."]) as server:
        url = f"{server.http}/v1/chat/completions"
        async with asking.post(url, json=CHAT) as answer:
            assert answer.status == 200
        async with asking.post(url, json=changed(CHAT, path, value)) as answer:
            assert answer.status == 400
        refused(server, path, value)


@pytest.mark.parametrize(
    ("path", "value"),
    [("input", 5), ("response_format", "midi"), ("speed", "fast"), ("mood", "good")],
)
async def test_openai_refuses_wrong_speech(asking: ClientSession, path: str, value: Any):
    async with OpenAI(["Hello."]) as server:
        url = f"{server.http}/v1/audio/speech"
        async with asking.post(url, json=SPEECH) as answer:
            assert answer.status == 200
        async with asking.post(url, json=changed(SPEECH, path, value)) as answer:
            assert answer.status == 400
        refused(server, path, value)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("file", "no file"),
        ("temperature", "warm"),
        ("response_format", "yaml"),
        ("timestamp_granularities[]", "letter"),
        ("mood", "good"),
    ],
)
async def test_openai_refuses_a_wrong_transcription(asking: ClientSession, path: str, value: str):
    async with OpenAI(["Hello."]) as server:
        url = f"{server.http}/v1/audio/transcriptions"
        for form, status in [(FORM, 200), (changed(FORM, path, value), 400)]:
            async with asking.post(url, data=filled(form)) as answer:
                assert answer.status == status
        refused(server, path.removesuffix("[]"), value)


def filled(form: dict[str, Any]) -> FormData:
    data = FormData()
    for name, value in form.items():
        data.add_field(name, value, filename="a.wav" if isinstance(value, bytes) else None)
    return data


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("encoding", "mp4"),
        ("sample_rate", "fast"),
        ("channels", "one"),
        ("interim_results", "yes"),
        ("callback_method", "FETCH"),
        ("filler", "true"),
    ],
)
async def test_deepgram_refuses_a_wrong_option(asking: ClientSession, name: str, value: str):
    async with Deepgram([]) as server:
        url = f"{server.http}/v1/listen"
        async with asking.ws_connect(url, params=LISTEN):
            pass
        with pytest.raises(WSServerHandshakeError, match="400"):
            await asking.ws_connect(url, params={**LISTEN, name: value})
        refused(server, name, value)


@pytest.mark.parametrize("name", ["model", "sample_rate"])
async def test_deepgram_misses_what_it_needs(asking: ClientSession, name: str):
    async with Deepgram([]) as server:
        asked = {key: value for key, value in LISTEN.items() if key != name}
        with pytest.raises(WSServerHandshakeError, match="400"):
            await asking.ws_connect(f"{server.http}/v1/listen", params=asked)
        assert server.violations == [f"Deepgram: /v1/listen: {name} is missing"]
        server.violations.clear()


@pytest.mark.parametrize(
    ("told", "path", "value"),
    [
        ({"type": "Finish"}, "type", "Finish"),
        ({"type": "Finalize", "mood": "good"}, "mood", "good"),
        ({"type": "Configure", "keyterms": "nine"}, "keyterms", "nine"),
        ({"type": "Configure", "features": {"numerals": 5}}, "features.numerals", 5),
    ],
)
async def test_deepgram_refuses_a_wrong_message(
    asking: ClientSession, told: dict[str, Any], path: str, value: Any
):
    async with Deepgram([]) as server:
        url = f"{server.http}/v1/listen"
        async with asking.ws_connect(url, params=LISTEN) as socket:
            await socket.send_json({"type": "KeepAlive"})
            await socket.send_json(told)
            assert (await socket.receive_json())["variant"] == "SchemaError"
        refused(server, path, value)


WRONG = [
    ("transcript", 5),
    ("output_format.sample_rate", 24_001),
    ("output_format.encoding", "mp3"),
    ("speed", "quick"),
    ("mood", "good"),
]
LINES = [("voice.mode", "embedding"), ("continue", "yes"), ("generation_config", "glad")]


@pytest.mark.parametrize(("path", "value"), [*WRONG, *LINES])
async def test_cartesia_refuses_a_wrong_message(asking: ClientSession, path: str, value: Any):
    async with Cartesia() as server:
        async with asking.ws_connect(f"{server.http}/tts/websocket") as socket:
            await socket.send_json(LINE)
            while (await socket.receive_json())["type"] != "done":
                pass
            await socket.send_json(changed(LINE, path, value))
            told = await socket.receive_json()
            assert (told["type"], told["status_code"]) == ("error", 400)
        refused(server, path, value)


@pytest.mark.parametrize("route", ["sse", "bytes"])
@pytest.mark.parametrize(("path", "value"), [*WRONG, ("voice", 5), ("context", "1")])
async def test_cartesia_refuses_a_wrong_request(
    asking: ClientSession, route: str, path: str, value: Any
):
    async with Cartesia() as server:
        url = f"{server.http}/tts/{route}"
        async with asking.post(url, json=SPOKEN) as answer:
            assert answer.status == 200
            assert await answer.read()
        async with asking.post(url, json=changed(SPOKEN, path, value)) as answer:
            assert answer.status == 400
        refused(server, path, value)


async def test_what_is_no_json_is_told(asking: ClientSession):
    async with OpenAI(["Hello."]) as server:
        async with asking.post(f"{server.http}/v1/audio/speech", data="{") as answer:
            assert answer.status == 400
        assert server.violations == ["OpenAI: /v1/audio/speech: no JSON: '{'"]
        server.violations.clear()


async def test_a_test_that_asks_wrongly_fails_on_leaving_the_server(asking: ClientSession):
    with pytest.raises(AssertionError, match="OpenAI: speech: speed is 'fast'"):
        async with OpenAI(["Hello."]) as server:
            await asking.post(f"{server.http}/v1/audio/speech", json={**SPEECH, "speed": "fast"})


DONE = {"type": "done", "done": True, "status_code": 200}


@pytest.mark.parametrize(
    ("published", "answer", "wrong"),
    [
        (CHUNK, {"id": "1", "created": 1, "model": "any", "choices": []}, "object is missing"),
        (TRANSCRIPTION, {"text": 5}, "text is 5"),
        (ANSWERS["Error"], {"type": "Error", "variant": 5, "description": ""}, "variant is 5"),
        (MESSAGE, DONE, "context_id is missing"),
        (EVENT, {**DONE, "step": 1}, "step is 1"),
    ],
)
async def test_a_wrong_answer_is_told_as_well(
    published: Specification, answer: dict[str, Any], wrong: str
):
    async with OpenAI([""]) as server:
        server.answers("a test", published, answer)
        assert [wrong in each for each in server.violations] == [True]
        server.violations.clear()
