"""The settings of a profile: one frozen model, read once.

python -m config.settings    prints the table of keys for docs/configuration.md
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PrivateAttr, ValidationError

from config.access import Access
from config.environment import Origin, expand, sealed
from config.files import SettingsError, problem, read_mapping, section, sentences, suggestion
from config.memory import MemoryChoice
from config.phone import Phone
from config.room import Room
from config.sections import (
    Blocks,
    JudgeChoice,
    Limits,
    ModelServer,
    Overlap,
    Privacy,
    Reply,
    Section,
    Served,
    Service,
    Vad,
)
from config.services import KNOWN, Part
from config.webrtc import WebRTC

__all__ = ["PROFILES", "Settings", "SettingsError", "load"]

PROFILES = Path(__file__).parent
PARTS: tuple[Part, ...] = ("stt", "llm", "tts")
_KEYS = ("judge.api_key", "memory.letta.api_key", "access.secret")


class Settings(Section):
    """All of a profile."""

    profile: str = Field(default="", description="its name; empty: the file's")
    persona: str = Field(
        default="assistant",
        min_length=1,
        description="a name in config/personas, or the path of a file",
    )
    stt: Served = Field(description="speech to text")
    llm: Served = Field(description="the reply model")
    tts: Served = Field(description="text to speech")
    vad: Vad = Field(default=Vad(), description="when sound counts as speech")
    turn: Literal["smart-turn", "none"] = Field(
        default="smart-turn", description="audio model that tells the end of a turn from a pause"
    )
    overlap: Overlap = Field(
        default=Overlap(), description="what the agent does while the user makes a sound over it"
    )
    reply: Reply = Field(default=Reply(), description="how the reply model answers")
    judge: JudgeChoice = Field(default=JudgeChoice(), description="who decides when to speak")
    model_server: ModelServer | None = Field(
        default=None, description="llama.cpp in our own process; null: none"
    )
    memory: MemoryChoice = Field(default=MemoryChoice(), description="what is kept of a user")
    limits: Limits = Field(
        default=Limits(), description="what code enforces, whatever the judge says"
    )
    blocks: Blocks = Field(default=Blocks(), description="what repeated abuse leads to")
    privacy: Privacy = Field(default=Privacy(), description="what is kept of a talk")
    access: Access = Field(default=Access(), description="who may talk, and how many at once")
    webrtc: WebRTC = Field(default=WebRTC(), description="how callers on the page reach the agent")
    phone: Phone = Field(default=Phone(), description="telephone calls")
    room: Room = Field(default=Room(), description="rooms of several people, Daily's and LiveKit's")

    _file: Path = PrivateAttr(default=Path("settings"))
    _origins: Mapping[str, Origin] = PrivateAttr(default_factory=dict[str, Origin])

    @property
    def file(self) -> Path:
        """The file these were read from."""
        return self._file

    @property
    def origins(self) -> Mapping[str, Origin]:
        """By dotted key, the environment variables that its value was made of."""
        return self._origins

    def part(self, name: Part) -> Served:
        """The service that does `name`."""
        return {"stt": self.stt, "llm": self.llm, "tts": self.tts}[name]

    def services(self, name: Part) -> dict[str, Service]:
        """Who does `name`, by the key in the profile, in the order in which they are asked."""
        first = self.part(name)
        return {name: first} | ({f"{name}.then": first.then} if first.then else {})

    def error(self, key: str, reason: str) -> SettingsError:
        """An error that names this file, the key and the reason."""
        return SettingsError([problem(self._file, key, reason)])


def load(
    path: Path, *, environ: Mapping[str, str] = os.environ, allow_unset: bool = False
) -> Settings:
    """The settings in the file at `path`. Raises `SettingsError` with a sentence a problem.

    With `allow_unset`, a key or argument whose variable is not set is left
    empty and noted in `origins`, for `--check` to tell.
    """
    path = Path(path)
    tree = _with_defaults(read_mapping(path, siblings="profiles"), environ)
    expanded = expand(tree, environ)
    problems = [problem(path, key, reason) for key, reason in expanded.problems]
    problems += _unset(path, expanded.origins, allow_unset)
    try:
        settings = Settings.model_validate(_sealed(expanded.tree, expanded.origins))
    except ValidationError as error:
        told = {key for key, origin in expanded.origins.items() if origin.unset}
        told |= {key for key, _ in expanded.problems}
        problems += _untold(error, path, expanded.origins, told)
        raise SettingsError(problems) from None
    settings = _signed(settings, path, expanded.origins)
    problems += [problem(path, key, reason) for key, reason in _conflicts(settings)]
    if problems:
        raise SettingsError(problems)
    return settings


def _with_defaults(tree: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """`tree` with what a short name brings along put under what the profile says.

    A section without keys, as when all its lines are comments, is its default.
    """
    tree = {key: value for key, value in tree.items() if value is not None or not _holds(key)}
    for part in PARTS:
        if part in tree:
            tree[part] = _brought(part, tree[part], environ)
    return tree


def _brought(part: Part, service: object, environ: Mapping[str, str]) -> object:
    """`service` with what its short name brings along, and so for the one after it."""
    given = {"service": service} if isinstance(service, str) else service
    if not isinstance(given, dict):
        return service
    entry = KNOWN[part].get(str(expand(given.get("service"), environ).tree))
    brought = {"args": entry.args, "settings": entry.settings} if entry else {}
    filled = given | {key: _under(given.get(key), brought[key]) for key in brought}
    if "then" in filled:
        filled["then"] = _brought(part, filled["then"], environ)
    return filled


def _holds(key: str) -> bool:
    """Whether `key` is a section."""
    return key in Settings.model_fields and bool(section(Settings.model_fields[key].annotation))


def _under(given: object, brought: Mapping[str, Any]) -> object:
    """`given` over `brought`; a server of the user's own may need no key."""
    if given is None:
        return dict(brought)
    if not isinstance(given, dict):
        return given
    if "base_url" in given and "api_key" in brought:
        brought = {**brought, "api_key": "none"}
    return {**brought, **given}


