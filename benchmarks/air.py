"""A room without a network: both ends of a talk's sound in one process, in real time."""

import asyncio
from typing import Any

import numpy as np
from pipecat.frames.frames import (
    OutputAudioRawFrame,
    OutputTransportMessageFrame,
    OutputTransportMessageUrgentFrame,
    StartFrame,
)
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import BaseTransport, TransportParams

from benchmarks.sound import RATE, Pcm
from processors.hold import Hold

CLIENT = ("on_client_connected", "on_client_disconnected")
ROOM = ("on_connected", "on_disconnected", "on_before_disconnect")  # as a room's transport tells


class _Microphone(BaseInputTransport):
    async def start(self, frame: StartFrame):
        await super().start(frame)
        await self.set_transport_ready(frame)


class _Loudspeaker(BaseOutputTransport):
    """Plays at the speed of sound into a list of (time it began to play, samples)."""

    def __init__(self, params: TransportParams):
        super().__init__(params)
        self.played: list[tuple[float, Pcm]] = []
        self.messages: list[dict[str, Any]] = []
        self._free_at = 0.0

    async def start(self, frame: StartFrame):
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        now = asyncio.get_running_loop().time()
        begins = max(now, self._free_at)
        pcm = np.frombuffer(frame.audio, np.int16)
        self.played.append((begins, pcm))
        self._free_at = begins + len(pcm) / frame.sample_rate
        await asyncio.sleep(self._free_at - now)
        return True

    async def send_message(
        self, frame: OutputTransportMessageFrame | OutputTransportMessageUrgentFrame
    ):
        if isinstance(frame.message, dict):
            self.messages.append({"at": asyncio.get_running_loop().time(), **frame.message})


class Air(BaseTransport):
    """Both ends of a talk in one process."""

    def __init__(self, hold: Hold):
        super().__init__()
        params = TransportParams(
            audio_in_enabled=True,
            audio_out_enabled=True,
            audio_out_sample_rate=RATE,
            audio_out_10ms_chunks=2,
            audio_out_filter=hold,
        )
        for event in (*CLIENT, *ROOM):
            self._register_event_handler(event)
        self.microphone = _Microphone(params)
        self.loudspeaker = _Loudspeaker(params)

    def input(self) -> _Microphone:
        return self.microphone

    def output(self) -> _Loudspeaker:
        return self.loudspeaker
