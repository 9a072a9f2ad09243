"""`python -m server doctor`: what it finds, how it says so, and that nothing stops it."""

import asyncio
import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import web

from config.settings import Settings, load
from server.__main__ import main
from server.doctor import ice, stun
from server.doctor.asked import Asked
from server.doctor.examination import Check, examine
from server.doctor.finding import Finding, Health, exit_status, ok
from server.doctor.given import given_servers
from server.doctor.machine import disk, profile
from server.doctor.microphone import microphone
from server.doctor.phone import phone
from server.doctor.ports import ports
from server.doctor.services import services
from tests.peers import TOKEN, Api
from tests.peers import profile as accounts
from tests.stun_server import StunServer, stun_server

PROFILE = "stt: moonshine\nllm: openai\ntts: piper\nmemory: {store: none}\n"
PASSWORD = "do-not-print-me-either"
SIGNED = "access: {secret: 'a secret of more than sixteen'}\n"


def read(folder: Path, more: str = "", **environ: str) -> Settings:
    path = folder / "mine.yaml"
    path.write_text(PROFILE + more)
    return load(path, environ={"OPENAI_API_KEY": "none"} | environ, allow_unset=True)


def said(found: list[Finding], health: Health) -> str:
    return "\n".join(f"{each.name}: {each.text}" for each in found if each.health is health)


def examined(capsys: Any, *arguments: str) -> tuple[int, str]:
    with pytest.raises(SystemExit) as end:
        main(["doctor", *arguments])
    return int(end.value.code or 0), capsys.readouterr().out


# --- the whole


def test_the_embedded_profile_is_well_after_make_setup(capsys: Any):
    status, out = examined(capsys, "--port", "0")
    assert status == 0, out
    assert out.splitlines()[-1].startswith("nothing to mend")
    for name in ("profile", "disk", "page port", "microphone", "candidates", "stt"):
        assert any(line.startswith(f"{name} ") for line in out.splitlines()), name


def test_a_program_reads_the_same_as_json(tmp_path: Path, capsys: Any):
    path = tmp_path / "mine.yaml"
    url = "turn:127.0.0.1:9?transport=tcp"
    path.write_text(PROFILE + server(9).replace("turn:127.0.0.1:9", url))
    status, out = examined(capsys, "--json", "--port", "0", "--config", str(path))
    told = json.loads(out)
    assert status == 1 and told["ok"] is False
    assert {each["health"] for each in told["findings"]} <= {"ok", "warn", "mend"}
    wrong = [each["text"] for each in told["findings"] if each["health"] == "mend"]
    assert any("nothing listens at 127.0.0.1:9 by TCP" in text for text in wrong)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "no such file"),
        ("", "is empty"),
        ("stt: [", "not YAML"),
        ("sst: moonshine\n" + PROFILE, "unknown key; did you mean stt?"),
        (PROFILE + "webrtc: {ice_servers: 5}", "must be a list"),
    ],
)
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_a_profile_that_cannot_be_read_is_a_finding(
    tmp_path: Path, capsys: Any, text: str | None, says: str, more: list[str]
):
    path = tmp_path / "mine.yaml"
    if text is not None:
        path.write_text(text)
    status, out = examined(capsys, "--config", str(path), *more)
    assert status == 1 and says in out
    assert not more or json.loads(out)["findings"][0]["health"] == "mend"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--host", "no such host", "--port", "0"],
        ["--host", "", "--port", "99999"],
        ["--host", "[", "--proxy", "https://[", "--port", "-1"],
        ["--host", "a" * 300, "--proxy", "/"],
    ],
)
def test_nonsense_on_the_command_line_is_told(capsys: Any, arguments: list[str]):
    status, out = examined(capsys, *arguments)
    assert status == 1 and "could not be looked at" not in out, out


async def test_a_check_that_hangs_or_fails_does_not_end_the_others():
    async def hangs(_: Asked) -> list[Finding]:
        await asyncio.sleep(60)
        return []

    async def fails(_: Asked) -> list[Finding]:
        raise RuntimeError(PASSWORD)

    async def works(_: Asked) -> list[Finding]:
        return [ok("three", "fine")]

    checks = [Check("one", 0.05, hangs), Check("two", 1, fails), Check("three", 1, works)]
    begun: list[str] = []
    asked: Any = None
    found = [each async for each in examine(asked, checks, lambda each: begun.append(each.what))]
    assert begun == ["one", "two", "three"]
    assert [each.health for each in found] == [Health.MEND, Health.MEND, Health.OK]
    assert "was not over after" in found[0].text and "RuntimeError" in found[1].text
    assert PASSWORD not in str(found) and exit_status(found) == 1 and not exit_status(found[2:])


