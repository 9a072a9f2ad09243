"""A call as a Pipecat transport: sound both ways, keys, hold, and an end that clips nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.frames.frames import (
    CancelFrame,
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InputDTMFFrame,
    InterruptionFrame,
    OutputAudioRawFrame,
    OutputDTMFFrame,
    OutputDTMFUrgentFrame,
    StartFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.runner.types import RunnerArguments
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import BaseTransport, TransportParams

from processors.frames import TransferFailedFrame, TransferFrame
from processors.sip.speech import LOOK, give

if TYPE_CHECKING:  # the stack beneath it is needed for a line alone
    from processors.sip.call import SipCall

HUSH = 1.0  # s of silence heard of a caller who puts us on hold: what they said is over
CHUNKS = 2  # of 10 ms: a packet of the telephone
KEYS = frozenset(key.value for key in KeypadEntry)
FOREVER = 86_400.0  # s that a caller may keep us on hold


@dataclass
class SipRunnerArguments(RunnerArguments):
    """What a talk over our own line begins with: its call."""

    call: SipCall


class SipInput(BaseInputTransport):
    """The caller's sound and keys. While they hold the line, neither music nor clock is heard."""

    def __init__(self, transport: SipTransport, call: SipCall, params: TransportParams):
        super().__init__(params)
        self._transport = transport
        self._call = call
        self._listening: asyncio.Task[None] | None = None

    async def start(self, frame: StartFrame):
        """Listen."""
        await super().start(frame)
        await self.set_transport_ready(frame)
        self._call.on_digit = self._pressed
        if self._listening is None:
            self._listening = self.create_task(self._listen())

    async def cleanup(self):
        """Listen no more."""
        if self._listening:
            await self.cancel_task(self._listening)
            self._listening = None
        await super().cleanup()

    async def _listen(self):
        await self._transport.tell("on_client_connected")
        hush = 0.0
        while not self._call.ended.is_set():
            pcm = self._call.hear(self.sample_rate)
            if self._call.held:
                due = hush < HUSH
                pcm = np.zeros(round(LOOK * self.sample_rate) if due else 0, np.int16)
                hush += LOOK
            else:
                hush = 0.0
            if len(pcm):
                await self.push_audio_frame(
                    InputAudioRawFrame(pcm.tobytes(), self.sample_rate, num_channels=1)
                )
            await asyncio.sleep(LOOK)
        await self._transport.tell("on_client_disconnected")

    def _pressed(self, digit: str):
        if digit in KEYS:
            self.create_task(self.push_frame(InputDTMFFrame(KeypadEntry(digit))))


class SipOutput(BaseOutputTransport):
    """The agent's sound, at most `AHEAD` s before its time; while on hold it waits."""

    def __init__(self, call: SipCall, params: TransportParams):
        super().__init__(params)
        self._call = call

    async def start(self, frame: StartFrame):
        """Speak."""
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def stop(self, frame: EndFrame):
        """Hang up when the last word has been heard."""
        await super().stop(frame)
        await self._call.drained()
        await self._call.hang_up()

    async def cancel(self, frame: CancelFrame):
        """Hang up now."""
        await super().cancel(frame)
        await self._call.hang_up()

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        """As every output; an interruption also takes back what the line has not sent."""
        await super().process_frame(frame, direction)
        if isinstance(frame, InterruptionFrame):
            self._call.drop()

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        """Give the line a packet's sound and wait until it is nearly due."""
        return await give(self._call, np.frombuffer(frame.audio, np.int16), self.sample_rate)

    async def write_transport_frame(self, frame: Frame):
        """Pass the caller on once all that was said before has been heard."""
        if isinstance(frame, TransferFrame):
            await self._call.drained()
            if not await self._call.transfer(frame.target):
                await self.push_frame(TransferFailedFrame(), FrameDirection.UPSTREAM)

    def _supports_native_dtmf(self) -> bool:
        return True

    async def _write_dtmf_native(self, frame: OutputDTMFFrame | OutputDTMFUrgentFrame):
        await self._call.press(frame.to_string())


class SipTransport(BaseTransport):
    """One call. Events: `on_client_connected` and `on_client_disconnected`, with the call."""

    def __init__(self, call: SipCall, params: TransportParams):
        """Sound goes out in packets of 20 ms, and no silence behind the last word."""
        super().__init__()
        self.call = call
        params = params.model_copy(
            update={
                "audio_out_10ms_chunks": CHUNKS,
                "audio_out_end_silence_secs": 0,
                "audio_out_write_timeout_secs": FOREVER,
            }
        )
        self._input = SipInput(self, call, params)
        self._output = SipOutput(call, params)
        self._register_event_handler("on_client_connected")
        self._register_event_handler("on_client_disconnected")

    def input(self) -> SipInput:
        """Where the caller's sound comes in."""
        return self._input

    def output(self) -> SipOutput:
        """Where the agent's sound goes out."""
        return self._output

    async def tell(self, event: str):
        """Call the handlers of `event`."""
        await self._call_event_handler(event, self.call)
