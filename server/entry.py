"""Who may begin a talk: every refusal comes before anything of a talk is made."""

import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import BackgroundTasks, HTTPException, WebSocket
from pipecat.runner.types import (
    RunnerArguments,
    SmallWebRTCRunnerArguments,
    WebSocketRunnerArguments,
)
from pipecat.transports.smallwebrtc.connection import IceServer, SmallWebRTCConnection
from pipecat.transports.smallwebrtc.request_handler import (
    SmallWebRTCPatchRequest,
    SmallWebRTCRequest,
    SmallWebRTCRequestHandler,
)
from starlette.requests import HTTPConnection

from config.access import Access
from memory.blocks import Blocks
from processors.jitter import listen_at_once
from processors.seats import Busy, Seats
from server.channel import limit_messages
from server.gate import Visitor, is_own_machine, visitor_of
from server.ice import Ice
from server.rates import Rates, TooOften
from server.tokens import BadToken, Tokens

MOST_WAITING = 1000  # starts that nobody has followed up yet

Bot = Callable[[RunnerArguments], Awaitable[None]]


class Refused(Exception):
    """A request is not wanted: the HTTP status, a sentence, and when to come back."""

    def __init__(self, status: int, why: str, seconds: int = 0) -> None:
        """Keep what to answer."""
        super().__init__(why)
        self.status, self.why = status, why
        self.headers = {"Retry-After": str(seconds)} if seconds else {}


@dataclass(slots=True)
class Session:
    """What was asked for at `/start`, under the token that it was answered with."""

    body: dict[str, Any]
    until: float
    peer: str = ""  # of its WebRTC connection, once there is one
    open: bool = False


