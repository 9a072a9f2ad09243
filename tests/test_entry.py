"""Who gets in, and who is refused before anything of a talk is made."""

import asyncio
import time
from pathlib import Path

import aiohttp
import pytest

from memory.invitations import Invitations
from processors.jitter import BUFFER, AsItComes
from processors.seats import UNCONNECTED
from server.tokens import Tokens
from tests.entrance import SECRET, SIGNED, Door, entrance, offer

ELSEWHERE = {"Origin": "https://evil.example"}
FORWARDED = {"X-Forwarded-For": "203.0.113.9"}
REBOUND = {"Host": "evil.example"}


async def until(true, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        await asyncio.sleep(0.01)


async def started(door: Door, transport: str = "webrtc", headers=None, **body) -> dict:
    status, answer, _ = await door.post(
        "/start", {"transport": transport, "body": body}, headers or {}
    )
    assert status == 200, answer
    return answer


async def test_on_this_machine_nobody_signs_in():
    async with entrance() as door:
        assert (await door.get("/status"))[0] == 200
        session = (await started(door, user="sam"))["sessionId"]
        call = asyncio.create_task(door.post(f"/sessions/{session}/api/offer", await offer()))
        await until(lambda: door.calls)
        assert door.calls[0].body == {"user": "sam"}
        door.stay.set()
        status, answer, _ = await call
        assert status == 200 and answer["type"] == "answer" and answer["pc_id"]


async def test_an_offer_without_a_start_is_answered_on_this_machine():
    async with entrance() as door:
        door.stay.set()
        wanted = await offer() | {"requestData": {"persona": "clerk"}}
        assert (await door.post("/api/offer", wanted))[0] == 200
        assert door.calls[0].body == {"persona": "clerk"}


async def test_what_a_socket_was_started_with_reaches_its_talk():
    async with entrance() as door:
        answer = await started(door, "websocket", user="sam", consent=True)
        assert answer["wsUrl"] == f"ws{door.url[4:]}/ws-client/{answer['token']}"
        assert await door.socket(f"/ws-client/{answer['token']}") == 101
        await until(lambda: door.calls)
        assert door.calls[0].body == {"user": "sam", "consent": True}


async def test_a_plain_socket_needs_no_token_on_this_machine():
    async with entrance() as door:
        assert await door.socket("/ws-client") == 101
        await until(lambda: door.calls)


@pytest.mark.parametrize("headers", [ELSEWHERE, FORWARDED, REBOUND])
@pytest.mark.parametrize("path", ["/start", "/api/offer", "/ws-client", "/daily-dialin-webhook"])
async def test_without_a_secret_nobody_else_gets_in(headers: dict, path: str):
    async with entrance() as door:
        if path.startswith("/ws"):
            status = await door.socket(path, headers)
        else:
            status = (await door.post(path, await offer(), headers))[0]
        assert status in (401, 403)
        assert not door.calls and not len(door.shared.seats)


@pytest.mark.parametrize("path", ["/start", "/api/offer", "/daily", "/client/", "/files", "/ws"])
async def test_with_a_secret_strangers_are_refused_everywhere(path: str):
    async with entrance(SIGNED) as door:
        assert (await door.get(path))[0] == 401
        assert (await door.post(path, {}))[0] == 401
        assert await door.socket("/ws-client") == 401
        assert await door.socket("/ws") == 401
        assert not door.calls


def bad_tokens() -> dict[str, str]:
    return {
        "none": "",
        "nonsense": "a.b",
        "expired": Tokens(SECRET).make("page", -1, user="sam"),
        "foreign": Tokens("another secret, also long").make("page", 60, user="sam"),
        "another use": Tokens(SECRET).make("offer", 60, user="sam"),
        "of nobody": Tokens(SECRET).make("page", 60),
    }


@pytest.mark.parametrize("kind", bad_tokens())
async def test_a_bad_sign_in_starts_nothing(kind: str):
    async with entrance(SIGNED) as door:
        token = bad_tokens()[kind]
        for headers in ({"Authorization": f"Bearer {token}"}, {"Cookie": f"repartee={token}"}):
            assert (await door.post("/start", {}, headers))[0] == 401
            assert (await door.post("/api/offer", await offer(), headers))[0] == 401
            assert await door.socket("/ws-client", headers) in (401, 403)
        assert not door.calls and not door.entry.sessions


async def test_who_is_signed_in_is_that_name_and_no_other():
    async with entrance(SIGNED) as door:
        door.stay.set()
        token = (await started(door, headers=door.sign_in("sam"), user="max"))["sessionId"]
        wanted = await offer() | {"request_data": {"user": "max"}}
        assert (await door.post(f"/sessions/{token}/api/offer", wanted))[0] == 200
        assert [(call.body or {})["user"] for call in door.calls] == ["sam"]


async def test_whoever_signs_in_begins_each_talk_with_a_token_of_its_own():
    async with entrance(SIGNED) as door:
        headers = door.sign_in("sam")
        assert (await door.post("/api/offer", await offer(), headers))[0] == 401
        assert await door.socket("/ws-client", headers) in (401, 403)
        assert not door.calls


@pytest.mark.parametrize("kind", ["used", "expired", "foreign", "of a socket", "none"])
async def test_a_bad_token_opens_no_connection(kind: str):
    async with entrance("access: {token_seconds: 1}" if kind == "expired" else "") as door:
        door.stay.set()
        token = (await started(door))["sessionId"]
        match kind:
            case "used":
                assert (await door.post(f"/sessions/{token}/api/offer", await offer()))[0] == 200
            case "expired":
                await asyncio.sleep(1.1)
            case "foreign":
                token = Tokens(SECRET).make("offer", 60, user="")
            case "of a socket":
                token = (await started(door, "websocket"))["token"]
            case _:
                token = "none"
        before = len(door.calls)
        status, _, _ = await door.post(f"/sessions/{token}/api/offer", await offer())
        assert status in (403, 404)
        assert len(door.calls) == before and not len(door.shared.seats)


@pytest.mark.parametrize("kind", ["used", "expired", "foreign", "of an offer", "nonsense"])
async def test_a_bad_token_opens_no_socket(kind: str):
    async with entrance("access: {token_seconds: 1}" if kind == "expired" else "") as door:
        token = (await started(door, "websocket"))["token"]
        match kind:
            case "used":
                assert await door.socket(f"/ws-client/{token}") == 101
                await until(lambda: door.calls)
            case "expired":
                await asyncio.sleep(1.1)
            case "foreign":
                token = Tokens(SECRET).make("socket", 60, user="")
            case "of an offer":
                token = (await started(door))["sessionId"]
            case _:
                token = "a.b"
        before = len(door.calls)
        assert await door.socket(f"/ws-client/{token}") == 403
        assert await door.socket(f"/ws-client?token={token}") == 403
        assert await door.socket("/ws-client", {"Authorization": f"Bearer {token}"}) == 403
        assert len(door.calls) == before


async def test_a_page_that_makes_its_connection_anew_twice_stays_in_its_talk():
    async with entrance() as door:
        token = (await started(door))["sessionId"]
        call = asyncio.create_task(door.post(f"/sessions/{token}/api/offer", await offer()))
        await until(lambda: door.calls)
        connection = door.calls[0].webrtc_connection
        peers = [connection.pc]
        for _ in range(2):
            name = {"pc_id": door.entry.sessions[token].peer}
            again = await offer() | name | {"restart_pc": True}
            status, answer, _ = await door.post(f"/sessions/{token}/api/offer", again)
            assert status == 200 and answer["pc_id"] != name["pc_id"]
            found = {"pc_id": answer["pc_id"], "candidates": []}
            assert (await door.ask("PATCH", f"/sessions/{token}/api/offer", json=found))[0] == 200
            peers.append(connection.pc)
        for peer in peers:
            [ears, *_] = [each.receiver for each in peer.getTransceivers()]
            assert isinstance(getattr(ears, BUFFER), AsItComes)
            assert len(peer.listeners("datachannel")) in (0, 2)  # with the one that bounds messages
        assert len(peers[-1].listeners("datachannel")) == 2
        door.stay.set()
        await call


async def test_another_talks_connection_is_not_to_be_touched():
    async with entrance() as door:
        mine, other = [(await started(door))["sessionId"] for _ in range(2)]
        door.stay.clear()
        call = asyncio.create_task(door.post(f"/sessions/{mine}/api/offer", await offer()))
        await until(lambda: door.calls)
        peer = door.entry.sessions[mine].peer
        patch = {"pc_id": peer, "candidates": []}
        touched = await door.ask("PATCH", f"/sessions/{other}/api/offer", json=patch)
        assert touched[0] == 403
        again = await offer() | {"pc_id": peer}
        assert (await door.post(f"/sessions/{other}/api/offer", again))[0] == 403
        own = await door.ask("PATCH", f"/sessions/{mine}/api/offer", json=patch)
        assert own[0] == 200
        door.stay.set()
        await call


async def test_a_page_of_another_host_may_be_allowed():
    async with entrance("access: {origins: ['https://evil.example']}") as door:
        assert (await door.post("/start", {}, ELSEWHERE))[0] == 200
    async with entrance("", "--allowed-origins", "https://evil.example") as door:
        assert (await door.post("/start", {}, ELSEWHERE))[0] == 200


async def test_an_open_server_is_open():
    async with entrance("access: {open: yes}") as door:
        assert (await door.post("/start", {}, FORWARDED | REBOUND))[0] == 200
        assert (await door.post("/start", {}, ELSEWHERE))[0] == 403


async def test_one_talk_too_many_is_told_that_all_lines_are_busy():
    async with entrance("access: {talks: 1}") as door:
        first, second = [(await started(door, "websocket"))["token"] for _ in range(2)]
        assert await door.socket(f"/ws-client/{first}") == 101
        await until(lambda: door.calls)
        status, answer, headers = await door.post("/start", {})
        assert status == 503 and int(headers["Retry-After"]) > 0 and "busy" in answer["detail"]
        assert await door.socket(f"/ws-client/{second}") == 503
        assert (await door.post("/api/offer", await offer()))[0] == 503
        door.stay.set()
        await until(lambda: not len(door.shared.seats))
        assert (await door.post("/start", {}))[0] == 200
        assert len(door.calls) == 1


async def test_a_hundred_offers_that_nobody_joins_leave_five_half_open():
    async with entrance("access: {talks: 200}") as door:
        wanted = await offer()
        calls = [asyncio.create_task(door.post("/api/offer", wanted)) for _ in range(100)]
        refused = 0
        for call in asyncio.as_completed(calls):
            status, _, headers = await call
            assert status in (200, 503)
            if status == 503:
                refused += 1
                assert int(headers["Retry-After"]) > 0
            if refused == 95:
                break
        assert door.shared.seats.half_open == len(door.calls) == 5
        door.stay.set()
        await until(lambda: not len(door.shared.seats))


async def test_an_offer_that_finds_no_seat_can_be_made_again():
    async with entrance("access: {talks: 9, half_open: 1}") as door:
        tokens = [(await started(door))["sessionId"] for _ in range(2)]
        first, second = (f"/sessions/{each}/api/offer" for each in tokens)
        call = asyncio.create_task(door.post(first, await offer()))
        await until(lambda: door.calls)
        status, _, headers = await door.post(second, await offer())
        assert status == 503 and headers["Retry-After"] == "1"
        door.stay.set()
        await call
        await until(lambda: not len(door.shared.seats))
        assert (await door.post(second, await offer()))[0] == 200


async def test_the_page_says_how_one_gets_in():
    async with entrance(SIGNED) as door:
        status, text, _ = await door.get("/")
        assert status == 401 and "open the link of your invitation" in text
        assert "python -m server invite" in text
    async with entrance() as door:
        status, text, _ = await door.get("/", FORWARDED)
        assert status == 401 and "on its own machine alone" in text and "access.secret" in text


async def test_an_address_may_not_start_too_often():
    async with entrance(SIGNED + "  ".join(["", ""])) as door:
        limit = door.settings.access.starts_a_minute
        for _ in range(limit):
            assert (await door.post("/start", {}, door.sign_in() | FORWARDED))[0] == 200
        status, _, headers = await door.post("/start", {}, door.sign_in("max") | FORWARDED)
        assert status == 429 and int(headers["Retry-After"]) > 0
        other = {"X-Forwarded-For": "203.0.113.10"}
        assert (await door.post("/start", {}, door.sign_in("max") | other))[0] == 200


async def test_a_caller_may_not_talk_too_often():
    profile = SIGNED.replace("}", ", talks_an_hour: 2}")
    async with entrance(profile) as door:
        statuses = [(await door.post("/start", {}, door.sign_in()))[0] for _ in range(3)]
        assert statuses == [200, 200, 429]
        assert (await door.post("/start", {}, door.sign_in("max")))[0] == 200


async def test_this_machines_own_starts_are_not_counted():
    async with entrance("access: {starts_a_minute: 1}") as door:
        for _ in range(3):
            await started(door)


async def test_a_request_that_is_too_long_is_refused():
    async with entrance("access: {max_message: 1024}") as door:
        assert (await door.post("/start", {"body": {"x": "x" * 2000}}))[0] == 413


@pytest.mark.parametrize("text", ["", "{", "[]", "5", "null", '"x"', "[" * 5000, "\x00"])
async def test_what_is_no_request_is_refused(text: str):
    async with entrance() as door:
        for path in ("/start", "/api/offer"):
            assert (await door.ask("POST", path, data=text))[0] == 400
        assert not door.calls


@pytest.mark.parametrize(
    "body",
    [
        {"sdp": 5, "type": "offer"},
        {"sdp": "x", "type": "offer"},
        {"sdp": "", "type": "offer"},
        {"sdp": "v=0", "type": "answer"},
        {"sdp": "v=0\r\n" * 50, "type": "offer", "pc_id": 5},
        {"sdp": "m=audio -1 UDP x\r\n", "type": "offer", "pc_id": "x"},
    ],
)
async def test_an_offer_that_makes_no_sense_leaves_nothing(body: dict):
    async with entrance() as door:
        door.stay.set()
        status, _, _ = await door.post("/api/offer", body)
        assert status in (200, 400), status
        await until(lambda: not len(door.shared.seats))


async def test_a_socket_on_which_nothing_comes_is_closed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("server.gate.PATIENCE", 0.2)

    async def listening(arguments, _):
        message = await arguments.websocket.receive()
        assert message["type"] == "websocket.disconnect"

    async with entrance(bot=listening) as door:
        assert await door.socket("/ws-client") == 101
        await until(lambda: door.calls)
        await until(lambda: not len(door.shared.seats))


async def test_a_message_that_is_too_long_is_dropped_and_the_next_is_heard():
    heard = []

    async def listening(arguments, _):
        heard.append(await arguments.websocket.receive_text())

    async with entrance("access: {max_message: 1024}", bot=listening) as door:
        assert await door.socket("/ws-client") == 101
        await door.sockets[0].send_str("x" * 2000)
        await door.sockets[0].send_str("short")
        await until(lambda: heard)
        assert heard == ["short"]


async def test_an_invitation_signs_in_once():
    async with entrance(SIGNED) as door:
        token = Tokens(SECRET).make("invitation", 60, user="sam")
        status, page, _ = await door.get(f"/sign-in/{token}")
        assert status == 200 and "Sign in as sam" in page
        status, _, headers = await door.post(f"/sign-in/{token}")
        assert (status, headers["Location"]) == (303, "/")
        cookie = headers["Set-Cookie"]
        assert "HttpOnly" in cookie and "SameSite" in cookie
        signed = {"Cookie": cookie.partition(";")[0]}
        assert (await door.post("/start", {}, signed))[0] == 200
        assert (await door.post(f"/sign-in/{token}"))[0] == 403
        assert (await door.get(f"/sign-in/{token}"))[0] == 403


async def test_an_invitation_stays_used_when_the_server_starts_anew(tmp_path: Path):
    token = Tokens(SECRET).make("invitation", 60, user="sam")
    for status in (303, 403):
        used = Invitations(tmp_path / "access.db")
        async with entrance(SIGNED, invitations=used) as door:
            assert (await door.post(f"/sign-in/{token}"))[0] == status
        used.close()
    later = Invitations(tmp_path / "access.db")
    assert later.use("another", until=5.0, now=1.0) and not later.use("another", 5.0, 1.0)
    assert later.use("a third", until=9.0, now=6.0) and not later.is_used("another")


async def test_nobody_signs_in_while_it_cannot_be_known_whether_they_did(tmp_path: Path):
    (tmp_path / "access.db").write_text("rubbish " * 100)
    token = Tokens(SECRET).make("invitation", 60, user="sam")
    async with entrance(SIGNED, invitations=Invitations(tmp_path / "access.db")) as door:
        assert (await door.get(f"/sign-in/{token}"))[0] == 503
        assert (await door.post(f"/sign-in/{token}"))[0] == 503


async def test_an_invitation_that_is_none_says_so():
    async with entrance(SIGNED) as door:
        for token in bad_tokens().values():
            status, page, _ = await door.get(f"/sign-in/{token or 'x'}")
            assert status == 403 and "Ask for a new one" in page
        name = "<script>alert(1)</script>"
        token = Tokens(SECRET).make("invitation", 60, user=name)
        assert name not in (await door.get(f"/sign-in/{token}"))[1]


async def test_time_to_join_is_under_fifteen_seconds():
    assert UNCONNECTED < 15


async def test_starts_that_nobody_follows_up_are_forgotten():
    async with entrance("access: {token_seconds: 0.2}") as door:
        for _ in range(20):
            await started(door)
        await asyncio.sleep(0.3)
        await started(door)
        assert len(door.entry.sessions) == 1


async def test_a_client_that_goes_while_it_is_refused_does_no_harm():
    async with entrance(SIGNED) as door:
        with pytest.raises(aiohttp.ClientError):
            await door.http.ws_connect(door.url + "/ws-client/none")
        assert (await door.get("/status"))[0] == 200


async def test_the_page_tells_a_stranger_to_sign_in():
    async with entrance(SIGNED) as door:
        status, page, headers = await door.get("/")
        assert status == 401 and "open the link of your invitation" in page
        assert headers["Content-Type"].startswith("text/html")
