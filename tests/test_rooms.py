"""Rooms at Daily and LiveKit, made and found at servers that speak their protocols.

`pytest -m real` asks the real ones, where their keys are in the environment.
"""

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

pytest.importorskip("daily", reason="pip install -e '.[rooms]'")
pytest.importorskip("livekit.api", reason="pip install -e '.[rooms]'")

from config.room import Room
from processors.rooms import place
from processors.rooms.daily import DailyRooms
from processors.rooms.livekit import KEYS, LiveKitRooms
from processors.rooms.place import Provider, RoomError
from server import rooms as server_rooms
from server.__main__ import main
from tests.entrance import SIGNED, entrance
from tests.providers.daily import DOMAIN, Daily
from tests.providers.livekit import SECRET, LiveKit, read
from tests.providers.provider import KEY, Fault

ROOM = Room(minutes=30, people=4)


@dataclass
class World:
    daily: Daily
    livekit: LiveKit
    environ: Mapping[str, str]

    @property
    def providers(self) -> dict[str, Provider]:
        return {
            "daily": DailyRooms(ROOM, self.environ),
            "livekit": LiveKitRooms(ROOM, self.environ),
        }


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(place, "AGAIN", 0.01)
    async with AsyncExitStack() as stack:
        daily, livekit = [await stack.enter_async_context(each()) for each in (Daily, LiveKit)]
        environ = {"DAILY_API_KEY": KEY, "DAILY_API_URL": daily.api}
        environ |= {"LIVEKIT_URL": livekit.ws, KEYS[1]: KEY, KEYS[2]: SECRET}
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        yield World(daily, livekit, environ)
        assert daily.violations + livekit.violations == []


async def test_a_room_at_daily_is_private_ends_and_lets_in_whom_it_was_made_for(world: World):
    made = await world.providers["daily"].make("", ["Ann", "Bob"])
    [room] = world.daily.rooms.values()
    assert made.url == f"{DOMAIN}/{made.name}" and made.name.startswith("repartee-")
    assert room["privacy"] == "private"
    assert room["config"]["max_participants"] == 5
    assert 0 < room["config"]["exp"] - time.time() - 29 * 60 < 61
    agent, ann = json.loads(made.token), json.loads(made.guests["Ann"])
    assert (agent["user_name"], agent["is_owner"]) == ("Repartee", True)
    assert (ann["user_name"], ann["is_owner"], ann["room_name"]) == ("Ann", False, made.name)
    assert made.links["Ann"] == f"{made.url}?t={made.guests['Ann']}"
    assert KEY not in repr(made) and made.token not in repr(made)


async def test_a_room_at_livekit_lets_in_whom_it_was_made_for(world: World):
    made = await world.providers["livekit"].make("kitchen", ["Ann", "Ann"])
    assert world.livekit.asked[0] == {"name": "kitchen", "emptyTimeout": 60, "maxParticipants": 5}
    agent, ann = read(made.token), read(made.guests["Ann"])
    may = agent["video"]
    assert may["roomJoin"] and may["agent"] and may["room"] == "kitchen"
    assert "roomCreate" not in may and "roomAdmin" not in may
    assert agent["name"] == "Repartee" and ann["name"] == "Ann"
    assert ann["video"]["room"] == "kitchen" and not ann["video"].get("agent")
    assert ann["sub"].startswith("Ann-") and 29 * 60 < ann["exp"] - time.time() <= 30 * 60
    assert made.links["Ann"].endswith(made.guests["Ann"]) and world.livekit.ws[5:] in made.url


async def test_a_room_that_is_there_is_found(world: World):
    made = await world.providers["daily"].make("kitchen", ["Ann"])
    found = await world.providers["daily"].find(made.url, ["Bob"])
    assert found.url == made.url and json.loads(found.guests["Bob"])["user_name"] == "Bob"
    await world.providers["livekit"].make("kitchen", ["Ann"])
    assert (await world.providers["livekit"].find("kitchen", ["Bob"])).name == "kitchen"


async def test_a_room_of_another_account_is_joined_with_the_token_in_its_address():
    found = await DailyRooms(ROOM, {}).find("https://other.daily.co/den?t=abc", ["Ann"])
    assert (found.url, found.token, found.links) == ("https://other.daily.co/den", "abc", {})


@pytest.mark.parametrize(
    ("provider", "fault", "why"),
    [
        ("daily", Fault.REFUSED, "DAILY_API_KEY"),
        ("daily", Fault.BUSY, "answered 429"),
        ("daily", Fault.GONE, "cannot be reached"),
        ("livekit", Fault.REFUSED, "LIVEKIT_API_KEY"),
        ("livekit", Fault.BROKEN, "answered 500"),
        ("livekit", Fault.GONE, "cannot be reached"),
    ],
)
async def test_what_a_provider_lacks_is_said(world: World, provider: str, fault: Fault, why: str):
    await getattr(world, provider).fail(fault)
    with pytest.raises(RoomError, match=why):
        await world.providers[provider].make("kitchen", ["Ann"])


