"""Twilio: https://www.twilio.com/docs/voice/media-streams/websocket-messages."""

from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from pipecat.serializers.twilio import TwilioFrameSerializer

from config.providers import Twilio as Account
from processors.streams.call import (
    Answer,
    LineError,
    Message,
    Started,
    ask,
    dialling,
    response,
    text,
)


class Twilio:
    """An account at Twilio."""

    name = "twilio"
    speaks = True

    def __init__(self, account: Account) -> None:
        self._account = account

    def connect(self, socket: str) -> Answer:
        return response(f"<Connect><Stream url={quoteattr(socket)}/></Connect>")

    def say(self, text: str) -> Answer:
        return response(f"<Say>{escape(text)}</Say><Hangup/>")

    def started(self, message: Message) -> Started | None:
        call, stream = text(message, "start", "callSid"), text(message, "start", "streamSid")
        return Started(call, stream) if message.get("event") == "start" and call else None

    def serializer(self, started: Started) -> TwilioFrameSerializer:
        params = TwilioFrameSerializer.InputParams(auto_hang_up=False)
        return TwilioFrameSerializer(started.stream, started.call, params=params)

    def mark(self, stream: str, name: str) -> Message:
        return {"event": "mark", "streamSid": stream, "mark": {"name": name}}

    def marked(self, message: Message) -> object:
        return text(message, "mark", "name") if message.get("event") == "mark" else None

    async def check(self) -> None:
        """Ask for the account itself. Raises `LineError`."""
        account, token = self._signed_in()
        url = f"{self._account.api}/2010-04-01/Accounts/{account}.json"
        await ask("GET", url, auth=(account, token))

    async def hang_up(self, call: str) -> None:
        if self._account.auth_token:  # else the end of the stream ends the call
            await self._update(call, {"Status": "completed"}, good=(200, 404))

    async def transfer(self, call: str, to: str, through: Callable[[str], str]) -> None:
        await self._update(call, {"Twiml": f"<Response>{dialling(to, 'Sip')}</Response>"})

    async def dial(self, to: str, answer: str, machine: str, detect: str | None) -> None:
        if self._account.number is None:
            raise LineError("phone.twilio.number is missing: calls come from it")
        asked = {"To": to, "From": self._account.number, "Url": answer}
        if detect:
            asked |= {"MachineDetection": detect, "AsyncAmd": "true"}
            asked |= {"AsyncAmdStatusCallback": machine}
        await self._post("Calls.json", asked)

    async def _update(self, call: str, change: dict[str, str], **more: Any) -> None:
        await self._post(f"Calls/{call}.json", change, **more)

    async def _post(self, path: str, form: dict[str, str], **more: Any) -> None:
        account, token = self._signed_in()
        url = f"{self._account.api}/2010-04-01/Accounts/{account}/{path}"
        await ask("POST", url, data=form, auth=(account, token), **more)

    def _signed_in(self) -> tuple[str, str]:
        account, token = self._account.account_sid, self._account.auth_token
        if account is None or token is None:
            raise LineError("phone.twilio.account_sid or auth_token is missing")
        return account, token.get_secret_value()
