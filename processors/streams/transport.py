"""Pipecat's socket transport for a call: it ends when all was heard, and can be passed on."""

import asyncio

from loguru import logger
from pipecat.frames.frames import (
    CancelFrame,
    ClientConnectedFrame,
    EndFrame,
    EndWorkerFrame,
    Frame,
    InterruptionFrame,
    OutputDTMFFrame,
    StartFrame,
)
from pipecat.processors.frame_processor import FrameDirection
from pipecat.transports.base_input import BaseInputTransport
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.websocket.fastapi import (
    FastAPIWebsocketInputTransport,
    FastAPIWebsocketOutputTransport,
    FastAPIWebsocketParams,
    FastAPIWebsocketTransport,
)

from processors.frames import PlayLineFrame, TransferFailedFrame, TransferFrame
from processors.streams.call import Call, LineError, StreamRunnerArguments
from processors.streams.serializer import RATE, StreamSerializer

PLAYED = 5.0  # s in which the provider must have played what it was sent


class StreamInput(FastAPIWebsocketInputTransport):
    """It goes on listening while the last words are played: the provider says when they were."""

    line: "StreamTransport"

    async def start(self, frame: StartFrame):
        await super().start(frame)
        self._ending = self.create_task(self._until_stopped())
        self._machine = self.create_task(self._until_machine())

    async def stop(self, frame: EndFrame):
        await BaseInputTransport.stop(self, frame)

    async def cleanup(self):
        for task in (self._ending, self._machine):
            await self.cancel_task(task)
        await super().cleanup()

    async def push_frame(self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM):
        await super().push_frame(frame, direction)
        if isinstance(frame, ClientConnectedFrame) and self.line.call.digits:
            await super().push_frame(OutputDTMFFrame.from_string(self.line.call.digits))

    async def _until_stopped(self):
        """The caller has hung up, whether or not the provider closes the socket as well."""
        await self.line.serializer.over.wait()
        self.line.is_theirs = True
        await self._client.trigger_client_disconnected()

    async def _until_machine(self):
        """A machine took the call: what there is to say to it, then the end."""
        await self.line.call.machine.wait()
        said = self.line.call.to_machine
        if said is None:
            return
        await self.push_frame(InterruptionFrame())
        if said:
            await self.push_frame(PlayLineFrame(said))
        await self.push_frame(EndWorkerFrame(reason="a machine took the call"))


class StreamOutput(FastAPIWebsocketOutputTransport):
    """It hangs up, or passes the call on, once the other side has heard all."""

    line: "StreamTransport"

    async def stop(self, frame: EndFrame):
        await BaseOutputTransport.stop(self, frame)
        if not self.line.is_theirs:
            await self._played()
            await self._hang_up()
        await self._client.disconnect()

    async def cancel(self, frame: CancelFrame):
        await BaseOutputTransport.cancel(self, frame)
        if not self.line.is_theirs and self._client.is_connected:
            await self._hang_up()
        await self._client.disconnect()

    async def write_transport_frame(self, frame: Frame):
        if isinstance(frame, TransferFrame):
            await self._pass_on(frame.target)

    async def _played(self):
        """Wait until the provider says that all sound sent so far was heard."""
        if not self._client.is_connected:
            return
        question, played = self.line.serializer.ask_played()
        await self._client.send(question)
        try:
            async with asyncio.timeout(PLAYED):
                await played.wait()
        except TimeoutError:
            logger.warning(f"{self.line.call.provider.name} did not say what it played")

    async def _hang_up(self):
        try:
            await self.line.call.hang_up()
        except LineError as error:
            logger.error(f"the call could not be hung up, but its stream ends: {error}")

    async def _pass_on(self, to: str):
        await self._played()
        try:
            await self.line.call.transfer(to)
        except LineError as error:
            logger.error(f"the call could not be passed on: {error}")
            await self.push_frame(TransferFailedFrame(), FrameDirection.UPSTREAM)
        else:
            self.line.is_theirs = True  # the stream ends when somebody answers there
            await self.push_frame(EndWorkerFrame(reason="passed on"), FrameDirection.UPSTREAM)


class StreamTransport(FastAPIWebsocketTransport):
    """A call over the socket of a provider."""

    def __init__(self, arguments: StreamRunnerArguments, params: FastAPIWebsocketParams):
        self.call: Call = arguments.call
        self.serializer = StreamSerializer(self.call)
        self.is_theirs = False  # the call is over, or somebody else's: not ours to hang up
        params.serializer = self.serializer
        params.audio_out_sample_rate = RATE  # so that it is made once, from the voice's own
        super().__init__(arguments.websocket, params)
        self._input = StreamInput(self, self._client, params)
        self._output = StreamOutput(self, self._client, params)
        self._input.line = self._output.line = self
