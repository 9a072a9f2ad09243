"""What the three servers share: a port, a key, a fault, and what they were asked."""

import asyncio
import json
from enum import StrEnum, auto
from types import TracebackType
from typing import Any, Self

from aiohttp import WSCloseCode, web

from tests.providers.specification import Specification

KEY = "key-of-the-tests"
STATUS = {"refused": 401, "busy": 429, "broken": 500}


class Fault(StrEnum):
    """What a server does wrong from now on."""

    REFUSED = auto()  # HTTP 401
    GONE = auto()  # nobody listens at its port
    HANG = auto()  # it takes everything in and answers nothing
    BUSY = auto()  # HTTP 429
    BROKEN = auto()  # HTTP 500
    CUT = auto()  # it answers, and the connection breaks in the middle
    STALL = auto()  # it answers, and falls silent in the middle
    MALFORMED = auto()  # what it answers is no JSON


class Provider:
    """A server on a port of its own, in the event loop of the test.

    `violations` lists what was asked, and what it answered, against the published specification;
    leaving it raises `AssertionError` where there are any.
    """

    def __init__(self) -> None:
        self.fault: Fault | None = None
        self.violations: list[str] = []
        self.asked: list[Any] = []
        self.felt: float | None = None  # when its fault showed first, by the loop's clock
        self._open: dict[int, web.Request] = {}
        self._app = web.Application(middlewares=[self._faulty])
        self._app.add_routes(self.routes())
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self.port = 0
        self._hung = asyncio.Event()

    def routes(self) -> list[web.RouteDef]:
        raise NotImplementedError

    @property
    def http(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ws(self) -> str:
        return f"ws://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._runner = web.AppRunner(self._app, shutdown_timeout=0.1)
        await self._runner.setup()
        await self._listen()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._hung.set()
        self.cut()
        assert self._runner is not None
        await self._runner.cleanup()
        if error is None and self.violations:
            raise AssertionError("\n".join(self.violations))

    async def fail(self, fault: Fault) -> None:
        """From now on, with `fault`; what is connected feels it as well."""
        self.fault = fault
        if fault is Fault.GONE:
            assert self._site is not None
            await self._site.stop()
            self.cut()

    def feel(self) -> None:
        """The fault shows now."""
        if self.felt is None:
            self.felt = asyncio.get_running_loop().time()

    async def heal(self) -> None:
        """Work again."""
        gone, self.fault, self.felt = self.fault is Fault.GONE, None, None
        self._hung.set()
        self._hung = asyncio.Event()
        if gone:
            await self._listen()

    def cut(self) -> None:
        """Break every connection, without a goodbye."""
        for request in list(self._open.values()):
            if request.transport:
                request.transport.abort()

    async def hang(self) -> None:
        """Until somebody heals it."""
        await self._hung.wait()

    async def _listen(self) -> None:
        assert self._runner is not None
        self._site = web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True)
        await self._site.start()
        server = self._site._server
        assert isinstance(server, asyncio.Server)
        self.port = server.sockets[0].getsockname()[1]

    @web.middleware
    async def _faulty(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if self.fault in (Fault.HANG, *STATUS):
            self.feel()
        if self.fault is Fault.HANG:
            await self.hang()
        if self.fault in STATUS or not self.is_authorised(request):
            status = STATUS.get(self.fault or "", 401)
            return web.json_response(self.error(status), status=status)
        self._open[id(request)] = request
        try:
            return await handler(request)
        except json.JSONDecodeError as error:
            self.violated(f"{request.path}: no JSON: {error.doc!r}")
            raise web.HTTPBadRequest from None
        finally:
            self._open.pop(id(request), None)

    def is_authorised(self, request: web.Request) -> bool:
        raise NotImplementedError

    def error(self, status: int) -> dict[str, Any]:
        raise NotImplementedError

    def violated(self, what: str) -> None:
        self.violations.append(f"{type(self).__name__}: {what}")

    def takes(self, what: str, published: Specification, told: Any, **how: bool) -> bool:
        """Whether `told`, which was asked for as `what`, is within the specification."""
        wrong = published.broken(told, **how)
        for each in wrong:
            self.violated(f"{what}: {each}")
        return not wrong

    def answers(self, what: str, published: Specification, told: Any) -> Any:
        """`told`, which is answered, checked in the same way."""
        self.takes(f"answered {what}", published, told)
        return told


async def close(socket: web.WebSocketResponse) -> None:
    await socket.close(code=WSCloseCode.OK)
