"""A provider's socket at work: sound, keys, marks, and how a call ends. No models."""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import AsyncIterator
from typing import Any

import numpy as np
import pytest
from pipecat.audio.dtmf.types import KeypadEntry
from pipecat.frames.frames import (
    EndWorkerFrame,
    Frame,
    InputAudioRawFrame,
    InputDTMFFrame,
    InterruptionFrame,
    OutputAudioRawFrame,
    OutputDTMFFrame,
    OutputDTMFUrgentFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner

from processors.connection import connect
from processors.frames import PlayLineFrame, TransferFailedFrame, TransferFrame
from processors.hold import Hold
from tests.entrance import Door, entrance
from tests.peers import PEERS, Api, Peer, profile, socket_of
from tests.test_entry import until

each = pytest.mark.parametrize("peer", PEERS, ids=lambda peer: peer.name)
TONE = (8000 * np.sin(np.arange(160) * 2 * np.pi * 500 / 8000)).astype(np.int16)


class Stage(FrameProcessor):
    """The agent's place: notes what comes, and says what the test wants said."""

    def __init__(self):
        super().__init__()
        self.came: list[Frame] = []

    async def process_frame(self, frame: Frame, direction: FrameDirection):
        await super().process_frame(frame, direction)
        self.came.append(frame)
        if not isinstance(frame, InputAudioRawFrame | PlayLineFrame):
            await self.push_frame(frame, direction)

    def of(self, kind: type[Frame]) -> list[Any]:
        return [frame for frame in self.came if isinstance(frame, kind)]

    def sound(self) -> bytes:
        return b"".join(frame.audio for frame in self.of(InputAudioRawFrame))

    async def say(self, seconds: float) -> None:
        pcm = np.tile(TONE, round(seconds / 0.02)).astype(np.int16)
        await self.push_frame(OutputAudioRawFrame(pcm.tobytes(), 8000, 1))


class Line:
    """One call in progress: the provider's end, and the stage at ours."""

    def __init__(self, peer: Peer, door: Door, stage: Stage):
        self.peer, self.door, self.stage = peer, door, stage
        self.socket = door.sockets[-1]
        self.got: list[tuple[float, dict[str, Any]]] = []
        self.answers_marks = True

    async def send(self, message: dict[str, Any] | str) -> None:
        await self.socket.send_str(message if isinstance(message, str) else json.dumps(message))

    async def listen(self) -> None:
        async for message in self.socket:
            got = json.loads(message.data)
            self.got.append((time.monotonic(), got))
            if self.peer.is_mark(got) and self.answers_marks:
                await self.send(self.peer.played(got))

    def messages(self, true: Any) -> list[dict[str, Any]]:
        return [message for _, message in self.got if true(message)]

    def heard(self) -> np.ndarray:
        parts = [self.peer.heard(message) for _, message in self.got]
        return np.concatenate([np.zeros(0, np.int16), *(p for p in parts if p is not None)])


@contextlib.asynccontextmanager
async def calling(
    peer: Peer, api: Api | None = None, more: str = "", prepare: Any = None
) -> AsyncIterator[Line]:
    """A call that is answered by a stage."""
    stages: list[Stage] = []

    async def bot(arguments: Any, shared: Any) -> None:
        if prepare:
            prepare(arguments.call)
        transport = await connect(arguments, Hold(), "Repartee")
        stage = Stage()
        pipeline = Pipeline([transport.input(), stage, transport.output()])
        worker = PipelineWorker(pipeline)

        @transport.event_handler("on_client_disconnected")
        async def gone(*_: object):
            await worker.cancel()

        stages.append(stage)
        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        await runner.run()

    async with entrance(profile(api, more), bot=bot) as door:
        _, text = await peer.ask(door.http, door.url)
        assert await door.socket(socket_of(text)) == 101
        for message in peer.first():
            await door.sockets[0].send_json(message)
        await until(lambda: stages)
        line = Line(peer, door, stages[0])
        listening = asyncio.create_task(line.listen())
        for _ in range(10):
            await line.send(peer.sound(TONE))
        await until(lambda: line.stage.of(InputAudioRawFrame))
        try:
            yield line
        finally:
            listening.cancel()
            await line.socket.close()
            await until(lambda: not len(door.shared.seats), 10)


@each
async def test_sound_goes_both_ways(peer: Peer):
    async with calling(peer) as line:
        for _ in range(25):
            await line.send(peer.sound(TONE))
        await until(lambda: len(line.stage.sound()) > 0.4 * 32_000)
        came = line.stage.sound()
        assert np.abs(np.frombuffer(came, np.int16)).max() > 6000
        await line.stage.say(0.6)
        await until(lambda: len(line.heard()) >= 0.5 * 8000)
        assert np.abs(line.heard()).max() > 6000


@each
async def test_keys_that_the_caller_presses_are_heard(peer: Peer):
    async with calling(peer) as line:
        for key in "1*#":
            await line.send(peer.key(key))
        await until(lambda: len(line.stage.of(InputDTMFFrame)) == 3)
        pressed = [frame.button.value for frame in line.stage.of(InputDTMFFrame)]
        assert pressed == ["1", "*", "#"]


@each
@pytest.mark.parametrize("kind", [OutputDTMFFrame, OutputDTMFUrgentFrame])
async def test_keys_that_the_agent_presses_are_tones(peer: Peer, kind: Any):
    async with calling(peer) as line:
        await line.stage.push_frame(kind.from_string("5507*#"))
        await until(lambda: len(line.heard()) >= 6 * 4000)
        assert pressed(line.heard()) == "5507*#"


LOW, HIGH = (697, 770, 852, 941), (1209, 1336, 1477)  # Hz, of a telephone's rows and columns


def pressed(pcm: np.ndarray) -> str:
    """The keys in sound of 8 kHz, by their two tones; the same twice needs silence between."""
    keys = ""
    last = ""
    for start in range(0, len(pcm) - 200, 200):
        key = key_of(pcm[start : start + 200])
        keys += key if key != last else ""
        last = key
    return keys


def key_of(pcm: np.ndarray) -> str:
    if np.abs(pcm).max() < 500:
        return ""
    at = np.arange(len(pcm)) / 8000
    row, column = (
        int(np.argmax([abs(np.dot(pcm, np.exp(-2j * np.pi * tone * at))) for tone in tones]))
        for tones in (LOW, HIGH)
    )
    return ("123", "456", "789", "*0#")[row][column]


async def test_digits_of_a_call_of_ours_are_pressed_once_somebody_is_there():
    def prepare(call):
        call.digits = "5"

    async with calling(PEERS[0], prepare=prepare) as line:
        await until(lambda: len(line.heard()) > 800)


@each
async def test_an_interruption_drops_what_the_provider_has_not_played(peer: Peer):
    async with calling(peer) as line:
        await line.stage.say(3)
        await until(lambda: len(line.heard()) > 1600)
        await line.stage.push_frame(InterruptionFrame())
        await until(lambda: line.messages(peer.is_clear))
        await asyncio.sleep(0.3)
        assert len(line.heard()) < 2.5 * 8000


HANG_UPS = {
    "twilio": ("POST", "/2010-04-01/Accounts/AC1/Calls/v3:call-1.json"),
    "telnyx": ("POST", "/v2/calls/v3:call-1/actions/hangup"),
    "plivo": ("DELETE", "/v1/Account/MA1/Call/v3:call-1/"),
}


@each
async def test_the_agent_hangs_up_only_once_its_last_word_was_played(peer: Peer):
    async with Api() as api, calling(peer, api) as line:
        line.answers_marks = False
        await line.stage.say(0.5)
        await line.stage.push_frame(EndWorkerFrame())
        await until(lambda: line.messages(peer.is_mark))
        assert len(line.heard()) >= 0.48 * 8000
        await asyncio.sleep(0.5)
        assert not api.asked and not line.socket.closed
        [mark] = line.messages(peer.is_mark)
        await line.send(peer.played(mark))
        await until(lambda: not len(line.door.shared.seats), 10)
        assert [asked[:2] for asked in api.asked] == (
            [HANG_UPS[peer.name]] if peer.name in HANG_UPS else []
        )


async def test_a_provider_that_answers_no_mark_is_not_waited_for_forever(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("processors.streams.transport.PLAYED", 0.2)
    async with Api() as api, calling(PEERS[0], api) as line:
        line.answers_marks = False
        await line.stage.push_frame(EndWorkerFrame())
        await until(lambda: api.asked)


async def test_a_call_that_cannot_be_hung_up_ends_with_its_stream():
    async with Api() as api, calling(PEERS[0], api) as line:
        api.status = 500
        await line.stage.push_frame(EndWorkerFrame())
        await until(lambda: line.socket.closed, 10)


@each
async def test_a_caller_who_hangs_up_ends_the_talk_and_nothing_is_asked_of_the_provider(peer: Peer):
    async with Api() as api, calling(peer, api) as line:
        await line.stage.say(5)
        await line.send(peer.stop())
        await until(lambda: not len(line.door.shared.seats), 10)
        assert not api.asked


@each
async def test_a_caller_who_vanishes_in_mid_word_ends_the_talk(peer: Peer):
    async with Api() as api, calling(peer, api) as line:
        await line.stage.say(5)
        await line.socket.close()
        await until(lambda: not len(line.door.shared.seats), 10)
        assert not api.asked


async def test_a_provider_that_falls_silent_is_gone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("server.gate.SILENCE", 0.3)
    async with calling(PEERS[0]) as line:
        await until(lambda: not len(line.door.shared.seats), 10)


TRANSFERS = {
    "twilio": ("/2010-04-01/Accounts/AC1/Calls/v3:call-1.json", "Twiml"),
    "telnyx": ("/v2/calls/v3:call-1/actions/transfer", "to"),
    "plivo": ("/v1/Account/MA1/Call/v3:call-1/", "aleg_url"),
}


@pytest.mark.parametrize("peer", PEERS[:3], ids=lambda peer: peer.name)
async def test_a_caller_is_passed_on_after_the_last_word_and_not_hung_up(peer: Peer):
    async with Api() as api, calling(peer, api) as line:
        await line.stage.say(0.3)
        await line.stage.push_frame(TransferFrame("+442071838751"))
        await until(lambda: api.asked)
        assert len(line.heard()) >= 0.28 * 8000
        path, key = TRANSFERS[peer.name]
        [(_, asked, body)] = api.asked
        assert asked == path
        if peer.name == "plivo":
            through = body[key].removeprefix(line.door.url)
            status, text = await peer.ask(line.door.http, line.door.url, through)
            assert status == 200 and "<Dial><Number>+442071838751</Number></Dial>" in text
            assert (await peer.ask(line.door.http, line.door.url, through))[0] == 403
        else:
            assert "+442071838751" in body[key]
        await until(lambda: not len(line.door.shared.seats), 10)
        assert len(api.asked) == 1


@pytest.mark.parametrize("peer", [PEERS[0], PEERS[3]], ids=lambda peer: peer.name)
async def test_a_caller_who_cannot_be_passed_on_is_still_here(peer: Peer):
    async with Api() as api, calling(peer, api) as line:
        api.status = 400
        await line.stage.push_frame(TransferFrame("+442071838751"))
        await until(lambda: line.stage.of(TransferFailedFrame))
        assert not line.socket.closed


@pytest.mark.parametrize("said", ["", "Please call back."])
async def test_a_machine_is_told_its_message_and_hung_up_on(said: str):
    calls = []

    def prepare(call):
        call.to_machine = said
        calls.append(call)

    async with Api() as api, calling(PEERS[0], api, prepare=prepare) as line:
        calls[0].machine.set()
        await until(lambda: api.asked)
        lines = [frame.text for frame in line.stage.of(PlayLineFrame)]
        assert lines == ([said] if said else [])


SEEDS: list[Any] = [None, True, 0, -1, 10**30, 1e308, "", "x", "media", "é\ud800", [], [[]], {}]
FIELDS = ["media", "payload", "track", "dtmf", "digit", "start", "stop", "mark", "name", "event"]
FIELDS += ["streamSid", "stream_id", "streamId", "stream_sid", "sequenceNumber", "extra_headers"]
EVENTS = ["media", "dtmf", "start", "mark", "playedStream", "clearedAudio", "connected", "x", 5]


def made_up(chance: random.Random, depth: int = 0) -> Any:
    """A value that JSON can hold."""
    if depth > 2 or chance.random() < 0.5:
        return chance.choice([*SEEDS, chance.randbytes(5).hex(), "AAAA", "====", "A", "1"])
    if chance.random() < 0.3:
        return [made_up(chance, depth + 1) for _ in range(chance.randrange(4))]
    return {chance.choice(FIELDS): made_up(chance, depth + 1) for _ in range(chance.randrange(4))}


def fuzzed(peer: Peer, chance: random.Random) -> str | bytes:
    """A message that a provider does not send; none that says that the call is over."""
    kind = chance.randrange(6)
    good = chance.choice([peer.sound(TONE[:2]), peer.key("5"), *peer.first()])
    match kind:
        case 0:  # broken text
            text = json.dumps(good)
            at = chance.randrange(len(text))
            return text[:at] + chance.choice(["", "\0", "{", '"', "\\u12", "é"]) + text[at + 1 :]
        case 1:  # any value
            return json.dumps(made_up(chance))
        case 2:  # a good message with one part that is wrong
            keys = list(good)
            good[chance.choice(keys)] = made_up(chance)
        case 3:  # wrong inside
            inner = [key for key, value in good.items() if isinstance(value, dict)]
            if inner:
                part = good[chance.choice(inner)]
                part[chance.choice([*part, *FIELDS])] = made_up(chance)
        case 4:  # no text at all
            return chance.randbytes(chance.randrange(40))
        case _:
            good = {"event": chance.choice(EVENTS), chance.choice(FIELDS): made_up(chance)}
    return json.dumps(good).replace('"stop"', '"stopp"')


@each
async def test_no_message_of_ten_thousand_ends_a_call(peer: Peer):
    chance = random.Random(7)
    async with calling(peer) as line:
        for number in range(10_000):
            message = fuzzed(peer, chance)
            if isinstance(message, bytes):
                await line.socket.send_bytes(message)
            else:
                await line.send(message)
            if number % 500 == 0:
                await asyncio.sleep(0)
        await line.send("[" * 60_000)
        await line.send(peer.key("9"))
        pressed = lambda: [frame.button for frame in line.stage.of(InputDTMFFrame)]  # noqa: E731
        await until(lambda: KeypadEntry.NINE in pressed(), 60)
        assert not line.socket.closed
        await line.stage.say(0.2)
        await until(lambda: len(line.heard()) > 800)
