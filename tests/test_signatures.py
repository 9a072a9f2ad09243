"""Signatures of phone providers, against the providers' own libraries."""

import base64
import time
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as some
from plivo.utils import signature_v3
from twilio.request_validator import RequestValidator

from server import signatures

TOKEN = "12345"
NONCE = "nonce-1"
URL = "https://agent.example.com/phone/twilio"
CALL = {"CallSid": "CA1", "From": "+447911123456", "To": "+442071838750", "Zz": "", "a": "ß & ="}
KEY = Ed25519PrivateKey.generate()
PUBLIC = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()

words = some.text(alphabet=some.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
plain = some.text(alphabet="abcXYZ012-_ &=+", max_size=8)
forms = some.dictionaries(words.filter(bool), words, max_size=5)


def by_twilio(url: str, form: dict[str, str], token: str = TOKEN) -> dict[str, str]:
    return {"x-twilio-signature": RequestValidator(token).compute_signature(url, form)}


def by_plivo(method: str, url: str, form: dict[str, str], token: str = TOKEN) -> dict[str, str]:
    signed = (
        signature_v3.construct_get_url(url, dict(form))
        if method == "GET"
        else signature_v3.construct_post_url(url, dict(form))
    )
    text = signed.decode()
    signature = signature_v3.get_signature_v3(token.encode(), text, NONCE.encode()).decode()
    return {"x-plivo-signature-v3": signature, "x-plivo-signature-v3-nonce": NONCE}


def by_telnyx(body: bytes, at: float | None = None, key: Ed25519PrivateKey = KEY) -> dict[str, str]:
    stamp = str(int(time.time() if at is None else at))
    signature = base64.b64encode(key.sign(f"{stamp}|".encode() + body)).decode()
    return {"telnyx-timestamp": stamp, "telnyx-signature-ed25519": signature}


@given(form=forms)
def test_what_twilios_own_library_signs_is_twilios(form: dict[str, str]):
    assert signatures.twilio(URL, form.items(), by_twilio(URL, form), TOKEN)


@pytest.mark.parametrize(
    "signed", [URL, URL.replace(".com", ".com:443"), "wss://agent.example.com/ws/abc"]
)
def test_twilio_signs_with_a_port_or_without_and_sockets_too(signed: str):
    asked = signed.replace(":443", "")
    assert signatures.twilio(asked, CALL.items(), by_twilio(signed, CALL), TOKEN)


def test_twilio_did_not_sign_what_differs_in_anything():
    headers = by_twilio(URL, CALL)
    assert not signatures.twilio(URL, (CALL | {"From": "+1"}).items(), headers, TOKEN)
    assert not signatures.twilio(URL + "x", CALL.items(), headers, TOKEN)
    assert not signatures.twilio(URL, CALL.items(), headers, "another")
    assert not signatures.twilio(URL, CALL.items(), {}, TOKEN)
    assert not signatures.twilio(URL, CALL.items(), {"x-twilio-signature": "ü"}, TOKEN)


@given(form=forms, query=some.dictionaries(plain.filter(bool), plain, max_size=3))
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_plivos_own_library_signs_is_plivos(
    method: str, form: dict[str, str], query: dict[str, str]
):
    form = {} if method == "GET" else form
    url = URL + (f"?{urlencode(query)}" if query else "")
    assert signatures.plivo(method, url, form.items(), by_plivo(method, url, form), TOKEN)


def test_plivo_did_not_sign_what_differs_in_anything():
    headers = by_plivo("POST", URL, CALL)
    assert not signatures.plivo("POST", URL, (CALL | {"From": "+1"}).items(), headers, TOKEN)
    assert not signatures.plivo("POST", URL + "?x=1", CALL.items(), headers, TOKEN)
    assert not signatures.plivo("POST", URL, CALL.items(), headers, "another")
    other = headers | {"x-plivo-signature-v3-nonce": "2"}
    assert not signatures.plivo("POST", URL, CALL.items(), other, TOKEN)
    assert not signatures.plivo("POST", URL, CALL.items(), {}, TOKEN)


def test_one_of_several_signatures_of_plivos_is_enough():
    headers = by_plivo("POST", URL, CALL)
    headers["x-plivo-signature-v3"] = "b3RoZXI=," + headers["x-plivo-signature-v3"]
    assert signatures.plivo("POST", URL, CALL.items(), headers, TOKEN)


def test_what_telnyx_signed_just_now_is_telnyxs():
    assert signatures.telnyx(b"From=%2B1", by_telnyx(b"From=%2B1"), PUBLIC)


@pytest.mark.parametrize("stamp", ["", "soon", "-1", "1" * 5000, "²"])
def test_a_time_that_is_none_is_refused(stamp: str):
    headers = by_telnyx(b"x") | {"telnyx-timestamp": stamp}
    assert not signatures.telnyx(b"x", headers, PUBLIC)


def test_telnyx_did_not_sign_what_differs_in_anything():
    headers = by_telnyx(b"x")
    assert not signatures.telnyx(b"y", headers, PUBLIC)
    assert not signatures.telnyx(b"x", by_telnyx(b"x", time.time() - 301), PUBLIC)
    assert not signatures.telnyx(b"x", by_telnyx(b"x", time.time() + 301), PUBLIC)
    assert not signatures.telnyx(b"x", by_telnyx(b"x", key=Ed25519PrivateKey.generate()), PUBLIC)
    assert not signatures.telnyx(b"x", headers | {"telnyx-signature-ed25519": "!"}, PUBLIC)
    assert not signatures.telnyx(b"x", headers, "no key")
    assert not signatures.telnyx(b"x", {}, PUBLIC)