def test_no_secret_is_printed(tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch):
    for name in ("HOST_", "NAME_", "WORD_"):
        monkeypatch.setenv(name, PASSWORD)
    path = tmp_path / "mine.yaml"
    path.write_text(
        f"stt: moonshine\ntts: piper\nmemory: {{store: none}}\naccess: {{secret: '${{WORD_}}'}}\n"
        "llm: {service: openai, args: {base_url: 'http://127.0.0.1:9/v1', api_key: '${WORD_}'}}\n"
        "webrtc:\n  ice_servers:\n"
        "  - {urls: 'turn:${HOST_}', username: '${NAME_}', credential: '${WORD_}'}\n"
        f"  - {{urls: 'turn:127.0.0.1:9', secret: {PASSWORD}}}\n"
    )
    with pytest.raises(SystemExit):
        main(["doctor", "--config", str(path), "--port", "0"])
    told = capsys.readouterr()
    assert PASSWORD not in told.out + told.err
    assert "an address of yours: its host has no address" in told.out


# --- the microphone


@pytest.mark.parametrize(
    ("more", "host", "proxy", "fine", "warned", "wrong"),
    [
        ("", "localhost", "", "http://localhost:7860 on this machine", "", ""),
        ("", "127.0.0.1", "", "run ssh -L 7860:localhost:7860", "", ""),
        (SIGNED, "0.0.0.0", "", "http://localhost:7860", "http://THIS-MACHINE:7860 is given", ""),
        (SIGNED, "192.0.2.7", "", "", "http://192.0.2.7:7860 is given none", ""),
        (SIGNED, "fd00::7", "", "", "http://[fd00::7]:7860 is given none", ""),
        ("", "0.0.0.0", "", "", "neither https nor localhost", "does not start with --host"),
        ("access: {open: yes}\n", "0.0.0.0", "", "", "neither https nor localhost", ""),
        ("", "localhost", "no/name", "", "", "--proxy takes a public name"),
        ("", "localhost", "nobody.invalid", "", "without access.secret", "has no address"),
        (
            "access: {origins: ['http://x.example', 'https://y.example', 'http://localhost:3']}\n",
            *("localhost", "", "", "http://x.example (access.origins) is given none", ""),
        ),
    ],
)
async def test_an_address_is_given_a_microphone_or_not(
    tmp_path: Path, more: str, host: str, proxy: str, fine: str, warned: str, wrong: str
):
    found = await microphone(Asked(read(tmp_path, more), host, proxy=proxy))
    for health, text in ((Health.OK, fine), (Health.WARN, warned), (Health.MEND, wrong)):
        assert text in said(found, health)
        assert text or health is Health.OK or not said(found, health)
    assert "y.example" not in str(found) and "localhost:3" not in str(found)


async def test_a_public_address_without_tls_is_told(tmp_path: Path):
    async with await asyncio.start_server(babble, "localhost", 0) as answering:
        port = answering.sockets[0].getsockname()[1]
        found = await microphone(Asked(read(tmp_path, SIGNED), proxy=f"localhost:{port}"))
    assert f"https://localhost:{port}" in said(found, Health.MEND)


# --- ports


