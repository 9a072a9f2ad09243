"""What the context keeps of an interrupted answer, against what the caller heard of it.

    python -m benchmarks.heard --out heard.json [--answers 50]

Each answer is interrupted at a random time, 0.5 to 3 s after its first sound, by
speech ("Stop, wait ...") and by a typed message in turn, over real WebRTC. A call's
first answer is the persona's greeting, a prepared line of 35 words; all others are
the reply model's, which is asked for long stories (`max_tokens` 200 instead of the
profile's). `kept` are the words of the agent's turn in the context, as the talk's
rows hold them. `heard` is how far into the answer's text a recogniser understands
the caller's recording, up to the silence. The difference is kept less heard.
"""

import argparse
import asyncio
import itertools
import json
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from benchmarks.caller import Caller, Message
from benchmarks.ear import reached, understood
from benchmarks.line import CallError
from benchmarks.report import ROOT, provenance, write
from benchmarks.server import BotServer
from benchmarks.sound import Pcm, write_wav
from benchmarks.voices import voices

CALL = 5  # answers to a call, its greeting among them
EARLIEST, LATEST = 0.5, 3.0  # seconds after an answer's first sound
PATIENCE = 8.0  # seconds
HOLD = 0.4  # seconds without a sound behind the interruption that are silence
NEAR = 0.7  # seconds between an interruption and its turn in the context
GREETING = (
    "Good morning, and thank you for calling us today. Before we begin, let me tell you what "
    "we have for you this week: fresh bread, warm soup, good coffee, and a table at the window."
)
SUBJECTS = (
    "a small boat", "the history of bread", "an old lighthouse", "a farmer and his horse",
    "a town by the sea", "two brothers in a forest", "a train in the mountains", "a lost letter",
)  # fmt: skip


@dataclass(slots=True)
class Answer:
    """One interrupted answer. Word counts are of `text`; times are seconds."""

    source: str  # prepared or model
    interrupted_by: str  # spoken or typed
    after: float  # from its first sound to the interruption's
    text: str
    kept: str
    transcript: str

    @property
    def difference(self) -> int:
        """Words kept less words heard."""
        return reached(self.text, self.kept) - reached(self.text, self.transcript)


@dataclass(frozen=True, slots=True)
class Cut:
    """An answer, when it was interrupted, and what was heard of it."""

    answer: Answer
    at: float  # time.monotonic()
    sound: Pcm


@dataclass(frozen=True, slots=True)
class Bid:
    """A bid for the floor that asks for the next answer: sound to speak, or None to type it."""

    text: str
    pcm: Pcm | None = None

    @property
    def by(self) -> str:
        """How it is made."""
        return "typed" if self.pcm is None else "spoken"


def bids() -> Iterator[Bid]:
    """Bids without end, spoken and typed in turn; their sound is made when they are drawn."""
    speakers = itertools.cycle(voices())
    for number, subject in enumerate(itertools.cycle(SUBJECTS)):
        text = f"Stop, wait. Tell me a long story about {subject} instead."
        yield Bid(text, next(speakers).speak(text)) if number % 2 else Bid(text)


def profile(folder: Path, config: str = "config/embedded.yaml") -> Path:
    """The profile `config` with a long greeting and longer answers; its talks lie in `folder`."""
    persona = yaml.safe_load((ROOT / "config/personas/assistant.yaml").read_text())
    persona |= {"greeting": GREETING, "deflect": [], "refuse": [], "examples": {}, "answers": []}
    chosen = yaml.safe_load((ROOT / config).read_text())
    chosen["persona"] = str(folder / "talkative.yaml")
    chosen["memory"] = {"store": "sqlite", "path": str(folder / "memory.db")}
    chosen["reply"]["max_tokens"] = 200
    (folder / "talkative.yaml").write_text(yaml.safe_dump(persona))
    (folder / "heard.yaml").write_text(yaml.safe_dump(chosen))
    return folder / "heard.yaml"


class Interrupter:
    """A caller who never lets the agent finish."""

    def __init__(self, caller: Caller, chance: random.Random) -> None:
        """Interrupt in `caller`'s call, at times drawn from `chance`."""
        self._caller = caller
        self._chance = chance

    async def cut(self, asked: float, source: str, bid: Bid) -> Cut | None:
        """Interrupt the answer to what was asked at `asked`; None where it ended by itself."""
        caller = self._caller
        began = await caller.until_heard(after=asked, timeout=PATIENCE)
        if began is None:
            return None
        after = self._chance.uniform(EARLIEST, LATEST)
        await asyncio.sleep(began + after - time.monotonic())
        onset = await self._make(bid)
        try:
            stopped = await caller.until_message("bot-interrupted", after=onset, timeout=PATIENCE)
        except TimeoutError:
            return None
        if not caller.heard.sounding(stopped.at, within=0.35):
            return None
        silent = await caller.until_silent(after=stopped.at, timeout=2, hold=HOLD)
        if silent is None:
            return None
        text = GREETING if source == "prepared" else written(caller.messages, began, stopped.at)
        sound = caller.heard.sound(began - 0.1, silent + 0.05)
        answer = Answer(source, bid.by, round(onset - began, 3), text, "", "")
        return Cut(answer, stopped.at, sound)

    async def _make(self, bid: Bid) -> float:
        """Speak or type the bid; when its first sound, or the message, left."""
        if bid.pcm is None:
            await self._caller.send_text(bid.text)
            return time.monotonic()
        return await self._caller.begin(bid.pcm).onset

    async def ask(self) -> float:
        """Type a request for a story; when."""
        await self._caller.send_text(f"Tell me a story about {self._chance.choice(SUBJECTS)}.")
        return time.monotonic()