@dataclass
class Entry:
    """Who may begin a talk, and what is known of those who asked to."""

    access: Access
    tokens: Tokens
    rates: Rates
    seats: Seats
    blocks: Blocks
    bot: Bot
    ice: Ice = field(default_factory=Ice)
    host: str = "localhost"
    esp32: bool = False
    transport: str | None = None  # the only one that is offered
    sessions: dict[str, Session] = field(default_factory=dict[str, Session])

    def __post_init__(self) -> None:
        self._webrtc = SmallWebRTCRequestHandler(None, self.esp32, self.host)

    def start(self, connection: HTTPConnection, use: str, body: object) -> str:
        """A token for one talk. Raises `Refused`."""
        visitor = self.welcome(connection)
        now = time.monotonic()
        self.sessions = {
            token: each for token, each in self.sessions.items() if each.open or each.until > now
        }
        if len(self.sessions) >= MOST_WAITING:
            raise Refused(503, "Too many have asked and not come.", 10)
        self.check_room()
        seconds = self.access.token_seconds
        token = self.tokens.make(use, seconds, user=visitor.name)
        self.sessions[token] = Session(named(body, visitor), now + seconds)
        return token

    def welcome(self, connection: HTTPConnection) -> Visitor:
        """Who wants to begin. Raises `Refused`."""
        visitor = visitor_of(connection.scope)
        if visitor is None:
            raise Refused(401, "Sign in first.")
        with _not_too_often():
            if not is_own_machine(connection.scope, connection.headers):
                self.rates.start(connection.client.host if connection.client else "")
            if visitor.name:
                self.rates.talk(visitor.name)
        return visitor

    def check_caller(self, caller: str) -> None:
        """Whether one who rings, "" who does not say who, gets a line now. Raises `Refused`."""
        self.check_room()
        if not caller:
            return
        if self.blocks.until(caller):
            raise Refused(403, "This caller is blocked.")
        with _not_too_often():
            self.rates.talk(caller)

    def check_room(self) -> None:
        """Whether there is a seat for one more talk. Raises `Refused`."""
        if self.seats.is_full:
            raise Refused(503, "All lines are busy.", 10)

    def check_offer(self) -> None:
        """Whether an offer would get a seat, before its token is spent. Raises `Refused`."""
        try:
            self.seats.check()
        except Busy as error:
            raise Refused(503, "All lines are busy.", error.seconds) from error

    def spend(self, use: str, token: str) -> Session:
        """The session of a token that nobody has used yet. Raises `Refused`."""
        try:
            self.tokens.spend(use, token)
        except BadToken as error:
            raise Refused(403, f"This token is no good: {error}.") from error
        session = self.sessions.get(token)
        if session is None:
            raise Refused(403, "This token is no good: nothing is known of it.")
        session.open = True
        return session

    def known(self, token: str) -> Session:
        """The session of a token whose talk is on, or is still to begin. Raises `Refused`."""
        session = self.sessions.get(token)
        if session is None or not (session.open or session.until > time.monotonic()):
            raise Refused(404, "There is no such session.")
        return session

    async def offer(
        self, request: SmallWebRTCRequest, body: dict[str, Any], work: BackgroundTasks, name: str
    ) -> Any:
        """Answer a new offer; its talk runs behind the answer. Raises `Refused`."""
        self.seat(name, joined=False)

        async def run(connection: SmallWebRTCConnection) -> None:
            self._prepare(connection)
            arguments = SmallWebRTCRunnerArguments(
                webrtc_connection=connection, body=body, session_id=name
            )
            work.add_task(self.run, arguments)

        self._webrtc.update_ice_servers([IceServer(**each) for each in self.ice.offered()])
        try:
            answer = await self._webrtc.handle_web_request(request, run)
        except Exception as error:  # aiortc raises what it likes at an offer that makes no sense
            self.leave(name)
            raise Refused(400, "This offer makes no sense.") from error
        if session := self.sessions.get(name):
            session.peer = answer["pc_id"] if answer else ""
        return answer

    async def renegotiate(self, request: SmallWebRTCRequest, session: Session | None = None) -> Any:
        """Answer another offer of a talk that is on, that of `session`. Raises `Refused`.

        A page whose connection broke has both sides make a new one, under another name.
        """

        async def never(connection: SmallWebRTCConnection) -> None:
            await connection.disconnect()
            raise Refused(404, "That connection is gone.")

        try:
            answer = await self._webrtc.handle_web_request(request, never)
        except Exception as error:
            raise Refused(400, "This offer makes no sense.") from error
        if answer and request.restart_pc:
            self._prepare(self._webrtc._pcs_map[answer["pc_id"]])
        if answer and session:
            session.peer = answer["pc_id"]
        return answer

    def _prepare(self, connection: SmallWebRTCConnection) -> None:
        """Bound what comes over a new connection, and hear it without delay."""
        limit_messages(connection.pc, self.access.max_message)
        listen_at_once(connection.pc)

    async def patch(self, request: SmallWebRTCPatchRequest) -> None:
        """Take more candidates of an offer that was answered. Raises `Refused`."""
        try:
            await self._webrtc.handle_patch_request(request)
        except HTTPException:
            raise
        except Exception as error:
            raise Refused(400, "These candidates make no sense.") from error

    async def socket(self, socket: WebSocket, body: dict[str, Any], name: str) -> None:
        """Hold a talk over a plain socket. Raises `Refused` before there is one."""
        self.seat(name, joined=True)
        await socket.accept()
        arguments = WebSocketRunnerArguments(
            websocket=socket, transport_type="websocket", body=body, session_id=name
        )
        await self.run(arguments)

    def seat(self, name: str, *, joined: bool) -> None:
        """Take a seat for the talk of a session. Raises `Refused`."""
        try:
            self.seats.take(name, joined=joined)
        except Busy as error:
            raise Refused(503, "All lines are busy.", error.seconds) from error

    async def run(self, arguments: RunnerArguments) -> None:
        """The talk, from its beginning to its end."""
        try:
            await self.bot(arguments)
        finally:
            self.leave(arguments.session_id or "")

    def leave(self, name: str) -> None:
        """Nothing of the talk is left."""
        self.seats.free(name)
        self.sessions.pop(name, None)

    async def close(self) -> None:
        """Let go of every connection."""
        await self._webrtc.close()


@contextmanager
def _not_too_often() -> Iterator[None]:
    try:
        yield
    except TooOften as error:
        raise Refused(429, "Too often.", error.seconds) from error


def named(body: object, visitor: Visitor) -> dict[str, Any]:
    """What a client asked for, with who it is: who signed in can be nobody else."""
    asked: dict[str, Any] = dict(body) if isinstance(body, Mapping) else {}
    return asked | ({"user": visitor.name} if visitor.name else {})
