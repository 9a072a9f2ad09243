"""What takes turns between a first service and the one after it."""

from collections.abc import Sequence

from loguru import logger
from pipecat.frames.frames import CancelFrame, EndFrame, Frame, StartFrame
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor, FrameProcessorSetup
from pipecat.processors.frameworks.rtvi.frames import RTVIServerMessageFrame

from processors.failover.breaker import Breaker
from processors.failover.member import Maker, Member

HANG = 0.7  # s without a sign of life, after which the second is asked
WAIT = "One moment."
SORRY = "I'm sorry, I can't answer right now. Please try again in a moment."
DEAF = "I'm sorry, I can't hear you right now. Please try again in a moment."
LINES = (WAIT, SORRY, DEAF)


class Failover(FrameProcessor):
    """Two services in one place of the pipeline.

    Pipecat's `ServiceSwitcher` moves on only where a service reports that it is
    finished, loses what was under way, and starts only when all its services
    are connected. Here whoever fails in whichever way is replaced in the middle
    of its work. `part` names the place to the client.
    """

    part = ""

    def __init__(self, makers: Sequence[Maker[FrameProcessor]], breaker: Breaker) -> None:
        """The first of `makers` is preferred; `breaker` knows whether it is well."""
        super().__init__()
        self._breaker = breaker
        self._mended = breaker.mended
        self._members = [Member(maker, self._came) for maker in makers]
        self._active = self._members[1] if breaker.is_open else self._members[0]

    @property
    def first(self) -> Member:
        """The preferred service."""
        return self._members[0]

    @property
    def second(self) -> Member:
        """The one that takes over."""
        return self._members[1]

    async def setup(self, setup: FrameProcessorSetup) -> None:
        """Connect both."""
        await super().setup(setup)
        for member in self._members:
            member.begin(setup)

    async def cleanup(self) -> None:
        """Let go of both."""
        await super().cleanup()
        for member in self._members:
            await member.end()

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Start and end with the talk; all else is the part's."""
        await super().process_frame(frame, direction)
        match frame:
            case StartFrame():
                for member in self._members:
                    member.start(frame)
                await self.push_frame(frame, direction)
            case EndFrame():
                await self.finish()
                await self.push_frame(frame, direction)
            case CancelFrame():
                await self.push_frame(frame, direction)
            case _:
                await self.work(frame, direction)

    async def work(self, frame: Frame, direction: FrameDirection) -> None:
        """Do the part's work with `frame`."""
        raise NotImplementedError

    async def made(self, member: Member, frame: Frame, direction: FrameDirection) -> None:
        """A service made `frame`, or said with it that it failed."""
        raise NotImplementedError

    async def returned(self, member: Member, frame: Frame, direction: FrameDirection) -> None:
        """A frame has passed through a service. The talk has it already."""

    async def _came(self, member: Member, frame: Frame, direction: FrameDirection) -> None:
        if isinstance(frame, (StartFrame, EndFrame, CancelFrame)):
            return
        if member.returns(frame):
            await self.returned(member, frame, direction)
        else:
            await self.made(member, frame, direction)

    async def finish(self) -> None:
        """The talk ends once what is under way is done."""

    async def choose(self) -> Member:
        """Who does what comes next: the first, unless it is known to be ill."""
        if self._breaker.is_open:
            return self.second
        if self._mended != self._breaker.mended:
            self._mended = self._breaker.mended
            if self.first.error:  # made anew while it was ill, and no use
                self.first.renew()
            await self._tell(f"{self.first.name} is well again", took_over=self.first.name)
        elif self.first.error:
            await self.failed(self.first.error)
        elif self.first.unconnected > HANG:
            await self.failed("no connection in time")
        return self.first if self.first.is_ready else self.second

    async def failed(self, reason: str) -> None:
        """The first service failed: the second takes over, here and in the breaker's count."""
        self._breaker.failed()
        text = f"{self.first.name} failed ({reason}): {self.second.name} took over"
        await self._tell(text, failed=self.first.name, why=reason, took_over=self.second.name)
        self.first.renew()

    def worked(self) -> None:
        """The first service did what it was asked for."""
        self._breaker.worked()

    async def _tell(self, text: str, **more: str) -> None:
        logger.warning(f"{self.part}: {text}")
        told = {"type": "notice", "text": text, "failover": {"part": self.part, **more}}
        await self.push_frame(RTVIServerMessageFrame(data=told))
