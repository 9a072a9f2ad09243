"""One call of a provider's, and what can be asked of the provider."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from xml.sax.saxutils import escape

import httpx
from pipecat.runner.types import WebSocketRunnerArguments
from pipecat.serializers.base_serializer import FrameSerializer

PATIENCE = 10.0  # s in which a provider's API must answer

Message = Mapping[str, Any]


class LineError(Exception):
    """The provider did not do what it was asked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a webhook is answered with."""

    text: str
    media_type: str = "application/xml"


@dataclass(frozen=True, slots=True)
class Started:
    """What the first message of a stream says."""

    call: str
    stream: str
    caller: str = ""
    encoding: str = "PCMU"


class Provider(Protocol):
    """What a talk and a webhook need of a provider. Raises `LineError` where it says no."""

    name: str
    speaks: bool  # whether it can say something without a stream

    def connect(self, socket: str) -> Answer:
        """Have the call's sound sent to a socket, and played from it."""
        ...

    def say(self, text: str) -> Answer:
        """Say something and hang up."""
        ...

    def started(self, message: Message) -> Started | None:
        """What a message says, if it is the first of a stream."""
        ...

    def serializer(self, started: Started) -> FrameSerializer:
        """Pipecat's, which hangs up nothing by itself."""
        ...

    def mark(self, stream: str, name: str) -> Message:
        """A question that is answered once all sound sent so far was played."""
        ...

    def marked(self, message: Message) -> object:
        """The name of such a question in its answer; None in any other message."""
        ...

    async def hang_up(self, call: str) -> None:
        """End a call. One that is over already is no error."""
        ...

    async def transfer(self, call: str, to: str, through: Callable[[str], str]) -> None:
        """Pass a call on. `through` gives the address of an answer that dials a number."""
        ...


class Dialler(Provider, Protocol):
    """A provider that also places calls."""

    async def dial(self, to: str, answer: str, machine: str, detect: str | None) -> None:
        """Call `to`, and ask `answer` what to do once somebody is there.

        With `detect`, "Enable" or "DetectMessageEnd", `machine` is told who it is.
        """
        ...


@dataclass
class Call:
    """A call, as a talk knows it."""

    provider: Provider
    started: Started
    through: Callable[[str], str] = str
    digits: str = ""  # that are sent once the other side is there
    machine: asyncio.Event = field(default_factory=asyncio.Event)  # who is there is a machine
    to_machine: str | None = None  # said to a machine before hanging up; None: talk on

    async def hang_up(self) -> None:
        """End it. Raises `LineError`."""
        await self.provider.hang_up(self.started.call)

    async def transfer(self, to: str) -> None:
        """Pass it on. Raises `LineError`."""
        await self.provider.transfer(self.started.call, to, self.through)


@dataclass(kw_only=True)
class StreamRunnerArguments(WebSocketRunnerArguments):
    """A socket that is known to carry a call."""

    call: Call


def dialling(to: str, sip: str) -> str:
    """The XML that dials a number, or with the verb `sip` a SIP address."""
    inside = f"<{sip}>{escape(to)}</{sip}>" if to.startswith("sip") else escape(to)
    return f"<Dial>{inside}</Dial>"


def response(inside: str) -> Answer:
    """An answer in XML."""
    return Answer(f'<?xml version="1.0" encoding="UTF-8"?>\n<Response>{inside}</Response>')


async def ask(
    method: str, url: str, *, good: tuple[int, ...] = (200, 201, 202, 204), **request: Any
) -> None:
    """Ask a provider's API for something. Raises `LineError` unless it says yes."""
    host = httpx.URL(url).host
    try:
        async with httpx.AsyncClient(timeout=PATIENCE) as http:
            answer = await http.request(method, url, **request)
    except httpx.HTTPError as error:
        raise LineError(f"{host} cannot be reached: {type(error).__name__}") from None
    if answer.status_code not in good:
        raise LineError(f"{host} answered {answer.status_code}{_HINTS.get(answer.status_code, '')}")


# What to look at, by the status with which a provider refuses.
_HINTS = {
    400: ", to a number or address that it does not take: its own log says which",
    401: ": compare the account's id and key in the profile with the provider's console",
    402: ": the account has no credit left",
    403: ", which the account may not do: look at its permissions, and at calls to that country",
    404: ": it knows no such account or application; compare their ids with its console",
    429: ", too many requests: try again in a minute",
}


def text(message: Message, *path: str) -> str:
    """The text at a path of keys; "" where there is none."""
    found: object = message
    for key in path:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else ""
