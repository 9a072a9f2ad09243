"""The services that a profile names, made ready for a pipeline.

Every function raises `SettingsError` with a sentence that names the profile,
the key and the reason. Pipecat's classes are imported only when asked for.
"""

import importlib
import inspect
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from difflib import get_close_matches
from types import ModuleType
from typing import Any, TypeVar

from pipecat.services.llm_service import LLMService
from pipecat.services.stt_service import STTService
from pipecat.services.tts_service import TTSService

from config.environment import revealed, without_secrets
from config.files import SettingsError, suggestion
from config.sections import HIDDEN
from config.services import Part, known
from config.settings import Settings

S = TypeVar("S", STTService, LLMService, TTSService)


def build_stt(settings: Settings) -> STTService:
    """The recogniser of the profile, a new one for each talk."""
    return _build(settings, "stt", STTService)


def build_tts(settings: Settings) -> TTSService:
    """The voice of the profile, a new one for each talk."""
    return _build(settings, "tts", TTSService)


def build_llm(settings: Settings, *, server_url: str | None = None) -> LLMService:
    """The reply model of the profile, a new client for each talk.

    `server_url` is the OpenAI-compatible address of the local model server,
    with or without "/v1"; the service "llama" needs it unless the profile
    gives a `base_url` of its own.
    """
    preset: dict[str, Any] = {
        "max_tokens": settings.reply.max_tokens,
        "temperature": settings.reply.temperature,
    }
    if settings.llm.service != "llama":
        return _build(settings, "llm", LLMService, preset=preset)
    if server_url is None and "base_url" not in settings.llm.args:
        raise settings.error("llm.service", "llama needs the model server, which is not running")
    preset["model"] = settings.model_server.name if settings.model_server else "llama"
    args = {"api_key": "none", "base_url": _api(server_url or "")}
    return _build(settings, "llm", LLMService, args=args, preset=preset)


def _api(url: str) -> str:
    url = url.rstrip("/")
    return url if url.endswith("/v1") else f"{url}/v1"


def _build(
    settings: Settings,
    part: Part,
    base: type[S],
    *,
    args: Mapping[str, Any] | None = None,
    preset: Mapping[str, Any] | None = None,
) -> S:
    """Construct the class behind `part`; the profile's own args and settings win."""
    service = settings.part(part)
    cls = _class(settings, part, base)
    arguments = {**(args or {}), **revealed(service.args)}
    _check_arguments(settings, part, cls, arguments)
    chosen = _settings(settings, part, cls, preset or {})
    if chosen is not None:
        arguments["settings"] = chosen
    try:
        return cls(**arguments)
    except (TypeError, ValueError, OSError, ImportError) as error:
        reason = f"{cls.__name__} cannot be made: {without_secrets(str(error), service.args)}"
        raise settings.error(part, reason) from None


def _class(settings: Settings, part: Part, base: type[S]) -> type[S]:
    entry = known(part, settings.part(part).service)
    module_name, _, class_name = entry.path.rpartition(".")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        reason = f"{_missing(error, module_name)}: {entry.install}"
        raise _unusable(settings, part, reason) from None
    cls = getattr(module, class_name, None)
    if cls is None:
        near = suggestion(class_name, _classes(module, base))
        raise _unusable(settings, part, f"{module_name} has no {class_name}{near}")
    if not (isinstance(cls, type) and issubclass(cls, base)):
        raise _unusable(settings, part, f"{entry.path} is no {base.__name__}")
    return cls


def _missing(error: ImportError, module_name: str) -> str:
    """What could not be imported. Pipecat wraps the error that names the package."""
    source = error if isinstance(error, ModuleNotFoundError) else error.__cause__
    name = source.name if isinstance(source, ModuleNotFoundError) else None
    if name is None:
        return str(error)
    own = f"{module_name}.".startswith(f"{name}.")
    return f"there is no module {name}" if own else f"the package {name} is not installed"


def _unusable(settings: Settings, part: Part, reason: str) -> SettingsError:
    """The error for a service, which stays unnamed where the environment names it."""
    if settings.part(part).shown("service") == HIDDEN:
        reason = "the class that the environment names cannot be used"
    return settings.error(f"{part}.service", reason)


def _classes(module: ModuleType, base: type) -> list[str]:
    """The names of the classes in `module` that would do."""
    return [
        name
        for name, each in vars(module).items()
        if isinstance(each, type) and issubclass(each, base) and each.__module__ == module.__name__
    ]


def _check_arguments(
    settings: Settings, part: Part, cls: type, arguments: Mapping[str, Any]
) -> None:
    """Raise at an argument that is missing, or that is likely to be misspelt.

    Constructors pass on what they don't know, so a name nobody knows is an
    error only if it resembles one that somebody does.
    """
    names: set[str] = set()
    open_ended = True
    for each in cls.__mro__:
        if "__init__" in vars(each) and each is not object:
            parameters = inspect.signature(vars(each)["__init__"]).parameters.values()
            names |= {p.name for p in parameters if p.kind is not p.VAR_KEYWORD} - {"self"}
            open_ended = any(p.kind is p.VAR_KEYWORD for p in parameters)
            if not open_ended:
                break
    for name in arguments.keys() - names:
        near = get_close_matches(name, names, n=1, cutoff=0.75)
        if near or not open_ended:
            reason = f"{cls.__name__} has no such argument{suggestion(name, names)}"
            raise settings.error(f"{part}.args.{name}", reason)
    for parameter in inspect.signature(cls).parameters.values():
        named = parameter.kind in (parameter.KEYWORD_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        if (
            named
            and parameter.default is parameter.empty
            and arguments.get(parameter.name) in (None, "")
        ):
            reason = f"this key is missing; {cls.__name__} needs it"
            raise settings.error(f"{part}.args.{parameter.name}", reason)


def _settings(settings: Settings, part: Part, cls: type, preset: Mapping[str, Any]) -> object:
    """An instance of the class's `Settings`, or None where there is nothing to set.

    Of `preset`, what the class doesn't know, what is None and what the profile
    says otherwise is left out.
    """
    given: dict[str, Any] = revealed(settings.part(part).settings)
    kind = getattr(cls, "Settings", None)
    if not (isinstance(kind, type) and is_dataclass(kind)):
        if given:
            raise settings.error(f"{part}.settings", f"{cls.__name__} has no settings")
        return None
    names = {field.name for field in fields(kind)}
    for name in given.keys() - names:
        reason = f"{cls.__name__} has no such setting{suggestion(name, names)}"
        raise settings.error(f"{part}.settings.{name}", reason)
    kept = {name: value for name, value in preset.items() if name in names and value is not None}
    if "max_completion_tokens" in given:
        kept.pop("max_tokens", None)
    chosen = {**kept, **given}
    return kind(**chosen) if chosen else None
