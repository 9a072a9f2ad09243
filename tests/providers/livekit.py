"""LiveKit's room service over Twirp, with tokens verified as a server does."""

from typing import Any

import jwt
from aiohttp import web
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from livekit.protocol.room import CreateRoomRequest, ListRoomsRequest

from tests.providers.provider import KEY, Provider

SECRET = "a secret of thirty-two characters"
CODES = {401: "unauthenticated", 403: "permission_denied", 429: "resource_exhausted"}
CODES |= {500: "internal"}


class LiveKit(Provider):
    """A server with rooms and one key."""

    def __init__(self) -> None:
        super().__init__()
        self.rooms: dict[str, dict[str, Any]] = {}

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/twirp/livekit.RoomService/CreateRoom", self._make),
            web.post("/twirp/livekit.RoomService/ListRooms", self._list),
        ]

    def is_authorised(self, request: web.Request) -> bool:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        grant = "roomCreate" if request.path.endswith("CreateRoom") else "roomList"
        try:
            return scheme == "Bearer" and read(token)["video"].get(grant) is True
        except jwt.PyJWTError:
            return False

    def error(self, status: int) -> dict[str, Any]:
        return {"code": CODES[status], "msg": "no"}

    async def _make(self, request: web.Request) -> web.Response:
        asked = await self._asked(request, CreateRoomRequest())
        name = asked["name"]
        room = {"sid": "RM_test", "name": name, "emptyTimeout": asked.get("emptyTimeout", 300)}
        return web.json_response(self.rooms.setdefault(name, room))

    async def _list(self, request: web.Request) -> web.Response:
        asked = await self._asked(request, ListRoomsRequest())
        found = [room for name, room in self.rooms.items() if name in asked.get("names", [name])]
        return web.json_response({"rooms": found})

    async def _asked(self, request: web.Request, message: Any) -> dict[str, Any]:
        if request.content_type != "application/json":
            self.violated(f"content type {request.content_type}")
        try:
            asked = MessageToDict(ParseDict(await request.json(), message))
        except ParseError as error:
            self.violated(str(error))
            asked = {"name": "?"}
        self.asked.append(asked)
        return asked


def read(token: str) -> dict[str, Any]:
    """What a token says. Raises `jwt.PyJWTError` where its signature, time or issuer is wrong."""
    return jwt.decode(
        token, SECRET, algorithms=["HS256"], issuer=KEY, options={"require": ["exp", "nbf"]}
    )
