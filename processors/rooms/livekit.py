"""Rooms at LiveKit, in its cloud or on a server of one's own: https://docs.livekit.io."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from urllib.parse import quote, urlsplit

from livekit.api import AccessToken, VideoGrants

from config.room import Room
from processors.rooms.place import Place, RoomError, ask, told, unguessable, why

KEYS = ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")
MEET = "https://meet.livekit.io/custom"  # LiveKit's own page for any server
MOMENT = timedelta(minutes=1)  # that a question of ours is good


class LiveKitRooms:
    """The rooms of one server."""

    def __init__(self, room: Room, environ: Mapping[str, str]) -> None:
        """The address and the two keys are the environment's `KEYS`."""
        self._room = room
        self._url, self._key, self._secret = (environ.get(name, "") for name in KEYS)
        self._missing = [name for name in KEYS if not environ.get(name)]

    async def make(self, name: str, guests: Sequence[str]) -> Place:
        """A room, the one that is there if it has that name. Raises `RoomError`."""
        name = name or unguessable()
        asked = {
            "name": name,
            "empty_timeout": round(self._room.alone_seconds),
            "max_participants": self._room.people + 1,
        }
        grants = VideoGrants(room_create=True)
        found = told(await self._ask("CreateRoom", asked, grants), "name")
        return self._place(found["name"], guests)

    async def find(self, room: str, guests: Sequence[str]) -> Place:
        """A room by its name, where somebody is or was a short while ago."""
        answer = await self._ask("ListRooms", {"names": [room]}, VideoGrants(room_list=True))
        if not told(answer).get("rooms"):
            raise RoomError(f"there is no room {room} at LiveKit now")
        return self._place(room, guests)

    def _place(self, name: str, guests: Sequence[str]) -> Place:
        token = self._token(name, self._room.name, is_agent=True)
        tokens = {guest: self._token(name, guest) for guest in guests}
        start = f"{MEET}?liveKitUrl={quote(self._url, '')}&token="
        return Place(name, self._url, token, tokens, {who: start + tokens[who] for who in tokens})

    def _token(self, room: str, name: str, *, is_agent: bool = False) -> str:
        """What lets one person in. Whoever comes with the same identity takes their place."""
        grants = VideoGrants(room_join=True, room=room, agent=is_agent)
        token = AccessToken(self._key, self._secret).with_grants(grants).with_name(name)
        token = token.with_identity(f"{name}-{uuid.uuid4().hex[:8]}")
        return token.with_ttl(timedelta(minutes=self._room.minutes)).to_jwt()

    async def _ask(self, method: str, asked: dict[str, object], grants: VideoGrants):
        if self._missing:
            raise RoomError(f"not set: {', '.join(self._missing)}")
        parts = urlsplit(self._url)
        scheme = {"ws": "http", "wss": "https"}.get(parts.scheme, parts.scheme)
        url = f"{scheme}://{parts.netloc}/twirp/livekit.RoomService/{method}"
        token = AccessToken(self._key, self._secret).with_grants(grants).with_ttl(MOMENT)
        headers = {"Authorization": f"Bearer {token.to_jwt()}"}
        answer = await ask("POST", url, json=asked, headers=headers)
        match answer.status_code:
            case 200:
                return answer
            case 401 | 403:
                raise RoomError("LiveKit does not know LIVEKIT_API_KEY, or its secret is another")
            case 404:
                raise RoomError("there is no LiveKit server at LIVEKIT_URL")
            case _:
                raise RoomError(f"LiveKit refused: {why(answer, 'msg', 'code')}")
