"""The contenders' servers: started once, and anew where one has died or hangs."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import yaml

from benchmarks.caller import Caller
from benchmarks.line import CallError
from benchmarks.report import ROOT
from benchmarks.server import BotServer
from benchmarks.turns import PATIENCE

HUNG = 3  # calls in a row that fail
MOST = 4  # talks at once, of `talks_at_once`: more than the profile lets in


class Bots:
    """Servers by contender's name, `ours` and `plain`, as an async context manager."""

    def __init__(self, names: Sequence[str], config: Path) -> None:
        """Run those of `names`; `ours` with the profile `config`."""
        self.names = names
        self._config = config
        self._servers: dict[str, BotServer] = {}
        self._failures = Counter[str]()

    async def __aenter__(self) -> Self:
        try:
            for name in self.names:
                await self.url(name)
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._stop()

    async def url(self, name: str) -> str:
        """Where `name` takes calls. Raises `BotError` when it cannot be started again."""
        server = self._servers.get(name)
        if server is None or not server.running:
            server = BotServer.ours(str(self._config)) if name == "ours" else BotServer.plain()
            self._servers[name] = await server.__aenter__()
            print(f"{name}: started, its log is {server.log}", flush=True)
            await _warm_up(server.url)
        return server.url

    async def ended(self, name: str, *, well: bool) -> None:
        """A call has ended; after some in a row that failed the next finds a new process."""
        self._failures[name] = 0 if well else self._failures[name] + 1
        if self._failures[name] >= HUNG and (server := self._servers.get(name)):
            self._failures[name] = 0
            await server.stop()

    async def _stop(self) -> None:
        for server in self._servers.values():
            await server.stop()


async def _warm_up(url: str) -> None:
    """One typed turn that nobody counts: the first of a process loads and caches."""
    try:
        async with Caller(url, patience=90) as caller:
            await caller.send_text("Hello there.")
            await caller.until_heard(after=caller.started, timeout=PATIENCE)
    except CallError as error:
        print(f"the first call failed: {error}", flush=True)


def profile(
    folder: Path,
    config: str,
    limits: Mapping[str, Any] | None = None,
    persona: Mapping[str, Any] | None = None,
) -> Path:
    """A copy of the profile `config` in `folder`, where its memory lies as well.

    `limits` replaces keys of its limits. `persona` replaces the profile's by the file of
    the name `of`, with the other keys in the place of that file's.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chosen = yaml.safe_load((ROOT / config).read_text())
    chosen["memory"] = {**chosen.get("memory", {}), "path": str(folder / "memory.db")}
    chosen["access"] = {**chosen.get("access", {}), "talks": MOST}
    chosen["limits"] = {**chosen.get("limits", {}), **(limits or {})}
    if persona:
        keys = yaml.safe_load((ROOT / f"config/personas/{persona['of']}.yaml").read_text())
        keys |= {key: value for key, value in persona.items() if key != "of"}
        (folder / "persona.yaml").write_text(yaml.safe_dump(keys))
        chosen["persona"] = str(folder / "persona.yaml")
    (folder / "profile.yaml").write_text(yaml.safe_dump(chosen))
    return folder / "profile.yaml"
