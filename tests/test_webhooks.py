"""Webhooks of phone providers, and calls that we place."""

import asyncio
import json
from xml.etree import ElementTree

import pytest

from judgement.numbers import caller, is_number, may_be_called
from processors.door import BLOCKED
from tests.entrance import SIGNED, Door, entrance
from tests.peers import CALLER, PEERS, Api, Peer, profile, socket_of
from tests.test_entry import until

TWILIO, TELNYX, PLIVO, EXOTEL = PEERS
each = pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)


async def answered(door: Door, peer: Peer, **more: str) -> str:
    status, text = await peer.ask(door.http, door.url, **more)
    assert status == 200, text
    return text


async def begin(door: Door, peer: Peer, path: str) -> int:
    status = await door.socket(path)
    if status == 101:
        for message in peer.first():
            await door.sockets[-1].send_json(message)
    return status


@each
async def test_a_call_is_answered_with_a_socket_of_its_own(peer: Peer):
    async with entrance(profile()) as door:
        path = socket_of(await answered(door, peer))
        assert await begin(door, peer, path) == 101
        await until(lambda: door.calls)
        [arguments] = door.calls
        assert arguments.body == {"user": CALLER}
        assert arguments.call.started.call == peer.call
        assert arguments.call.provider.name == peer.name
        assert await door.socket(path) == 403
        assert len(door.calls) == 1


@each
@pytest.mark.parametrize("key", ["another key"])
async def test_a_wrong_signature_is_refused(peer: Peer, key: str):
    async with entrance(profile()) as door:
        status, text = await peer.ask(door.http, door.url, key=key)
        assert status == 403 and "signature" in json.loads(text)["detail"]
        assert not door.calls


@each
async def test_without_an_account_in_the_profile_nobody_is_believed(peer: Peer):
    async with entrance() as door:
        assert (await peer.ask(door.http, door.url))[0] == 403


@each
async def test_a_request_without_a_signature_is_refused(peer: Peer):
    async with entrance(profile()) as door:
        async with door.http.post(door.url + peer.path(), data=peer.form()) as answer:
            assert answer.status == 403
        async with door.http.get(door.url + peer.path(), params=peer.form()) as answer:
            assert answer.status == 403


async def test_a_signature_for_another_address_is_refused():
    async with entrance(profile()) as door:
        form = TWILIO.form()
        headers = TWILIO.signed("https://elsewhere.example/phone/twilio", form, b"")
        async with door.http.post(f"{door.url}/phone/twilio", data=form, headers=headers) as answer:
            assert answer.status == 403


async def test_an_address_behind_a_tunnel_is_the_one_that_was_signed():
    async with entrance(profile(), "-t", "twilio", "--proxy", "https://agent.example/") as door:
        form = TWILIO.form()
        headers = TWILIO.signed("https://agent.example/", form, b"")
        async with door.http.post(f"{door.url}/", data=form, headers=headers) as answer:
            text = await answer.text()
        assert answer.status == 200
        assert 'url="wss://agent.example/ws/' in text


async def test_the_answers_are_what_each_provider_reads():
    async with entrance(profile()) as door:
        twilio = ElementTree.fromstring(await answered(door, TWILIO))
        assert twilio.find("Connect/Stream").get("url").startswith("ws")
        telnyx = ElementTree.fromstring(await answered(door, TELNYX))
        assert telnyx.find("Connect/Stream").get("bidirectionalMode") == "rtp"
        plivo = ElementTree.fromstring(await answered(door, PLIVO)).find("Stream")
        assert plivo.get("bidirectional") == plivo.get("keepCallAlive") == "true"
        assert plivo.get("contentType") == "audio/x-mulaw;rate=8000"
        assert json.loads(await answered(door, EXOTEL))["url"].startswith("ws")


@each
async def test_a_withheld_number_is_nobodys(peer: Peer):
    async with entrance(profile()) as door:
        hidden = {"From": "anonymous", "CallFrom": "anonymous"}
        await begin(door, peer, socket_of(await answered(door, peer, **hidden)))
        await until(lambda: door.calls)
        assert door.calls[0].body == {}


