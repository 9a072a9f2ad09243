"""What the memory of a profile needs and lacks, without opening or importing any of it."""

import os
from collections.abc import Iterator
from pathlib import Path

from config.finding import Line, plain_url
from config.installed import module_file
from config.sections import HIDDEN
from config.settings import Settings

# By store, the module that it imports and the extra that brings it.
NEEDS = {
    "postgres": ("psycopg", "scale"),
    "mem0": ("mem0", "mem0"),
    "letta": ("letta_client", "letta"),
}


def check_memory(settings: Settings) -> Iterator[Line]:
    """A line for the store, and one for each thing that it lacks."""
    store = settings.memory.store
    if not settings.memory.is_lasting:
        yield Line("memory", "none: every talk begins anew")
        return
    yield _place(settings)
    module, extra = NEEDS.get(store, ("", ""))
    if module and module_file(module) is None:
        install = f"pip install -e '.[{extra}]'"
        yield Line("memory", f"the package {module} is not installed: {install}", ok=False)
    for key, origin in settings.origins.items():
        if key == "memory.letta.api_key" or key.startswith("memory.mem0."):
            for name in origin.unset:
                yield Line("memory", f"{name} is not set, for {key}", ok=False)


def _place(settings: Settings) -> Line:
    """Where memories lie, or why what lies on this disk cannot."""
    store, shown = settings.memory.store, settings.memory.shown("path")
    path = Path(settings.memory.path).absolute()
    holder = next(each for each in (path, *path.parents) if each.exists())
    if path.is_dir() or (holder != path and not holder.is_dir()):
        return Line("memory", f"{store}: {shown} is not a place for a file", ok=False)
    if not os.access(holder, os.W_OK):
        return Line("memory", f"{store}: {shown} cannot be written", ok=False)
    return Line("memory", _kept_in(settings, "" if path.exists() else ", to be made"))


def _kept_in(settings: Settings, made: str) -> str:
    memory, shown = settings.memory, settings.memory.shown("path")
    match memory.store:
        case "sqlite":
            return f"sqlite in {shown}{made}"
        case "mem0" if not memory.mem0:
            return f"mem0 in files beside {shown}, waiting memories too"
        case "letta" if memory.letta and memory.letta.shown("url") != HIDDEN:
            where = f"letta at {plain_url(memory.letta.url)}"
        case _:
            where = memory.store
    return f"{where}; what waits for it beside {shown}"
