"""The settings of a profile: one frozen model, read once.

python -m config.settings    prints the table of keys for docs/configuration.md
"""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, PrivateAttr, ValidationError

from config.environment import Origin, expand, sealed
from config.files import SettingsError, problem, read_mapping, section, sentences, suggestion
from config.memory import MemoryChoice
from config.sections import (
    Blocks,
    JudgeChoice,
    Limits,
    ModelServer,
    Overlap,
    Privacy,
    Reply,
    Section,
    Service,
    Vad,
)
from config.services import KNOWN, Part

__all__ = ["PROFILES", "Settings", "SettingsError", "load"]

PROFILES = Path(__file__).parent
PARTS: tuple[Part, ...] = ("stt", "llm", "tts")


class Settings(Section):
    """All of a profile."""

    profile: str = Field(default="", description="its name; empty: the file's")
    persona: str = Field(
        default="assistant",
        min_length=1,
        description="a name in config/personas, or the path of a file",
    )
    stt: Service = Field(description="speech to text")
    llm: Service = Field(description="the reply model")
    tts: Service = Field(description="text to speech")
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

    def part(self, name: Part) -> Service:
        """The service that does `name`."""
        return {"stt": self.stt, "llm": self.llm, "tts": self.tts}[name]

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
        given = {"service": tree[part]} if isinstance(tree.get(part), str) else tree.get(part)
        if not isinstance(given, dict):
            continue
        entry = KNOWN[part].get(str(expand(given.get("service"), environ).tree))
        brought = {"args": entry.args, "settings": entry.settings} if entry else {}
        tree[part] = given | {key: _under(given.get(key), brought[key]) for key in brought}
    return tree


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
    if key in ("judge.api_key", "memory.letta.api_key") or key.startswith("memory.mem0."):
        return True
    return part in PARTS and rest.startswith(("args.", "settings."))


def _unset(path: Path, origins: Mapping[str, Origin], allow_unset: bool) -> Iterator[str]:
    for key, origin in origins.items():
        for name in origin.unset:
            if not (allow_unset and _may_be_unset(key)):
                yield problem(path, key, f"the environment variable {name} is not set")


def _sealed(tree: dict[str, Any], origins: Mapping[str, Origin]) -> dict[str, Any]:
    tree = dict(tree)
    for part in PARTS:
        if isinstance(tree.get(part), dict):
            tree[part] = {
                key: sealed(value, f"{part}.{key}", origins) if key != "service" else value
                for key, value in tree[part].items()
            }
    memory = tree.get("memory")
    if isinstance(memory, dict) and "mem0" in memory:
        tree["memory"] = memory | {"mem0": sealed(memory["mem0"], "memory.mem0", origins)}
    return tree


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
        name = settings.part(part).service
        if name not in KNOWN[part] and not _is_path(name):
            reason = f"no service is called {settings.part(part).shown('service')}"
            yield f"{part}.service", reason + suggestion(name, KNOWN[part])
    if settings.model_server is None:
        if settings.llm.service == "llama" and "base_url" not in settings.llm.args:
            yield "model_server", "this key is missing; llm: llama runs on it"
        if settings.judge.kind == "llama" and settings.judge.url is None:
            yield "judge.url", "this key is missing; without it a llama judge needs model_server"
    if settings.judge.url and settings.judge.adapter not in ("default", "none"):
        yield "judge.adapter", "is for the model server; the server at judge.url has its own"
    if settings.judge.kind == "llama" and settings.judge.url and settings.judge.model is None:
        yield "judge.model", "this key is missing; the server at judge.url needs it"


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
        *sections, last = key.split(".")
        holder: object = settings
        for name in sections:
            holder = getattr(holder, name, None)
        if isinstance(holder, Section):
            holder.hide(last)
    return settings


if __name__ == "__main__":
    from config.reference import tables

    print(tables())