@each
async def test_a_token_is_for_one_call_alone(peer: Peer):
    async with entrance(profile()) as door:
        path = socket_of(await answered(door, peer))
        assert await begin(door, Peer(peer.name, call="another"), path) == 101
        await asyncio.wait_for(door.sockets[0].receive(), 5)
        assert door.sockets[0].closed
        await until(lambda: not len(door.shared.seats))
        assert not door.calls


async def test_a_token_is_for_one_provider_alone():
    async with entrance(profile()) as door:
        path = socket_of(await answered(door, PLIVO))
        await begin(door, TWILIO, path)
        for _ in range(10):
            await door.sockets[0].send_json({"event": "media"})
        await asyncio.wait_for(door.sockets[0].receive(), 5)
        assert not door.calls


@pytest.mark.parametrize("path", ["/ws", "/ws/none", "/ws/a.b"])
async def test_a_socket_without_a_webhook_is_refused(path: str):
    async with entrance(SIGNED + profile()) as door:
        assert await door.socket(path) in (401, 403)
        assert await door.socket(path, door.sign_in()) in (401, 403)
        assert not door.calls


async def test_on_this_machine_a_stream_may_be_tried_without_a_webhook():
    async with entrance() as door:
        for peer in PEERS:
            assert await begin(door, peer, "/ws") == 101
        await until(lambda: len(door.calls) == 4)
        assert [call.call.provider.name for call in door.calls] == [p.name for p in PEERS]


async def test_a_stream_that_says_nothing_is_closed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("server.gate.PATIENCE", 0.2)
    async with entrance() as door:
        assert await door.socket("/ws") == 101
        await until(lambda: not len(door.shared.seats))
        assert not door.calls


@pytest.mark.parametrize("peer", PEERS[:3], ids=lambda peer: peer.name)
async def test_a_caller_for_whom_there_is_no_line_is_told_so(peer: Peer):
    async with entrance("access: {talks: 1}" + profile(more='busy: "Nobody & nothing."')) as door:
        await begin(door, peer, socket_of(await answered(door, peer)))
        await until(lambda: door.calls)
        said = ElementTree.fromstring(await answered(door, peer, CallSid="2", CallUUID="2"))
        assert [part.tag for part in said] == [
            "Speak" if peer.name == "plivo" else "Say",
            "Hangup",
        ]
        assert said[0].text == "Nobody & nothing."
        assert len(door.calls) == 1


async def test_a_blocked_caller_reaches_no_pipeline():
    async with entrance(profile()) as door:
        door.shared.blocks.affront(CALLER)
        assert BLOCKED.replace("'", "'") in await answered(door, TWILIO)


async def test_a_number_that_calls_too_often_hears_that_lines_are_busy():
    async with entrance("access: {talks_an_hour: 2}" + profile()) as door:
        for _ in range(2):
            assert "<Stream" in await answered(door, TWILIO)
        assert "<Say>All our lines are busy" in await answered(door, TWILIO)
        assert "<Stream" in await answered(door, TWILIO, From="+447911000000")


@pytest.mark.parametrize("body", [b"\xff\xfe", b"a=1&" * 20_000, b"%ff=%00", b""])
async def test_a_webhook_survives_what_is_no_form(body: bytes):
    async with entrance(profile()) as door:
        async with door.http.post(f"{door.url}/phone/twilio", data=body) as answer:
            assert answer.status in (400, 403, 413)
        async with door.http.post(f"{door.url}/phone/nobody", data=body) as answer:
            assert answer.status in (404, 413)


CALLS = 'may_call: ["+44*"]'


