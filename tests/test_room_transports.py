"""Coming, going and speaking in a room, through Pipecat's transports on SDKs of our own."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("daily", reason="pip install -e '.[rooms]'")
pytest.importorskip("livekit.rtc", reason="pip install -e '.[rooms]'")

from pipecat.frames.frames import Frame, UserAudioRawFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.runner.types import DailyRunnerArguments, LiveKitRunnerArguments
from pipecat.transports.daily import transport as pipecat_daily
from pipecat.transports.livekit import transport as pipecat_livekit
from pipecat.workers.runner import WorkerRunner
from tenacity import wait_none

from judgement.among import Among
from judgement.company import Company
from judgement.listener import Listener
from judgement.moment import Policy
from processors.rooms import visit as visits
from processors.rooms.broken import Broken
from processors.rooms.joining import join
from processors.rooms.sound import RoomSound
from processors.rooms.visit import Visit, twice
from processors.seats import Seat
from tests.sdks import FakeCall, FakeRoom, FakeSource, FakeStream, sound

VOICE, SILENCE = sound(8000), sound(0)
ARGUMENTS = {
    "daily": DailyRunnerArguments(room_url="https://x.daily.co/den", token="t"),
    "livekit": LiveKitRunnerArguments(room_name="den", url="wss://x", token="t"),
}


class Ear(FrameProcessor):
    """Notes whose sound comes by."""

    def __init__(self):
        super().__init__()
        self.heard: list[tuple[str, bytes]] = []

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        if isinstance(frame, UserAudioRawFrame):
            self.heard.append((frame.user_id, frame.audio))
        await self.push_frame(frame, direction)


@dataclass
class Stay:
    """The agent in a room, and the SDK's side of it."""

    sdk: Any
    talk: Any
    company: Company
    ear: Ear
    running: asyncio.Task[None]
    greeted: list[bool] = field(default_factory=list[bool])

    async def until(self, true: Callable[[], Any]) -> None:
        async with asyncio.timeout(30):
            while not true():  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async def is_over(self) -> None:
        await asyncio.wait_for(asyncio.shield(self.running), 30)


@pytest.fixture(autouse=True)
def fakes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipecat_daily, "CallClient", FakeCall)
    for name, fake in (
        ("Room", FakeRoom),
        ("AudioStream", FakeStream),
        ("AudioSource", FakeSource),
    ):
        monkeypatch.setattr(pipecat_livekit.rtc, name, fake)
    track = SimpleNamespace(create_audio_track=lambda *_: None)
    monkeypatch.setattr(pipecat_livekit.rtc, "LocalAudioTrack", track)
    connect: Any = pipecat_livekit.LiveKitTransportClient.connect
    monkeypatch.setattr(connect.retry, "wait", wait_none())
    monkeypatch.setattr(visits, "JOINED", 0.5)
    for fake in (FakeCall, FakeRoom):
        monkeypatch.setattr(fake, "refusal", "")
        monkeypatch.setattr(fake, "made", [])


@asynccontextmanager
async def staying(provider: str, alone: float = 60.0) -> AsyncIterator[Stay]:
    company = Company("Repartee")
    listener = Listener(Policy(), among=Among(company))
    beside: list[asyncio.Task[None]] = []
    talk: Any = SimpleNamespace(id="talk", seat=Seat(), broke="")
    talk.beside = lambda work: beside.append(asyncio.create_task(work))
    transport = join(ARGUMENTS[provider], "Repartee", audio_in_enabled=True, audio_out_enabled=True)
    ear = Ear()
    room = RoomSound(listener, lambda: lambda audio: audio == VOICE)
    worker = PipelineWorker(
        Pipeline([transport.input(), room, ear, transport.output()]), enable_rtvi=False
    )
    visit = Visit(worker, talk, company, alone)
    visit.follow(transport)
    greeted: list[bool] = []

    async def greeting() -> None:
        greeted.append(True)

    @worker.event_handler("on_pipeline_started")
    async def on_pipeline_started(_worker: object, _frame: object):
        await visit.greet(greeting)

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    stay = Stay(None, talk, company, ear, running, greeted)
    made: list[Any] = FakeCall.made if provider == "daily" else FakeRoom.made
    await stay.until(lambda: made and made[-1].joined)
    stay.sdk = made[-1]
    await asyncio.sleep(0.1)
    try:
        yield stay
    finally:
        await worker.cancel()
        await running
        for task in beside:
            task.cancel()


