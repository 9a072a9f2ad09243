"""Whether a request is from the phone provider that it claims to be from.

Each function says yes only where the provider signed exactly this request with
the key that it shares with us. Addresses are as the provider asked for them: with
the public name, whatever stands between it and us.
"""

import base64
import binascii
import hmac
import re
import time
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TOLERANCE = 300  # s that a signature of Telnyx's is good

_STAMP = re.compile(r"[0-9]{1,12}")

Params = Iterable[tuple[str, str]]


def twilio(url: str, params: Params, headers: Mapping[str, str], auth_token: str) -> bool:
    """X-Twilio-Signature: HMAC-SHA1 of the address and the sorted parameters of a form.

    Twilio signs with or without the port, so both are right. A socket is signed
    for its wss:// address, without parameters.
    """
    signed = "".join(f"{key}{value}" for key, value in sorted(set(params)))
    given = headers.get("x-twilio-signature", "")
    return any(
        _equal(given, _hmac(auth_token, f"{each}{signed}", "sha1")) for each in _with_ports(url)
    )


def _with_ports(url: str) -> tuple[str, ...]:
    """The address without its port, and with it."""
    parts = urlsplit(url)
    bare = parts.hostname or ""
    port = parts.port or (443 if parts.scheme in ("https", "wss") else 80)
    names = (bare, f"{bare}:{port}")
    return tuple(urlunsplit(parts._replace(netloc=name)) for name in names)


def telnyx(body: bytes, headers: Mapping[str, str], public_key: str, *, now: float = 0) -> bool:
    """telnyx-signature-ed25519, of the time and the body; not older than five minutes."""
    stamp = headers.get("telnyx-timestamp", "")
    if not _STAMP.fullmatch(stamp):
        return False
    if abs((now or time.time()) - int(stamp)) > TOLERANCE:
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public_key, validate=True))
        signature = base64.b64decode(headers.get("telnyx-signature-ed25519", ""), validate=True)
        key.verify(signature, stamp.encode() + b"|" + body)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def plivo(
    method: str, url: str, params: Params, headers: Mapping[str, str], auth_token: str
) -> bool:
    """X-Plivo-Signature-V3: HMAC-SHA256 of the address, sorted parameters and the nonce.

    A header may hold several signatures, one for each auth token in use.
    """
    nonce = headers.get("x-plivo-signature-v3-nonce", "")
    parts = urlsplit(url)
    bare = urlunsplit(parts._replace(query="", fragment=""))
    query = parse_qsl(parts.query, keep_blank_values=True)
    form = list(params)
    if method == "GET":
        signed = _joined(bare, [*query, *form])
    else:
        dot = "." if query and form else ""
        mark = "?" if form and not query else ""
        signed = f"{_joined(bare, query)}{mark}{dot}{_sorted(form)}"
    due = _hmac(auth_token, f"{signed}.{nonce}", "sha256")
    given = headers.get("x-plivo-signature-v3", "").split(",")
    return bool(nonce) and any(_equal(each.strip(), due) for each in given)


def _joined(address: str, query: list[tuple[str, str]]) -> str:
    pairs = "&".join(f"{key}={value}" for key, value in sorted(query))
    return f"{address}?{pairs}" if pairs else address


def _sorted(form: list[tuple[str, str]]) -> str:
    return "".join(f"{key}{value}" for key, value in sorted(form))


def _hmac(key: str, text: str, digest: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), digest)).decode()


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())
