"""The same trials for every contender, in calls of a few, taking turns by the block."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.random import Generator

from benchmarks.caller import Caller
from benchmarks.duplex.bots import Bots
from benchmarks.duplex.material import Material
from benchmarks.duplex.tokens import Tokens
from benchmarks.line import CallError, Line
from benchmarks.sound import Pcm
from benchmarks.turns import settle

BLOCK = 4  # trials a contender has before the other's turn comes
STUCK = 90.0  # seconds; a trial that takes longer has failed
DEAD = 5.0  # seconds without a packet of sound after which a line is dead
SETTLING = 6.0  # seconds to wait for an answer's end; a longer one is hung up on

Trial = TypeVar("Trial")
Result = TypeVar("Result")
Take = Callable[[Caller, Trial], Awaitable[Result]]


@dataclass(frozen=True, slots=True)
class Setting:
    """How a section's calls are made.

    `body` goes with the call, `line` makes its line from the address and the body, and
    `room` the sound that is always there.
    """

    body: Mapping[str, Any] = field(default_factory=dict[str, Any])
    line: Callable[[str, Mapping[str, Any]], Line] | None = None
    room: Callable[[], Callable[[float], Pcm]] | None = None
    block: int = BLOCK
    stuck: float = STUCK


@dataclass(frozen=True, slots=True)
class Bench:
    """What a section needs: the contenders, what to say, and how much of it.

    `trials` replaces a section's own number of trials, where it is not None.
    """

    bots: Bots
    material: Material
    config: str
    folder: Path  # for files of this run
    trials: int | None = None
    seed: int = 1
    minutes: float = 20.0
    personas: Sequence[str] = ()
    recordings: Path | None = None
    plot: Path | None = None
    tokens: dict[str, Tokens] = field(default_factory=dict[str, Tokens])

    def count(self, usual: int) -> int:
        """How many trials to make where `usual` are made by default."""
        return usual if self.trials is None else self.trials

    def chance(self, section: str) -> Generator:
        """The section's own chance: the same whichever others run."""
        return np.random.default_rng([self.seed, *section.encode()])

    async def drive(
        self,
        section: str,
        plan: Sequence[Trial],
        take: Take[Trial, Result],
        show: Callable[[Result], str],
        setting: Setting | None = None,
        names: Sequence[str] = (),
    ) -> dict[str, list[Result | None]]:
        """The result of each trial of every contender, or of `names`; None for one that failed."""
        setting = setting or Setting()
        order = list(names or self.bots.names)
        done: dict[str, list[Result | None]] = {name: [] for name in order}
        for start in range(0, len(plan), setting.block):
            for name in order:
                part = plan[start : start + setting.block]
                results = await self.block(section, name, part, take, setting)
                for number, result in enumerate(results, start + 1):
                    text = "failed" if result is None else show(result)
                    print(f"{section} {number:3}/{len(plan)} {name:6} {text}", flush=True)
                done[name] += results
            order.reverse()
        return done

    async def block(
        self,
        section: str,
        name: str,
        trials: Sequence[Trial],
        take: Take[Trial, Result],
        setting: Setting,
    ) -> list[Result | None]:
        """All `trials`, in as many calls as they take; each call that fails costs one."""
        results: list[Result | None] = []
        while len(results) < len(trials):
            results += await self._call(section, name, trials[len(results) :], take, setting)
        return results

    async def _call(
        self,
        section: str,
        name: str,
        trials: Sequence[Trial],
        take: Take[Trial, Result],
        setting: Setting,
    ) -> list[Result | None]:
        """As many trials as one call bears, at least one."""
        results: list[Result | None] = []
        try:
            url = await self.bots.url(name)
            line = setting.line(url, setting.body) if setting.line else None
            async with Caller(url, body=setting.body, line=line) as caller:
                caller.surround(setting.room() if setting.room else None)
                try:
                    await talk(caller, trials, take, results, setting.stuck)
                finally:
                    self._keep(section, name, caller)
            await self.bots.ended(name, well=True)
        except Exception as error:  # whatever ends a call costs its trial, and no more
            print(f"{section} {name}: a call failed: {error!r}", flush=True)
            results.append(None)
            await self.bots.ended(name, well=False)
        return results[: len(trials)]

    def _keep(self, section: str, name: str, caller: Caller) -> None:
        """A call's count of tokens, and its sound if recordings are wanted."""
        self.tokens.setdefault(name, Tokens()).add(caller.messages)
        if self.recordings is not None:
            number = len(list(self.recordings.iterdir()))
            file = f"{number:04}-{section.replace('/', '-')}-{name}.wav"
            caller.record(self.recordings / file)


async def talk(
    caller: Caller,
    trials: Sequence[Trial],
    take: Take[Trial, Result],
    results: list[Result | None],
    stuck: float,
) -> None:
    """Trial after trial, until one ends with an agent who will not stop talking.

    Raises `TimeoutError` for a trial that takes `stuck` seconds and `CallError` for a
    dead line.
    """
    await settle(caller, limit=10)  # a greeting may come first
    for trial in trials:
        async with asyncio.timeout(stuck):
            result = await take(caller, trial)
        if time.monotonic() - caller.heard.end > DEAD:
            raise CallError("the line is dead")
        results.append(result)
        if not await settle(caller, limit=SETTLING):
            return
