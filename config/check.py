"""What a profile would run and what it lacks, without starting or importing any of it."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from config.check_access import PROVIDERS, check_access, check_ice, check_line, check_phone
from config.check_memory import check_memory
from config.check_room import check_room
from config.files import SettingsError, suggestion
from config.finding import Line, plain_url
from config.installed import (
    classes_in,
    missing_for_extra,
    module_file,
    package_folder,
    required_arguments,
)
from config.personas import load_persona
from config.sections import HIDDEN, JudgeChoice, ModelServer, Service
from config.services import ROOMS, Known, Part, known
from config.settings import PARTS, Settings
from judgement.artefact import AdapterError, read_adapter
from memory.minilm import PACKAGE


@dataclass(frozen=True, slots=True)
class Transport:
    """What a transport of Pipecat's imports, and the variables it cannot do without."""

    modules: tuple[str, ...]
    variables: tuple[str, ...] = ()
    install: str = "make setup"


_SOCKET = Transport(("fastapi",))
_LIVEKIT = ("LIVEKIT_URL", "LIVEKIT_API_KEY", "LIVEKIT_API_SECRET")
TRANSPORTS: Mapping[str, Transport] = {
    "webrtc": Transport(("aiortc", "cv2")),
    "daily": Transport(("daily",), ("DAILY_API_KEY",), ROOMS),
    "livekit": Transport(("livekit.rtc", "livekit.api"), _LIVEKIT, ROOMS),
    **dict.fromkeys(("websocket", *PROVIDERS), _SOCKET),
}


def report(
    settings: Settings, *, transport: str = "webrtc", environ: Mapping[str, str] = os.environ
) -> list[Line]:
    """A line or more for each part; load the settings with `allow_unset` to hear of all keys."""
    lines = [Line("profile", f"{settings.shown('profile')} ({settings.file})"), _persona(settings)]
    for part in PARTS:
        for key, service in settings.services(part).items():
            lines += _service(settings, part, key, service)
    lines += _ears(settings)
    lines += [*_judge(settings), *_model_server(settings.model_server), *check_memory(settings)]
    if settings.memory.embedding == "minilm":
        lines += [line for line in _sentence_model("memory") if not line.ok]
    lines += [*check_access(settings), *check_phone(settings, transport)]
    lines += [*check_line(settings), *check_ice(settings), *check_room(settings, transport)]
    return [*lines, *_transport(transport, environ)]


def _persona(settings: Settings) -> Line:
    try:
        persona = load_persona(settings.persona)
    except SettingsError as error:
        shown = "; ".join(error.problems) if settings.shown("persona") != HIDDEN else HIDDEN
        return Line("persona", shown, ok=False)
    return Line("persona", f"{persona.name}, {len(persona.lines())} prepared lines")


def _service(settings: Settings, part: Part, key: str, service: Service) -> Iterator[Line]:
    entry = known(part, service.service)
    module, _, class_name = entry.path.rpartition(".")
    file = module_file(module)
    classes = classes_in(file) if file else {}
    if class_name not in classes:
        yield Line(key, _unknown(entry, service, classes), ok=False)
        return
    named = service.shown("service") != HIDDEN
    yield Line(key, f"{entry.path if named else HIDDEN}{_details(settings, part, service)}")
    yield from _packages(key, entry)
    yield from _weights(key, entry)
    yield from _keys(settings, key, service, required_arguments(classes[class_name]))


def _unknown(entry: Known, service: Service, classes: Iterable[str]) -> str:
    if service.shown("service") == HIDDEN:
        return "the class that the environment names cannot be found"
    module, _, class_name = entry.path.rpartition(".")
    if not classes:
        return f"there is no module {module}: {entry.install}"
    return f"{module} has no class {class_name}{suggestion(class_name, classes)}"


def _details(settings: Settings, part: Part, service: Service) -> str:
    """Model, voice and server, as far as the profile names them and they are no secret."""
    found = {**service.args, **service.settings}
    if part == "llm" and service.service == "llama" and "base_url" not in found:
        server = settings.model_server
        return f", {_named(server)} on the model server" if server else ""
    words = [
        f"{key} {_plain(found[key])}" for key in ("model", "voice", "language") if found.get(key)
    ]
    if found.get("base_url"):
        words.append(f"at {plain_url(found['base_url'])}")
    return "".join(f", {word}" for word in words)


def _plain(value: object) -> str:
    return "from the environment" if isinstance(value, SecretStr) else str(value)


def _named(server: ModelServer) -> str:
    """The model's name, unless it came from the environment."""
    return HIDDEN if HIDDEN in (server.shown("package"), server.shown("path")) else server.name


