"""What memory is worth in a talk: scripted talks that need it, with it and without.

    python -m benchmarks.remembered --out remembered.json [--judge rules|llama]

Each of the scripts in `remembering/talks.yaml` is said to a keeper with a store of its
own, the way the stages of a talk do it; half of them come back after days. Then the
last turn comes word by word, and the judge decides at each of them and in the pause
behind them. 120 everyday sentences of three months ago are remembered as well.
Right is a decision that the script asks for, and a reply when all that the script
names is in what the reply model is told: facts, remembered turns and the talk's last
turns (`reply.history_turns` of the embedded profile). Without memory that is the
history alone. Then small talk that needs no memory is said, and what is told counted.
The scripts were written by somebody who had not seen how facts are found; those with
an even place were used to develop it, the others (`unseen`) not.
"""

import argparse
import asyncio
import json
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.policies import ORDINARY
from benchmarks.remembering.script import SCRIPTS, Script, scripts
from benchmarks.report import provenance, write
from judgement.cuts_in import CutsIn
from judgement.decision import Action
from judgement.judge import Judge
from judgement.local import MODELS, local_judge
from judgement.moment import Kind, Moment, Policy, Turn
from judgement.permitted import Limits, Permitted
from judgement.rules import Rules
from judgement.signals import TALK_SECONDS
from memory.embedding import Embedder, Vectors
from memory.keeper import Keeper
from memory.minilm import PACKAGE, gguf_file
from memory.sqlite.store import SqliteStore
from memory.store import Sort
from memory.telling import told
from memory.wishes import Wishes
from processors.memory import facts_for_judge, signals_of

HISTORY = 12  # turns of both that the reply model reads anyway
WORD = 0.35  # s
PAUSES = (0.5, 1.0, 2.0, 3.0)  # s of silence after the last turn, up to the patience of a persona
LONG_AGO = 90  # days since a talk about everyday things, which is remembered too
TURN = 15.0  # s between two turns
IDLE = (  # what needs no memory; how much of it is told all the same
    "How are you doing today?",
    "Hello there!",
    "Thanks, that is great.",
    "Okay, let me think for a moment.",
    "Can you hear me?",
    "Nice weather today, isn't it?",
    "I am fine, and you?",
    "Tell me something interesting.",
)
FIRST = 60.0  # s since the talk began


def everyday() -> list[str]:
    """Sentences that a user may have said at any time."""
    return [json.loads(line)["text"] for line in ORDINARY.read_text("utf-8").splitlines()]


class Once:
    """An `Embedding` that embeds each text once, since every script remembers the same ones."""

    def __init__(self, embedder: Embedder) -> None:
        self.name, self.dimensions = embedder.name, embedder.dimensions
        self._embedder = embedder
        self._known: dict[str, Vectors] = {}

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """One row for each text."""
        for text in texts:
            if text not in self._known:
                self._known[text] = (await self._embedder.embed([text]))[0]
        return np.array([self._known[text] for text in texts])


async def play(script: Script, judge: Judge, embedder: Once, *, memory: bool) -> dict[str, Any]:
    """Whether the decision was right, and what was told."""
    with tempfile.TemporaryDirectory(prefix="repartee-") as folder:
        store, wishes = SqliteStore(Path(folder) / "m.db", embedder), Wishes(Path(folder) / "a.db")
        now = datetime.now(UTC)
        began = now - timedelta(days=script.days, seconds=TURN * len(script.before))
        keeper = Keeper(store, "sam", "first", consent=True, wishes=wishes)
        await keeper.start()
        for place, text in enumerate(everyday()):
            keeper.heard("user", text, began - timedelta(days=LONG_AGO, seconds=-TURN * place))
        for place, (who, text) in enumerate(script.before):
            keeper.heard(who, text, began + timedelta(seconds=TURN * place))
        if script.later:
            await keeper.close()
            keeper = Keeper(store, "sam", "second", consent=True, wishes=wishes)
            await keeper.start()
        await keeper.settled()
        await store.settled()
        history = () if script.later else script.before[-HISTORY:]
        found = await _last_turn(script, judge, keeper if memory else None, history, now)
        if memory:
            found["idle"] = await _recalled_idly(keeper)
        await keeper.close()
        await store.close()
        return found


