"""The agent in a room: it comes before the people and leaves some time after the last of them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from loguru import logger
from pipecat.pipeline.worker import PipelineWorker
from pipecat.transports.base_transport import BaseTransport

from judgement.company import Company
from processors.rooms.broken import Broken
from processors.rooms.joining import is_daily, name_of
from processors.talk import Talk

BACKOFF = 3.0  # s after which a room is joined again
JOINED = 20.0  # s in which it must let the agent in
# By whether a transport is Daily's: what it tells when a connection breaks, and when we leave.
BREAKS = {True: ("on_error", "on_before_leave"), False: ("on_disconnected", "on_before_disconnect")}


class Visit:
    """Keeps the company as the transport tells it, and the talk for as long as it lasts."""

    def __init__(
        self, worker: PipelineWorker, talk: Talk, company: Company, alone_seconds: float
    ) -> None:
        self._worker = worker
        self._talk = talk
        self._company = company
        self._alone = alone_seconds
        self._connected, self._here, self._gone = (asyncio.Event() for _ in range(3))
        self._is_leaving = False

    def follow(self, transport: BaseTransport) -> None:
        """Listen to what `transport` tells."""

        @transport.event_handler("on_client_connected")
        async def on_client_connected(_transport: object, participant: Mapping[str, Any]):
            self._join(participant["id"], await name_of(transport, participant))

        @transport.event_handler("on_client_disconnected")
        async def on_client_disconnected(_transport: object, participant: Mapping[str, Any]):
            self._leave(participant["id"])

        @transport.event_handler("on_connected")
        async def on_connected(_transport: object, *_: object):
            self._connected.set()

        breaks, leaves = BREAKS[is_daily(transport)]

        @transport.event_handler(leaves)
        async def on_leave(_transport: object):
            self._is_leaving = True

        @transport.event_handler(breaks)
        async def on_break(_transport: object, *why: object):
            await self._break(*map(str, why))

    async def greet(self, greeting: Callable[[], Awaitable[None]]) -> None:
        """Greet the first one to come, and leave once nobody has been here for a while."""
        if not await _is_set(self._connected, JOINED):
            await self._break("nobody let us in")
        elif await _is_set(self._here, self._alone):
            await greeting()
            self._talk.beside(self._leave_when_alone())
        else:
            await self._end()

    async def _leave_when_alone(self) -> None:
        while True:
            await self._gone.wait()
            if not await _is_set(self._here, self._alone):
                await self._end()
                return

    async def _end(self) -> None:
        logger.info(f"talk {self._talk.id}: nobody is in the room")
        await self._worker.cancel()

    def _join(self, id: str, name: str) -> None:
        self._company.join(id, name)
        self._talk.seat.join()
        self._here.set()
        self._gone.clear()

    def _leave(self, id: str) -> None:
        self._company.leave(id)
        if not self._company.names:
            self._here.clear()
            self._gone.set()

    async def _break(self, why: str = "the connection is gone") -> None:
        if not self._is_leaving:
            self._talk.broke = why
            await self._worker.cancel()


async def _is_set(event: asyncio.Event, seconds: float) -> bool:
    """Whether `event` comes about in time."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True


async def twice(talk: Callable[[], Awaitable[None]]) -> None:
    """Hold a talk, and where its room breaks off, once more after a moment."""
    try:
        await talk()
    except Broken as error:
        logger.warning(f"the room broke off and is joined again in {BACKOFF:g} s: {error}")
        await asyncio.sleep(BACKOFF)
        try:
            await talk()
        except Broken as again:
            logger.error(f"the room cannot be joined: {again}")