@contextmanager
def listening(kind: int, host: str = "127.0.0.1") -> Iterator[int]:
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind((host, 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        yield taken.getsockname()[1]


async def test_a_free_port_is_well_and_a_taken_one_names_who_has_it(tmp_path: Path):
    settings = read(tmp_path)
    with listening(socket.SOCK_STREAM) as port:
        text = said(await ports(Asked(settings, "127.0.0.1", port)), Health.MEND)
    assert f"TCP {port} is taken by" in text and "(process " in text
    assert f"start with --port {port + 1}" in text
    assert said(await ports(Asked(settings, "127.0.0.1", port)), Health.OK)


async def test_the_agents_own_port_is_well(tmp_path: Path):
    script = tmp_path / "bot.py"
    script.write_text(
        "import socket\ns = socket.create_server(('127.0.0.1', 0))\n"
        "print(s.getsockname()[1], flush=True)\ninput()\n"
    )
    pipe = subprocess.PIPE
    bot = await asyncio.create_subprocess_exec(sys.executable, script, stdin=pipe, stdout=pipe)
    assert bot.stdout and bot.stdin
    port = int(await bot.stdout.readline())
    text = said(await ports(Asked(read(tmp_path), "127.0.0.1", port)), Health.OK)
    bot.stdin.close()
    await bot.wait()
    assert f"TCP {port} is the agent's own: bot.py (process {bot.pid}) is running" in text


async def test_a_host_of_another_machine_is_told(tmp_path: Path):
    found = await ports(Asked(read(tmp_path), "198.51.100.7", 7860))
    assert "198.51.100.7 is not of this machine" in said(found, Health.MEND)


def line(listen: str, sound: str, talks: int = 8) -> str:
    sip = f"{{sip: {{listen: '{listen}', rtp_ports: '{sound}'}}}}"
    return f"phone: {sip}\naccess: {{talks: {talks}}}\n"


async def test_the_ports_of_our_own_line_are_looked_at(tmp_path: Path):
    with listening(socket.SOCK_DGRAM) as sip, listening(socket.SOCK_DGRAM) as rtp:
        first = rtp - rtp % 2
        more = line(f"127.0.0.1:{sip}", f"{first}-{first + 1}")
        found = await ports(Asked(read(tmp_path, more), port=0))
    assert f"UDP 127.0.0.1:{sip} is taken by" in said(found, Health.MEND)
    assert f"none of UDP {first}-{first + 1} is free" in said(found, Health.MEND)
    found = await ports(Asked(read(tmp_path, line("127.0.0.1:0605", "41000-41003")), port=0))
    assert "bear 2 calls" in said(found, Health.WARN)
    found = await ports(Asked(read(tmp_path, line("127.0.0.1:5999", "41000-41099")), port=0))
    assert "UDP and TCP 127.0.0.1:5999 are free" in said(found, Health.OK)
    assert "bear 50 calls" in said(found, Health.OK)
    found = await ports(Asked(read(tmp_path, line("198.51.100.7:5060", "41000-41099")), port=0))
    assert "198.51.100.7:5060 is not of this machine" in said(found, Health.MEND)


# --- STUN and TURN


def server(port: int, *, scheme: str = "turn", more: str = "") -> str:
    account = more or ("" if scheme == "stun" else f", username: me, credential: {PASSWORD}")
    return f"webrtc: {{ice_servers: [{{urls: '{scheme}:127.0.0.1:{port}'{account}}}]}}\n"


async def tried(tmp_path: Path, more: str, **environ: str) -> Finding:
    (found,) = await ice.servers(Asked(read(tmp_path, more, **environ)))
    assert PASSWORD not in found.text
    return found


async def test_a_stun_server_tells_the_public_address(tmp_path: Path):
    async with stun_server(StunServer()) as port:
        found = await tried(tmp_path, server(port, scheme="stun"))
    assert found.health is Health.OK
    assert "sees this machine at 203.0.113.5 (IPv4), after 0." in found.text


async def test_an_allocation_is_made_and_given_back(tmp_path: Path):
    async with stun_server(turn := StunServer()) as port:
        found = await tried(tmp_path, server(port))
        await asyncio.sleep(0.05)
    assert found.health is Health.OK and "lends 203.0.113.9 (IPv4)" in found.text
    assert turn.methods == ["ALLOCATE", "REFRESH"]


@pytest.mark.parametrize(
    ("code", "more", "says"),
    [
        (401, "", "does not take the name or password: compare webrtc.ice_servers.0.username"),
        (441, f", secret: {PASSWORD}", "made from webrtc.ice_servers.0.secret: is it static-auth"),
        (401, f", username: '1600000000:me', credential: {PASSWORD}", "has expired, on 2020-09-13"),
        (403, "", "forbids it"),
        (486, "", "raise user-quota"),
        (508, "", "widen min-port"),
        (500, "", "refuses with 500 No"),
        (None, "", "does not answer by UDP within"),
    ],
)
async def test_each_refusal_is_told_by_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int | None, more: str, says: str
):
    monkeypatch.setattr(stun, "PATIENCE", 2.0 if code else 0.2)
    async with stun_server(StunServer(code)) as port:
        found = await tried(tmp_path, server(port, more=more))
    assert found.health is Health.MEND and says in found.text, found.text


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("turn:127.0.0.1:9", "nothing listens at 127.0.0.1:9 by UDP"),
        ("turn:127.0.0.1:9?transport=tcp", "nothing listens at 127.0.0.1:9 by TCP"),
        ("turns:127.0.0.1:9", "nothing listens at 127.0.0.1:9 by TCP"),
        ("turn:nobody.invalid", "nobody.invalid has no address"),
    ],
)
async def test_a_server_that_is_not_there_is_told(tmp_path: Path, url: str, says: str):
    more = server(1).replace("turn:127.0.0.1:1", url)
    assert says in (await tried(tmp_path, more)).text


