"""Calls that phone providers bring, and those that we place through them.

A call that is brought is answered with the address of a socket that is good for it
alone, once, for a minute.
"""

import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from fastapi import Request, WebSocket
from loguru import logger
from starlette.websockets import WebSocketDisconnect

from config.phone import Phone
from judgement.numbers import caller, is_number, may_be_called
from processors.streams import Call, StreamRunnerArguments
from processors.streams.announcement import announce
from processors.streams.call import Answer, Dialler, LineError, Provider, Started
from processors.streams.exotel import Exotel
from processors.streams.plivo import Plivo, passing_on
from processors.streams.serializer import read
from processors.streams.telnyx import Telnyx
from processors.streams.twilio import Twilio
from server.address import public_url, socket_url
from server.announcing import Announcing
from server.entry import Entry, Refused
from server.gate import visitor_of
from server.tokens import BadToken

FIRST = 10  # messages in which a stream must say what it is
ANSWERED = 120.0  # s in which somebody must pick up, and be known for a person or a machine
NO_WAY_BACK = " Nor could the provider reach this agent: start it with --proxy NAME."
PASSED_ON = 60.0  # s in which Plivo must ask whom to dial


@dataclass(slots=True)
class Placed:
    """A call of ours that rings: what is known of it before there is a stream."""

    to: str
    digits: str = ""
    call: Call | None = None


