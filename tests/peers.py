"""Phone providers from our side: their requests, signed as they sign, and their sockets.

The messages are those of the providers' documentation.
"""

import base64
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import aiohttp
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from plivo.utils import signature_v3
from twilio.request_validator import RequestValidator

CALLER = "+447911123456"
CALLED = "+442071838750"
TOKEN = "twilio's or plivo's auth token"
EXOTEL = "a key for exotel"
_KEY = Ed25519PrivateKey.generate()
_PUBLIC = base64.b64encode(_KEY.public_key().public_bytes_raw()).decode()
PROFILE = f"""
phone:
  twilio: {{account_sid: AC1, auth_token: "{TOKEN}", number: "{CALLED}", api: "API"}}
  telnyx: {{api_key: key, public_key: "{_PUBLIC}", account_sid: A1, application_sid: T1,
           number: "{CALLED}", api: "API"}}
  plivo: {{auth_id: MA1, auth_token: "{TOKEN}", api: "API"}}
  exotel: {{key: "{EXOTEL}"}}
"""
Json = dict[str, Any]


@dataclass(frozen=True)
class Peer:
    """A provider; `call` is the id of its one call."""

    name: str
    call: str = "v3:call-1"
    stream: str = "stream-1"

    def form(self, **more: str) -> dict[str, str]:
        """What its webhook says of a call."""
        match self.name:
            case "twilio" | "telnyx":
                says = {"CallSid": self.call, "From": CALLER, "To": CALLED, "Direction": "inbound"}
            case "plivo":
                says = {"CallUUID": self.call, "From": CALLER[1:], "To": CALLED[1:]}
            case _:
                says = {"CallSid": self.call, "CallFrom": CALLER, "CallTo": CALLED}
        return says | more

    def path(self, path: str = "") -> str:
        return path or f"/phone/{self.name}"

    async def ask(
        self, http: aiohttp.ClientSession, url: str, path: str = "", *, key: str = "", **more: str
    ) -> tuple[int, str]:
        """Ask at a webhook, signed; `key` signs with another."""
        address, form = url + self.path(path), self.form(**more)
        if self.name == "exotel":
            query = urlencode(form | {"key": key or EXOTEL})
            async with http.get(f"{address}?{query}") as answer:
                return answer.status, await answer.text()
        body = urlencode(form).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        headers |= self.signed(address, form, body, key)
        async with http.post(address, data=body, headers=headers) as answer:
            return answer.status, await answer.text()

    def signed(self, url: str, form: dict[str, str], body: bytes, key: str = "") -> Json:
        match self.name:
            case "twilio":
                signature = RequestValidator(key or TOKEN).compute_signature(url, form)
                return {"X-Twilio-Signature": signature}
            case "telnyx":
                signer = Ed25519PrivateKey.generate() if key else _KEY
                stamp = str(int(time.time()))
                signature = base64.b64encode(signer.sign(f"{stamp}|".encode() + body)).decode()
                return {"Telnyx-Timestamp": stamp, "Telnyx-Signature-Ed25519": signature}
            case _:
                text = signature_v3.construct_post_url(url, dict(form)).decode()
                signature = signature_v3.get_signature_v3((key or TOKEN).encode(), text, b"n-1")
                return {
                    "X-Plivo-Signature-V3": signature.decode(),
                    "X-Plivo-Signature-V3-Nonce": "n-1",
                }

    def first(self) -> list[Json]:
        """What it sends when its socket opens."""
        match self.name:
            case "twilio":
                start = {
                    "accountSid": "AC1",
                    "streamSid": self.stream,
                    "callSid": self.call,
                    "tracks": ["inbound"],
                    "mediaFormat": {
                        "encoding": "audio/x-mulaw",
                        "sampleRate": 8000,
                        "channels": 1,
                    },
                    "customParameters": {},
                }
                return [
                    {"event": "connected", "protocol": "Call", "version": "1.0.0"},
                    {"event": "start", "sequenceNumber": "1", "start": start}
                    | {"streamSid": self.stream},
                ]
            case "telnyx":
                start = {
                    "user_id": "U1",
                    "call_control_id": self.call,
                    "from": CALLER,
                    "to": CALLED,
                    "media_format": {"encoding": "PCMU", "sample_rate": 8000, "channels": 1},
                }
                return [
                    {"event": "connected", "version": "1.0.0"},
                    {"event": "start", "sequence_number": "1", "start": start}
                    | {"stream_id": self.stream},
                ]
            case "plivo":
                start = {
                    "callId": self.call,
                    "streamId": self.stream,
                    "accountId": "MA1",
                    "tracks": ["inbound"],
                    "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000},
                }
                says = {"event": "start", "sequenceNumber": 1, "start": start}
                return [says | {"extra_headers": "{}"}]
            case _:
                start = {
                    "stream_sid": self.stream,
                    "call_sid": self.call,
                    "account_sid": "E1",
                    "from": CALLER[1:],
                    "to": CALLED[1:],
                    "custom_parameters": {},
                    "media_format": {"encoding": "base64", "sample_rate": "8000"},
                }
                return [
                    {"event": "connected"},
                    {"event": "start", "sequence_number": "1", "stream_sid": self.stream}
                    | {"start": start},
                ]

    def sound(self, pcm: np.ndarray) -> Json:
        """A piece of the caller's sound, 16 bit at 8 kHz."""
        payload = base64.b64encode(self._coded(pcm)).decode()
        media = {"track": "inbound", "chunk": "2", "timestamp": "5", "payload": payload}
        return {"event": "media", "sequenceNumber": "3", "media": media} | self._id()

    def _coded(self, pcm: np.ndarray) -> bytes:
        return pcm.astype(np.int16).tobytes() if self.name == "exotel" else to_mulaw(pcm)

    def key(self, digit: str) -> Json:
        """A key that the caller presses."""
        keys = {"digit": digit, "track": "inbound", "duration": "200"}
        return {"event": "dtmf", "sequenceNumber": "5", "dtmf": keys} | self._id()

    def stop(self) -> Json:
        """The caller has hung up."""
        return {"event": "stop", "sequenceNumber": "6", "stop": {"callSid": self.call}} | self._id()

    def played(self, question: Json) -> Json:
        """The answer to a mark."""
        if self.name == "plivo":
            return {"event": "playedStream", "name": question["name"]} | self._id()
        return {"event": "mark", "sequenceNumber": "4", "mark": question["mark"]} | self._id()

    def _id(self) -> Json:
        key = {"twilio": "streamSid", "plivo": "streamId", "exotel": "stream_sid"}
        return {key.get(self.name, "stream_id"): self.stream}

    def heard(self, message: Json) -> np.ndarray | None:
        """The agent's sound in a message, as 16 bit at 8 kHz."""
        if message["event"] not in ("media", "playAudio"):
            return None
        assert message.get(next(iter(self._id())), self.stream) == self.stream
        coded = base64.b64decode(message["media"]["payload"])
        return np.frombuffer(coded, np.int16) if self.name == "exotel" else from_mulaw(coded)

    def is_clear(self, message: Json) -> bool:
        """Whether a message drops what was not played yet."""
        return message["event"] == ("clearAudio" if self.name == "plivo" else "clear")

    def is_mark(self, message: Json) -> bool:
        return message["event"] == ("checkpoint" if self.name == "plivo" else "mark")


