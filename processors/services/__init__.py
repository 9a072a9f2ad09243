"""The services that a profile names, made ready for a pipeline.

Every function raises `SettingsError` with a sentence that names the profile,
the key and the reason. Pipecat's classes are imported only when asked for.
"""

import importlib
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from difflib import get_close_matches
from functools import partial
from types import ModuleType
from typing import Any, Protocol, TypeVar

from pipecat.services.llm_service import LLMService
from pipecat.services.stt_service import STTService
from pipecat.services.tts_service import TTSService

from config.environment import revealed, without_secrets
from config.files import SettingsError, suggestion
from config.sections import HIDDEN, Service
from config.services import Known, Part, known
from config.settings import Settings
from processors.failover.breaker import Breaker
from processors.failover.llm import LLMFailover
from processors.failover.member import Maker
from processors.failover.stt import STTFailover
from processors.failover.tts import TTSFailover

S = TypeVar("S", STTService, LLMService, TTSService)


def build_stt(settings: Settings, breaker: Breaker | None = None) -> STTService | STTFailover:
    """The recogniser of the profile, a new one for each talk."""
    made = _makers(settings, "stt", STTService)
    return STTFailover(made, breaker or Breaker()) if len(made) > 1 else made[0].make()


def build_tts(settings: Settings, breaker: Breaker | None = None) -> TTSService | TTSFailover:
    """The voice of the profile, a new one for each talk."""
    made = _makers(settings, "tts", TTSService)
    return TTSFailover(made, breaker or Breaker()) if len(made) > 1 else made[0].make()


class ModelServer(Protocol):
    """The local model server."""

    @property
    def url(self) -> str:
        """Its OpenAI-compatible address, with or without "/v1"."""
        ...

    def slot(self) -> int:
        """Where it keeps what it has read of one talk."""
        ...


def build_llm(
    settings: Settings, breaker: Breaker | None = None, *, server: ModelServer | None = None
) -> LLMService | LLMFailover:
    """The reply model of the profile, a new client for each talk.

    The service "llama" needs the `server` unless the profile gives a `base_url` of its own.
    """
    made = _makers(settings, "llm", LLMService, server)
    return LLMFailover(made, breaker or Breaker()) if len(made) > 1 else made[0].make()


def build_one(settings: Settings, part: Part, key: str) -> STTService | LLMService | TTSService:
    """One service of the profile by its key, such as `tts.then`, by itself."""
    kind: dict[Part, Any] = {"stt": STTService, "llm": LLMService, "tts": TTSService}
    return _build(_Wanted(settings, part, key), kind[part])


def _makers(
    settings: Settings, part: Part, base: type[S], server: ModelServer | None = None
) -> list[Maker[S]]:
    """What makes each service that the profile names for `part`, the first first."""
    found: list[Maker[S]] = []
    for key, service in settings.services(part).items():
        make = partial(_make, _Wanted(settings, part, key), base, server)
        found.append(Maker(service.shown("service").rpartition(".")[2], make))
    return found


@dataclass(frozen=True, slots=True)
class _Wanted:
    """A service that the profile names, and under which key."""

    settings: Settings
    part: Part
    key: str

    @property
    def service(self) -> Service:
        return self.settings.services(self.part)[self.key]

    @property
    def entry(self) -> Known:
        return known(self.part, self.service.service)

    def error(self, key: str, reason: str) -> SettingsError:
        """An error about `key` below this service's, "" for the service itself."""
        return self.settings.error(f"{self.key}.{key}".rstrip("."), reason)


def _make(wanted: _Wanted, base: type[S], server: ModelServer | None) -> S:
    settings = wanted.settings
    if wanted.part != "llm":
        return _build(wanted, base)
    preset: dict[str, Any] = {
        "max_tokens": settings.reply.max_tokens,
        "temperature": settings.reply.temperature,
    }
    if wanted.service.service != "llama":
        return _build(wanted, base, preset=preset)
    if server is None and "base_url" not in wanted.service.args:
        raise wanted.error("service", "llama needs the model server, which is not running")
    preset["model"] = settings.model_server.name if settings.model_server else "llama"
    args = {"api_key": "none"}
    if server is not None and "base_url" not in wanted.service.args:
        args["base_url"] = _api(server.url)
        preset["extra"] = {"extra_body": {"id_slot": server.slot()}}
    return _build(wanted, base, args=args, preset=preset)


