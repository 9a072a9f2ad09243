"""Callers for whom there is no talk: each hears why, on every line, and no pipeline is made."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from benchmarks.line import CallError
from benchmarks.sip import HOST, free_port
from benchmarks.sip import SipLine as Telephone
from config.phone import Phone
from config.sip import SipChoice
from processors.door import BLOCKED
from processors.services.words import Line
from processors.sip.line import SipLine
from processors.streams.serializer import RATE
from server.announcing import Announcing
from server.telephone import Talks
from tests.air import carries
from tests.entrance import Door, entrance
from tests.peers import CALLER, PEERS, Api, Peer, profile, socket_of
from tests.serving import PROFILE, Bot, made
from tests.serving import until as seen
from tests.test_entry import until
from tests.test_sip_calls import needs_pjsip, softphone
from tests.test_sip_line import calling

TWILIO, _, _, EXOTEL = PEERS
BUSY = Phone().busy
FULL = "access: {talks: 1}\n"
HEARD = 6.0  # s in which a sentence of a second must be over


def sweep(low: float, high: float) -> Line:
    """A second of sound that is like no other part of it."""
    at = np.arange(22_050) / 22_050
    pcm = 9000 * np.sin(2 * np.pi * (low + (high - low) * at / 2) * at)
    return Line(pcm.astype(np.int16).tobytes(), 22_050, ())


LINES = {BUSY: sweep(300, 1500), BLOCKED: sweep(1500, 300)}


def test_only_so_many_hear_a_sentence_at_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("server.announcing.MOST", 1)
    announcing = Announcing(LINES, BUSY)
    with announcing.line(BUSY) as line:
        assert line is LINES[BUSY] and not announcing.can_say(BUSY)
        with announcing.line(BUSY) as another:
            assert another is None
    assert announcing.can_say(BUSY)


def test_a_sentence_that_is_not_prepared_is_not_said():
    with Announcing({}, BUSY).line(BUSY) as line:
        assert line is None


@asynccontextmanager
async def line(door: Door, *, most: int = 8, lines: dict[str, Line] = LINES) -> AsyncIterator[str]:
    """Our own line over the talks of `door`, and where to call it."""
    address = f"{HOST}:{free_port()}"
    talks = Talks(door.entry, Announcing(lines, BUSY))
    choice = SipChoice(listen=address)
    async with SipLine(choice, talks.talk, seat=talks.seat, most=most):
        yield address


def sound(phone: Telephone) -> np.ndarray:
    """What the telephone heard, without the gaps that a loaded machine makes."""
    return np.concatenate([piece.pcm for piece in phone.heard.pieces])  # pyright: ignore


async def test_a_caller_too_many_hears_the_sentence_and_nothing_is_made_for_it():
    async with entrance(FULL) as door, line(door) as address, calling(address) as (first, _):
        await until(lambda: door.calls)
        async with calling(address, "1002") as (phone, _):
            await asyncio.wait_for(phone.ended.wait(), HEARD)
            assert carries(sound(phone), LINES[BUSY]) and carries(
                sound(phone), LINES[BUSY], end=0.45
            )
        assert len(door.calls) == len(door.shared.seats) == 1 and not first.ended.is_set()


async def test_a_blocked_caller_hears_another_sentence():
    async with entrance() as door, line(door) as address:
        door.shared.blocks.affront("1003")
        async with calling(address, "1003") as (phone, _):
            await asyncio.wait_for(phone.ended.wait(), HEARD)
            assert carries(sound(phone), LINES[BLOCKED])
            assert not carries(sound(phone), LINES[BUSY])
        assert not door.calls


async def test_where_too_many_hear_a_sentence_the_line_is_busy(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("server.announcing.MOST", 1)
    async with entrance(FULL) as door, line(door) as address, calling(address):
        await until(lambda: door.calls)
        async with calling(address, "1002"):
            with pytest.raises(CallError, match="486"):
                async with calling(address, "1003"):
                    pass
        await asyncio.sleep(0.3)  # who hangs up in the sentence makes room
        async with calling(address, "1003"):
            pass


async def test_without_sentences_there_is_the_busy_tone():
    async with entrance(FULL) as door, line(door, lines={}) as address, calling(address):
        await until(lambda: door.calls)
        with pytest.raises(CallError, match="486"):
            async with calling(address, "1002"):
                pass


class Stream:
    """What a provider hears of one call."""

    def __init__(self, door: Door, peer: Peer) -> None:
        self._socket, self._peer = door.sockets[-1], peer
        self.pcm = np.zeros(0, np.int16)

    async def listen(self, *, answers: bool = True) -> None:
        """Until the agent's end is closed."""
        for message in self._peer.first():
            await self._socket.send_json(message)
        async for message in self._socket:
            said = message.json()
            if (pcm := self._peer.heard(said)) is not None:
                self.pcm = np.concatenate((self.pcm, pcm))
            if self._peer.is_mark(said):
                await self._socket.send_str("[]")
                await self._socket.send_json(self._peer.sound(pcm_of_silence()))
                await self._socket.send_json(self._peer.played(said) if answers else {})

    def has(self, line: Line) -> bool:
        wide = np.repeat(self.pcm, 2)  # as at 16 kHz
        return carries(wide, line) and carries(wide, line, end=0.45)