def _may_be_unset(key: str) -> bool:
    part, _, rest = key.partition(".")
    if key in _KEYS or key.startswith(("memory.mem0.", "phone.", "webrtc.")):
        return True
    return part in PARTS and rest.removeprefix("then.").startswith(("args.", "settings."))


def _unset(path: Path, origins: Mapping[str, Origin], allow_unset: bool) -> Iterator[str]:
    for key, origin in origins.items():
        for name in origin.unset:
            if not (allow_unset and _may_be_unset(key)):
                yield problem(path, key, f"the environment variable {name} is not set")


def _sealed(tree: dict[str, Any], origins: Mapping[str, Origin]) -> dict[str, Any]:
    tree = dict(tree)
    for part in PARTS:
        tree |= {part: _sealed_service(tree[part], part, origins)} if part in tree else {}
    memory = tree.get("memory")
    if isinstance(memory, dict) and "mem0" in memory:
        tree["memory"] = memory | {"mem0": sealed(memory["mem0"], "memory.mem0", origins)}
    return tree


def _sealed_service(service: object, at: str, origins: Mapping[str, Origin]) -> object:
    """`service` with its args and settings sealed, and those of the one after it."""
    if not isinstance(service, dict):
        return service
    kept = {key: value for key, value in service.items() if key in ("service", "then")}
    if "then" in kept:
        kept["then"] = _sealed_service(kept["then"], f"{at}.then", origins)
    rest = {key: value for key, value in service.items() if key not in kept}
    return {key: sealed(value, f"{at}.{key}", origins) for key, value in rest.items()} | kept


def _untold(
    error: ValidationError, path: Path, origins: Mapping[str, Origin], told: set[str]
) -> list[str]:
    """The sentences of `error`, less those that only follow from a bad reference."""
    lines = sentences(
        error, Settings, path, lambda key: origins[key].used if key in origins else ()
    )
    prefixes = tuple(problem(path, key, "") + ":" for key in told)
    return [line for line in lines if not line.startswith(prefixes)]


def _conflicts(settings: Settings) -> Iterator[tuple[str, str]]:
    """Keys that are well formed each, and make no sense together."""
    for part in PARTS:
        for key, service in settings.services(part).items():
            name = service.service
            if name not in KNOWN[part] and not _is_path(name):
                reason = f"no service is called {service.shown('service')}"
                yield f"{key}.service", reason + suggestion(name, KNOWN[part])
            if name == "vllm" and not service.settings.get("model"):
                yield f"{key}.settings.model", "this key is missing; vLLM serves one model"
        first, then = settings.part(part), settings.part(part).then
        if then and dict(then) == {key: value for key, value in first if key != "then"}:
            yield f"{part}.then", "is the same service again, which would fail with the first"
    if settings.model_server is None:
        for key, service in settings.services("llm").items():
            if service.service == "llama" and "base_url" not in service.args:
                yield "model_server", f"this key is missing; {key}: llama runs on it"
        if settings.judge.kind == "llama" and settings.judge.url is None:
            yield "judge.url", "this key is missing; without it a llama judge needs model_server"
    if settings.judge.url and settings.judge.adapter not in ("default", "none"):
        yield "judge.adapter", "is for the model server; the server at judge.url has its own"
    if settings.judge.kind == "llama" and settings.judge.url and settings.judge.model is None:
        yield "judge.model", "this key is missing; the server at judge.url needs it"
    yield from _lacking(settings)


def _lacking(settings: Settings) -> Iterator[tuple[str, str]]:
    """TURN servers that have no password, or more than one way to it."""
    for number, server in enumerate(settings.webrtc.ice_servers):
        key = f"webrtc.ice_servers.{number}"
        told = any(name.startswith(key) and each.unset for name, each in settings.origins.items())
        whole = server.username and server.credential
        if server.secret and (server.username or server.credential):
            yield key, "has a secret, from which username and credential are made: leave them out"
        elif server.relays and not (whole or server.secret or told):
            yield key, "a TURN server needs username and credential, or a secret"


def _is_path(service: str) -> bool:
    words = service.split(".")
    return len(words) > 1 and all(word.isidentifier() for word in words)


def _signed(settings: Settings, path: Path, origins: Mapping[str, Origin]) -> Settings:
    """`settings` with its name and file, and with what came from the environment hidden."""
    if not settings.profile:
        settings = settings.model_copy(update={"profile": path.stem})
    settings._file = path
    settings._origins = dict(origins)
    for key in origins:
        _hide(settings, key.split("."))
    return settings


def _hide(holder: object, names: list[str]) -> None:
    """Hide the value at the end of `names`; of a list of texts, all."""
    for name, following in zip(names, [*names[1:], ""], strict=True):
        inner = _inside(holder, name)
        of_texts = isinstance(inner, tuple) and not any(isinstance(x, Section) for x in inner)
        if isinstance(holder, Section) and (not following or of_texts):
            holder.hide(name)
        holder = inner


def _inside(holder: object, name: str) -> object:
    if isinstance(holder, tuple):
        return holder[int(name)] if name.isdigit() and int(name) < len(holder) else None
    return getattr(holder, name, None)


if __name__ == "__main__":
    from config.reference import tables

    print(tables())