def _api(url: str) -> str:
    url = url.rstrip("/")
    return url if url.endswith("/v1") else f"{url}/v1"


def _build(
    wanted: _Wanted,
    base: type[S],
    *,
    args: Mapping[str, Any] | None = None,
    preset: Mapping[str, Any] | None = None,
) -> S:
    """Construct the class that is wanted; the profile's own args and settings win."""
    service = wanted.service
    cls = _class(wanted, base)
    arguments = {**(args or {}), **revealed(service.args)}
    _check_arguments(wanted, cls, arguments)
    chosen = _settings(wanted, cls, preset or {})
    if chosen is not None:
        arguments["settings"] = chosen
    try:
        return cls(**arguments)
    except (TypeError, ValueError, OSError, ImportError) as error:
        reason = f"{cls.__name__} cannot be made: {without_secrets(str(error), service.args)}"
        raise wanted.error("", reason) from None


def _class(wanted: _Wanted, base: type[S]) -> type[S]:
    entry = wanted.entry
    module_name, _, class_name = entry.path.rpartition(".")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        reason = f"{_missing(error, module_name)}: {entry.install}"
        raise _unusable(wanted, reason) from None
    cls = getattr(module, class_name, None)
    if cls is None:
        near = suggestion(class_name, _classes(module, base))
        raise _unusable(wanted, f"{module_name} has no {class_name}{near}")
    if not (isinstance(cls, type) and issubclass(cls, base)):
        raise _unusable(wanted, f"{entry.path} is no {base.__name__}")
    return cls


def _missing(error: ImportError, module_name: str) -> str:
    """What could not be imported. Pipecat wraps the error that names the package."""
    source = error if isinstance(error, ModuleNotFoundError) else error.__cause__
    name = source.name if isinstance(source, ModuleNotFoundError) else None
    if name is None:
        return str(error)
    own = f"{module_name}.".startswith(f"{name}.")
    return f"there is no module {name}" if own else f"the package {name} is not installed"


def _unusable(wanted: _Wanted, reason: str) -> SettingsError:
    """The error for a service, which stays unnamed where the environment names it."""
    if wanted.service.shown("service") == HIDDEN:
        reason = "the class that the environment names cannot be used"
    return wanted.error("service", reason)


def _classes(module: ModuleType, base: type) -> list[str]:
    """The names of the classes in `module` that would do."""
    return [
        name
        for name, each in vars(module).items()
        if isinstance(each, type) and issubclass(each, base) and each.__module__ == module.__name__
    ]


def _check_arguments(wanted: _Wanted, cls: type, arguments: Mapping[str, Any]) -> None:
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
            raise wanted.error(f"args.{name}", reason)
    for parameter in inspect.signature(cls).parameters.values():
        named = parameter.kind in (parameter.KEYWORD_ONLY, parameter.POSITIONAL_OR_KEYWORD)
        if (
            named
            and parameter.default is parameter.empty
            and arguments.get(parameter.name) in (None, "")
        ):
            reason = f"this key is missing; {cls.__name__} needs it"
            raise wanted.error(f"args.{parameter.name}", reason)


def _settings(wanted: _Wanted, cls: type, preset: Mapping[str, Any]) -> object:
    """An instance of the class's `Settings`, or None where there is nothing to set.

    Of `preset`, what the class doesn't know, what is None and what the profile
    says otherwise is left out.
    """
    given: dict[str, Any] = revealed(wanted.service.settings)
    kind = getattr(cls, "Settings", None)
    if not (isinstance(kind, type) and is_dataclass(kind)):
        if given:
            raise wanted.error("settings", f"{cls.__name__} has no settings")
        return None
    names = {field.name for field in fields(kind)}
    for name in given.keys() - names:
        reason = f"{cls.__name__} has no such setting{suggestion(name, names)}"
        raise wanted.error(f"settings.{name}", reason)
    kept = {name: value for name, value in preset.items() if name in names and value is not None}
    if "max_completion_tokens" in given:
        kept.pop("max_tokens", None)
    chosen = {**kept, **given}
    return kind(**chosen) if chosen else None
