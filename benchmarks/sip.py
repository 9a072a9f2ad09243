"""A caller's line over SIP: a small telephone, as an office's desk has it.

It calls without a registrar over UDP, speaks mu-law, presses keys, holds the
line, hangs up and follows the far end's wish to call somebody else. On one
machine no packet is lost: it sends none twice.
"""

import asyncio
import contextlib
import random
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.line import CallError, Receive
from benchmarks.microphone import Microphone
from benchmarks.rtp import KEYS, SOUND, Rtp
from benchmarks.timeline import Timeline
from config.sip import SipChoice
from server.doctor.ports import sip_trouble

HOST = "127.0.0.1"
RINGING = 10.0  # s that a call may take to be answered


def free_port() -> int:
    """One at which a line can listen now, by the doctor's own check; not lent to clients."""
    tried = (SipChoice(listen=f"{HOST}:{random.randrange(22_000, 32_000)}") for _ in range(100))
    return next(each.port for each in tried if sip_trouble(each) is None)


def is_busy(error: object) -> bool:
    """Whether a call did not come about because the far end has no line free (486)."""
    return isinstance(error, CallError) and "486" in str(error)


@dataclass(frozen=True, slots=True)
class Message:
    """One SIP message: its first line, its headers in order, its body."""

    first: str
    headers: tuple[tuple[str, str], ...]
    body: str = ""

    @classmethod
    def read(cls, data: bytes) -> "Message":
        """The message in a datagram."""
        head, _, body = data.decode().partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return cls(
            first, tuple((name.strip().lower(), value.strip()) for name, _, value in pairs), body
        )

    def __getitem__(self, name: str) -> str:
        """The first header of that name, "" where there is none."""
        return next((value for header, value in self.headers if header == name), "")

    @property
    def status(self) -> int:
        """Of an answer; 0 of a request."""
        return int(self.first.split()[1]) if self.first.startswith("SIP/2.0 ") else 0

    @property
    def method(self) -> str:
        """What is asked for, or what is answered."""
        return self["cseq"].split()[1]