def pcm_of_silence() -> np.ndarray:
    return np.zeros(RATE // 50, np.int16)


async def stream(door: Door, peer: Peer, text: str) -> Stream:
    assert await door.socket(socket_of(text)) == 101
    return Stream(door, peer)


async def answered(door: Door, peer: Peer, call: str = "") -> str:
    more = {"CallSid": call, "CallUUID": call} if call else {}
    status, text = await peer.ask(door.http, door.url, **more)
    assert status == 200, text
    return text


async def test_exotel_has_no_voice_and_gets_the_sentence_over_a_socket():
    async with entrance(FULL + profile()) as door:
        door.shared.lines |= LINES
        door.entry.seat("another", joined=True)
        told = await stream(door, EXOTEL, await answered(door, EXOTEL))
        await asyncio.wait_for(told.listen(), HEARD)
        assert told.has(LINES[BUSY])
        assert not door.calls and len(door.shared.seats) == 1


async def test_a_blocked_caller_of_exotels_hears_so():
    async with entrance(profile()) as door:
        door.shared.lines |= LINES
        door.shared.blocks.affront(CALLER)
        told = await stream(door, EXOTEL, await answered(door, EXOTEL))
        await asyncio.wait_for(told.listen(), HEARD)
        assert told.has(LINES[BLOCKED]) and not door.calls


async def test_without_a_prepared_sentence_exotels_flow_goes_on():
    async with entrance(FULL + profile()) as door:
        door.entry.seat("another", joined=True)
        assert BUSY in await answered(door, EXOTEL)


async def test_exotel_that_says_nothing_of_what_it_played_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("processors.streams.announcement.PLAYED", -0.8)
    async with entrance(FULL + profile()) as door:
        door.shared.lines |= LINES
        door.entry.seat("another", joined=True)
        told = await stream(door, EXOTEL, await answered(door, EXOTEL))
        await asyncio.wait_for(told.listen(answers=False), 2)


async def test_a_caller_who_is_beaten_to_the_last_line_hears_so_and_is_hung_up_on():
    async with Api() as api, entrance(FULL + profile(api)) as door:
        door.shared.lines |= LINES
        text = await answered(door, TWILIO)
        door.entry.seat("another", joined=True)
        told = await stream(door, TWILIO, text)
        await asyncio.wait_for(told.listen(), HEARD)
        assert told.has(LINES[BUSY]) and not door.calls
        assert [body for _, _, body in api.asked] == [{"Status": "completed"}]


@needs_pjsip
@pytest.mark.slow
async def test_a_softphone_hears_that_all_lines_are_busy(tmp_path: Path):
    port = free_port()
    more = f"access: {{talks: 1}}\nphone: {{sip: {{listen: '{HOST}:{port}'}}}}\n"
    with Bot(tmp_path, PROFILE + more) as bot:
        async with calling(f"{HOST}:{port}") as (first, _):
            assert await seen(lambda: "1 now" in bot.log, 5)
            async with softphone(f"sip:repartee@{HOST}:{port}", tmp_path) as phone:
                assert await seen(lambda: phone.has("down"), 15), phone.events
            assert not first.ended.is_set()
    assert carries(phone.heard(), await made(BUSY)), "the sentence was not heard to its end"
