"""Cartesia through its own SDK, where no talk is on: prepared lines, and the check of a voice.

In a talk Pipecat's service speaks, over a socket of its own.
"""

from collections.abc import Mapping
from typing import Any, cast

from cartesia import APIError, AsyncCartesia
from cartesia.types import RawOutputFormatParam, TTSSSEEvent
from cartesia.types.tts_sse_event import TTSSSEChunkEvent, TTSSSEErrorEvent, TTSSSETimestampsEvent

from processors.services.speaker import SpeakerError
from processors.services.words import Line

RATE = 24_000
MODEL = "sonic-3.6"  # as Pipecat's service has it
FORMAT: RawOutputFormatParam = {
    "container": "raw",
    "encoding": "pcm_s16le",
    "sample_rate": RATE,
}


class CartesiaSpeaker:
    """Lines in the voice of a profile's Cartesia, with the time of each word."""

    def __init__(self, args: Mapping[str, Any], settings: Mapping[str, Any]) -> None:
        """As the profile gives them to Pipecat's service."""
        self._args = args
        self._settings = settings

    @property
    def name_of_voice(self) -> str:
        """Which voice speaks: lines kept on disk go by it."""
        return f"cartesia {self._settings.get('model', MODEL)} {self._settings.get('voice')}"

    async def prepare(self, text: str) -> Line:
        """`text` as a line ready to play. Raises `SpeakerError`."""
        pcm = b""
        words: list[tuple[str, int]] = []
        try:
            async with client(self._args) as cartesia:
                async for event in await _spoken(cartesia, self._settings, text):
                    pcm += _sound(event)
                    words += _words(event)
        except APIError as error:
            raise SpeakerError(f"Cartesia cannot speak: {error}") from error
        if not pcm:
            raise SpeakerError("Cartesia answered without a sound")
        return Line(pcm, RATE, tuple(words) or ((text, len(pcm) // 2),))


def client(args: Mapping[str, Any]) -> AsyncCartesia:
    """The SDK for the server at which Pipecat's service is pointed."""
    url = str(args.get("url", ""))
    host = url.partition("://")[2].partition("/")[0]
    base = f"{'http' if url.startswith('ws://') else 'https'}://{host}" if host else None
    return AsyncCartesia(api_key=args.get("api_key"), base_url=base, max_retries=0, timeout=8.0)


async def first_sound(cartesia: AsyncCartesia, settings: Mapping[str, Any], text: str) -> bytes:
    """The first sound of `text`. Raises `SpeakerError` where there is none."""
    async for event in await _spoken(cartesia, settings, text):
        if sound := _sound(event):
            return sound
    raise SpeakerError("Cartesia answered without a sound")


async def _spoken(cartesia: AsyncCartesia, settings: Mapping[str, Any], text: str) -> Any:
    return await cartesia.tts.generate_sse(
        model_id=settings.get("model", MODEL),
        transcript=text,
        voice={"mode": "id", "id": str(settings.get("voice"))},
        output_format=FORMAT,
        add_timestamps=True,
        language=cast(Any, settings.get("language", "en")),
    )


def _sound(event: TTSSSEEvent) -> bytes:
    if isinstance(event, TTSSSEErrorEvent):
        raise SpeakerError("Cartesia broke off")
    return (event.audio or b"") if isinstance(event, TTSSSEChunkEvent) else b""


def _words(event: TTSSSEEvent) -> list[tuple[str, int]]:
    if not isinstance(event, TTSSSETimestampsEvent):
        return []
    times = event.word_timestamps
    return [(word, int(end * RATE)) for word, end in zip(times.words, times.end, strict=True)]