class SipLine(asyncio.DatagramProtocol):
    """One call to `to`, `HOST:PORT` or a whole `sip:` address."""

    tells = False

    def __init__(self, to: str, *, name: str = "caller") -> None:
        """As whom to call: `name` is the user part of the caller's address."""
        self._uri = to if to.startswith("sip:") else f"sip:repartee@{to}"
        host, _, port = self._uri.partition("@")[2].partition(":")
        self._peer = (host, int(port or 5060))
        self._name = name
        self._id = uuid.uuid4().hex
        self._tag = uuid.uuid4().hex[:8]
        self._remote = f"<{self._uri}>"
        self._count = 0
        self._answers: dict[int, asyncio.Future[Message]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._open = False
        self.ended = asyncio.Event()
        self.sent_on: list[str] = []  # where the far end wants this call to go
        self.held = False  # by the far end

    async def connect(self, microphone: Microphone, heard: Timeline, receive: Receive) -> None:
        """Call; returns once the far end has answered."""
        loop = asyncio.get_running_loop()
        self._signals, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(HOST, 0))
        self._sound, self.rtp = await loop.create_datagram_endpoint(
            lambda: Rtp(microphone, heard), local_addr=(HOST, 0)
        )
        answer = await self._ask("INVITE", self._offer("sendrecv"))
        self._remote = answer["to"]
        self._open = True
        self._acknowledge()
        if port := re.search(r"^m=audio (\d+)", answer.body, re.MULTILINE):
            self.rtp.to = (self._peer[0], int(port[1]))
        self._tasks.append(asyncio.create_task(self.rtp.speak()))

    async def send(self, message: Mapping[str, Any]) -> None:
        """A telephone takes no messages."""
        raise CallError("a telephone line carries sound alone")

    async def hang_up(self) -> None:
        """End the call. Safe to call twice."""
        if self._open:
            self._open = False
            with contextlib.suppress(CallError):
                await self._ask("BYE")
        self.drop()
        await asyncio.sleep(0)  # in which the sockets are closed

    def drop(self) -> None:
        """Be gone without a word, as a telephone without power."""
        self._open = False
        for task in self._tasks:
            task.cancel()
        self._tasks.clear()
        for way in (getattr(self, "_signals", None), getattr(self, "_sound", None)):
            if way is not None:
                way.close()

    def press(self, digits: str) -> None:
        """Press keys, as telephone events beside the sound."""
        self.rtp.press(digits)

    async def press_by_info(self, digit: str) -> None:
        """Press one key, as a SIP INFO."""
        await self._ask("INFO", f"Signal={digit}\r\nDuration=160\r\n", "application/dtmf-relay")

    async def hold(self, on: bool = True) -> None:
        """Put the far end on hold, or take it back."""
        await self._ask("INVITE", self._offer("sendonly" if on else "sendrecv"))
        self._acknowledge()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """An answer to what was asked, or a request."""
        if not data.strip():
            return
        message = Message.read(data)
        if not message.status:
            self._answer(message)
        elif message.status >= 200:
            waiting = self._answers.pop(int(message["cseq"].split()[0]), None)
            if waiting and not waiting.done():
                waiting.set_result(message)
            elif message.method == "INVITE":
                self._acknowledge()  # the first one was too late

    async def _ask(self, method: str, body: str = "", kind: str = "application/sdp") -> Message:
        """The final answer to a request. Raises `CallError` where it is no yes."""
        self._count += 1
        answer = self._answers[self._count] = asyncio.get_running_loop().create_future()
        self._send(method, self._count, body, kind)
        try:
            message = await asyncio.wait_for(answer, RINGING)
        except TimeoutError as error:
            raise CallError(f"no answer to {method} within {RINGING:.0f} s") from error
        if message.status >= 300:
            if method == "INVITE":
                self._remote = message["to"]
                self._acknowledge()
            raise CallError(f"{method}: {message.first}")
        return message

    def _acknowledge(self) -> None:
        self._send("ACK", self._count)

    def _send(self, method: str, count: int, body: str = "", kind: str = "") -> None:
        host, port = self._signals.get_extra_info("sockname")
        lines = [
            f"{method} {self._uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{uuid.uuid4().hex}",
            f"From: <sip:{self._name}@{host}:{port}>;tag={self._tag}",
            f"To: {self._remote}",
            f"Call-ID: {self._id}",
            f"CSeq: {count} {method}",
            f"Contact: <sip:{self._name}@{host}:{port}>",
            "Max-Forwards: 70",
            *([f"Content-Type: {kind}"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        self._signals.sendto("\r\n".join([*lines, "", body]).encode(), self._peer)

    def _answer(self, request: Message) -> None:
        """Agree to whatever the far end asks."""
        match request.method:
            case "ACK":
                return
            case "BYE":
                self._open = False
                self.ended.set()
                self._reply(request, "200 OK")
            case "INVITE":
                held = re.search(r"^a=(sendonly|inactive)", request.body, re.MULTILINE)
                self.held = held is not None
                self._reply(request, "200 OK", self._offer("recvonly" if held else "sendrecv"))
            case "REFER":
                self.sent_on.append(request["refer-to"].strip("<>"))
                self._reply(request, "202 Accepted")
                self._tasks.append(asyncio.create_task(self._report()))
            case _:
                self._reply(request, "200 OK")

    async def _report(self) -> None:
        """That who was to be called has answered."""
        await asyncio.sleep(0.05)
        self._count += 1
        host, port = self._signals.get_extra_info("sockname")
        body = "SIP/2.0 200 OK\r\n"
        lines = [
            f"NOTIFY {self._uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{uuid.uuid4().hex}",
            f"From: <sip:{self._name}@{host}:{port}>;tag={self._tag}",
            f"To: {self._remote}",
            f"Call-ID: {self._id}",
            f"CSeq: {self._count} NOTIFY",
            f"Contact: <sip:{self._name}@{host}:{port}>",
            "Event: refer",
            "Subscription-State: terminated;reason=noresource",
            "Max-Forwards: 70",
            "Content-Type: message/sipfrag;version=2.0",
            f"Content-Length: {len(body)}",
        ]
        self._signals.sendto("\r\n".join([*lines, "", body]).encode(), self._peer)

    def _reply(self, request: Message, status: str, body: str = "") -> None:
        same = ("via", "from", "to", "call-id", "cseq")
        host, port = self._signals.get_extra_info("sockname")
        lines = [
            f"SIP/2.0 {status}",
            *(f"{name}: {value}" for name, value in request.headers if name in same),
            f"Contact: <sip:{self._name}@{host}:{port}>",
            *(["Content-Type: application/sdp"] if body else []),
            f"Content-Length: {len(body)}",
        ]
        self._signals.sendto("\r\n".join([*lines, "", body]).encode(), self._peer)

    def _offer(self, direction: str) -> str:
        lines = (
            "v=0",
            f"o=- 1 {self._count + 1} IN IP4 {HOST}",
            "s=-",
            f"c=IN IP4 {HOST}",
            "t=0 0",
            f"m=audio {self.rtp.port} RTP/AVP {SOUND} {KEYS}",
            f"a=rtpmap:{SOUND} PCMU/8000",
            f"a=rtpmap:{KEYS} telephone-event/8000",
            f"a=fmtp:{KEYS} 0-15",
            "a=ptime:20",
            f"a={direction}",
            "",
        )
        return "\r\n".join(lines)
