"""What a profile would run and what it lacks, without starting or importing any of it."""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from config.check_memory import check_memory
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
from config.sections import HIDDEN, JudgeChoice, ModelServer
from config.services import CLOUD, Known, Part, known
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
    "daily": Transport(("daily",), ("DAILY_API_KEY",), CLOUD),
    "livekit": Transport(("livekit",), _LIVEKIT, "pip install 'pipecat-ai[livekit]'"),
    **dict.fromkeys(("websocket", "twilio", "telnyx", "plivo", "exotel"), _SOCKET),
}


def report(
    settings: Settings, *, transport: str = "webrtc", environ: Mapping[str, str] = os.environ
) -> list[Line]:
    """A line or more for each part; load the settings with `allow_unset` to hear of all keys."""
    lines = [Line("profile", f"{settings.shown('profile')} ({settings.file})"), _persona(settings)]
    for part in PARTS:
        lines += _service(settings, part)
    lines += _ears(settings)
    lines += [*_judge(settings), *_model_server(settings.model_server), *check_memory(settings)]
    return [*lines, *_transport(transport, environ)]


def _persona(settings: Settings) -> Line:
    try:
        persona = load_persona(settings.persona)
    except SettingsError as error:
        shown = "; ".join(error.problems) if settings.shown("persona") != HIDDEN else HIDDEN
        return Line("persona", shown, ok=False)
    return Line("persona", f"{persona.name}, {len(persona.lines())} prepared lines")


def _service(settings: Settings, part: Part) -> Iterator[Line]:
    entry = known(part, settings.part(part).service)
    module, _, class_name = entry.path.rpartition(".")
    file = module_file(module)
    classes = classes_in(file) if file else {}
    if class_name not in classes:
        yield Line(part, _unknown(settings, part, classes), ok=False)
        return
    named = settings.part(part).shown("service") != HIDDEN
    yield Line(part, f"{entry.path if named else HIDDEN}{_details(settings, part)}")
    yield from _packages(part, entry)
    yield from _weights(part, entry)
    yield from _keys(settings, part, required_arguments(classes[class_name]))


def _unknown(settings: Settings, part: Part, classes: Iterable[str]) -> str:
    service = settings.part(part)
    if service.shown("service") == HIDDEN:
        return "the class that the environment names cannot be found"
    entry = known(part, service.service)
    module, _, class_name = entry.path.rpartition(".")
    if not classes:
        return f"there is no module {module}: {entry.install}"
    return f"{module} has no class {class_name}{suggestion(class_name, classes)}"


def _details(settings: Settings, part: Part) -> str:
    """Model, voice and server, as far as the profile names them and they are no secret."""
    service = settings.part(part)
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


def _packages(part: Part, entry: Known) -> Iterator[Line]:
    missing = [name for name in entry.modules if module_file(name) is None]
    words = entry.path.split(".")
    if not entry.modules and words[:2] == ["pipecat", "services"] and len(words) > 3:
        missing = missing_for_extra("pipecat-ai", words[2].replace("_", "-"))
    for name in missing:
        yield Line(part, f"the package {name} is not installed: {entry.install}", ok=False)


def _weights(part: Part, entry: Known) -> Iterator[Line]:
    for package, pattern in entry.weights:
        folder = package_folder(package)
        files = sorted(folder.glob(pattern)) if folder else []
        if files:
            yield Line(part, f"weights: {_size(files)} in {package}")
        else:
            yield Line(part, f"weights: none in {package}: {entry.install}", ok=False)
    if entry.note:
        yield Line(part, entry.note)


def _size(files: Iterable[Path]) -> str:
    return f"{sum(file.stat().st_size for file in files) / 1e6:.0f} MB"


def _keys(settings: Settings, part: Part, required: Iterable[str]) -> Iterator[Line]:
    args = settings.part(part).args
    for key, origin in settings.origins.items():
        if key.startswith((f"{part}.args.", f"{part}.settings.")):
            yield from (Line(part, f"{name} is set, for {key}") for name in origin.used)
            yield from (
                Line(part, f"{name} is not set, for {key}", ok=False) for name in origin.unset
            )
    for name in required:
        if args.get(name) is None:
            yield Line(part, f"{part}.args.{name} is missing from the profile", ok=False)


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
            yield from _sentence_model()
        return
    where = "on the model server"
    if judge.url:
        address = judge.shown("url")
        where = "at " + (plain_url(judge.url) if address != HIDDEN else "an address of yours")
        where = f"{judge.shown('model')} {where}"
    yield Line("judge", f"llama, {where}, {judge.shown('budget')} s to decide, then rules")
    if not judge.url:
        yield _adapter(judge)
        yield from _sentence_model()
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


def _sentence_model() -> Iterator[Line]:
    folder = package_folder(PACKAGE)
    files = sorted(folder.glob("model/model.safetensors")) if folder else []
    if files:
        yield Line("judge", f"weights: {_size(files)} in {PACKAGE}")
    else:
        yield Line("judge", f"weights: none in {PACKAGE}: make setup", ok=False)


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
