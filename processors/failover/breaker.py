"""Whether a service that fails is asked again."""

import asyncio
from collections.abc import Awaitable, Callable

from loguru import logger

FAILURES = 3  # in a row, after which it is left alone
EVERY = 10.0  # s between two probes of one that is left alone
PATIENCE = 5.0  # s that a probe may take

Probe = Callable[[], Awaitable[None]]


class Breaker:
    """One for each service of the process that has a second, shared by all talks.

    It opens after `FAILURES` in a row: nobody waits for that service any more. A
    probe in the background, which raises while the service is ill, closes it.
    Without a probe it closes by itself, and the next failure but two opens it.
    """

    def __init__(self, probe: Probe | None = None, *, every: float = EVERY) -> None:
        """Closed at first. `every`: s between two probes."""
        self._probe = probe
        self._every = every
        self._failures = 0
        self._probing: asyncio.Task[None] | None = None
        self.mended = 0  # how often it has closed again

    @property
    def is_open(self) -> bool:
        """Whether the service is to be left alone."""
        return self._failures >= FAILURES

    def failed(self) -> None:
        """The service failed."""
        self._failures += 1
        if self.is_open and (self._probing is None or self._probing.done()):
            self._probing = asyncio.create_task(self._mend())

    def worked(self) -> None:
        """The service did what it was asked for."""
        if not self.is_open:
            self._failures = 0

    async def _mend(self) -> None:
        while self.is_open:
            await asyncio.sleep(self._every)
            try:
                async with asyncio.timeout(PATIENCE):
                    if self._probe:
                        await self._probe()
            except Exception as error:  # of whichever library the service is asked with
                logger.debug(f"failover: still ill: {error}")
                continue
            self._failures = 0
            self.mended += 1
