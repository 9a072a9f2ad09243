"""Whether each service of a profile answers, asked for real: key, voice and latency in words.

`probe(settings)` is for `python -m server doctor`; `ask` is what a failover asks
in the background. A question costs a word or two at the provider. Nothing of it
is imported before it is needed.
"""

import asyncio
import io
import time
import wave
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from config.environment import revealed, without_secrets
from config.finding import Line
from config.sections import Service
from config.services import Part, known
from config.settings import PARTS, Settings

TIMEOUT = 8.0  # s that a service has to answer
WORD = "Yes."
LOCAL = ("moonshine", "piper", "llama", "whisper", "kokoro")

Ask = Callable[[Mapping[str, Any], Mapping[str, Any]], Awaitable[str]]


class ProbeError(Exception):
    """A service does not answer as it should; the text says why, and what to change."""


async def probe(settings: Settings) -> list[Line]:
    """A line for each service that the profile names, asked all at once."""
    asked: list[tuple[Part, str]] = [
        (part, key) for part in PARTS for key in settings.services(part)
    ]
    return list(await asyncio.gather(*(_line(settings, part, key) for part, key in asked)))


async def ask(settings: Settings, part: Part, key: str) -> str:
    """Ask the service at `key`; what it said for itself. Raises `ProbeError`."""
    service = settings.services(part)[key]
    question = _QUESTIONS.get(known(part, service.service).path)
    if question is None:
        raise ProbeError("nobody knows how to ask it outside a talk")
    args, chosen = revealed(service.args), revealed(service.settings)
    try:
        async with asyncio.timeout(TIMEOUT):
            return await question(args, chosen)
    except ProbeError:
        raise
    except TimeoutError:
        raise ProbeError(f"no answer within {TIMEOUT:.0f} s") from None
    except ImportError as error:
        raise ProbeError(f"{error}: {known(part, service.service).install}") from None
    except Exception as error:  # of whichever library it is asked with
        raise ProbeError(_reason(settings, key, service, error)) from None


def can_ask(settings: Settings, part: Part, key: str) -> bool:
    """Whether the service at `key` can be asked outside a talk."""
    return known(part, settings.services(part)[key].service).path in _QUESTIONS


async def _line(settings: Settings, part: Part, key: str) -> Line:
    service = settings.services(part)[key]
    name = service.shown("service").rpartition(".")[2]
    unset = [
        variable
        for each, origin in settings.origins.items()
        if each.startswith((f"{key}.args.", f"{key}.settings."))
        for variable in origin.unset
    ]
    if unset:
        words = " and ".join(unset)
        return Line(key, f"{name} was not asked: {words} is not set", ok=False)
    if service.service in LOCAL:
        return Line(key, f"{name} runs on this machine and needs no key")
    if not can_ask(settings, part, key):
        return Line(key, f"{name} was not asked: it can only be tried in a talk")
    try:
        return Line(key, f"{name}: {await ask(settings, part, key)}")
    except ProbeError as error:
        return Line(key, f"{name}: {error}", ok=False)


def _reason(settings: Settings, key: str, service: Service, error: Exception) -> str:
    status = getattr(error, "status_code", None)
    match status:
        case 401 | 403:
            origin = settings.origins.get(f"{key}.args.api_key")
            where = " or ".join(origin.used) if origin and origin.used else f"{key}.args.api_key"
            return f"the key is not accepted (HTTP {status}); look at {where}"
        case 404:
            return f"it does not know the model or voice (HTTP 404); look at {key}.settings"
        case 402 | 429:
            return f"too many requests, or no credit left (HTTP {status})"
        case int():
            return f"it answers with HTTP {status}"
        case _:
            text = without_secrets(str(error) or type(error).__name__, service.args)
            return f"it cannot be reached ({text.splitlines()[0][:120]})"


async def _openai_llm(args: Mapping[str, Any], chosen: Mapping[str, Any]) -> str:
    from openai import AsyncOpenAI

    model = chosen.get("model", "gpt-4.1")
    async with AsyncOpenAI(**_to(args), max_retries=0) as client:
        began = time.monotonic()
        stream = await client.chat.completions.create(
            model=model, messages=[{"role": "user", "content": "Say yes."}], stream=True
        )
        async for chunk in stream:
            if chunk.choices and chunk.choices[0].delta.content:
                await stream.close()
                return f"key accepted, first word of {model} after {_since(began)}"
    raise ProbeError(f"{model} answered without a word")


