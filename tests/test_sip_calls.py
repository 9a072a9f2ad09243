"""The agent on the telephone: PJSIP's softphone calls it and speaks; sipp places many calls."""

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from pipecat.frames.frames import OutputDTMFFrame, OutputDTMFUrgentFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineWorker
from pipecat.transports.base_transport import TransportParams
from pipecat.workers.runner import WorkerRunner

from benchmarks.caller import Caller
from benchmarks.conversation import spoken
from benchmarks.ear import understood
from benchmarks.server import ROOT
from benchmarks.sip import HOST, SipLine, free_port
from benchmarks.sound import RATE, Pcm, read_clip, write_wav
from config.personas import personas
from judgement.words import words_of
from processors.phone import SILENT
from processors.sip import SipTransport
from processors.sip.call import SipCall
from tests.air import carries
from tests.serving import PROFILE, Bot, made, until
from tests.test_sip_line import line as open_line

QUESTION = "Can you tell me about the history of London?"
ANSWER = 30.0  # s that a loaded machine may take
QUIET = 300  # of 32768
PHONE = "phone: {silent_seconds: 8, sip: {listen: '%s:%d'}}\n"

needs_pjsip = pytest.mark.skipif(find_spec("pjsua2") is None, reason="pjsua2-python is not there")
needs_sipp = pytest.mark.skipif(shutil.which("sipp") is None, reason="sipp is not there")


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory, port: int) -> Iterator[Bot]:
    profile = PROFILE.replace("max_tokens: 40", "max_tokens: 150") + PHONE % (HOST, port)
    with Bot(tmp_path_factory.mktemp("phone"), profile) as bot:
        yield bot


class Softphone:
    """A call by the independent telephone; what it hears is in a file when the call is over."""

    def __init__(self, process: asyncio.subprocess.Process, heard: Path) -> None:
        self._process, self._heard = process, heard
        self.events: list[str] = []

    async def tell(self, order: str) -> None:
        assert self._process.stdin
        self._process.stdin.write(f"{order}\n".encode())
        await self._process.stdin.drain()

    async def listen(self) -> None:
        assert self._process.stdout
        async for line in self._process.stdout:
            self.events.append(line.decode().strip())

    def has(self, event: str) -> bool:
        return any(each.startswith(event) for each in self.events)

    def heard(self) -> Pcm:
        return read_clip(self._heard)


@asynccontextmanager
async def softphone(to: str, folder: Path) -> AsyncIterator[Softphone]:
    heard = folder / "heard.wav"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.softphone", to, str(heard)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    phone = Softphone(process, heard)
    listening = asyncio.create_task(phone.listen())
    try:
        assert await until(lambda: phone.has("up"), ANSWER), phone.events
        yield phone
        if not phone.has("down"):
            await phone.tell("bye")
        assert await until(lambda: phone.has("down"), ANSWER)
        await asyncio.wait_for(process.wait(), 5)
    finally:
        if process.returncode is None:
            process.kill()
        await listening
        await process.wait()


def decisions(bot: Bot, outcome: str) -> int:
    return bot.log.count(f"({outcome};")


@needs_pjsip
@pytest.mark.slow
async def test_a_softphone_asks_hears_interrupts_presses_keys_and_hangs_up(
    bot: Bot, port: int, tmp_path: Path
):
    for name, text in (("question", QUESTION), ("stop", "Wait, stop there please.")):
        write_wav(tmp_path / f"{name}.wav", spoken(text))
    at_rest = bot.open_lines
    async with softphone(f"sip:repartee@{HOST}:{port}", tmp_path) as phone:
        await asyncio.sleep(4)  # the greeting
        await phone.tell(f"play {tmp_path / 'question.wav'}")
        assert await until(lambda: decisions(bot, "replied") == 1, ANSWER), bot.log[-2000:]
        await asyncio.sleep(2.5)
        await phone.tell(f"play {tmp_path / 'stop.wav'}")
        assert await until(lambda: decisions(bot, "yielded") == 1, ANSWER), bot.log[-2000:]
        await asyncio.sleep(3)
        replied = decisions(bot, "replied")
        await phone.tell("press 42#")
        assert await until(lambda: decisions(bot, "replied") > replied, ANSWER), bot.log[-2000:]
        await asyncio.sleep(4)
    assert await until(lambda: "is over" in bot.log, 5)
    assert await until(lambda: bot.open_lines == at_rest), "something is still open"
    assert not list(bot.talks.glob("*/audio.wav")), "a call was recorded"
    heard = phone.heard()
    assert carries(heard[: 5 * RATE], await made(personas()["assistant"].greeting)), (
        "not greeted in full"
    )
    assert len(words_of(understood(heard[4 * RATE : 14 * RATE]))) >= 4


@needs_pjsip
@pytest.mark.slow
async def test_a_softphone_gets_the_keys_that_the_agent_presses(tmp_path: Path):
    """Through a pipeline: in their turn, and urgently."""

    async def answer(call: SipCall) -> None:
        transport = SipTransport(call, TransportParams(audio_out_enabled=True))
        worker = PipelineWorker(Pipeline([transport.input(), transport.output()]))

        @transport.event_handler("on_client_connected")
        async def on_client_connected(_transport: object, _call: object):
            await asyncio.sleep(0.5)
            await worker.queue_frame(OutputDTMFFrame.from_string("1550*"))
            await asyncio.sleep(2)
            await worker.queue_frame(OutputDTMFUrgentFrame.from_string("#9"))

        @transport.event_handler("on_client_disconnected")
        async def on_client_disconnected(_transport: object, _call: object):
            await worker.cancel()

        runner = WorkerRunner(handle_sigint=False)
        await runner.add_workers(worker)
        await runner.run()

    async with (
        open_line(answer) as address,
        softphone(f"sip:repartee@{address}", tmp_path) as phone,
    ):
        assert await until(lambda: phone.has("key 9"), 10), phone.events
    assert [event[-1] for event in phone.events if event.startswith("key")] == [*"1550*#9"]


@pytest.mark.slow
async def test_a_caller_who_says_nothing_hears_all_of_a_goodbye(bot: Bot, port: int):
    async with Caller(bot.url, line=(line := SipLine(f"{HOST}:{port}"))) as caller:
        await asyncio.wait_for(line.ended.wait(), 60)
        heard = caller.heard.sound(caller.heard.end - 6, caller.heard.end)
    goodbye = await made(SILENT)
    assert carries(heard, goodbye, end=1.5) and carries(heard, goodbye)
    assert np.abs(heard[-RATE // 20 :]).max() < QUIET, "its last sound was cut off"


@needs_sipp
@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_200_calls_20_at_once_are_all_answered_and_leave_nothing(tmp_path: Path):
    """In a process of its own: what is counted is what that process holds."""
    report = tmp_path / "load.json"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.sip_load", "--out", str(report)),
        *("--port", str(free_port())),
        cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert await process.wait() == 0
    found = json.loads(report.read_text())["sip"]
    assert (found["answered"], found["failed"], found["busy"]) == (200, 0, 2)
    before, after = found["before"], found["after"]
    for kind in ("tasks", "threads", "python_threads", "descriptors"):
        assert after[kind] <= before[kind], kind
    assert after["memory_mb"] - found["middle_mb"] < 20  # a pipeline alone is 10
