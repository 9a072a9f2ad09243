"""Our own telephone line beside the page, in the same process and on the same event loop."""

import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from fastapi import FastAPI
from loguru import logger

from config.settings import Settings
from processors.sip.call import SipCall
from processors.sip.line import SipLine
from processors.sip.transport import SipRunnerArguments
from server.entry import Entry, Refused
from server.listening import trouble


def open_line(app: FastAPI, settings: Settings, entry: Entry) -> None:
    """Have the line open for as long as `app` serves. Raises `SettingsError` where it can't be."""
    choice, phone = settings.phone.sip, settings.phone
    if choice is None:
        return
    if trouble(socket.SOCK_DGRAM, choice.host, choice.port):
        raise settings.error("phone.sip.listen", f"{choice.listen} is taken or not of this machine")
    around, talks = app.router.lifespan_context, Talks(entry)
    most = settings.access.talks + 1  # one that is still ending

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
        line = SipLine(
            choice, talks.talk, seat=talks.seat, most=most, transfer_to=phone.transfer_to
        )
        async with around(app) as state, line:
            yield state

    app.router.lifespan_context = lifespan


class Talks:
    """A seat for each call, then its talk."""

    def __init__(self, entry: Entry) -> None:
        """As `entry` lets callers in."""
        self._entry = entry

    @contextmanager
    def seat(self, call: SipCall) -> Iterator[bool]:
        """Whether there is a line for this call, before anything is made for it."""
        try:
            self._entry.check_caller(call.caller)
            self._entry.seat(call.id, joined=True)
        except Refused as error:
            logger.info(f"phone: a call is refused: {error}")
            yield False
            return
        try:
            yield True
        finally:
            self._entry.leave(call.id)

    async def talk(self, call: SipCall) -> None:
        """One call, as Pipecat's runner has a talk."""
        body = {"user": call.caller} if call.caller else {}
        await self._entry.run(SipRunnerArguments(call, body=body, session_id=call.id))
