"""STUN and TURN servers: how a profile names them, and who is told of them."""

import base64
import hashlib
import hmac
import time
from pathlib import Path
from typing import Any

import pytest

from config.check import report
from config.finding import text
from config.settings import Settings, SettingsError, load
from server.admit import command_line
from server.ice import Ice, talk_seconds, time_limited
from tests.entrance import PROFILE, SIGNED, entrance

PASSWORD = "do-not-print-me"
STUN = "{urls: 'stun:stun.example:3478'}"
TURN = (
    f"{{urls: ['turn:turn.example', 'turns:turn.example'], username: me, credential: {PASSWORD}}}"
)
COTURN = f"{{urls: 'turn:turn.example?transport=tcp', secret: {PASSWORD}}}"


def webrtc(*servers: str) -> str:
    return f"webrtc: {{ice_servers: [{', '.join(servers)}]}}\n"


def read(folder: Path, more: str, **environ: str) -> Settings:
    path = folder / "mine.yaml"
    path.write_text(PROFILE.replace("openai", "{service: openai, args: {api_key: x}}") + more)
    return load(path, environ=environ, allow_unset=True)


async def test_without_any_the_page_is_told_of_none():
    async with entrance() as door:
        _, answer, _ = await door.post("/start", {"transport": "webrtc"})
        assert "iceConfig" not in answer


async def test_who_may_talk_is_told_of_each_server_with_its_password():
    async with entrance(SIGNED + webrtc(STUN, TURN)) as door:
        status, answer, _ = await door.post("/start", {"transport": "webrtc"})
        assert status == 401 and "iceConfig" not in answer
        _, answer, _ = await door.post("/start", {"transport": "webrtc"}, door.sign_in())
        assert answer["iceConfig"]["iceServers"] == [
            {"urls": ["stun:stun.example:3478"]},
            {
                "urls": ["turn:turn.example", "turns:turn.example"],
                "username": "me",
                "credential": PASSWORD,
            },
        ]


async def test_with_coturns_secret_each_talk_gets_a_password_that_ends_with_it():
    async with entrance(webrtc(COTURN) + "limits: {max_talk_minutes: 5}\n") as door:
        given = []
        for _ in range(2):
            _, answer, _ = await door.post("/start", {"transport": "webrtc"})
            given += answer["iceConfig"]["iceServers"]
        first, second = given
        until = int(first["username"].partition(":")[0])
        assert 5 * 60 < until - time.time() < 16 * 60
        assert PASSWORD not in str(given) and first["username"] != second["username"]
        key = hmac.new(PASSWORD.encode(), first["username"].encode(), hashlib.sha1).digest()
        assert base64.b64decode(first["credential"]) == key


async def test_the_agents_own_connection_uses_the_same_servers(monkeypatch: pytest.MonkeyPatch):
    used: list[Any] = []

    class Noted:
        def __init__(self, ice_servers: Any) -> None:
            used.extend(ice_servers)
            raise ValueError("enough")

    module = "pipecat.transports.smallwebrtc.request_handler.SmallWebRTCConnection"
    monkeypatch.setattr(module, Noted)
    async with entrance(webrtc(STUN, COTURN)) as door:
        status, _, _ = await door.post("/api/offer", {"sdp": "v=0", "type": "offer"})
        assert status == 400
    stun, turn = used
    assert stun.urls == ["stun:stun.example:3478"] and stun.username is None
    assert turn.urls == ["turn:turn.example?transport=tcp"]
    assert int(turn.username.partition(":")[0]) > time.time() and turn.credential


async def test_the_command_line_stands_in_their_place():
    given = ("--ice-servers", "stun:other.example")
    async with entrance(webrtc(TURN), *given) as door:
        _, answer, _ = await door.post("/start", {"transport": "webrtc"})
        assert answer["iceConfig"]["iceServers"] == [{"urls": "stun:other.example"}]


def test_a_bad_command_line_is_told_and_not_repeated(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        command_line(["--ice-servers", f'{{"credential": "{PASSWORD}"}}'])
    said = capsys.readouterr().err
    assert "--ice-servers takes URLs" in said and PASSWORD not in said


def test_a_password_made_twice_is_not_the_same():
    assert time_limited("s", 100.0) != time_limited("s", 100.0)
    assert time_limited("s", 100.9)[0].startswith("100:")


def test_a_password_outlasts_the_longest_talk(tmp_path: Path):
    settings = read(tmp_path, webrtc(COTURN) + "limits: {max_talk_minutes: 90}\n")
    ice = Ice(settings.webrtc.ice_servers, talk_seconds(settings), clock=lambda: 1000.0)
    assert int(ice.offered()[0]["username"].partition(":")[0]) > 1000 + 90 * 60


@pytest.mark.parametrize(
    ("server", "says"),
    [
        ("{}", "ice_servers.0.urls: this key is missing"),
        ("{urls: []}", "ice_servers.0.urls: must hold at least 1 line"),
        ("{urls: 'turn.example'}", "urls.0: must read stun:HOST:PORT"),
        ("{urls: 'stun:a?transport=udp'}", "urls.0: must read stun:HOST:PORT"),
        ("{urls: 'turn:[::1]'}", "urls.0: must read stun:HOST:PORT"),
        ("{urls: 'turn:a:99999'}", "urls.0: has a port that does not exist"),
        ("{urls: 'turns:a?transport=udp'}", "urls.0: cannot be reached by UDP"),
        ("{urls: 'turn:a'}", "0: a TURN server needs username and credential, or a secret"),
        ("{urls: 'turn:a', username: me}", "0: a TURN server needs username and credential"),
        (f"{{urls: 'turn:a', username: me, secret: {PASSWORD}}}", "0: has a secret, from which"),
        ("{urls: 'turn:a', secrets: x}", "0.secrets: unknown key; did you mean secret?"),
        ("5", "ice_servers.0: must hold keys and values"),
    ],
)
def test_a_bad_server_is_named(tmp_path: Path, server: str, says: str):
    with pytest.raises(SettingsError) as error:
        read(tmp_path, webrtc(server))
    assert says in str(error.value) and PASSWORD not in str(error.value)


def test_no_password_is_shown(tmp_path: Path):
    environ = {"HOST": PASSWORD, "NAME": PASSWORD, "WORD": PASSWORD}
    server = "{urls: ['turn:${HOST}'], username: '${NAME}', credential: '${WORD}'}"
    settings = read(tmp_path, webrtc(server, TURN, COTURN), **environ)
    assert PASSWORD not in repr(settings) and PASSWORD not in str(settings)
    assert PASSWORD not in text(report(settings, environ={}))


def test_a_variable_that_is_not_set_is_told_by_the_check(tmp_path: Path):
    server = "{urls: 'turn:a', username: me, credential: '${TURN_PASSWORD}'}"
    found = text(report(read(tmp_path, webrtc(server)), environ={}))
    assert "TURN_PASSWORD is not set, for webrtc.ice_servers.0.credential" in found
