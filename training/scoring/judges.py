"""Judges by the names that the command line gives them."""

import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from openai import AsyncOpenAI

from judgement.decision import Action, Decision, decide
from judgement.judge import Judge
from judgement.llama import LlamaJudge
from judgement.moment import Kind, Moment
from judgement.rules import Rules

PATIENCE = 0.7  # s of pause after which a plain timeout answers
NAMES = (
    "rules, timeout, always-LABEL, base, default, the path of an adapter (a .gguf or its "
    "folder) or the URL of an OpenAI-compatible server"
)


class NoSuchJudge(Exception):
    """No judge goes by that name, or it cannot be had here: the text says what to do."""


class Timeout:
    """Answers once a pause has lasted, whatever was said; any sound stops it."""

    name = "timeout"

    async def judge(self, moment: Moment) -> Decision:
        """Reply after `PATIENCE` of pause and over any overlap, else silence."""
        over = moment.kind is Kind.OVERLAP
        if over or (moment.kind is Kind.PAUSE and moment.pause >= PATIENCE):
            return decide(Action.REPLY, "a sound" if over else "the time is up", judge=self.name)
        return decide(Action.SILENCE, "not yet", judge=self.name)


class Always:
    """One answer to everything: the floor that any judge must leave behind."""

    def __init__(self, action: Action) -> None:
        """Answer `action`."""
        self.name = f"always-{action}"
        self._action = action

    async def judge(self, moment: Moment) -> Decision:
        """The same as ever."""
        return decide(self._action, "always", judge=self.name)


@asynccontextmanager
async def open_judge(name: str, *, model: str | None = None) -> AsyncGenerator[Judge, None]:
    """The judge called `name`, with what it needs running as long as the block lasts.

    `model` is the model's name at a server. Raises `NoSuchJudge`.
    """
    if name == "rules":
        yield Rules()
    elif name == "timeout":
        yield Timeout()
    elif name.startswith("always-"):
        yield Always(_label(name))
    elif name.startswith(("http://", "https://")):
        key = os.environ.get("OPENAI_API_KEY", "none")
        async with AsyncOpenAI(base_url=name, api_key=key) as client:
            yield LlamaJudge(client, model=model or "local")
    else:
        async with _local(name) as judge:
            yield judge


def _label(name: str) -> Action:
    try:
        return Action(name.removeprefix("always-"))
    except ValueError:
        raise NoSuchJudge(f"{name!r}: the label is none of {', '.join(Action)}") from None


@asynccontextmanager
async def _local(name: str) -> AsyncGenerator[Judge, None]:
    """The embedded model without an adapter, with its own, or with another."""
    adapter = None if name in ("base", "default") else _adapter(name)
    from judgement.local import local_judge

    if name == "default":
        async with local_judge() as judge:
            yield judge
    else:
        async with local_judge(adapter) as judge:
            yield judge


def _adapter(name: str) -> Path:
    path = Path(name)
    if not path.exists():
        raise NoSuchJudge(f"no judge is called {name!r}, and no such file is there: give {NAMES}")
    return path
