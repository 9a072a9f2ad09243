"""Pipecat's serializers, from providers that may send anything."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from loguru import logger
from pipecat.audio.resamplers.base_audio_resampler import BaseAudioResampler
from pipecat.frames.frames import Frame
from pipecat.processors.frame_processor import FrameProcessorSetup
from pipecat.serializers.base_serializer import FrameSerializer

from processors.resampling import Resampler
from processors.streams.call import Call, Message

KEYS = "0123456789*#"
RATE = 8_000  # Hz of a telephone


class StreamSerializer(FrameSerializer):
    """What cannot be read is dropped: the call goes on without it.

    Pipecat's own end the call instead, or write what was sent into the log. Only
    sound and keys reach them; marks and the end of the stream are noted here.
    """

    def __init__(self, call: Call) -> None:
        super().__init__()
        self._call = call
        self._inner = call.provider.serializer(call.started)
        for name in ("_input_resampler", "_output_resampler"):  # of all four, and no parameter
            setattr(self._inner, name, _Resampling())
        self._marks: dict[str, asyncio.Event] = {}
        self._count = 0
        self.over = asyncio.Event()  # the provider said that the call has ended

    async def setup(self, setup: FrameProcessorSetup):
        await super().setup(setup)
        await self._inner.setup(setup)

    async def serialize(self, frame: Frame) -> str | bytes | None:
        return await self._inner.serialize(frame)

    async def deserialize(self, data: str | bytes) -> Frame | None:
        """The frame in `data`, or None where there is none."""
        message = read(data)
        if message is None:
            logger.warning("a message of the provider's cannot be read")
            return None
        mark = self._call.provider.marked(message)
        if isinstance(mark, str) and (played := self._marks.get(mark)):
            played.set()
        match message.get("event"):
            case "media" if _is_sound(message.get("media")):
                return await self._read(data)
            case "dtmf" if _is_key(message.get("dtmf")):
                return await self._read(data)
            case "stop":
                self.over.set()
                return None
            case _:
                return None

    async def _read(self, data: str | bytes) -> Frame | None:
        try:
            return await self._inner.deserialize(data)
        except (ValueError, TypeError):  # half a sample, or a payload that is no base64
            logger.warning("sound of the provider's cannot be read")
            return None

    def ask_played(self) -> tuple[str, asyncio.Event]:
        """A message to send behind some sound, and what is set once that was played."""
        self._count += 1
        name = f"played {self._count}"
        played = self._marks[name] = asyncio.Event()
        return json.dumps(self._call.provider.mark(self._call.started.stream, name)), played


class _Resampling(BaseAudioResampler):
    """In place of Pipecat's, whose long filter gives sound out in bursts, 0.1 s late."""

    def __init__(self) -> None:
        self._inner = Resampler(RATE, RATE)

    async def resample(self, audio: bytes, in_rate: int, out_rate: int) -> bytes:
        self._inner = self._inner.fit(in_rate, out_rate)
        return self._inner.resample(np.frombuffer(audio, np.int16)).tobytes()


def read(data: str | bytes) -> Message | None:
    """The JSON object in `data`; None where there is none."""
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None


def _is_sound(media: Any) -> bool:
    """Whether `media` holds sound of the other side's."""
    if not isinstance(media, Mapping) or media.get("track", "inbound") != "inbound":
        return False
    return isinstance(media.get("payload"), str)


def _is_key(keys: Any) -> bool:
    key = keys.get("digit") if isinstance(keys, Mapping) else None
    return isinstance(key, str) and len(key) == 1 and key in KEYS
