"""The services as their SDKs and Pipecat drive them, against servers that speak their protocols.

`pytest -m real` asks the real ones, where their keys are in the environment.
"""

import gc
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
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
PROFILE = """
stt: {{service: {stt}, args: {{api_key: {deepgram_key}{stt_url}}}}}
llm: {{service: openai, args: {{api_key: {openai_key}{llm_url}}}, settings: {{model: {model}}}}}
tts: {{service: {tts}, args: {{api_key: {cartesia_key}{tts_url}}}, settings: {{voice: {voice}}}}}
memory: {{store: none}}
"""


@dataclass
class World:
    """The services to ask, real ones or ours."""

    settings: Settings
    deepgram: Deepgram | None = None
    openai: OpenAI | None = None
    cartesia: Cartesia | None = None

    @property
    def violations(self) -> list[str]:
        servers: list[Provider | None] = [self.deepgram, self.openai, self.cartesia]
        return [each for server in servers if server for each in server.violations]


@pytest.fixture(params=["ours", pytest.param("real", marks=pytest.mark.real)])
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    path = tmp_path / "cloud.yaml"
    if request.param == "real":
        names = ("DEEPGRAM_API_KEY", "OPENAI_API_KEY", "CARTESIA_API_KEY")
        if missing := [name for name in names if not os.environ.get(name)]:
            pytest.skip(f"not set: {', '.join(missing)}")
        deepgram, openai, cartesia = (os.environ[name] for name in names)
        filled = PROFILE.format(
            stt="deepgram", tts="cartesia", deepgram_key=deepgram, openai_key=openai,
            cartesia_key=cartesia, stt_url="", llm_url="", tts_url="", model="gpt-4.1-mini",
            voice=VOICE,
        )  # fmt: skip
        path.write_text(filled)
        yield World(load(path))
        return
    async with AsyncExitStack() as stack:
        deepgram = await stack.enter_async_context(Deepgram([SAID]))
        openai = await stack.enter_async_context(OpenAI([ANSWER]))
        cartesia = await stack.enter_async_context(Cartesia())
        filled = PROFILE.format(
            stt="deepgram", tts="cartesia", deepgram_key=KEY, openai_key=KEY, cartesia_key=KEY,
            stt_url=f", base_url: '{deepgram.ws}'", llm_url=f", base_url: '{openai.http}/v1'",
            tts_url=f", url: '{cartesia.ws}/tts/websocket'", model="gpt-test", voice=VOICE,
        )  # fmt: skip
        path.write_text(filled)
        yield World(load(path), deepgram, openai, cartesia)


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


async def test_deepgram_hears_words(world: World):
    frames = await frames_of(build_stt(world.settings), SleepFrame(0.3), *speech())
    heard = " ".join(each.text for each in frames if isinstance(each, TranscriptionFrame))
    assert "close" in heard
    assert not world.violations


async def test_openai_answers(world: World):
    context = LLMContext([{"role": "user", "content": SAID}])
    frames = await frames_of(build_llm(world.settings), LLMContextFrame(context), SleepFrame(2.0))
    assert "".join(each.text for each in frames if isinstance(each, LLMTextFrame)).strip()
    assert not world.violations


async def test_cartesia_speaks_and_tells_its_words(world: World):
    frames = await frames_of(
        build_tts(world.settings), SleepFrame(0.3), TTSSpeakFrame(ANSWER), SleepFrame(3.0)
    )
    words = " ".join(each.text for each in frames if isinstance(each, TTSTextFrame))
    assert words.split() == ANSWER.split()
    assert sum(len(each.audio) for each in frames if isinstance(each, TTSAudioRawFrame)) > 24_000
    assert not world.violations


async def test_lines_are_prepared_in_cartesias_voice_with_the_time_of_each_word(world: World):
    voice = speaker(world.settings, "tts")
    assert voice is not None
    line = await voice.prepare(ANSWER)
    assert line.text.split() == ANSWER.split()
    assert line.seconds > 1
    assert [end for _, end in line.words] == sorted(end for _, end in line.words)
    assert line.words[-1][1] <= len(line.pcm) // 2 + 1


async def test_the_probe_says_that_every_key_is_good_and_how_long_it_took(world: World):
    lines = await probe(world.settings)
    assert all(line.ok for line in lines), [str(line) for line in lines]
    assert all("accepted" in line.text and " s" in line.text for line in lines)
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
        servers: list[Provider] = [Deepgram([]), OpenAI(["Yes."]), Cartesia()]
        deepgram, openai, cartesia = [await stack.enter_async_context(each) for each in servers]
        path = tmp_path / "cloud.yaml"
        path.write_text(
            PROFILE.format(
                stt="deepgram", tts="cartesia", deepgram_key=KEY, openai_key=KEY,
                cartesia_key=KEY, stt_url=f", base_url: '{deepgram.ws}'",
                llm_url=f", base_url: '{openai.http}/v1'",
                tts_url=f", url: '{cartesia.ws}/tts/websocket'", model="gpt-test", voice=VOICE,
            )
        )  # fmt: skip
        for server in servers:
            await server.fail(fault)
        lines = await probe(load(path))
    assert not any(line.ok for line in lines)
    for line in lines:
        assert TROUBLE[fault] in line.text, line.text
        assert KEY not in line.text


@pytest.mark.parametrize("part", ["stt", "tts"])
async def test_openais_ears_and_voice_work_as_well(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with OpenAI([ANSWER]) as openai:
        openai.heard = SAID
        path = tmp_path / "openai.yaml"
        service = f"{{service: openai, args: {{api_key: {KEY}, base_url: '{openai.http}/v1'}}}}"
        path.write_text(
            f"stt: {service}\nllm: {service}\ntts: {service}\nmemory: {{store: none}}\n"
        )
        settings = load(path)
        frames: list[Frame]
        if part == "stt":
            frames = await frames_of(build_stt(settings), *speech())
            assert [f.text for f in frames if isinstance(f, TranscriptionFrame)] == [SAID]
        else:
            frames = await frames_of(build_tts(settings), TTSSpeakFrame(ANSWER), SleepFrame(1.0))
            assert any(isinstance(each, TTSAudioRawFrame) for each in frames)
        assert all(line.ok for line in await probe(settings))
        assert not openai.violations
