"""Plivo: https://www.plivo.com/docs/voice-agents/audio-streaming/concepts/audio-streaming-reference."""

from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from pipecat.serializers.plivo import PlivoFrameSerializer

from config.providers import Plivo as Account
from processors.streams.call import Answer, LineError, Message, Started, ask, response, text

SOUND = "audio/x-mulaw;rate=8000"


class Plivo:
    """An account at Plivo."""

    name = "plivo"
    speaks = True

    def __init__(self, account: Account) -> None:
        self._account = account

    def connect(self, socket: str) -> Answer:
        options = f'bidirectional="true" keepCallAlive="true" contentType="{SOUND}"'
        return response(f"<Stream {options}>{escape(socket)}</Stream>")

    def say(self, text: str) -> Answer:
        return response(f"<Speak>{escape(text)}</Speak><Hangup/>")

    def started(self, message: Message) -> Started | None:
        call, stream = text(message, "start", "callId"), text(message, "start", "streamId")
        return Started(call, stream) if message.get("event") == "start" and call else None

    def serializer(self, started: Started) -> PlivoFrameSerializer:
        params = PlivoFrameSerializer.InputParams(auto_hang_up=False)
        return PlivoFrameSerializer(started.stream, started.call, params=params)

    def mark(self, stream: str, name: str) -> Message:
        return {"event": "checkpoint", "streamId": stream, "name": name}

    def marked(self, message: Message) -> object:
        return text(message, "name") if message.get("event") == "playedStream" else None

    async def check(self) -> None:
        """Ask for the account itself. Raises `LineError`."""
        await self._ask("GET", "")

    async def hang_up(self, call: str) -> None:
        if self._account.auth_token:  # else the end of the stream ends the call
            await self._ask("DELETE", f"Call/{call}/", good=(204, 404))

    async def transfer(self, call: str, to: str, through: Callable[[str], str]) -> None:
        asked = {"legs": "aleg", "aleg_url": through(to), "aleg_method": "POST"}
        await self._ask("POST", f"Call/{call}/", json=asked)

    async def _ask(self, method: str, path: str, **request: Any) -> None:
        name, token = self._account.auth_id, self._account.auth_token
        if name is None or token is None:
            raise LineError("phone.plivo.auth_id or auth_token is missing")
        url = f"{self._account.api}/v1/Account/{name}/{path}"
        await ask(method, url, auth=(name, token.get_secret_value()), **request)


def passing_on(to: str) -> Answer:
    """What dials a number once Plivo asks for it."""
    inside = f"<User>{escape(to)}</User>" if to.startswith("sip") else f"<Number>{to}</Number>"
    return response(f"<Dial>{inside}</Dial>")