@dataclass
class Exchange:
    """Calls of providers: what they ask, how it is answered, and which we placed."""

    entry: Entry
    phone: Phone
    announcing: Announcing
    proxy: str | None = None
    placed: dict[str, Placed] = field(default_factory=dict[str, Placed])

    def __post_init__(self) -> None:
        self.diallers: dict[str, Dialler] = {
            "twilio": Twilio(self.phone.twilio),
            "telnyx": Telnyx(self.phone.telnyx),
        }
        self.providers: dict[str, Provider] = {
            **self.diallers,
            "plivo": Plivo(self.phone.plivo),
            "exotel": Exotel(),
        }

    def answer(self, name: str, request: Request, form: Mapping[str, str]) -> Answer:
        """What a provider is to do with a call that it brings."""
        provider = self.providers[name]
        placed = self._placed(request)
        user = placed.to if placed else caller(_first(form, "From", "CallFrom"))
        why = self._unwelcome(user)
        if why and (provider.speaks or not self.announcing.can_say(why)):
            return provider.say(why)
        call = _first(form, "CallSid", "CallUUID")
        token = self.entry.tokens.make(
            "call",
            self.entry.access.token_seconds,
            provider=name,
            call=call,
            user=user,
            placed=request.query_params.get("placed", "") if placed else "",
            why=why,
        )
        return provider.connect(socket_url(request, f"/ws/{token}", self.proxy))

    def _unwelcome(self, user: str) -> str:
        """Why a caller gets no line now; "" where one is free."""
        try:
            self.entry.check_caller(user)
        except Refused as error:
            return self.announcing.reason(error.status)
        return ""

    def _placed(self, request: Request) -> Placed | None:
        """The call of ours that an address is about. Raises `Refused` where there is none."""
        token = request.query_params.get("placed")
        if token is None:
            return None
        try:
            self.entry.tokens.read("placed", token)
            return self.placed[token]
        except (BadToken, KeyError) as error:
            raise Refused(403, "There is no such call.") from error

    async def dial(self, request: Request, name: str, to: str, digits: str) -> None:
        """Call `to`. Raises `Refused`."""
        provider = self.diallers.get(name)
        if provider is None:
            raise Refused(400, f"Calls are placed by {' or '.join(self.diallers)}, not {name}.")
        if not is_number(to):
            raise Refused(400, "The number needs its country code, as in +442071838750.")
        if not may_be_called(to, self.phone.may_call):
            why = f"{to} is not among phone.may_call: add it there, or how it begins, as in +44*."
            raise Refused(403, why)
        if set(digits) - set("0123456789*#"):
            raise Refused(400, "Digits are 0 to 9, * and #.")
        self.entry.check_room()
        token = self.entry.tokens.make("placed", ANSWERED)
        self._forget()
        self.placed[token] = Placed(to, digits)
        detect = {"talk": None, "hang up": "Enable", "message": "DetectMessageEnd"}
        where = public_url(request, self.proxy, f"/phone/{name}")
        try:
            await provider.dial(
                to,
                f"{where}?placed={token}",
                f"{where}/machine?placed={token}",
                detect[self.phone.machines],
            )
        except LineError as error:
            del self.placed[token]
            back = "" if self.proxy else NO_WAY_BACK
            raise Refused(502, f"The call could not be placed: {error}.{back}") from error

    def _forget(self) -> None:
        """Let go of calls that nobody took, or that are over."""
        for token in list(self.placed):
            try:
                self.entry.tokens.read("placed", token)
            except BadToken:
                del self.placed[token]

    def machine(self, request: Request, form: Mapping[str, str]) -> None:
        """Who took a call of ours: a person, a machine, or nobody knows. Raises `Refused`."""
        placed = self._placed(request)
        who = form.get("AnsweredBy", "")
        if placed and placed.call and (who.startswith("machine") or who == "fax"):
            placed.call.machine.set()

    async def stream(self, socket: WebSocket, token: str) -> None:
        """Hold the talk of a stream. Raises `Refused` before there is one."""
        says: Mapping[str, Any] = {}
        if token:
            try:
                says = self.entry.tokens.spend("call", token)
            except BadToken as error:
                raise Refused(403, f"This token is no good: {error}.") from error
        else:
            visitor = visitor_of(socket.scope)
            if visitor is None or visitor.name:
                raise Refused(401, "The token of a webhook is needed.")
        if why := says.get("why"):
            await self._tell(socket, says, why)
            return
        session = token or str(uuid.uuid4())
        try:
            self.entry.seat(session, joined=bool(token))
        except Refused as error:  # another was quicker
            await self._tell(socket, says, self.announcing.reason(error.status))
            return
        try:
            await socket.accept()
            call = await self._first(socket, says)
            if call is None:
                logger.warning("a stream did not begin as the call that it was opened for")
                await socket.close(1008)
                return
            user = says.get("user") or ("" if token else caller(call.started.caller))
            await self.entry.run(
                StreamRunnerArguments(
                    websocket=socket,
                    transport_type=call.provider.name,
                    session_id=session,
                    body={"user": user} if user else {},
                    call=call,
                )
            )
        finally:
            self.entry.leave(session)

    async def _tell(self, socket: WebSocket, says: Mapping[str, Any], why: str) -> None:
        """Say why there is no talk, then hang up. Raises `Refused` where it can't be said."""
        with self.announcing.line(why) as line:
            if line is None:
                raise Refused(503, why, 10)
            await socket.accept()
            if call := await self._first(socket, says):
                await announce(socket, call, line)
                try:
                    await call.hang_up()
                except LineError as error:
                    logger.error(f"a call could not be hung up, but its stream ends: {error}")
            with suppress(RuntimeError):  # the caller was quicker
                await socket.close()

    async def _first(self, socket: WebSocket, says: Mapping[str, Any]) -> Call | None:
        """The call that a stream carries; None if it is not the one that was answered."""
        found = await self._started(socket, says.get("provider"))
        if found is None or says.get("call", found[1].call) != found[1].call:
            return None
        provider, started = found
        placed = self.placed.get(says.get("placed", ""))
        call = Call(provider, started, through=self._through(socket))
        if placed:
            placed.call, call.digits = call, placed.digits
            say = {"talk": None, "hang up": "", "message": self.phone.message}
            call.to_machine = say[self.phone.machines]
        return call

    async def _started(
        self, socket: WebSocket, name: str | None
    ) -> tuple[Provider, Started] | None:
        """The provider, and what it says at the beginning of a stream."""
        known = [self.providers[name]] if name else list(self.providers.values())
        for _ in range(FIRST):
            try:
                data = await socket.receive_text()
            except (WebSocketDisconnect, KeyError):  # gone, or bytes
                return None
            message = read(data)
            for provider in known if message else ():
                if started := provider.started(message or {}):
                    return provider, started
        return None

    def _through(self, socket: WebSocket):
        def through(to: str) -> str:
            token = self.entry.tokens.make("through", PASSED_ON, to=to)
            return public_url(socket, self.proxy, f"/phone/plivo/through/{token}")

        return through

    def through(self, token: str) -> Answer:
        """What dials the number that a call of Plivo's is passed on to. Raises `Refused`."""
        try:
            return passing_on(str(self.entry.tokens.spend("through", token)["to"]))
        except (BadToken, KeyError) as error:
            raise Refused(403, "There is no such call.") from error


def _first(form: Mapping[str, str], *names: str) -> str:
    return next((form[name] for name in names if form.get(name)), "")
