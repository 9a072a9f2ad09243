"""The recipe of docs/nat.md: a real coturn, calls that only its relay carries, the doctor."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.caller import Caller
from benchmarks.conversation import spoken
from benchmarks.webrtc import WebRTCLine
from config.settings import load
from server.doctor.asked import Asked
from server.doctor.finding import Finding, Health
from server.doctor.ice import candidates, servers
from server.ice import time_limited
from tests.coturn import PROGRAM, SECRET, Coturn, address
from tests.serving import PROFILE, Bot
from tests.serving import until as within

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(240),
    pytest.mark.skipif(PROGRAM is None, reason="turnserver is not there (apt install coturn)"),
    pytest.mark.skipif(not address(), reason="this machine has no address but loopback"),
]

QUESTION = "Can you tell me about the history of London?"
WAYS = {
    "udp": lambda url: url.startswith("turn:") and "transport" not in url,
    "tcp": lambda url: "transport=tcp" in url,
    "tls": lambda url: url.startswith("turns:"),
}


@pytest.fixture(scope="module")
def coturn(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Coturn]:
    with Coturn(tmp_path_factory.mktemp("coturn")) as coturn:
        yield coturn


def webrtc(coturn: Coturn, account: str = f"secret: '{SECRET}'") -> str:
    """The profile of the recipe, for this coturn."""
    turn = f"turn:{coturn.host}:{coturn.port}"
    urls = [turn, f"{turn}?transport=tcp", f"turns:{coturn.host}:{coturn.tls_port}"]
    stun = f"{{urls: 'stun:{coturn.host}:{coturn.port}'}}"
    return f"webrtc: {{ice_servers: [{stun}, {{urls: {urls}, {account}}}]}}\n"


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory, coturn: Coturn) -> Iterator[Bot]:
    with Bot(tmp_path_factory.mktemp("relayed"), PROFILE + webrtc(coturn)) as bot:
        yield bot


@pytest.mark.parametrize("way", WAYS)
async def test_a_caller_whom_only_a_relay_reaches_has_an_answer(
    bot: Bot, coturn: Coturn, way: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(coturn.certificate))
    line = WebRTCLine(bot.url, {}, relay=WAYS[way])
    async with Caller(bot.url, line=line) as caller:
        ended = await caller.say(spoken(QUESTION))
        assert await caller.until_heard(after=ended, timeout=20), bot.log[-2000:]
        assert line.ways == {"relay"}
    assert SECRET not in coturn.log


async def examined(folder: Path, text: str) -> list[Finding]:
    path = folder / "mine.yaml"
    path.write_text(PROFILE + text + f"memory: {{store: sqlite, path: {folder}/memory.db}}\n")
    asked = Asked(load(path, environ={}))
    found = [*await servers(asked), *await candidates(asked)]
    assert SECRET not in str(found)
    return found


async def test_the_doctor_finds_the_recipe_well(
    coturn: Coturn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(coturn.certificate))
    found = await examined(tmp_path, webrtc(coturn))
    assert [each.health for each in found] == [Health.OK] * 5, found
    assert f"sees this machine at {coturn.host} (IPv4)" in found[0].text
    for each in found[1:4]:
        assert f"lends {coturn.host} (IPv4)" in each.text
    assert "relay (lent by TURN): 1 IPv4" in found[4].text and "srflx" in found[4].text


async def test_the_doctor_tells_a_wrong_secret_a_wrong_password_and_an_old_one(
    coturn: Coturn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(coturn.certificate))
    old, password = time_limited(SECRET, 1_600_000_000)
    for account, says in (
        ("secret: another", "made from webrtc.ice_servers.1.secret: is it static-auth-secret"),
        ("username: me, credential: wrong", "compare webrtc.ice_servers.1.username"),
        (f"username: '{old}', credential: '{password}'", "has expired, on 2020-09-13"),
    ):
        found = await examined(tmp_path, webrtc(coturn, account))
        for each in found[1:4]:
            assert each.health is Health.MEND and says in each.text, each


async def test_the_doctor_tells_a_certificate_that_nobody_vouches_for(
    coturn: Coturn, tmp_path: Path
):
    found = await examined(tmp_path, webrtc(coturn))
    assert "the certificate of" in found[3].text and found[3].health is Health.MEND


async def test_the_doctor_tells_a_coturn_that_is_not_there(coturn: Coturn, tmp_path: Path):
    away = re.sub(r":\d+(?=[?'\"])", ":9", webrtc(coturn))
    found = await examined(tmp_path, away)
    for each in found[:4]:
        assert "nothing listens at" in each.text and each.health is Health.MEND


async def test_nobody_reaches_this_machines_own_network_through_it(coturn: Coturn):
    """The recipe lets a relay reach the agent's address, and no other inner one."""
    from aioice import turn

    username, password = time_limited(SECRET, time.time() + 60)
    server = (coturn.host, coturn.port)
    transport, _ = await turn.create_turn_endpoint(
        lambda: _Deaf(), server_addr=server, username=username, password=password
    )
    inner = transport._TurnTransport__inner_protocol
    await inner.channel_bind(0x4000, (coturn.host, 40_000))
    with pytest.raises(Exception, match="403"):
        await inner.channel_bind(0x4001, ("10.0.0.1", 40_000))
    transport.close()
    assert await within(lambda: inner.transport.is_closing(), 5)


class _Deaf:
    def connection_made(self, _: object) -> None: ...
    def connection_lost(self, _: object) -> None: ...
    def datagram_received(self, *_: object) -> None: ...