async def test_a_provider_that_is_busy_for_a_moment_is_asked_again(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(place, "AGAIN", 0.3)
    await world.daily.fail(Fault.BUSY)
    asking = asyncio.create_task(world.providers["daily"].make("kitchen", ["Ann"]))
    while world.daily.felt is None:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await world.daily.heal()
    assert (await asking).name == "kitchen"


async def test_a_name_that_is_taken_and_a_room_that_is_nowhere_are_said(world: World):
    daily, livekit = world.providers.values()
    await daily.make("kitchen", ["Ann"])
    with pytest.raises(RoomError, match="already exists"):
        await daily.make("kitchen", ["Ann"])
    with pytest.raises(RoomError, match="no such room"):
        await daily.find(f"{DOMAIN}/cellar", ["Ann"])
    with pytest.raises(RoomError, match="another account"):
        await daily.find("https://other.daily.co/kitchen", ["Ann"])
    with pytest.raises(RoomError, match="has an address like"):
        await daily.find("http://127.0.0.1/kitchen", ["Ann"])
    with pytest.raises(RoomError, match="no room cellar"):
        await livekit.find("cellar", ["Ann"])


async def test_missing_keys_are_named():
    with pytest.raises(RoomError, match="DAILY_API_KEY is not set"):
        await DailyRooms(ROOM, {}).make("", ["Ann"])
    with pytest.raises(RoomError, match="LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET"):
        await LiveKitRooms(ROOM, {}).make("", ["Ann"])


# At the server's routes


async def test_a_start_sends_the_agent_into_a_room_and_gives_links(world: World):
    asked = {"transport": "daily", "people": ["Ann", "Bob"], "body": {"user": "sam", "x": 1}}
    async with entrance() as door:
        status, told, _ = await door.post("/start", asked)
        assert status == 200
        [call] = door.calls
        assert call.room_url == told["dailyRoom"] and json.loads(call.token)["is_owner"]
        assert call.body == {"user": f"room-{told['room']}", "x": 1}
        assert list(told["links"]) == ["Ann", "Bob"]
        assert json.loads(told["dailyToken"])["user_name"] == "Ann"
        assert len(door.entry.seats) == 1
        door.stay.set()
        await asyncio.sleep(0.05)
        assert len(door.entry.seats) == 0


async def test_a_livekit_start_answers_as_pipecats_clients_expect(world: World):
    async with entrance("", "-t", "livekit") as door:
        _, told, _ = await door.post("/start", {"name": "den"})
        assert told["url"] == world.livekit.ws and read(told["token"])["video"]["room"] == "den"
        assert (door.calls[0].room_name, door.calls[0].url) == ("den", world.livekit.ws)


async def test_who_signed_in_comes_under_their_name_and_nobody_else_starts_a_room(world: World):
    async with entrance(SIGNED) as door:
        assert (await door.post("/start", {"transport": "daily"}))[0] == 401
        assert (await door.get("/room"))[0] == 401
        status, _, headers = await door.get("/room", door.sign_in("sam"))
        token = parse_qs(urlsplit(headers["Location"]).query)["t"][0]
        assert status == 303 and json.loads(token)["user_name"] == "sam"
        assert not world.daily.violations


async def test_a_room_that_cannot_be_made_frees_its_seat_and_says_why(world: World):
    await world.daily.fail(Fault.REFUSED)
    async with entrance() as door:
        status, told, _ = await door.post("/start", {"transport": "daily"})
        assert status == 502 and "DAILY_API_KEY" in told["detail"]
        assert not door.calls and len(door.entry.seats) == 0


@pytest.mark.parametrize(
    "more",
    [{"people": []}, {"people": "Ann"}, {"people": [""]}, {"room": 5}, {"room": "", "name": ""}],
)
async def test_what_makes_no_sense_is_refused(world: World, more: dict[str, Any]):
    async with entrance() as door:
        assert (await door.post("/start", {"transport": "daily", **more}))[0] in (400, 502)
        assert not door.calls and len(door.entry.seats) == 0


async def test_a_missing_package_is_said(world: World, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(server_rooms, "module_file", lambda name: None)
    async with entrance() as door:
        status, told, _ = await door.post("/start", {"transport": "livekit"})
        assert status == 501 and "[rooms]" in told["detail"]


async def test_the_operator_joins_a_room_from_the_command_line(
    world: World, capsys: pytest.CaptureFixture[str]
):
    await world.providers["daily"].make("kitchen", ["Ann"])
    async with entrance() as door:
        arguments = ["join", f"{DOMAIN}/kitchen", "--people", "Ann", "--url", door.url]
        await asyncio.to_thread(main, arguments)
        assert door.calls[0].room_url == f"{DOMAIN}/kitchen"
    told = capsys.readouterr().out
    assert "Repartee is on the way into kitchen." in told
    assert f"Ann: {DOMAIN}/kitchen?t=" in told


@pytest.mark.real
@pytest.mark.parametrize(
    ("rooms", "names"), [(DailyRooms, ("DAILY_API_KEY",)), (LiveKitRooms, KEYS)]
)
async def test_a_real_provider_makes_a_room_and_finds_it_again(rooms: Any, names: tuple[str, ...]):
    if missing := [name for name in names if not os.environ.get(name)]:
        pytest.skip(f"not set: {', '.join(missing)}")
    provider = rooms(Room(minutes=2), os.environ)
    made = await provider.make("", ["Ann"])
    found = await provider.find(made.url if rooms is DailyRooms else made.name, ["Bob"])
    assert (found.name, list(found.guests)) == (made.name, ["Bob"])