async def babble(_: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
    out.write(b"hello")
    out.close()


async def test_what_is_no_turn_server_is_told(tmp_path: Path):
    class Babbles(asyncio.DatagramProtocol):
        def connection_made(self, transport: Any) -> None:
            self.transport = transport

        def datagram_received(self, data: bytes, addr: Any) -> None:
            self.transport.sendto(b"hello", addr)

    async with stun_server(Babbles()) as port:
        found = await tried(tmp_path, server(port, scheme="stun"))
    assert "answers, but is no STUN server" in found.text
    async with await asyncio.start_server(babble, "127.0.0.1", 0) as answering:
        port = answering.sockets[0].getsockname()[1]
        found = await tried(tmp_path, server(port, scheme="turns"))
    assert "does not speak TLS" in found.text


async def test_a_relay_that_lends_an_inner_address_to_the_world_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    reached = stun.Reached("8.8.8.8", "8.8.4.4", 0.1, "10.0.0.5")

    async def lent(*_: Any) -> stun.Reached:
        return reached

    monkeypatch.setattr(ice, "lent_by", lent)
    found = await tried(tmp_path, server(3478))
    assert "set external-ip in turnserver.conf" in found.text and found.health is Health.MEND


async def test_a_password_that_is_not_set_is_told_without_asking(tmp_path: Path):
    more = server(1, more=", username: me, credential: '${TURN_PASSWORD}'")
    assert "TURN_PASSWORD is not set" in (await tried(tmp_path, more)).text


async def test_what_the_agent_gathers_is_told_by_kind_and_family(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with stun_server(StunServer()) as port:
        servers = server(port).replace("[", f"[{{urls: 'stun:127.0.0.1:{port}'}}, ")
        (found,) = await ice.candidates(Asked(read(tmp_path, servers)))
        monkeypatch.setattr(ice, "GATHERING", 0)
        _, late = await ice.candidates(Asked(read(tmp_path, servers)))
    assert "each talk begins" in late.text and late.health is Health.WARN
    assert found.health is Health.OK
    for kind in ("host (of this machine): ", "srflx (seen by STUN): ", "relay (lent by TURN): 1"):
        assert kind in found.text
    assert "IPv4" in found.text


def given(capsys: Any, path: Path, *servers: str) -> tuple[int, str]:
    status, out = examined(capsys, "--config", str(path), "--port", "0", "--ice-servers", *servers)
    assert PASSWORD not in out
    return status, out


async def test_servers_on_the_command_line_are_tried_in_place_of_the_profiles(tmp_path: Path):
    async with stun_server(turn := StunServer(401)) as port:
        stun, named = f"stun:127.0.0.1:{port}", f"turn:127.0.0.1:{port}"
        told = f'{{"urls": ["{named}"], "username": "me", "credential": "{PASSWORD}"}}'
        servers = given_servers([stun, told])
        asked = Asked(read(tmp_path, server(9)), given=servers)
        instead, seen, denied = await ice.servers(asked)
        (found,) = await ice.candidates(asked)
    assert instead.health is Health.WARN and "--ice-servers stands in the place of" in instead.text
    assert seen.health is Health.OK and stun in seen.text
    assert "compare --ice-servers.1.username and .credential" in denied.text
    assert PASSWORD not in str(denied) and "srflx" in found.text and turn.methods


async def test_servers_of_the_environment_are_tried_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with stun_server(StunServer()) as port:
        monkeypatch.setenv("PIPECAT_ICE_SERVERS", f"stun:127.0.0.1:{port}")
        (found,) = await ice.servers(Asked(read(tmp_path), given=given_servers(None)))
    assert found.text.startswith("an address of yours sees this machine at 203.0.113.5")
    assert given_servers([]) == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("turn:127.0.0.1:9", "--ice-servers.0: username, credential: a TURN server needs both"),
        ("http://127.0.0.1", "--ice-servers.0: urls.0: must read stun:HOST:PORT"),
        (f'{{"urls": 5, "credential": "{PASSWORD}"}}', "--ice-servers.0: urls: must be a list"),
        (f'{{"{PASSWORD}', "--ice-servers: takes URLs such as stun:HOST:PORT"),
        (f'{{"urls": "stun:a", "x": "{PASSWORD}"}}', "--ice-servers: takes URLs such as"),
    ],
)
def test_servers_that_make_no_sense_are_a_finding(
    tmp_path: Path, capsys: Any, text: str, says: str
):
    path = tmp_path / "mine.yaml"
    path.write_text(PROFILE)
    status, out = given(capsys, path, text)
    assert status == 1 and says in out, out


# --- services, files, disk


