"""Daily's REST API for rooms and meeting tokens, as docs.daily.co/reference/rest-api says."""

import json
import time
from typing import Any

from aiohttp import web

from tests.providers.provider import KEY, Provider

DOMAIN = "https://repartee-tests.daily.co"
# What may stand in a request, of the published schemas, and what it must be.
ROOM = {"name": str, "privacy": str, "properties": dict}
PROPERTIES = {
    "nbf": int,
    "exp": int,
    "max_participants": int,
    "eject_at_room_exp": bool,
    "eject_after_elapsed": int,
    "enable_prejoin_ui": bool,
    "enable_knocking": bool,
    "enable_chat": bool,
    "start_video_off": bool,
    "start_audio_off": bool,
}
TOKEN = {
    "room_name": str,
    "user_name": str,
    "user_id": str,
    "is_owner": bool,
    "nbf": int,
    "exp": int,
    "eject_at_token_exp": bool,
    "eject_after_elapsed": int,
    "start_video_off": bool,
    "start_audio_off": bool,
}
ERRORS = {400: "invalid-request-error", 401: "authentication-error", 404: "not-found"}
ERRORS |= {429: "rate-limit-error", 500: "server-error"}


class Daily(Provider):
    """The rooms of one account. Its tokens are their own properties as JSON, so tests read them."""

    def __init__(self) -> None:
        super().__init__()
        self.rooms: dict[str, dict[str, Any]] = {}

    @property
    def api(self) -> str:
        return f"{self.http}/v1"

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/rooms", self._make),
            web.get("/v1/rooms/{name}", self._find),
            web.post("/v1/meeting-tokens", self._token),
        ]

    def is_authorised(self, request: web.Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {KEY}"

    def error(self, status: int) -> dict[str, Any]:
        return {"error": ERRORS[status], "info": "no"}

    async def _make(self, request: web.Request) -> web.Response:
        asked = await self._asked(request, ROOM)
        self._check(asked.get("properties", {}), PROPERTIES)
        if asked.get("privacy", "public") not in ("public", "private"):
            self.violated(f"privacy {asked['privacy']}")
        name = asked["name"]
        if name in self.rooms:
            info = f"a room named {name} already exists"
            return web.json_response({"error": ERRORS[400], "info": info}, status=400)
        self.rooms[name] = {
            "id": "5e3cf703-5547-47d6-a371-37b1f0b4427f",
            "name": name,
            "api_created": True,
            "privacy": asked.get("privacy", "public"),
            "url": f"{DOMAIN}/{name}",
            "created_at": "2026-11-22T12:00:00.000Z",
            "config": asked.get("properties", {}),
        }
        return web.json_response(self.rooms[name])

    async def _find(self, request: web.Request) -> web.Response:
        room = self.rooms.get(request.match_info["name"])
        if room is None:
            return web.json_response(self.error(404), status=404)
        return web.json_response(room)

    async def _token(self, request: web.Request) -> web.Response:
        asked = await self._asked(request, {"properties": dict})
        properties = asked["properties"]
        self._check(properties, TOKEN)
        if properties.get("room_name") not in self.rooms:
            self.violated("a token that opens every room")
        if properties.get("exp", 0) <= time.time():
            self.violated("a token without an end, or past it")
        return web.json_response({"token": json.dumps(properties)})

    async def _asked(self, request: web.Request, schema: dict[str, type]) -> dict[str, Any]:
        asked = await request.json()
        self.asked.append(asked)
        self._check(asked, schema)
        return asked

    def _check(self, asked: dict[str, Any], schema: dict[str, type]) -> None:
        for key, value in asked.items():
            if key not in schema or type(value) is not schema[key]:
                self.violated(f"{key}: {value!r}")
