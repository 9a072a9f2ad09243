"""Our own telephone line beside the page, in the same process and on the same event loop."""

import socket
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI
from loguru import logger

from config.settings import Settings
from processors.services.words import Line
from processors.sip.call import SipCall
from processors.sip.line import Answer, SipLine
from processors.sip.speech import announce
from processors.sip.transport import SipRunnerArguments
from server.announcing import MOST, Announcing
from server.entry import Entry, Refused
from server.listening import trouble


def open_line(app: FastAPI, settings: Settings, entry: Entry, lines: Mapping[str, Line]) -> None:
    """Have the line open for as long as `app` serves. Raises `SettingsError` where it can't be.

    Callers for whom there is no talk hear one of the prepared `lines`.
    """
    choice, phone = settings.phone.sip, settings.phone
    if choice is None:
        return
    if trouble(socket.SOCK_DGRAM, choice.host, choice.port):
        raise settings.error("phone.sip.listen", f"{choice.listen} is taken or not of this machine")
    says = lines if choice.busy == "say" else {}
    around, talks = app.router.lifespan_context, Talks(entry, Announcing(says, phone.busy))
    most = settings.access.talks + 1 + (MOST if says else 0)  # one that is still ending

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Any]:
        line = SipLine(
            choice, talks.talk, seat=talks.seat, most=most, transfer_to=phone.transfer_to
        )
        async with around(app) as state, line:
            yield state

    app.router.lifespan_context = lifespan


class Talks:
    """A seat for each call, then its talk; a sentence for those who get none."""

    def __init__(self, entry: Entry, announcing: Announcing) -> None:
        """As `entry` lets callers in."""
        self._entry = entry
        self._announcing = announcing

    @contextmanager
    def seat(self, call: SipCall) -> Iterator[Answer | None]:
        """What this call is answered with, before anything is made for it; None: nothing."""
        try:
            self._entry.check_caller(call.caller)
            self._entry.seat(call.id, joined=True)
        except Refused as error:
            logger.info(f"phone: a call is refused: {error}")
            with self._announcing.line(self._announcing.reason(error.status)) as line:
                yield partial(announce, line=line) if line else None
            return
        try:
            yield self.talk
        finally:
            self._entry.leave(call.id)

    async def talk(self, call: SipCall) -> None:
        """One call, as Pipecat's runner has a talk."""
        body = {"user": call.caller} if call.caller else {}
        await self._entry.run(SipRunnerArguments(call, body=body, session_id=call.id))
