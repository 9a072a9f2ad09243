"""How a caller reaches a bot."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import aiohttp

from benchmarks.microphone import Microphone
from benchmarks.timeline import Timeline

Receive = Callable[[Mapping[str, Any]], None]


class CallError(Exception):
    """The call could not be set up, or ended before its time."""


class Line(Protocol):
    """A way to reach a bot. Every method raises `CallError` when it cannot.

    `tells` is whether the bot sends messages beside its sound, and takes them.
    """

    tells: bool

    async def connect(self, microphone: Microphone, heard: Timeline, receive: Receive) -> None:
        """Call, send the microphone's frames, fill `heard`, hand each message to `receive`."""
        ...

    async def send(self, message: Mapping[str, Any]) -> None:
        """Send one JSON message."""
        ...

    async def hang_up(self) -> None:
        """End the call. Safe to call twice."""
        ...


async def post(http: aiohttp.ClientSession, url: str, body: Mapping[str, Any]) -> Any:
    """The JSON answer to `body`. Raises `CallError` when the server refuses or is not there."""
    try:
        async with http.post(url, json=body) as response:
            if response.status != 200:
                raise CallError(f"{url} answered {response.status}: {await response.text()}")
            return await response.json()
    except aiohttp.ClientError as error:
        raise CallError(f"{url}: {error}") from error