def _packages(key: str, entry: Known) -> Iterator[Line]:
    missing = [name for name in entry.modules if module_file(name) is None]
    words = entry.path.split(".")
    if not entry.modules and words[:2] == ["pipecat", "services"] and len(words) > 3:
        missing = missing_for_extra("pipecat-ai", words[2].replace("_", "-"))
    for name in missing:
        yield Line(key, f"the package {name} is not installed: {entry.install}", ok=False)


def _weights(key: str, entry: Known) -> Iterator[Line]:
    for package, pattern in entry.weights:
        folder = package_folder(package)
        files = sorted(folder.glob(pattern)) if folder else []
        if files:
            yield Line(key, f"weights: {_size(files)} in {package}")
        else:
            yield Line(key, f"weights: none in {package}: {entry.install}", ok=False)
    if entry.note:
        yield Line(key, entry.note)


def _size(files: Iterable[Path]) -> str:
    return f"{sum(file.stat().st_size for file in files) / 1e6:.0f} MB"


def _keys(
    settings: Settings, key: str, service: Service, required: Iterable[str]
) -> Iterator[Line]:
    for each, origin in settings.origins.items():
        if each.startswith((f"{key}.args.", f"{key}.settings.")):
            yield from (Line(key, f"{name} is set, for {each}") for name in origin.used)
            yield from (
                Line(key, f"{name} is not set, for {each}", ok=False) for name in origin.unset
            )
    for name in required:
        if service.args.get(name) is None:
            yield Line(key, f"{key}.args.{name} is missing from the profile", ok=False)


def _ears(settings: Settings) -> Iterator[Line]:
    model = "Smart Turn" if settings.turn == "smart-turn" else "no audio model"
    yield Line("turn", f"Silero at pauses of {settings.vad.shown('stop_secs')} s, {model}")
    if module_file("onnxruntime") is None:
        yield Line("turn", "the package onnxruntime is not installed: make setup", ok=False)


def _judge(settings: Settings) -> Iterator[Line]:
    judge = settings.judge
    if judge.kind == "rules":
        yield Line("judge", f"rules, policies by {judge.shown('policies')}")
        if judge.policies == "meaning":
            yield from _sentence_model("judge")
        return
    where = "on the model server"
    if judge.url:
        address = judge.shown("url")
        where = "at " + (plain_url(judge.url) if address != HIDDEN else "an address of yours")
        where = f"{judge.shown('model')} {where}"
    yield Line("judge", f"llama, {where}, {judge.shown('budget')} s to decide, then rules")
    if not judge.url:
        yield _adapter(judge)
        yield from _sentence_model("judge")
    origin = settings.origins.get("judge.api_key")
    for name in origin.unset if origin else ():
        yield Line("judge", f"{name} is not set, for judge.api_key", ok=False)


def _adapter(judge: JudgeChoice) -> Line:
    if judge.adapter_path is None:
        return Line("judge", "no adapter: asked without training")
    try:
        found = read_adapter(judge.adapter_path)
    except AdapterError as error:
        hidden = judge.shown("adapter") == HIDDEN
        return Line("judge", f"no usable adapter at {HIDDEN}" if hidden else str(error), ok=False)
    return Line("judge", f"adapter {judge.shown('adapter')} ({_size([found.weights])})")


def _sentence_model(key: str) -> Iterator[Line]:
    folder = package_folder(PACKAGE)
    files = sorted(folder.glob("model/model.safetensors")) if folder else []
    if files:
        yield Line(key, f"weights: {_size(files)} in {PACKAGE}")
    else:
        yield Line(key, f"weights: none in {PACKAGE}: make setup", ok=False)


def _model_server(server: ModelServer | None) -> Iterator[Line]:
    if server is None:
        yield Line("model_server", "none")
        return
    if module_file("xllamacpp") is None:
        yield Line("model_server", "the package xllamacpp is not installed: make setup", ok=False)
    file = Path(server.path) if server.path else _packaged(server.package or "")
    if file is None or not file.is_file():
        yield Line("model_server", f"no GGUF file for {_named(server)}: make setup", ok=False)
        return
    with file.open("rb") as start:
        if start.read(4) != b"GGUF":
            yield Line("model_server", f"{_named(server)} is no GGUF file", ok=False)
            return
    slots = f"{server.shown('slots')} slots, {server.shown('threads')} threads"
    yield Line("model_server", f"llama.cpp with {_named(server)} ({_size([file])}), {slots}")


def _packaged(package: str) -> Path | None:
    folder = package_folder(package)
    return next(iter(sorted(folder.glob("*.gguf"))), None) if folder else None


def _transport(transport: str, environ: Mapping[str, str]) -> Iterator[Line]:
    needs = TRANSPORTS.get(transport, Transport(()))
    yield Line("transport", transport)
    for name in needs.modules:
        if module_file(name) is None:
            yield Line(
                "transport", f"the package {name} is not installed: {needs.install}", ok=False
            )
    for name in needs.variables:
        if not environ.get(name):
            yield Line("transport", f"{name} is not set", ok=False)