async def test_a_service_whose_key_is_not_set_is_not_asked(tmp_path: Path):
    path = tmp_path / "mine.yaml"
    path.write_text(PROFILE)
    settings = load(path, environ={}, allow_unset=True)
    found = await services(Asked(settings))
    assert "llm: openai was not asked: OPENAI_API_KEY is not set" in said(found, Health.MEND)
    assert "OPENAI_API_KEY is not set" in said(await profile(Asked(settings)), Health.MEND)


@pytest.mark.parametrize(
    ("status", "health", "says"),
    [
        (200, Health.OK, "answered after"),
        (404, Health.OK, "answered after"),
        (401, Health.MEND, "does not accept the api_key of judge"),
        (500, Health.MEND, "answers with HTTP 500"),
    ],
)
async def test_a_judge_elsewhere_is_asked(tmp_path: Path, status: int, health: Health, says: str):
    async def models(_: web.Request) -> web.Response:
        return web.json_response({"data": []}, status=status)

    app = web.Application()
    app.router.add_get("/v1/models", models)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    judge = f"judge: {{kind: llama, url: '{url}', model: m, api_key: {PASSWORD}}}\n"
    found = await services(Asked(read(tmp_path, judge.replace("openai", "x"))))
    await runner.cleanup()
    (text,) = [each for each in said(found, health).splitlines() if each.startswith("judge")]
    assert says in text and PASSWORD not in str(found)


async def test_a_judge_that_is_not_there_is_told(tmp_path: Path):
    judge = "judge: {kind: llama, url: 'http://127.0.0.1:9', model: m}\n"
    found = await services(Asked(read(tmp_path, judge)))
    assert "judge: nothing answers at http://127.0.0.1:9" in said(found, Health.MEND)


@pytest.mark.parametrize(
    ("status", "health", "says"),
    [
        (200, Health.OK, "knows the account"),
        (401, Health.MEND, "compare the account's id and key"),
        (500, Health.MEND, "answered 500"),
    ],
)
async def test_a_phone_provider_is_asked_for_the_account(
    tmp_path: Path, status: int, health: Health, says: str
):
    async with Api() as api:
        api.status = status
        found = await phone(Asked(read(tmp_path, accounts(api)), proxy="bot.example.com"))
        asked = {path for _, path, _ in api.asked}
    lines = said([each for each in found if each.name != "exotel"], health).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["twilio", "telnyx", "plivo"]
    assert all(says in line for line in lines) and TOKEN not in str(found)
    assert asked == {"/2010-04-01/Accounts/AC1.json", "/v2/balance", "/v1/Account/MA1/"}


async def test_half_an_account_and_no_public_name_are_told(tmp_path: Path):
    found = await phone(Asked(read(tmp_path, "phone: {twilio: {account_sid: AC1}}\n")))
    assert "phone.twilio.auth_token is not set in" in said(found, Health.MEND)
    assert "--proxy NAME" in said(found, Health.WARN)
    assert await phone(Asked(read(tmp_path))) == []


@pytest.mark.parametrize(
    ("key", "health", "says"),
    [
        ("abcdefghijklmnop", Health.OK, "https://bot.example.com/phone/exotel?key= and that key"),
        ("a key for exotel", Health.WARN, "write it percent-encoded in the applet"),
        ("hunter", Health.MEND, "can be guessed: take 16 characters or more, as of python -c"),
    ],
)
async def test_exotels_key_is_looked_at_since_nobody_can_be_asked(
    tmp_path: Path, key: str, health: Health, says: str
):
    more = f"phone: {{exotel: {{key: '{key}'}}}}\n"
    (found,) = await phone(Asked(read(tmp_path, more), proxy="bot.example.com"))
    assert found.name == "exotel" and found.health is health and says in found.text
    assert key not in found.text


@pytest.mark.parametrize(
    ("free", "health"), [(50e9, Health.OK), (1.5e9, Health.WARN), (1e8, Health.MEND)]
)
async def test_a_full_disk_is_told_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: float, health: Health
):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    (found,) = await disk(Asked(read(tmp_path)))
    assert found.health is health and f"{free / 1e9:.1f} GB are free" in found.text


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_speed_of_this_machine_is_one_line(capsys: Any):
    _, out = examined(capsys, "--speed", "--port", "0")
    (line,) = [each for each in out.splitlines() if each.startswith("speed")]
    for name in ("recogniser", "reply", "voice", "judge"):
        assert f"{name} " in line


def test_nothing_is_waited_for_longer_than_it_may_take(capsys: Any):
    began = time.monotonic()
    examined(capsys, "--port", "0", "--proxy", "nobody.invalid")
    assert time.monotonic() - began < 30
