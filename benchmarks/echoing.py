"""A call answered with a pipeline of an echo alone: what transports cost, without an agent."""

from pipecat.frames.frames import Frame, InputAudioRawFrame, OutputAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.transports.base_transport import BaseTransport
from pipecat.workers.runner import WorkerRunner


class Echo(FrameProcessor):
    """Gives back what it hears."""

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Sound in, the same sound out."""
        await super().process_frame(frame, direction)
        if isinstance(frame, InputAudioRawFrame):
            echo = OutputAudioRawFrame(frame.audio, frame.sample_rate, frame.num_channels)
            await self.push_frame(echo)
        else:
            await self.push_frame(frame, direction)


async def echo(transport: BaseTransport) -> None:
    """Echo what comes over `transport` until the caller is gone."""
    worker = PipelineWorker(
        Pipeline([transport.input(), Echo(), transport.output()]), enable_rtvi=False
    )

    @transport.event_handler("on_client_disconnected")
    async def on_client_disconnected(_transport: object, _client: object) -> None:
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()