def written(messages: Sequence[Message], began: float, until: float) -> str:
    """All that the reply model wrote for the answer that was first heard at `began`."""
    start = max((m.at for m in messages if m.type == "bot-llm-started" and m.at < began), default=0)
    parts = [m for m in messages if m.type == "bot-llm-text" and start <= m.at <= until]
    return "".join(part.data["text"] for part in parts)


async def call(
    bot: BotServer, talks: Path, chance: random.Random, plan: Sequence[Bid]
) -> list[Cut]:
    """One call's interrupted answers, with what the context kept of them.

    The caller's sound runs on this loop: what takes long waits until the call is over.
    """
    cuts: list[Cut] = []
    async with Caller(bot.url) as caller:
        interrupter = Interrupter(caller, chance)
        asked = caller.started
        for number, bid in enumerate(plan):
            cut = await interrupter.cut(asked, "model" if number else "prepared", bid)
            if cut is None:
                await caller.until_silent(after=time.monotonic(), timeout=30, hold=1.5)
                asked = await interrupter.ask()
                continue
            cuts.append(cut)
            asked = cut.at + HOLD
        # The talk's rows hold what was before them: one more brings the last answer.
        asked = await interrupter.ask()
        await caller.until_message(
            "server-message", after=asked, where=lambda data: data["type"] == "decision"
        )
        talk = next(m.data["id"] for m in caller.messages if m.type == "server-message")
        turns = agent_turns(talks / talk / "rows.jsonl", caller.messages)
    for cut in cuts:
        near = {abs(at - cut.at): text for at, text in turns if abs(at - cut.at) < NEAR}
        cut.answer.kept = near[min(near)] if near else ""
        cut.answer.transcript = understood(cut.sound)
    return cuts


def agent_turns(rows: Path, messages: Sequence[Message]) -> list[tuple[float, str]]:
    """The agent's turns in a talk's context, each with the time it came there.

    A row says how long ago each turn was; the caller knows when the row's
    decision was made. The first row that holds a turn is the nearest to it.
    """
    decided = {m.data["id"]: m.at for m in messages if m.data and m.data.get("type") == "decision"}
    turns: dict[tuple[str, int], tuple[float, str]] = {}
    for number, row in enumerate(map(json.loads, rows.read_text().splitlines()), 1):
        for turn in row["moment"]["history"]:
            if turn["who"] == "agent" and number in decided:
                at = decided[number] - turn["ago"]
                turns.setdefault((turn["text"], round(at / 3)), (at, turn["text"]))
    return list(turns.values())


def figures(answers: Sequence[Answer]) -> dict[str, Any]:
    """The report's part about the agent."""
    differences = [answer.difference for answer in answers]
    return {
        "within_one_word": share(answers),
        "answers": len(answers),
        "differences": differences,
        "distribution": {str(key): n for key, n in sorted(Counter(differences).items())},
        "by": {
            name: {"within_one_word": share(group), "answers": len(group)}
            for name, group in (
                (name, [a for a in answers if name in (a.source, a.interrupted_by)])
                for name in ("spoken", "typed", "prepared", "model")
            )
        },
        "rows": [asdict(answer) | {"difference": answer.difference} for answer in answers],
    }


def share(answers: Sequence[Answer]) -> float | None:
    """The share of answers kept within one word of what was heard."""
    near = sum(abs(answer.difference) <= 1 for answer in answers)
    return round(near / len(answers), 3) if answers else None


async def run(arguments: argparse.Namespace) -> None:
    """Interrupt as many answers as asked for, write the report."""
    report = provenance()
    chance, offers = random.Random(arguments.seed), bids()
    cuts: list[Cut] = []
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        bot = await stack.enter_async_context(BotServer.ours(str(profile(folder))))
        while len(cuts) < arguments.answers:
            plan = list(itertools.islice(offers, CALL))
            try:
                done = await call(bot, folder / "talks", chance, plan)
            except (CallError, TimeoutError) as error:
                print(f"the call failed: {error}", flush=True)
                continue
            for cut in done:
                print(line(cut.answer), flush=True)
            cuts += done
    cuts = cuts[: arguments.answers]
    if arguments.recordings:
        arguments.recordings.mkdir(parents=True, exist_ok=True)
        for number, cut in enumerate(cuts, 1):
            write_wav(arguments.recordings / f"{number:03}.wav", cut.sound)
    report["ours"] = figures([cut.answer for cut in cuts])
    write(arguments.out, report)
    print(json.dumps({k: v for k, v in report["ours"].items() if k != "rows"}))


def line(answer: Answer) -> str:
    """One answer as a line of progress."""
    ends = [" ".join(text.split()[-4:]) for text in (answer.kept, answer.transcript)]
    return (
        f"{answer.difference:+3} {answer.source:8} {answer.interrupted_by:6} {answer.after:4.1f} s"
        f"  kept ... {ends[0]}  |  heard ... {ends[1]}"
    )


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parse.add_argument("--out", type=Path, required=True, help="Write the report here, as JSON.")
    parse.add_argument("--answers", type=int, default=50, help="Interrupt so many answers.")
    parse.add_argument("--seed", type=int, default=1, help="When and how, by chance from this.")
    parse.add_argument("--recordings", type=Path, help="Keep what was heard of each answer here.")
    return parse


if __name__ == "__main__":
    asyncio.run(run(parser().parse_args()))
