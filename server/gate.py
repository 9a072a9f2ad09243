"""What every request and socket must pass before a route sees it."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from config.access import Access
from server.pages import NOT_FROM_HERE, SIGN_IN_FIRST, page
from server.tokens import BadToken, Tokens

COOKIE = "repartee"
PATIENCE = 15.0  # s in which a body must be there, and the first message of a socket
SILENCE = 20.0  # s without a message after which a telephone's socket is dead
UPLOADS = 50 * 2**20  # bytes of an uploaded file

# What needs no sign-in: pages without secrets, and what looks for a token or signature itself.
_PUBLIC = ("/sign-in", "/assets/", "/status", "/phone/", "/sessions/", "/ws/", "/ws-client/")
_UPGRADES = ("/ws", "/ws-client")  # sockets that look for a token themselves
_BODIES = ("POST", "PUT", "PATCH", "DELETE")


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who sends a request. `name` is empty where nobody had to sign in."""

    name: str = ""


class Gate:
    """Origin, sign-in, and the size and time of what is sent.

    Without a secret only this machine's own browser needs no sign-in: a request
    that came through a proxy or a tunnel, or under another name than localhost,
    is somebody else's.
    """

    def __init__(
        self, app: ASGIApp, access: Access, tokens: Tokens, *, origins: Iterable[str] = ()
    ) -> None:
        """Stand before `app`. `origins` may use it beside those of the profile."""
        self._app = app
        self._access = access
        self._tokens = tokens
        self._origins = {each.lower().rstrip("/") for each in (*access.origins, *origins)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        if not self._is_known(headers):
            return await _refuse(scope, receive, send, 403, "This page may not use this server.")
        visitor = self._visitor(scope, headers)
        if visitor is None and not _is_public(scope):
            return await self._turn_away(scope, receive, send)
        scope["visitor"] = visitor
        if scope["type"] == "websocket":
            return await self._app(scope, _Ear(receive, scope, self._access.max_message), send)
        if scope["method"] in _BODIES:
            body = await _body(receive, _most(scope["path"], self._access.max_message))
            if body is None:
                return await _refuse(scope, receive, send, 413, "That is too much or too slow.")
            receive = _again(body, receive)
        await self._app(scope, receive, send)

    async def _turn_away(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Say how one gets in: at the page to a person, elsewhere to a program."""
        if scope["type"] == "http" and scope["path"] == "/":
            text = SIGN_IN_FIRST if self._access.secret else NOT_FROM_HERE
            return await page(text, 401)(scope, receive, send)
        await _refuse(scope, receive, send, 401, "Sign in first.")

    def _is_known(self, headers: Headers) -> bool:
        """Whether the page that sends this is ours or allowed; other programs name none."""
        origin = headers.get("origin")
        if origin is None:
            return True
        return (
            urlsplit(origin).netloc.lower() == headers.get("host", "").lower() != ""
            or origin.lower() in self._origins
        )

    def _visitor(self, scope: Scope, headers: Headers) -> Visitor | None:
        for token in _tokens(headers):
            try:
                return Visitor(str(self._tokens.read("page", token)["user"]))
            except (BadToken, KeyError):
                pass
        own = self._access.secret is None and is_own_machine(scope, headers)
        return Visitor() if own or self._access.open else None


def is_own_machine(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Whether a request was made on this machine, to this machine, with nothing between."""
    if headers.get("x-forwarded-for") or headers.get("forwarded") or scope.get("client") is None:
        return False
    host = urlsplit(f"//{headers.get('host', '')}").hostname
    return is_loopback(scope["client"][0]) and is_loopback(host)


def is_loopback(host: str | None) -> bool:
    """Whether a name or an address is of this machine alone."""
    if host == "localhost":
        return True
    try:
        return ip_address(host or "").is_loopback
    except ValueError:
        return False


def visitor_of(scope: Scope) -> Visitor | None:
    """Who the gate found to send this; None for a stranger at a public route."""
    return scope.get("visitor")


def _tokens(headers: Headers) -> Iterable[str]:
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        yield token.strip()
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return
    if cookie:
        yield cookie.value


def _is_public(scope: Scope) -> bool:
    path = scope["path"]
    if scope["type"] == "websocket" and path in _UPGRADES:
        return True
    if path == "/" and scope.get("method") == "POST":  # a phone provider's webhook
        return True
    return path.startswith(_PUBLIC)


def _most(path: str, most: int) -> int:
    return UPLOADS if path.endswith("/files") else most


async def _body(receive: Receive, most: int) -> bytes | None:
    """The whole body; None if it is longer than `most` or too slow to come."""
    body = b""
    try:
        async with asyncio.timeout(PATIENCE):
            while (message := await receive())["type"] == "http.request":
                body += message.get("body", b"")
                if len(body) > most:
                    return None
                if not message.get("more_body"):
                    return body
    except TimeoutError:
        pass
    return None


def _again(body: bytes, receive: Receive) -> Receive:
    """What gives `body` once more, and then what comes after it."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


class _Ear:
    """A socket's messages, less those too long; its end, once it has been silent too long.

    The first message must come in `PATIENCE`. A telephone sends sound all the time,
    so that one which is silent for `SILENCE` is gone; a page may be muted.
    """

    def __init__(self, receive: Receive, scope: Scope, most: int) -> None:
        self._receive = receive
        self._most = most
        self._wait: float | None = None
        self._then = SILENCE if not scope["path"].startswith("/ws-client") else None

    async def __call__(self) -> Message:
        while True:
            try:
                async with asyncio.timeout(self._wait):
                    message = await self._receive()
            except TimeoutError:
                return {"type": "websocket.disconnect", "code": 1001}
            if message["type"] != "websocket.receive":
                self._wait = PATIENCE  # until the first message
                return message
            self._wait = self._then
            if len(message.get("bytes") or message.get("text") or "") <= self._most:
                return message


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, why: str) -> None:
    if scope["type"] == "http":
        await JSONResponse({"detail": why}, status)(scope, receive, send)
    else:
        await deny(WebSocket(scope, receive, send), status, why)


async def deny(socket: WebSocket, status: int, why: str, **headers: str) -> None:
    """Answer a socket that is not wanted, before it is one."""
    try:
        await socket.send_denial_response(JSONResponse({"detail": why}, status, headers))
    except RuntimeError:  # a server that cannot say why
        await socket.close(4003)