async def _last_turn(
    script: Script,
    judge: Judge,
    keeper: Keeper | None,
    history: Sequence[tuple[str, str]],
    now: datetime,
) -> dict[str, Any]:
    """Say the last turn word by word, then fall silent; decide at each chance."""
    words = script.now.split()
    moments = [(0.0, " ".join(words[: n + 1])) for n in range(2, len(words))]
    if script.decision is Action.REPLY:
        moments += [(pause, script.now) for pause in PAUSES]
    action, at = Action.SILENCE, ""
    known: list[str] = [f"{who}: {text}" for who, text in history]
    for pause, said in moments:
        moment = _moment(pause, said, history)
        if keeper:
            keeper.saying(said)
            await keeper.recalled_now()
            signals = {**moment.signals, **signals_of(keeper)}
            moment = replace(moment, facts=facts_for_judge(keeper), signals=signals)
        action = (await judge.judge(moment)).action
        at = said
        if action is not Action.SILENCE:
            break
    facts = [each.text for each in keeper.recalled if each.sort is Sort.FACT] if keeper else []
    known += told(keeper, script.now, now) if keeper else ()
    text = "\n".join(known).lower()
    missing = [each for each in script.told if each not in text]
    wrong = [each for each in script.never if any(each in fact.lower() for fact in facts)]
    return {
        "name": script.name,
        "kind": script.kind,
        "later": script.later,
        "decision": action.value,
        "expected": script.decision.value,
        "decided_right": action is script.decision,
        "told_right": not missing and not wrong,
        "recalled": len(keeper.recalled) if keeper else 0,
        "idle": 0.0,
        "missing": missing,
        "wrong": wrong,
        "at": at,
    }


async def _recalled_idly(keeper: Keeper) -> float:
    """How many memories are told when what is said needs none."""
    counts: list[int] = []
    for said in IDLE:
        keeper.saying(said)
        counts.append(len(await keeper.recalled_now()))
    return float(np.mean(counts))


def _moment(pause: float, said: str, history: Sequence[tuple[str, str]]) -> Moment:
    spoken = len(said.split()) * WORD
    turns = tuple(
        Turn(who, text, TURN * (len(history) - place)) for place, (who, text) in enumerate(history)
    )
    return Moment(
        Kind.PAUSE if pause else Kind.PARTIAL,
        said,
        history=turns,
        pause=pause,
        turn_seconds=spoken,
        signals={TALK_SECONDS: FIRST + spoken},
        persona=Policy(),
    )


async def report(given: argparse.Namespace) -> dict[str, Any]:
    """Every script with and without memory, and the shares."""
    embedder = Once(await asyncio.to_thread(lambda: Embedder(gguf_file(PACKAGE, MODELS))))
    found: dict[str, Any] = provenance() | {"judge": given.judge}
    async with AsyncExitStack() as stack:
        judge: Judge = Rules()
        if given.judge == "llama":
            judge = await stack.enter_async_context(local_judge(threads=2))
        judge = Permitted(CutsIn(judge), Limits(), patience=lambda: 3.0)
        for name, memory in (("with", True), ("without", False)):
            played = [
                await play(each, judge, embedder, memory=memory) for each in scripts(given.scripts)
            ]
            found[name] = _shares(played)
            _tell(name, found[name])
    return found


def _shares(played: list[dict[str, Any]]) -> dict[str, Any]:
    groups: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for place, each in enumerate(played):
        for group in ("all", each["kind"], "later" if each["later"] else "same talk"):
            groups[group].append(each)
        groups["seen" if place % 2 == 0 else "unseen"].append(each)
    shares = {
        name: {
            "talks": len(group),
            "decisions": _share(group, "decided_right"),
            "told": _share(group, "told_right"),
            "recalled": _share(group, "recalled"),
            "idle": _share(group, "idle"),
        }
        for name, group in groups.items()
    }
    return {**shares, "scripts": played}


def _share(group: list[dict[str, Any]], name: str) -> float:
    return round(sum(each[name] for each in group) / len(group), 3)


def _tell(name: str, shares: dict[str, Any]) -> None:
    print(f"\n{name} memory")
    for group, row in shares.items():
        if group != "scripts":
            print(
                f"  {group:14} {row['talks']:3} talks  right decisions {row['decisions']:.2f}  "
                f"told what is needed {row['told']:.2f}  "
                f"memories told {row['recalled']:.1f}, {row['idle']:.1f} where none is needed",
                flush=True,
            )


def main() -> None:
    """Run the benchmark and write its report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="where the report goes")
    parser.add_argument("--judge", choices=("rules", "llama"), default="llama")
    parser.add_argument("--scripts", type=Path, default=SCRIPTS, help="the talks")
    given = parser.parse_args()
    write(given.out, asyncio.run(report(given)))


if __name__ == "__main__":
    main()
