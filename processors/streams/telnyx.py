"""Telnyx, through a TeXML application: https://developers.telnyx.com/docs/voice."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

from pipecat.serializers.telnyx import TelnyxFrameSerializer

from config.providers import Telnyx as Account
from processors.streams.call import Answer, LineError, Message, Started, ask, response, text

ENCODINGS = ("PCMU", "PCMA")


class Telnyx:
    """An account at Telnyx."""

    name = "telnyx"
    speaks = True

    def __init__(self, account: Account) -> None:
        self._account = account

    def connect(self, socket: str) -> Answer:
        stream = f'<Stream url={quoteattr(socket)} bidirectionalMode="rtp"/>'
        return response(f"<Connect>{stream}</Connect>")

    def say(self, text: str) -> Answer:
        return response(f"<Say>{escape(text)}</Say><Hangup/>")

    def started(self, message: Message) -> Started | None:
        call, stream = text(message, "start", "call_control_id"), text(message, "stream_id")
        encoding = text(message, "start", "media_format", "encoding")
        if message.get("event") != "start" or not call:
            return None
        caller = text(message, "start", "from")
        return Started(call, stream, caller, encoding if encoding in ENCODINGS else "PCMU")

    def serializer(self, started: Started) -> TelnyxFrameSerializer:
        params = TelnyxFrameSerializer.InputParams(auto_hang_up=False)
        return TelnyxFrameSerializer(started.stream, started.encoding, "PCMU", params=params)

    def mark(self, stream: str, name: str) -> Message:
        return {"event": "mark", "mark": {"name": name}}

    def marked(self, message: Message) -> object:
        return text(message, "mark", "name") if message.get("event") == "mark" else None

    async def check(self) -> None:
        """Ask for the account itself. Raises `LineError`."""
        await self._ask("GET", "balance")

    async def hang_up(self, call: str) -> None:
        if self._account.api_key:  # else the end of the stream ends the call
            await self._post(f"calls/{quote(call, '')}/actions/hangup", {}, good=(200, 404, 422))

    async def transfer(self, call: str, to: str, through: Callable[[str], str]) -> None:
        await self._post(f"calls/{quote(call, '')}/actions/transfer", {"to": to})

    async def dial(self, to: str, answer: str, machine: str, detect: str | None) -> None:
        account = self._account
        if not (account.account_sid and account.application_sid and account.number):
            needed = "phone.telnyx.account_sid, application_sid and number"
            raise LineError(f"{needed} are needed to place calls")
        asked = {"ApplicationSid": account.application_sid, "To": to, "From": account.number}
        asked |= {"Url": answer, "UrlMethod": "POST"}
        if detect:
            asked |= {"MachineDetection": detect, "AsyncAmd": True}
            asked |= {"AsyncAmdStatusCallback": machine, "AsyncAmdStatusCallbackMethod": "POST"}
        await self._post(f"texml/Accounts/{account.account_sid}/Calls", asked)

    async def _post(self, path: str, body: dict[str, Any], **more: Any) -> None:
        await self._ask("POST", path, json=body, **more)

    async def _ask(self, method: str, path: str, **request: Any) -> None:
        key = self._account.api_key
        if key is None:
            raise LineError("phone.telnyx.api_key is missing")
        headers = {"Authorization": f"Bearer {key.get_secret_value()}"}
        await ask(method, f"{self._account.api}/v2/{path}", headers=headers, **request)
