"""Pipecat's protobuf frames over a plain socket, from clients that may send anything."""

import dataclasses

import numpy as np
from google.protobuf.message import DecodeError
from loguru import logger
from pipecat.audio.utils import create_stream_resampler
from pipecat.frames.frames import Frame, InputAudioRawFrame, InputTransportMessageFrame
from pipecat.processors.frame_processor import FrameProcessorSetup
from pipecat.serializers.protobuf import ProtobufFrameSerializer

RATES = range(8_000, 192_001)  # Hz
CHANNELS = (1, 2)


class SocketSerializer(ProtobufFrameSerializer):
    """What cannot be read is dropped: the talk goes on without it.

    Pipecat's own ends the connection instead. Sound of any rate becomes mono at
    the pipeline's rate, which every stage counts on.
    """

    def __init__(self):
        super().__init__()
        self._rate = 0  # Hz of the pipeline, known at setup
        self._heard_at = 0  # Hz of the client's sound
        self._resampler = create_stream_resampler()

    async def setup(self, setup: FrameProcessorSetup):
        await super().setup(setup)
        self._rate = setup.audio_in_sample_rate

    async def deserialize(self, data: str | bytes) -> Frame | None:
        """The frame in `data`, or None where there is none that makes sense."""
        try:
            frame = await super().deserialize(data)
        except (DecodeError, TypeError, ZeroDivisionError) as error:
            logger.warning(f"a message of the client cannot be read: {error!r}")
            return None
        match frame:
            case InputAudioRawFrame():
                return await self._sound(frame)
            case InputTransportMessageFrame(message=message) if not isinstance(message, dict):
                logger.warning("a message of the client is no object")
                return None
            case _:
                return frame

    async def _sound(self, frame: InputAudioRawFrame) -> InputAudioRawFrame | None:
        rate, channels = frame.sample_rate, frame.num_channels
        if rate not in RATES or channels not in CHANNELS or len(frame.audio) % (2 * channels):
            logger.warning(f"sound of the client at {rate} Hz, {channels} channels is dropped")
            return None
        if channels == 1 and rate == self._rate:
            return frame
        if rate != self._heard_at:
            self._heard_at, self._resampler = rate, create_stream_resampler()
        pcm = np.frombuffer(frame.audio, np.int16).reshape(-1, channels).mean(axis=1)
        mono = pcm.astype(np.int16).tobytes()
        audio = await self._resampler.resample(mono, rate, self._rate)
        return dataclasses.replace(frame, audio=audio, sample_rate=self._rate, num_channels=1)
