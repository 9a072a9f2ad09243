"""The whole agent on a provider's line, in real time: greeted, answered, and a goodbye in full."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
import soxr

from benchmarks.conversation import spoken
from benchmarks.sound import RATE, Pcm
from bot import bot
from processors.asked import FAREWELL
from processors.shared import Shared, share
from tests.air import carries
from tests.entrance import Door, entrance
from tests.peers import PEERS, Api, Peer, profile, socket_of
from tests.test_entry import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
ANSWER = 30.0  # s that a loaded machine may take
each = pytest.mark.parametrize("peer", [PEERS[0], PEERS[3]], ids=lambda peer: peer.name)


class Telephone:
    """A provider's end with somebody on the phone: sound goes on in real time, both ways."""

    def __init__(self, peer: Peer, door: Door):
        self.peer, self.socket = peer, door.sockets[-1]
        self.heard: list[tuple[float, np.ndarray]] = []
        self.free_at = 0.0  # when all that came so far was played
        self.speech = np.zeros(0, np.int16)
        self.marks: list[float] = []
        self.clears = 0

    def say(self, text: str) -> None:
        self.speech = soxr.resample(spoken(text), 16000, 8000).astype(np.int16)

    async def breathe(self) -> None:
        due = time.monotonic()
        while not self.socket.closed:
            chunk, self.speech = self.speech[:160], self.speech[160:]
            quiet = np.random.default_rng(1).integers(-6, 6, 160 - len(chunk))
            await self.socket.send_json(self.peer.sound(np.concatenate([chunk, quiet])))
            due += 0.02
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def listen(self) -> None:
        answering: set[asyncio.Task[None]] = set()
        async for message in self.socket:
            got = json.loads(message.data)
            pcm = self.peer.heard(got)
            now = time.monotonic()
            if pcm is not None:
                begins = max(now, self.free_at)
                self.heard.append((begins, pcm))
                self.free_at = begins + len(pcm) / 8000
            elif self.peer.is_clear(got):
                self.clears += 1
                self.free_at = now
                self.heard = [(at, part) for at, part in self.heard if at < now]
            elif self.peer.is_mark(got):
                answering.add(asyncio.create_task(self._answer(got)))

    async def _answer(self, mark: dict[str, Any]) -> None:
        """A provider answers a mark when the sound before it was played."""
        await asyncio.sleep(max(0.0, self.free_at - time.monotonic()))
        self.marks.append(time.monotonic())
        await self.socket.send_json(self.peer.played(mark))

    def sound(self, after: float = 0.0) -> Pcm:
        """What was heard from a time on, 16 kHz."""
        parts = [part for at, part in self.heard if at >= after]
        return soxr.resample(np.concatenate([np.zeros(800, np.int16), *parts]), 8000, RATE)

    async def until_silent(self, seconds: float = 0.7) -> None:
        await until(lambda: self.heard and time.monotonic() - self.free_at > seconds, ANSWER)


@contextlib.asynccontextmanager
async def calling(peer: Peer, shared: Shared, api: Api) -> AsyncIterator[Telephone]:
    share(shared)

    async def answer(arguments: Any, _: object) -> None:
        await bot(arguments)

    async with entrance(profile(api), bot=answer) as door:
        _, text = await peer.ask(door.http, door.url)
        assert await door.socket(socket_of(text)) == 101
        for message in peer.first():
            await door.sockets[0].send_json(message)
        telephone = Telephone(peer, door)
        tasks = [asyncio.create_task(t()) for t in (telephone.breathe, telephone.listen)]
        try:
            yield telephone
        finally:
            for task in tasks:
                task.cancel()
            await telephone.socket.close()
            await until(lambda: not len(shared.seats), 20)


@each
async def test_a_caller_is_greeted_answered_and_hears_the_whole_goodbye(shared: Shared, peer: Peer):
    async with Api() as api, calling(peer, shared, api) as telephone:
        await telephone.until_silent()
        asked = time.monotonic()
        telephone.say("What is the capital of France?")
        await until(lambda: telephone.heard[-1][0] > asked + 1, ANSWER)
        await telephone.until_silent()
        over = time.monotonic()
        telephone.say("That is all, goodbye.")
        await until(lambda: telephone.marks, ANSWER)
        assert carries(telephone.sound(after=over), shared.lines[FAREWELL])
        await until(lambda: telephone.socket.closed, 20)
        if peer.name == "twilio":
            assert api.times[0] >= telephone.marks[0]
            assert api.asked[0][2] == {"Status": "completed"}


@each
async def test_a_caller_interrupts_and_the_provider_drops_the_rest(shared: Shared, peer: Peer):
    async with Api() as api, calling(peer, shared, api) as telephone:
        await until(lambda: telephone.heard, ANSWER)
        await telephone.until_silent()
        telephone.say("Can you tell me about the history of London?")
        await asyncio.sleep(2)
        before = telephone.free_at
        await until(lambda: telephone.free_at > before + 0.5, ANSWER)
        telephone.say("Wait, stop there, let me finish.")
        await until(lambda: telephone.clears, ANSWER)


async def test_a_caller_who_hangs_up_in_mid_word_leaves_nothing(shared: Shared):
    async with Api() as api, calling(PEERS[0], shared, api) as telephone:
        await until(lambda: telephone.heard, ANSWER)
        telephone.say("I was just going to ask you whether")
        await asyncio.sleep(1)
        await telephone.socket.send_json(PEERS[0].stop())
        await telephone.socket.close()
        await until(lambda: not len(shared.seats), 20)
        assert not api.asked