async def test_a_call_is_placed_and_the_answer_is_a_stream():
    async with Api() as api, entrance(SIGNED + profile(api, CALLS)) as door:
        asked = {"to": "+447911000000", "provider": "twilio", "digits": "12#"}
        assert (await door.post("/calls", asked, door.sign_in()))[0] == 200
        [(method, path, form)] = api.asked
        assert (method, path) == ("POST", "/2010-04-01/Accounts/AC1/Calls.json")
        assert form["To"] == "+447911000000" and form["MachineDetection"] == "Enable"
        webhook = form["Url"].removeprefix(door.url)
        status, text = await TWILIO.ask(door.http, door.url, webhook, Direction="outbound-api")
        assert status == 200
        await begin(door, TWILIO, socket_of(text))
        await until(lambda: door.calls)
        [arguments] = door.calls
        assert arguments.body == {"user": "+447911000000"}
        assert arguments.call.digits == "12#" and arguments.call.to_machine == ""
        result = form["AsyncAmdStatusCallback"].removeprefix(door.url)
        assert (await TWILIO.ask(door.http, door.url, result, AnsweredBy="human"))[0] == 204
        assert not arguments.call.machine.is_set()
        forged = await TWILIO.ask(door.http, door.url, result, key="x", AnsweredBy="machine_start")
        assert forged[0] == 403 and not arguments.call.machine.is_set()
        assert (await TWILIO.ask(door.http, door.url, result, AnsweredBy="machine_start"))[0] == 204
        assert arguments.call.machine.is_set()


async def test_telnyx_places_calls_through_its_application():
    more = CALLS + "\nmachines: message\nmessage: Please call back."
    async with Api() as api, entrance(SIGNED + profile(api, more)) as door:
        asked = {"to": "+447911000000", "provider": "telnyx"}
        assert (await door.post("/calls", asked, door.sign_in()))[0] == 200
        [(_, path, body)] = api.asked
        assert path == "/v2/texml/Accounts/A1/Calls"
        assert body["ApplicationSid"] == "T1" and body["MachineDetection"] == "DetectMessageEnd"
        webhook = body["Url"].removeprefix(door.url)
        _, text = await TELNYX.ask(door.http, door.url, webhook)
        await begin(door, TELNYX, socket_of(text))
        await until(lambda: door.calls)
        assert door.calls[0].call.to_machine == "Please call back."


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"to": "+33123456789"}, 403),
        ({"to": "+44"}, 400),
        ({"to": "07911 000000"}, 400),
        ({"to": "+447911000000;+33123456789"}, 400),
        ({"to": "+447911000000", "provider": "plivo"}, 400),
        ({"to": "+447911000000", "digits": "12x"}, 400),
        ({}, 400),
        ([], 400),
        ({"to": None}, 400),
    ],
)
async def test_no_other_number_is_called(asked: object, status: int):
    async with Api() as api, entrance(SIGNED + profile(api, CALLS)) as door:
        assert (await door.post("/calls", asked, door.sign_in()))[0] == status
        assert not api.asked and not door.entry.sessions


async def test_only_who_is_signed_in_may_place_calls():
    async with Api() as api, entrance(SIGNED + profile(api, CALLS)) as door:
        assert (await door.post("/calls", {"to": "+447911000000"}))[0] == 401
        assert not api.asked


async def test_a_provider_that_says_no_is_named():
    async with Api() as api, entrance(SIGNED + profile(api, CALLS)) as door:
        api.status = 401
        status, answer, _ = await door.post("/calls", {"to": "+447911000000"}, door.sign_in())
        assert status == 502 and "localhost answered 401: compare" in answer["detail"]
        assert "start it with --proxy NAME" in answer["detail"]


async def test_a_call_that_was_never_placed_is_not_answered():
    async with entrance(profile()) as door:
        status, _ = await TWILIO.ask(door.http, door.url, "/phone/twilio?placed=a.b")
        assert status == 403


@pytest.mark.parametrize("text", ["+442071838750", "442071838750", "+44 (20) 7183-8750"])
def test_a_caller_is_known_by_the_number(text: str):
    assert caller(text) == "+442071838750"


@pytest.mark.parametrize("text", ["", None, "anonymous", "+266696687", "sip:bob@example.com", 5])
def test_a_caller_without_a_number_is_nobody(text: object):
    assert caller(text) == ""


def test_numbers_are_allowed_whole_or_by_their_beginning():
    assert may_be_called("+442071838750", ["+44*"])
    assert may_be_called("+442071838750", ["+33*", "+442071838750"])
    assert not may_be_called("+442071838750", [])
    assert not may_be_called("+442071838750", ["+33*", "+44207183875"])
    assert not is_number("+0123456789") and not is_number("+4420718387501234567")
