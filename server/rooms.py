"""Rooms are made and joined as somebody asks for it, and the agent is sent into them."""

import asyncio
import os
import uuid
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse
from pipecat.runner.types import DailyRunnerArguments, LiveKitRunnerArguments
from starlette.requests import HTTPConnection

from config.installed import module_file
from config.room import Room
from config.services import ROOMS
from processors.rooms.daily import DailyRooms
from processors.rooms.place import Place, Provider, RoomError
from server.entry import Entry, Refused
from server.gate import Visitor

PROVIDERS = ("daily", "livekit")
MOST_GUESTS = 20  # links that one request may ask for
_MODULES = {"daily": ("daily",), "livekit": ("livekit.rtc", "livekit.api")}


class Rooms:
    """The agent's ways into rooms."""

    def __init__(self, entry: Entry, room: Room, environ: Mapping[str, str] = os.environ) -> None:
        self._entry = entry
        self._room = room
        self._environ = environ
        self._talks: set[asyncio.Task[None]] = set()

    @property
    def provider(self) -> str:
        """Where rooms are made unless a request says."""
        only = self._entry.transport
        return only if only in PROVIDERS else self._room.provider

    async def start(
        self, connection: HTTPConnection, provider: str, asked: Mapping[str, Any]
    ) -> tuple[Place, str]:
        """Send the agent into a room; where it is, and the talk's session. Raises `Refused`."""
        visitor = self._entry.welcome(connection)
        self._entry.check_room()
        session = str(uuid.uuid4())
        self._entry.seat(session, joined=True)
        try:
            place = await self._place(provider, asked, _guests(asked, visitor))
        except RoomError as error:
            self._entry.leave(session)
            raise Refused(502, f"The room cannot be joined: {error}.") from error
        except BaseException:
            self._entry.leave(session)
            raise
        self._send(provider, place, asked, session)
        return place, session

    async def _place(self, provider: str, asked: Mapping[str, Any], guests: list[str]) -> Place:
        rooms = self._provider(provider)
        match asked.get("room"), asked.get("name"):
            case None, None:
                return await rooms.make("", guests)
            case None, str(name):
                return await rooms.make(name, guests)
            case str(room), None:
                return await rooms.find(room, guests)
            case _:
                raise Refused(400, "Give room, one to join, or name, of a new one, as a text.")

    def _provider(self, name: str) -> Provider:
        if missing := [each for each in _MODULES[name] if module_file(each) is None]:
            raise Refused(501, f"{missing[0]} is not installed: {ROOMS}")
        if name == "daily":
            return DailyRooms(self._room, self._environ)
        from processors.rooms.livekit import LiveKitRooms  # its package is an extra

        return LiveKitRooms(self._room, self._environ)

    def _send(self, provider: str, place: Place, asked: Mapping[str, Any], session: str) -> None:
        wish = asked.get("body")
        body: dict[str, Any] = dict(wish) if isinstance(wish, Mapping) else {}
        body["user"] = f"room-{place.name}"  # whoever asked may not be the one who speaks
        more = {"body": body, "session_id": session}
        if provider == "daily":
            arguments = DailyRunnerArguments(room_url=place.url, token=place.token, **more)
        else:
            arguments = LiveKitRunnerArguments(
                room_name=place.name, url=place.url, token=place.token, **more
            )
        task = asyncio.create_task(self._entry.run(arguments))
        self._talks.add(task)
        task.add_done_callback(self._talks.discard)


def _guests(asked: Mapping[str, Any], visitor: Visitor) -> list[str]:
    """Who gets a link; whoever asks, if nobody is named. Raises `Refused`."""
    people = asked.get("people", [visitor.name or "Guest"])
    if not isinstance(people, list) or not 1 <= len(people) <= MOST_GUESTS:
        raise Refused(400, f"people are a list of 1 to {MOST_GUESTS} names.")
    if not all(isinstance(each, str) and 0 < len(each.strip()) <= 32 for each in people):
        raise Refused(400, "A name of somebody has 1 to 32 characters.")
    return [each.strip() for each in people]


def told(provider: str, place: Place, session: str) -> dict[str, Any]:
    """What `/start` answers, as Pipecat's clients expect it, with a link for each guest."""
    first = next(iter(place.guests.values()), "")
    answer: dict[str, Any] = {"sessionId": session, "room": place.name, "links": dict(place.links)}
    if provider == "daily":
        return answer | {"dailyRoom": place.url, "dailyToken": first}
    return answer | {"url": place.url, "token": first}


def rooms_pages(rooms: Rooms) -> APIRouter:
    """`/room` makes a room, sends the agent in and leads the browser there."""
    router = APIRouter()

    @router.get("/room", include_in_schema=False)
    @router.get("/daily", include_in_schema=False)
    async def room(request: Request) -> RedirectResponse:
        provider = "daily" if request.url.path == "/daily" else rooms.provider
        name = request.query_params.get("name", "").strip()
        asked = {"people": [name]} if name else {}
        place, _ = await rooms.start(request, provider, asked)
        return RedirectResponse(next(iter(place.links.values())), 303)

    return router
