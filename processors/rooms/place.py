"""Where a room is, and how it is asked for."""

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

PATIENCE = 10.0  # s in which a provider must answer
AGAIN = 1.0  # s after which it is asked once more
PASSING = (429, 500, 502, 503, 504)  # answers that may be others a moment later


class RoomError(Exception):
    """A room cannot be made or joined, and why in a sentence."""


@dataclass(frozen=True, slots=True)
class Place:
    """A room: its name, where it is, what lets the agent in, and a link for each guest."""

    name: str
    url: str
    token: str = field(repr=False)
    guests: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)  # their tokens
    links: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


class Provider(Protocol):
    """Whoever has rooms. Raises `RoomError`."""

    async def make(self, name: str, guests: Sequence[str]) -> Place:
        """A new room; an empty `name` is one that nobody guesses."""
        ...

    async def find(self, room: str, guests: Sequence[str]) -> Place:
        """A room that is there already, by its address or name."""
        ...


def unguessable() -> str:
    """A name for a room."""
    return f"repartee-{uuid.uuid4().hex[:12]}"


async def ask(method: str, url: str, **request: Any) -> httpx.Response:
    """A provider's answer, asked once more where it may only be busy. Raises `RoomError`."""
    answer = await _asked(method, url, **request)
    if answer is None or answer.status_code in PASSING:
        await asyncio.sleep(AGAIN)
        answer = await _asked(method, url, **request) or answer
    if answer is None:
        raise RoomError(f"{httpx.URL(url).host} cannot be reached")
    if answer.status_code in PASSING:
        raise RoomError(f"{httpx.URL(url).host} is busy or down: it answered {answer.status_code}")
    return answer


async def _asked(method: str, url: str, **request: Any) -> httpx.Response | None:
    try:
        async with httpx.AsyncClient(timeout=PATIENCE) as http:
            return await http.request(method, url, **request)
    except httpx.HTTPError:
        return None


def told(answer: httpx.Response, *keys: str) -> dict[str, Any]:
    """The JSON object of an answer, in which these texts are. Raises `RoomError`."""
    try:
        found = answer.json()
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(found.get(key), str) for key in keys):
        raise RoomError(f"{answer.request.url.host} answered what makes no sense")
    return found


def why(answer: httpx.Response, *keys: str) -> str:
    """What a refusal says of itself, in the first of `keys`."""
    try:
        said = answer.json()
    except ValueError:
        said = None
    found = [str(said[key]) for key in keys if key in said] if isinstance(said, dict) else []
    return found[0] if found else f"it answered {answer.status_code}"
