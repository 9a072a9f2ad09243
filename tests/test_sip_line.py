"""Our own line, with the real stack beneath it and a small telephone that calls it."""

import asyncio
import hashlib
import re
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import numpy as np
import pytest
from pydantic import SecretStr

from benchmarks.line import CallError
from benchmarks.microphone import Microphone
from benchmarks.rtp import KEYS, SOUND
from benchmarks.server import ROOT
from benchmarks.sip import HOST, Message, free_port
from benchmarks.sip import SipLine as Telephone
from benchmarks.sound import RATE
from benchmarks.timeline import Timeline
from config.sip import SipChoice
from processors.sip.call import SipCall
from processors.sip.line import SipLine
from tests.serving import until

TONE = (8000 * np.sin(2 * np.pi * 700 * np.arange(RATE // 5) / RATE)).astype(np.int16)
OFFICE, NUMBER = "sip:100@pbx.example", "+442071838750"


class Answering:
    """Takes every call, says back what it hears, and keeps what was pressed."""

    def __init__(self) -> None:
        self.calls: list[SipCall] = []
        self.keys = ""

    async def __call__(self, call: SipCall) -> None:
        call.on_digit = self._press
        self.calls.append(call)
        while not call.ended.is_set():
            if len(pcm := call.hear(RATE)):
                call.say(pcm, RATE)
            await asyncio.sleep(0.01)

    async def taken(self, count: int = 1) -> SipCall:
        """The newest of `count` calls, once it is taken."""
        assert await until(lambda: len(self.calls) == count, 2)
        return self.calls[-1]

    def _press(self, digit: str) -> None:
        self.keys += digit


@asynccontextmanager
async def line(
    answer: Callable[[SipCall], Awaitable[None]], *, most: int = 2, **choice: object
) -> AsyncIterator[str]:
    """An open line, and where to call it."""
    port = free_port()
    chosen = SipChoice.model_validate({"listen": f"{HOST}:{port}", **choice})
    async with SipLine(chosen, answer, most=most, transfer_to=[OFFICE, NUMBER]):
        yield f"{HOST}:{port}"


@asynccontextmanager
async def calling(to: str, name: str = "1001") -> AsyncIterator[tuple[Telephone, Microphone]]:
    phone, microphone = Telephone(to, name=name), Microphone()
    phone.heard = Timeline()  # pyright: ignore - for the test to look at
    try:
        await phone.connect(microphone, phone.heard, lambda _: None)  # pyright: ignore
        yield phone, microphone
    finally:
        await phone.hang_up()


async def test_a_call_has_sound_keys_and_a_name():
    answering = Answering()
    async with line(answering) as address, calling(address) as (phone, microphone):
        await asyncio.sleep(0.3)
        onset = await microphone.play(TONE).onset
        assert await until(lambda: phone.heard.onset(onset), 2)  # pyright: ignore
        assert phone.heard.onset(onset) - onset < 0.5  # pyright: ignore - on a busy machine
        call = await answering.taken()
        assert call.caller == "1001"
        phone.press("12#")
        assert await until(lambda: answering.keys == "12#", 2)
        await phone.press_by_info("7")
        assert await until(lambda: answering.keys == "12#7", 2)
        await call.press("90")
        assert await until(lambda: phone.rtp.keys == "90", 2)
        await phone.hang_up()
        assert await until(call.ended.is_set, 2)


async def test_keys_pressed_together_come_one_after_the_other():
    answering = Answering()
    async with line(answering) as address, calling(address) as (phone, _):
        call = await answering.taken()
        await asyncio.sleep(0.3)
        await asyncio.gather(call.press("12"), call.press("34"))
        assert await until(lambda: phone.rtp.keys == "1234", 2), phone.rtp.keys


class OldTelephone(Telephone):
    """Knows no telephone events; keeps the keys that come by INFO."""

    def __init__(self, to: str) -> None:
        super().__init__(to)
        self.keys = ""

    def _offer(self, direction: str) -> str:
        lines = super()._offer(direction).replace(f" {SOUND} {KEYS}", f" {SOUND}").split("\r\n")
        return "\r\n".join(each for each in lines if f":{KEYS} " not in each)

    def _answer(self, request: Message) -> None:
        if request.method == "INFO":
            self.keys += re.findall(r"Signal=\s*(\S)", request.body)[0]
        super()._answer(request)


async def test_a_telephone_that_knows_no_telephone_events_gets_keys_by_info():
    answering = Answering()
    async with line(answering) as address:
        phone = OldTelephone(address)
        await phone.connect(Microphone(), Timeline(), lambda _: None)
        call = await answering.taken()
        await call.press("5#")
        assert await until(lambda: phone.keys == "5#", 2), phone.keys
        await phone.hang_up()


async def test_a_telephone_that_knows_opus_alone_hears_itself():
    answering = Answering()
    async with line(answering) as address:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.opus_phone", f"sip:repartee@{address}"),
            cwd=ROOT,
            stdout=asyncio.subprocess.PIPE,
        )
        told, _ = await process.communicate()
    rate, part = told.decode().split()
    assert rate == "48000" and float(part) > 0.8


async def test_a_line_is_held_and_taken_back():
    answering = Answering()
    async with line(answering) as address, calling(address) as (phone, microphone):
        call = await answering.taken()
        await asyncio.sleep(0.3)
        await phone.hold()
        assert await until(lambda: call.held, 2)
        await phone.hold(False)
        assert await until(lambda: not call.held, 2)
        onset = await microphone.play(TONE).onset
        assert await until(lambda: phone.heard.onset(onset), 2)  # pyright: ignore


async def test_the_agent_hangs_up():
    async def answer(call: SipCall) -> None:
        call.say(np.zeros(RATE // 5, np.int16), RATE)
        await call.drained()
        await call.hang_up()

    async with line(answer) as address, calling(address) as (phone, _):
        assert await until(phone.ended.is_set, 3)


async def test_a_call_goes_on_to_an_allowed_address_alone():
    answering = Answering()
    async with line(answering) as address, calling(address) as (phone, _):
        call = await answering.taken()
        assert not await call.transfer("sip:+4990012345@elsewhere.example")
        assert phone.sent_on == [] and not call.ended.is_set()
        assert await call.transfer(OFFICE)
        assert phone.sent_on == [OFFICE] and call.ended.is_set()


async def test_a_number_is_one_of_the_exchange_that_called():
    answering = Answering()
    async with line(answering) as address, calling(address) as (phone, _):
        call = await answering.taken()
        assert await call.transfer(NUMBER)
        [to] = phone.sent_on
        assert to.startswith(f"sip:{NUMBER}@{HOST}:") and address not in to


async def test_one_call_too_many_is_told_that_the_line_is_busy():
    answering = Answering()
    async with line(answering, most=1) as address:
        async with calling(address):
            with pytest.raises(CallError, match="486"):
                async with calling(address, "1002"):
                    pass
        call = await answering.taken()
        assert await until(call.ended.is_set, 2)
        await asyncio.sleep(0.2)
        async with calling(address, "1002"):
            await answering.taken(2)


async def test_a_call_to_somebody_else_is_not_answered():
    async with line(Answering()) as address:
        with pytest.raises(CallError, match="404"):
            async with calling(f"sip:somebody@{address}"):
                pass


async def test_a_talk_that_fails_leaves_no_caller_waiting():
    async def answer(call: SipCall) -> None:
        raise RuntimeError("no talk")

    async with line(answer) as address, calling(address) as (phone, _):
        assert await until(phone.ended.is_set, 3)


class Exchange(asyncio.DatagramProtocol):
    """A registrar that asks for the password, and keeps where the line is."""

    def __init__(self) -> None:
        self.contact = ""
        self.wrong = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = Message.read(data)
        if message.status or message.method != "REGISTER":
            return
        said = dict(re.findall(r'(\w+)="([^"]*)"', message["authorization"]))
        if not said:
            asked = 'WWW-Authenticate: Digest realm="office", nonce="n1", algorithm=MD5'
            self._reply(message, addr, "401 Unauthorized", asked)
        elif said.get("response") == answer_to(said["uri"]):
            self.contact = message["contact"]
            self._reply(message, addr, "200 OK", f"Contact: {self.contact}", "Expires: 300")
        else:
            self.wrong += 1
            self._reply(message, addr, "403 Forbidden")

    def _reply(self, request: Message, addr: tuple[str, int], *lines: str) -> None:
        same = ("via", "from", "to", "call-id", "cseq")
        kept = [f"{name}: {value}" for name, value in request.headers if name in same]
        text = "\r\n".join([f"SIP/2.0 {lines[0]}", *kept, *lines[1:], "Content-Length: 0", "", ""])
        self._transport.sendto(text.encode(), addr)  # pyright: ignore


def answer_to(uri: str) -> str:
    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    return md5(f"{md5('1000:office:open sesame')}:n1:{md5(f'REGISTER:{uri}')}")


async def test_the_line_registers_at_an_exchange_and_is_called_there():
    loop = asyncio.get_running_loop()
    transport, exchange = await loop.create_datagram_endpoint(Exchange, local_addr=(HOST, 0))
    registrar = f"{HOST}:{transport.get_extra_info('sockname')[1]}"
    answering = Answering()
    password = SecretStr("open sesame")
    try:
        async with line(answering, user="1000", password=password, registrar=registrar):
            assert await until(lambda: exchange.contact, 5), exchange.wrong
            contact = re.search(r"sip:[^;>]+", exchange.contact)
            assert contact
            async with calling(contact[0]):
                assert await until(lambda: answering.calls, 2)
    finally:
        transport.close()
        await asyncio.sleep(0)
