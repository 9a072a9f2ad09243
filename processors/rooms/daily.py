"""Rooms at Daily, by its REST API: https://docs.daily.co/reference/rest-api."""

import time
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from config.room import Room
from processors.rooms.place import Place, RoomError, ask, told, unguessable, why

API = "https://api.daily.co/v1"


class DailyRooms:
    """The rooms of one account."""

    def __init__(self, room: Room, environ: Mapping[str, str]) -> None:
        """The key is DAILY_API_KEY; DAILY_API_URL is where the API is, if not at Daily's own."""
        self._room = room
        self._key = environ.get("DAILY_API_KEY", "")
        self._api = environ.get("DAILY_API_URL") or API

    async def make(self, name: str, guests: Sequence[str]) -> Place:
        """A new room. Raises `RoomError`, also where there is one of that name."""
        properties = {
            "exp": self._expiry,
            "eject_at_room_exp": True,
            "max_participants": self._room.people + 1,
            "start_video_off": True,
        }
        asked = {
            "name": name or unguessable(),
            "privacy": "private" if self._room.private else "public",
            "properties": properties,
        }
        made = told(await self._ask("POST", "rooms", json=asked), "name", "url")
        return await self._place(made["name"], made["url"], guests)

    async def find(self, room: str, guests: Sequence[str]) -> Place:
        """A room by its address. One that ends in ?t=TOKEN is joined with that, without a key."""
        parts = urlsplit(room)
        name, host = parts.path.strip("/"), parts.hostname or ""
        if parts.scheme != "https" or not host.endswith(".daily.co") or not name:
            raise RoomError("a room of Daily's has an address like https://DOMAIN.daily.co/NAME")
        if token := parse_qs(parts.query).get("t"):
            return Place(name, f"https://{host}/{name}", token[0])
        found = told(await self._ask("GET", f"rooms/{name}"), "name", "url")
        if urlsplit(found["url"]).hostname != host:
            raise RoomError(f"the room {name} at {host} is of another account: add ?t=TOKEN to it")
        return await self._place(found["name"], found["url"], guests)

    async def _place(self, name: str, url: str, guests: Sequence[str]) -> Place:
        token = await self._token(name, self._room.name, is_owner=True)
        tokens = {guest: await self._token(name, guest) for guest in guests}
        links = {guest: f"{url}?t={each}" for guest, each in tokens.items()}
        return Place(name, url, token, tokens, links)

    async def _token(self, room: str, name: str, *, is_owner: bool = False) -> str:
        properties: dict[str, Any] = {
            "room_name": room,
            "user_name": name,
            "is_owner": is_owner,
            "exp": self._expiry,
        }
        answer = await self._ask("POST", "meeting-tokens", json={"properties": properties})
        return told(answer, "token")["token"]

    @property
    def _expiry(self) -> int:
        return int(time.time() + 60 * self._room.minutes)

    async def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        if not self._key:
            raise RoomError("DAILY_API_KEY is not set")
        headers = {"Authorization": f"Bearer {self._key}"}
        answer = await ask(method, f"{self._api}/{path}", headers=headers, **request)
        match answer.status_code:
            case 200:
                return answer
            case 401:
                raise RoomError("Daily does not know the key in DAILY_API_KEY")
            case 404:
                raise RoomError("there is no such room in this account at Daily")
            case _:
                raise RoomError(f"Daily refused: {why(answer, 'info', 'error')}")
