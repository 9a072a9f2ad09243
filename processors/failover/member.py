"""One of several services that do the same, in a pipeline of its own."""

import asyncio
import copy
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from loguru import logger
from openai import AsyncOpenAI
from pipecat.frames.frames import ErrorFrame, Frame, StartFrame
from pipecat.pipeline.pipeline import Pipeline, PipelineSink, PipelineSource
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor, FrameProcessorSetup

from processors.failover.why import why

END_OF_OLD = 5.0  # s that a service thrown away has to close its connections

S = TypeVar("S", bound=FrameProcessor, covariant=True)
Out = Callable[["Member", Frame, FrameDirection], Awaitable[None]]


@dataclass(frozen=True)
class Maker(Generic[S]):
    """A service by its name in the profile, and what makes one."""

    name: str
    make: Callable[[], S]


class Member:
    """Frames in by `give`, what the service makes of them out by `out`.

    Its connecting holds nobody up: what it is given meanwhile waits. A frame
    that only passes through comes out as one that was `given`. One that failed
    is made anew, so that nothing of what was under way can come late.
    """

    def __init__(self, maker: Maker[FrameProcessor], out: Out) -> None:
        """Make the service; `begin` connects it."""
        self.name = maker.name
        self.error = ""  # why it cannot be asked, as far as it said so
        self._make = maker.make
        self._out = out
        self._given: set[int] = set()
        self._waiting: list[tuple[Frame, FrameDirection]] | None = []
        self._settings: dict[type, Frame] = {}
        self._beginning: asyncio.Task[None] | None = None
        self._old: set[asyncio.Task[None]] = set()
        self._setup: FrameProcessorSetup | None = None
        self._start: asyncio.Future[StartFrame] | None = None
        self._begun = 0.0
        self._each: list[Callable[[FrameProcessor], None]] = []
        self.service, self._pipeline = self._made()

    @property
    def unconnected(self) -> float:
        """For how many seconds it has been starting; 0 once it has."""
        return 0.0 if self.is_ready else asyncio.get_running_loop().time() - self._begun

    @property
    def is_ready(self) -> bool:
        """Whether the service has started, so that what it is given is at work."""
        return self._waiting is None

    def begin(self, setup: FrameProcessorSetup) -> None:
        """Connect, behind everybody's back; observers see only what leaves the whole."""
        self._setup = replace(setup, observer=None)
        self._start = asyncio.get_running_loop().create_future()
        self._connect()

    def start(self, frame: StartFrame) -> None:
        """The talk starts."""
        if self._start and not self._start.done():
            self._start.set_result(frame)

    async def give(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        """Have the service work on `frame`."""
        if self._waiting is not None:
            self._waiting.append((frame, direction))
            return
        self._given.add(frame.id)
        await self._pipeline.queue_frame(frame, direction)

    async def set(self, frame: Frame) -> None:
        """Give settings, now and to whatever is made anew."""
        self._settings[type(frame)] = frame
        await self.give(copy.copy(frame))

    def forget(self) -> None:
        """Of what waits until it has started, only the settings are still of use."""
        if self._waiting is not None:
            self._waiting = self._settled()

    def each(self, do: Callable[[FrameProcessor], None]) -> None:
        """Do something with the service, and with whatever is made anew."""
        self._each.append(do)
        do(self.service)

    def renew(self) -> None:
        """Throw the service away, with all that it was given, and make another one."""
        task = asyncio.create_task(self._end(self._pipeline, self._beginning))
        self._old.add(task)
        task.add_done_callback(self._old.discard)
        self.error = ""
        self._given.clear()
        self._waiting = self._settled()
        self.service, self._pipeline = self._made()
        if self._setup:
            self._connect()

    async def end(self) -> None:
        """Close all connections."""
        await self._end(self._pipeline, self._beginning)
        for task in list(self._old):
            await task

    def _settled(self) -> list[tuple[Frame, FrameDirection]]:
        return [(copy.copy(each), FrameDirection.DOWNSTREAM) for each in self._settings.values()]

    def _made(self) -> tuple[FrameProcessor, Pipeline]:
        service = self._make()
        client = getattr(service, "_client", None)
        if isinstance(client, AsyncOpenAI):
            client.max_retries = 0  # it would ask a failing server again, and tell nobody
        for do in self._each:
            do(service)
        found: list[Pipeline] = []

        async def out(frame: Frame, direction: FrameDirection) -> None:
            if found and found[0] is self._pipeline:  # nothing of one that was thrown away
                await self._leave(frame, direction)

        found.append(Pipeline([service], source=PipelineSource(out), sink=PipelineSink(out)))
        return service, found[0]

    async def _leave(self, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, ErrorFrame):
            self.error = why(frame)
            logger.debug(f"failover: {self.name}: {self.error}")
        await self._out(self, frame, direction)

    def returns(self, frame: Frame) -> bool:
        """Whether `frame` is one that was given, come out again."""
        if frame.id not in self._given:
            return False
        self._given.discard(frame.id)
        return True

    def _connect(self) -> None:
        assert self._start is not None
        self._begun = asyncio.get_running_loop().time()
        self._beginning = asyncio.create_task(self._begin(self._pipeline, self._start))

    async def _begin(self, pipeline: Pipeline, start: "asyncio.Future[StartFrame]") -> None:
        assert self._setup is not None
        await pipeline.setup(self._setup)
        frame = copy.copy(await asyncio.shield(start))
        if pipeline is not self._pipeline:
            return
        self._given.add(frame.id)
        await pipeline.queue_frame(frame)
        while self._waiting:
            each, direction = self._waiting.pop(0)
            self._given.add(each.id)
            await pipeline.queue_frame(each, direction)
        self._waiting = None

    async def _end(self, pipeline: Pipeline, beginning: "asyncio.Task[None] | None") -> None:
        if beginning and not beginning.done():
            beginning.cancel()
        try:
            async with asyncio.timeout(END_OF_OLD):
                await pipeline.cleanup()
        except Exception as error:  # a connection that is broken already
            logger.debug(f"failover: {self.name} could not be closed: {error}")