both = pytest.mark.parametrize("provider", ["daily", "livekit"])


@both
async def test_who_comes_is_known_by_name_and_greeted_once(provider: str):
    async with staying(provider) as stay:
        await stay.sdk.comes("1", "Ann")
        await stay.sdk.comes("2", "Ann")
        await stay.until(lambda: stay.company.names == ("Ann", "Ann 2"))
        assert stay.greeted == [True] and stay.talk.seat.joined
        await stay.sdk.goes("1", "Ann")
        await stay.until(lambda: stay.company.names == ("Ann 2",))
    assert stay.talk.broke == "" and stay.sdk.left >= 1


@both
async def test_each_is_heard_under_their_own_name_one_after_the_other(provider: str):
    async with staying(provider) as stay:
        await stay.sdk.comes("1", "Ann")
        await stay.sdk.comes("2", "Bob")
        for who in ("1", "2"):  # the first piece of each has a detector made
            await stay.sdk.speaks(who, SILENCE)
            await asyncio.sleep(0.05)
        for _ in range(20):
            await stay.sdk.speaks("1", VOICE)
            await stay.sdk.speaks("2", VOICE)
        for _ in range(40):
            await stay.sdk.speaks("1", SILENCE)
            await stay.sdk.speaks("2", SILENCE)
        await stay.until(lambda: stay.ear.heard.count(("Bob", VOICE)) == 20)
    voices = [who for who, audio in stay.ear.heard if audio == VOICE]
    assert voices == ["Ann"] * 20 + ["Bob"] * 20


@both
async def test_the_agent_leaves_when_it_has_been_alone_for_a_while(provider: str):
    async with staying(provider, alone=0.3) as stay:
        await stay.sdk.comes("1", "Ann")
        await asyncio.sleep(0.5)
        assert not stay.running.done()
        await stay.sdk.goes("1", "Ann")
        await stay.sdk.comes("2", "Bob")
        await asyncio.sleep(0.4)
        assert not stay.running.done()
        await stay.sdk.goes("2", "Bob")
        await stay.is_over()
    assert stay.talk.broke == "" and stay.sdk.left >= 1


@both
async def test_the_agent_leaves_where_nobody_ever_comes(provider: str):
    async with staying(provider, alone=0.2) as stay:
        await stay.is_over()
    assert stay.talk.broke == "" and not stay.greeted


@both
async def test_a_connection_that_breaks_ends_the_talk_and_is_told(provider: str):
    async with staying(provider) as stay:
        await stay.sdk.comes("1", "Ann")
        await stay.sdk.breaks()
        await stay.is_over()
    assert stay.talk.broke


@both
async def test_a_room_that_lets_nobody_in_is_told(provider: str, monkeypatch: Any):
    for fake in (FakeCall, FakeRoom):
        monkeypatch.setattr(fake, "refusal", "the room is full")
    async with staying(provider) as stay:
        await stay.is_over()
    assert stay.talk.broke


async def test_silence_goes_in_the_place_of_who_is_muted():
    async with staying("livekit") as stay:
        await stay.sdk.comes("1", "Ann")
        await stay.sdk.speaks("1", SILENCE)
        await asyncio.sleep(0.6)
    assert 15 <= len(stay.ear.heard) <= 40


async def test_a_room_that_broke_off_is_joined_once_more(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(visits, "BACKOFF", 0.01)
    talks = 0

    async def talk() -> None:
        nonlocal talks
        talks += 1
        raise Broken("gone")

    await twice(talk)
    assert talks == 2