PEERS = [Peer(name) for name in ("twilio", "telnyx", "plivo", "exotel")]


def to_mulaw(pcm: np.ndarray) -> bytes:
    """G.711 of 16-bit samples."""
    wide = pcm.astype(np.int32)
    sign = np.where(wide < 0, 0x80, 0)
    size = np.minimum(np.abs(wide), 32635) + 132
    exponent = np.floor(np.log2(size)).astype(np.int32) - 7
    mantissa = (size >> (exponent + 3)) & 0x0F
    return (~(sign | (exponent << 4) | mantissa) & 0xFF).astype(np.uint8).tobytes()


def from_mulaw(coded: bytes) -> np.ndarray:
    """16-bit samples of G.711."""
    turned = ~np.frombuffer(coded, np.uint8)
    exponent, mantissa = (turned >> 4) & 7, (turned & 0x0F).astype(np.int32)
    size = (((mantissa << 3) + 132) << exponent) - 132
    return np.where(turned & 0x80, -size, size).astype(np.int16)


class Api:
    """A provider's API, which says yes unless `status` says something else."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Json]] = []
        self.times: list[float] = []
        self.status = 200
        self.url = ""

    async def __aenter__(self) -> "Api":
        from aiohttp import web

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "localhost", 0)
        await site.start()
        self.url = f"http://localhost:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _answer(self, request: Any) -> Any:
        from aiohttp import web

        is_json = request.content_type == "application/json"
        body = await request.json() if is_json else dict(await request.post())
        self.asked.append((request.method, request.path, body))
        self.times.append(time.monotonic())
        assert request.headers.get("Authorization")
        return web.json_response({}, status=self.status)


def profile(api: Api | None = None, more: str = "") -> str:
    """The accounts of all providers; `more` are lines of the section phone."""
    url = api.url if api else "http://localhost:1"
    return PROFILE.replace("API", url) + "".join(f"  {line}\n" for line in more.splitlines())


def socket_of(text: str) -> str:
    """The path of the socket in an answer."""
    if text.startswith("{"):
        url = json.loads(text)["url"]
    else:
        start = text.index("ws://") if "ws://" in text else text.index("wss://")
        url = text[start:].split('"')[0].split("<")[0]
    return "/ws/" + url.rpartition("/ws/")[2]
