"""Profiles in, settings out; and what is said of a file that is wrong."""

from collections.abc import Callable
from datetime import time
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from config.reference import tables
from config.sections import Section
from config.settings import PROFILES, Settings, SettingsError, load

SECRET = "sk-do-not-print-me"
KEYS = {name: SECRET for name in ("DEEPGRAM_API_KEY", "OPENAI_API_KEY", "CARTESIA_API_KEY")}
SHORT = "stt: moonshine\nllm: openai\ntts: piper\n"
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a profile and give its path."""

    def profile(text: str) -> Path:
        path = tmp_path / "mine.yaml"
        path.write_text(text)
        return path

    return profile


def complaint(path: Path, **environ: str) -> str:
    """What `load` says of the file at `path`, less the path itself."""
    with pytest.raises(SettingsError) as raised:
        load(path, environ={"OPENAI_API_KEY": SECRET, **environ})
    text = str(raised.value)
    assert SECRET not in text
    assert all(line.startswith(f"{path}: ") for line in text.splitlines())
    return text.replace(f"{path}: ", "")


@pytest.mark.parametrize("name", ["embedded", "local", "cloud", "phone"])
def test_every_profile_loads_and_names_itself(name: str):
    settings = load(PROFILES / f"{name}.yaml", environ=KEYS)
    assert settings.profile == name
    assert settings.file == PROFILES / f"{name}.yaml"


@pytest.mark.parametrize("name", ["embedded", "local", "phone"])
def test_profiles_without_cloud_services_need_no_environment(name: str):
    assert load(PROFILES / f"{name}.yaml", environ={}).origins == {}


def test_a_short_profile_is_filled_with_defaults(write: Write):
    settings = load(write(SHORT), environ=KEYS)
    assert settings.stt.service == "moonshine"
    assert settings.vad.stop_secs == 0.16
    assert settings.judge.kind == "rules"
    assert settings.persona == "assistant"
    assert settings.model_server is None


def test_a_short_name_brings_its_key_and_its_voice_along(write: Write):
    settings = load(write("stt: deepgram\nllm: openai\ntts: cartesia\n"), environ=KEYS)
    key = settings.stt.args["api_key"]
    assert isinstance(key, SecretStr)
    assert key.get_secret_value() == SECRET
    assert settings.tts.settings["voice"]


def test_what_the_profile_says_wins_over_what_a_name_brings(write: Write):
    text = SHORT.replace("tts: piper", "tts: {service: kokoro, settings: {voice: bm_george}}")
    assert load(write(text), environ=KEYS).tts.settings == {"voice": "bm_george"}


def test_a_server_of_ones_own_needs_no_key(write: Write):
    text = SHORT.replace("openai", "{service: openai, args: {base_url: http://localhost:1}}")
    assert set(load(write(text), environ={}).llm.args) == {"base_url", "api_key"}


def test_a_short_name_may_come_from_the_environment(write: Write):
    path = write(SHORT.replace("piper", "${VOICE:-cartesia}"))
    assert load(path, environ=KEYS).tts.service == "cartesia"
    chosen = load(path, environ={**KEYS, "VOICE": "kokoro"}).tts
    assert (chosen.service, dict(chosen.settings)) == ("kokoro", {"voice": "af_heart"})


def test_settings_cannot_be_changed(write: Write):
    settings = load(write(SHORT), environ=KEYS)
    with pytest.raises(ValidationError):
        settings.vad.stop_secs = 1.0


def test_a_section_whose_lines_are_all_comments_is_its_default(write: Write):
    settings = load(write(SHORT + "limits:\n  # idle_seconds: 3\n"), environ=KEYS)
    assert settings.limits.idle_seconds == 12.0


BAD = {
    "vad: {stop_sec: 1}": "vad.stop_sec: unknown key; did you mean stop_secs?",
    "vda: {}": "vda: unknown key; did you mean vad?",
    "tss: piper": "tss: unknown key; did you mean tts?",
    "zzzzzz: 1": "zzzzzz: unknown key",
    "vad: {confidence: 2}": "vad.confidence: must be less than or equal to 1, not 2",
    "vad: {confidence: high}": "vad.confidence: must be a valid number, unable to parse string "
    "as a number, not 'high'",
    "vad: {stop_secs: .nan}": "vad.stop_secs: must be less than or equal to 5, not nan",
    "limits: {first_seconds: .inf}": "limits.first_seconds: must be a finite number, not inf",
    "vad: {stop_secs: yes}": "vad.stop_secs: must be a number, not yes or no, not True",
    "vad: 3": "vad: must hold keys and values, not 3",
    "turn: smart": "turn: must be 'smart-turn' or 'none', not 'smart'",
    "persona: 3": "persona: must be text; put it in quotes, not 3",
    "persona: ''": "persona: must not be empty",
    "judge: {kind: gpt}": "judge.kind: must be 'rules' or 'llama', not 'gpt'",
    "judge: {kind: llama}": "judge.url: this key is missing; "
    "without it a llama judge needs model_server",
    "judge: {kind: llama, url: 'http://x'}": "judge.model: this key is missing; "
    "the server at judge.url needs it",
    "judge: {url: localhost}": "judge.url: must start with http:// or https://, not 'localhost'",
    "judge: {api_key: [1]}": "judge.api_key: must be text; put it in quotes",
    "judge: {url: 'http://x', adapter: mine}": "judge.adapter: is for the model server; "
    "the server at judge.url has its own",
    "judge: {budget: 0}": "judge.budget: must be greater than 0",
    "model_server: {}": "model_server: needs either package or path",
    "model_server: {package: a, path: b}": "model_server: needs either package or path",
    "model_server: {package: a, slots: 1.5}": "model_server.slots: must be a valid integer, "
    "got a number with a fractional part, not 1.5",
    "memory: {store: redis}": "memory.store: must be 'sqlite', 'postgres', 'mem0', 'letta' or "
    "'none', not 'redis'",
    "memory: {store: postgres}": "memory: store postgres needs dsn, its address",
    "memory: {store: letta}": "memory: store letta needs letta, with the url of its server",
    "memory: {store: letta, letta: {url: here}}": "memory.letta.url: "
    "must start with http:// or https://, not 'here'",
    "memory: {store: mem0, embedding: none}": "memory: store mem0 needs a configuration (mem0), "
    "or an embedding",
    "memory: {mem0: files}": "memory.mem0: must hold keys and values, not 'files'",
    "limits: {quiet_hours: night}": "limits.quiet_hours: must read "
    '"HH:MM-HH:MM", such as "22:00-07:00", not \'night\'',
    "limits: {quiet_hours: '25:00-07:00'}": "limits.quiet_hours: must read "
    '"HH:MM-HH:MM", such as "22:00-07:00", not \'25:00-07:00\'',
    "limits: {quiet_hours: '07:00-07:00'}": "limits.quiet_hours: "
    "must begin and end at different times, not '07:00-07:00'",
    "limits: {idle_times: -1}": "limits.idle_times: must be greater than or equal to 0, not -1",
    "blocks: {warning: 1}": "blocks.warning: unknown key; did you mean warnings?",
    "privacy: {log_words: perhaps}": "privacy.log_words: must be a valid boolean, "
    "unable to interpret input, not 'perhaps'",
    "1: x": "the key 1 is not text; put it in quotes",
    "vad: {on: 1}": "vad: the key True is not text; put it in quotes",
    "stt: moonshine": "line 4, column 1: not YAML: the key stt is there twice",
    "vad: {stop_secs: 1, stop_secs: 2}": "line 4, column 21: not YAML: "
    "the key stop_secs is there twice",
    "vad: {stop_secs": "not YAML",
    "vad: \t- x": "line 4",
    "vad: &a {x: *a}": "vad.x: refers to itself",
    "memory: {path: '${'}": "memory.path: a reference must read ${NAME} or ${NAME:-default}",
    "memory: {path: '${A-B}'}": "memory.path: a reference must read ${NAME} or ${NAME:-default}",
    "memory: {path: '${NOT_SET}'}": "memory.path: the environment variable NOT_SET is not set",
}


@pytest.mark.parametrize("line", BAD)
def test_a_bad_line_is_answered_with_the_file_the_key_and_the_reason(write: Write, line: str):
    text = complaint(write(f"{SHORT}{line}\n"))
    assert BAD[line] in text
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stt: moonshine\nllm: openai\n", "tts: this key is missing"),
        (SHORT.replace("piper", ""), "tts: this key is missing"),
        (SHORT.replace("piper", "{args: {}}"), "tts.service: this key is missing"),
        (SHORT.replace("piper", "[piper]"), "tts: must hold keys and values"),
        (SHORT.replace("piper", "pipper"), "no service is called pipper; did you mean piper?"),
        (SHORT.replace("moonshine", "a-b.C"), "stt.service: no service is called a-b.C"),
        (SHORT.replace("piper", "{service: piper, argz: {}}"), "tts.argz: unknown key"),
        (SHORT.replace("piper", "{service: piper, args: 3}"), "tts.args: "),
        (SHORT.replace("openai", "llama"), "model_server: this key is missing; llm: llama"),
        ("", "is empty; it must hold keys and values"),
        ("# only a comment\n", "is empty; it must hold keys and values"),
        ("- a list\n", "must hold lines of `key: value`"),
        ("just words\n", "must hold lines of `key: value`"),
        ("stt: \x00", "is not YAML: it holds a character that YAML does not allow"),
    ],
)
def test_a_file_that_is_no_profile_says_why(write: Write, text: str, said: str):
    assert said in complaint(write(text))


def test_every_problem_is_told_at_once(write: Write):
    lines = complaint(write(SHORT + "vad: {stop_sec: 1}\nturn: x\nmemory: {path: '${NO}'}\n"))
    assert len(lines.splitlines()) == 3


def test_a_file_that_is_not_there_is_answered_with_those_that_are():
    text = complaint(PROFILES / "embeded.yaml")
    assert "no such file; profiles in" in text
    assert "cloud.yaml, embedded.yaml, local.yaml, phone.yaml" in text


def test_a_folder_or_bytes_are_no_profile(tmp_path: Path):
    assert "cannot be read" in complaint(tmp_path)
    (tmp_path / "x.yaml").write_bytes(b"stt: \xff\xfe")
    assert "is not UTF-8 text" in complaint(tmp_path / "x.yaml")


def test_unset_variables_are_named_with_their_keys():
    with pytest.raises(SettingsError) as raised:
        load(PROFILES / "cloud.yaml", environ={"OPENAI_API_KEY": ""})
    assert [line.partition(": ")[2] for line in raised.value.problems] == [
        "stt.args.api_key: the environment variable DEEPGRAM_API_KEY is not set",
        "llm.args.api_key: the environment variable OPENAI_API_KEY is not set",
        "tts.args.api_key: the environment variable CARTESIA_API_KEY is not set",
    ]


def test_an_unset_variable_is_told_once_not_as_a_bad_value_too(write: Write):
    text = complaint(write(SHORT + "turn: ${TURN}\n"))
    assert text == "turn: the environment variable TURN is not set"


def test_references_take_defaults_parts_and_plain_dollars(write: Write):
    text = (
        "memory: {path: '${DIR:-data}/${FILE}.db'}\nprofile: $${HOME} $5\njudge: {url: '${U:-}'}\n"
    )
    settings = load(write(SHORT + text), environ={**KEYS, "FILE": "talks"})
    assert settings.memory.path == "data/talks.db"
    assert settings.profile == "${HOME} $5"
    assert settings.judge.url is None


def test_a_number_may_come_from_the_environment(write: Write):
    path = write(SHORT + "reply: {max_tokens: '${LONGEST}'}\n")
    assert load(path, environ={**KEYS, "LONGEST": "33"}).reply.max_tokens == 33


def test_a_bad_value_from_the_environment_is_named_not_shown(write: Write):
    path = write(SHORT + "reply: {max_tokens: '${LONGEST}'}\n")
    text = complaint(path, LONGEST=SECRET)
    assert text.startswith("reply.max_tokens: must be a valid integer")
    assert text.endswith("(the value comes from LONGEST)")


@pytest.mark.parametrize(
    "line",
    [
        "stt: {service: deepgram, args: {api_key: '${S}'}}",
        "stt: {service: deepgram, args: {api_key: sk-do-not-print-me}}",
        "stt: {service: a.B, args: {headers: {Authorization: 'Bearer ${S}'}}}",
        "stt: {service: a.B, args: {headers: {authorization: sk-do-not-print-me}}}",
        "stt: {service: a.B, settings: {words: [one, '${S}']}}",
        "stt: {service: a.B, settings: {deep: [{token: sk-do-not-print-me}]}}",
        "stt: moonshine\njudge: {api_key: '${S}'}",
        "stt: moonshine\njudge: {api_key: sk-do-not-print-me}",
        "stt: moonshine\njudge: {model: '${S}'}",
        "stt: moonshine\nmemory: {path: 'data/${S}.db'}",
        "stt: moonshine\npersona: ${S}",
        "stt: moonshine\nprofile: ${S}",
        "stt: moonshine\nmodel_server: {path: '${S}'}",
    ],
)
def test_no_secret_is_in_any_text_made_of_the_settings(write: Write, line: str):
    path = write(f"{line}\nllm: openai\ntts: piper\n")
    settings = load(path, environ={**KEYS, "S": SECRET})
    values = [getattr(settings, name) for name in Settings.model_fields]
    for section in [settings, *(each for each in values if isinstance(each, Section))]:
        assert SECRET not in f"{section!r} {section!s}"
    assert SECRET not in f"{settings.origins}"


def test_a_stray_service_name_from_the_environment_is_not_shown(write: Write):
    text = complaint(write(SHORT.replace("piper", "${S}")), S=SECRET)
    assert text.startswith("tts.service: no service is called **********")


def test_quiet_hours_become_times(write: Write):
    settings = load(write(SHORT + "limits: {quiet_hours: 22:00-07:30}\n"), environ=KEYS)
    assert settings.limits.quiet_span == (time(22), time(7, 30))
    assert load(write(SHORT), environ=KEYS).limits.quiet_span is None


def test_every_key_has_a_line_of_documentation_and_the_document_is_current():
    document = (PROFILES.parent / "docs" / "configuration.md").read_text()
    assert tables() in document, "run `python -m config.settings` and put the tables into it"
    assert "| None |" not in tables()
