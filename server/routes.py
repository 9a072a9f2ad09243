"""/start, the offer of a WebRTC connection, and the page's socket.

They answer as Pipecat's own routes do, for Pipecat's clients, and are added
before those: of two routes the first one answers.
"""

import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, BackgroundTasks, FastAPI, Request, WebSocket
from fastapi.responses import JSONResponse, Response
from pipecat.transports.smallwebrtc.request_handler import (
    IceCandidate,
    SmallWebRTCPatchRequest,
    SmallWebRTCRequest,
)
from starlette.requests import HTTPConnection

from server.address import socket_url
from server.entry import Entry, Refused, named
from server.gate import deny, visitor_of
from server.rooms import Rooms, told

PHONES = ("twilio", "telnyx", "plivo", "exotel")


def talks(app: FastAPI, entry: Entry, rooms: Rooms, proxy: str | None) -> APIRouter:
    """The routes at which a talk begins; `proxy` is the public name of this machine."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await entry.close()

    router = APIRouter(lifespan=lifespan)

    @router.post("/start")
    async def start(request: Request) -> Any:
        asked = await _object(request)
        transport = str(asked.get("transport") or _hinted(asked) or entry.transport or "webrtc")
        if entry.transport not in (None, transport):
            raise Refused(400, f"This server is for {entry.transport} only.")
        match transport:
            case "webrtc":
                token = entry.start(request, "offer", asked.get("body"))
                return {"sessionId": token, **_ice(entry, asked)}
            case "websocket":
                token = entry.start(request, "socket", asked.get("body"))
                url = socket_url(request, f"/ws-client/{token}", proxy)
                return {"wsUrl": url, "sessionId": token, "token": token}
            case phone if phone in PHONES:
                entry.welcome(request)
                raise Refused(400, f"A call by {phone} begins at its webhook, /phone/{phone}.")
            case "daily" | "livekit":
                return told(transport, *await rooms.start(request, transport, asked))
            case _:
                entry.welcome(request)
                entry.check_room()
                return await _pipecats(app, start)(request)

    @router.post("/api/offer")
    async def offer(request: Request, work: BackgroundTasks) -> Any:
        asked = await _object(request)
        wanted = _offer(asked)
        if wanted.pc_id:
            entry.welcome(request)
            return await entry.renegotiate(wanted)
        _check_needs_no_token(request)
        body = named(wanted.request_data, entry.welcome(request))
        return await entry.offer(wanted, body, work, str(uuid.uuid4()))

    @router.patch("/api/offer")
    async def candidates(request: Request) -> Any:
        await entry.patch(_candidates(await _object(request)))
        return {"status": "success"}

    @router.api_route("/sessions/{token}/{path:path}", methods=["GET", "POST", "PATCH"])
    async def session(token: str, path: str, request: Request, work: BackgroundTasks) -> Any:
        known = entry.known(token)
        if not path.endswith("api/offer") or request.method == "GET":
            return Response(status_code=200)
        asked = await _object(request)
        if request.method == "PATCH":
            wanted = _candidates(asked)
            _own(known.peer, wanted.pc_id)
            await entry.patch(wanted)
            return {"status": "success"}
        wanted = _offer(asked)
        if wanted.pc_id:
            _own(known.peer, wanted.pc_id)
            return await entry.renegotiate(wanted, known)
        if not known.open:
            entry.check_offer()
        body = entry.spend("offer", token).body
        if isinstance(wanted.request_data, Mapping) and "user" not in body:
            body = dict(wanted.request_data)
        return await entry.offer(wanted, body, work, token)

    @router.websocket("/ws-client")
    @router.websocket("/ws-client/{token}")
    async def socket(socket: WebSocket, token: str = "") -> None:
        token = token or socket.query_params.get("token", "") or _bearer(socket)
        try:
            if token:
                await entry.socket(socket, entry.spend("socket", token).body, token)
            else:
                _check_needs_no_token(socket)
                entry.welcome(socket)
                await entry.socket(socket, {}, str(uuid.uuid4()))
        except Refused as error:
            await deny(socket, error.status, error.why, **error.headers)

    return router


def refused(_: Request, error: Exception) -> Response:
    """How a refusal is answered."""
    assert isinstance(error, Refused)
    return JSONResponse({"detail": error.why}, error.status, error.headers)


def _check_needs_no_token(connection: HTTPConnection) -> None:
    """Whether a talk may begin without one of `/start`. Raises `Refused` to who signs in."""
    visitor = visitor_of(connection.scope)
    if visitor is None or visitor.name:
        raise Refused(401, "A token of /start is needed.")


def _hinted(asked: Mapping[str, Any]) -> str | None:
    return "daily" if asked.get("createDailyRoom") else None


def _ice(entry: Entry, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The servers that help both sides to find each other."""
    if servers := entry.ice.offered():
        return {"iceConfig": {"iceServers": servers}}
    if asked.get("enableDefaultIceServers"):
        return {"iceConfig": {"iceServers": [{"urls": ["stun:stun.l.google.com:19302"]}]}}
    return {}


def _pipecats(app: FastAPI, ours: Any) -> Any:
    """Pipecat's own endpoint for `/start`, which knows the rooms."""
    for route in app.router.routes:
        endpoint = getattr(route, "endpoint", None)
        if getattr(route, "path", None) == "/start" and endpoint is not ours:
            return endpoint
    raise Refused(400, "This transport is not offered here.")


async def _object(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Refused(400, "The request must be a JSON object.")
    return body


def _offer(asked: Mapping[str, Any]) -> SmallWebRTCRequest:
    sdp, kind, peer = asked.get("sdp"), asked.get("type"), asked.get("pc_id")
    if not isinstance(sdp, str) or kind != "offer" or not isinstance(peer, str | None):
        raise Refused(400, "An offer holds sdp, a text, and type, which is offer.")
    data = asked.get("request_data") or asked.get("requestData")
    return SmallWebRTCRequest(sdp, kind, peer, asked.get("restart_pc") is True, data)


def _candidates(asked: Mapping[str, Any]) -> SmallWebRTCPatchRequest:
    try:
        found = [IceCandidate(**each) for each in asked["candidates"]]
        return SmallWebRTCPatchRequest(pc_id=str(asked["pc_id"]), candidates=found)
    except (KeyError, TypeError):
        raise Refused(400, "Candidates come as pc_id and a list of candidates.") from None


def _own(peer: str, asked: str) -> None:
    """Nobody may touch another's connection. Raises `Refused`."""
    if not peer or peer != asked:
        raise Refused(403, "That connection is another's.")


def _bearer(socket: WebSocket) -> str:
    scheme, _, token = socket.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