async def _openai_stt(args: Mapping[str, Any], chosen: Mapping[str, Any]) -> str:
    from openai import AsyncOpenAI

    async with AsyncOpenAI(**_to(args), max_retries=0) as client:
        began = time.monotonic()
        model = chosen.get("model", "gpt-4o-transcribe")
        await client.audio.transcriptions.create(file=("half.wav", _silence()), model=model)
        return f"key accepted, {model} answered after {_since(began)}"


async def _openai_tts(args: Mapping[str, Any], chosen: Mapping[str, Any]) -> str:
    from openai import AsyncOpenAI

    async with AsyncOpenAI(**_to(args), max_retries=0) as client:
        began = time.monotonic()
        async with client.audio.speech.with_streaming_response.create(
            input=WORD,
            model=chosen.get("model", "gpt-4o-mini-tts"),
            voice=chosen.get("voice", "alloy"),
            response_format="pcm",
        ) as response:
            async for _ in response.iter_bytes():
                return f"key and voice accepted, first sound after {_since(began)}"
    raise ProbeError("it answered without a sound")


async def _deepgram_stt(args: Mapping[str, Any], chosen: Mapping[str, Any]) -> str:
    from deepgram.listen.v1.types import ListenV1CloseStream

    model = chosen.get("model", "nova-3-general")
    began = time.monotonic()
    async with _deepgram(args).listen.v1.connect(
        model=model, encoding="linear16", sample_rate="16000"
    ) as live:
        await live.send_media(bytes(3200))
        await live.send_close_stream(ListenV1CloseStream(type="CloseStream"))
        answer = await live.recv()
    if getattr(answer, "type", "") not in ("Results", "Metadata"):
        raise ProbeError(f"{model} answered with nonsense")
    return f"key accepted, {model} answered after {_since(began)}"


async def _deepgram_tts(args: Mapping[str, Any], chosen: Mapping[str, Any]) -> str:
    began = time.monotonic()
    voice = chosen.get("voice", "aura-2-helena-en")
    client = _deepgram({key: value for key, value in args.items() if key == "api_key"})
    async for _ in client.speak.v1.audio.generate(text=WORD, model=voice):
        return f"key and voice accepted, first sound after {_since(began)}"
    raise ProbeError("it answered without a sound")


async def _cartesia_tts(args: Mapping[str, Any], chosen: Mapping[str, Any]) -> str:
    from processors.services.cartesia import client, first_sound

    async with client(args) as cartesia:
        voice = await cartesia.voices.get(chosen.get("voice", ""))
        began = time.monotonic()
        await first_sound(cartesia, chosen, WORD)
        return f"key accepted, voice {voice.name}, first sound after {_since(began)}"


def _deepgram(args: Mapping[str, Any]) -> Any:
    from deepgram import AsyncDeepgramClient, DeepgramClientEnvironment

    if not args.get("base_url"):
        return AsyncDeepgramClient(api_key=args.get("api_key", ""))
    scheme, _, host = str(args["base_url"]).rpartition("://")
    plain = scheme in ("ws", "http")
    http, ws = ("http", "ws") if plain else ("https", "wss")
    environment = DeepgramClientEnvironment(
        base=f"{http}://{host}",
        production=f"{ws}://{host}",
        agent=f"{ws}://{host}",
        agent_rest=f"{http}://{host}",
    )
    return AsyncDeepgramClient(api_key=args.get("api_key", ""), environment=environment)


def _to(args: Mapping[str, Any]) -> dict[str, Any]:
    return {key: args[key] for key in ("api_key", "base_url", "organization") if args.get(key)}


def _silence() -> bytes:
    """Half a second of it, as a WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(16_000)
        sound.writeframes(bytes(16_000))
    return file.getvalue()


def _since(began: float) -> str:
    return f"{time.monotonic() - began:.2f} s"


_QUESTIONS: Mapping[str, Ask] = {
    "processors.services.openai.OpenAIService": _openai_llm,
    "pipecat.services.openai.llm.OpenAILLMService": _openai_llm,
    "pipecat.services.openai.stt.OpenAISTTService": _openai_stt,
    "pipecat.services.openai.tts.OpenAITTSService": _openai_tts,
    "pipecat.services.deepgram.stt.DeepgramSTTService": _deepgram_stt,
    "pipecat.services.deepgram.tts.DeepgramTTSService": _deepgram_tts,
    "pipecat.services.cartesia.tts.CartesiaTTSService": _cartesia_tts,
}
