"""How fast the trained judge answers, beside replies and for several talks at once.

    python -m benchmarks.judge --out judge.json
    python -m benchmarks.judge --adapter none --threads 2 --out judge.json

Questions go the way they go in a talk of the embedded profile, as long as in a talk
(`tokens` says how long). Each figure is in seconds a question:

    cached   a partial that adds 1 to 5 words to a prompt that the server has read
    replying the same while the reply model writes, on the same processor
    cold     a whole prompt, of a talk in its second turn that the server has not heard of
    talks    `--talks` talks at 4 questions a second each; `late` is how many took
             longer than the profile's budget, after which the rules answer

Without an adapter in place, one of random numbers and of the same size is timed:
what it answers means nothing, how long it takes is the same.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from openai import AsyncOpenAI

from benchmarks.report import provenance, summary, write
from config.personas import personas
from config.settings import PROFILES, load
from judgement.artefact import DEFAULT, Adapter, read_adapter
from judgement.everyday import EVERYDAY
from judgement.gguf_header import read_header
from judgement.history import KEPT
from judgement.judge import Judge, read_ahead
from judgement.llama import LlamaJudge
from judgement.local import BASE, MODELS, complete, judge_server, opened
from judgement.moment import Kind, Moment, Policy, Turn
from judgement.prompt import render
from judgement.repacked import repacked
from judgement.serving import LocalServer, packaged_model

RATE = 4.0  # questions a second in one talk
LENGTH = 40  # words at which a turn is over and the next begins
RANK = 16  # of the random adapter


@dataclass(frozen=True, slots=True)
class Bench:
    """What is measured: the judge's server and the replies', and how to ask them."""

    server: LocalServer
    replies: LocalServer
    client: AsyncOpenAI
    labels: dict[str, int]
    adapter: Adapter | None

    def judge(self) -> Judge:
        """The judge of a new talk."""
        llama = LlamaJudge(
            self.client,
            model="local",
            slot=self.server.slot(),
            labels=self.labels,
            trained=self.adapter is not None,
        )
        return complete(llama, self.adapter)


class Speaker:
    """A talk's user, who goes on for ever: sentences that people say, in random order."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        who = personas()["assistant"]
        self._sentences = [*EVERYDAY, *who.answers]
        self._policy = Policy(who.refuse, who.deflect, who.proactivity)
        self._history: list[Turn] = []
        self._said: list[str] = []

    def moments(self) -> Iterator[Moment]:
        """Partials that each add 1 to 5 words; a new turn after `LENGTH` words."""
        while True:
            self._history += [
                Turn("user", " ".join(self._said) or "hello", 4.0),
                Turn("agent", self._chance.choice(self._sentences), 1.0),
            ]
            self._said = []
            while len(self._said) < LENGTH:
                words = self._chance.choice(self._sentences).split()
                while words and len(self._said) < LENGTH:
                    count = self._chance.randint(1, 5)
                    self._said, words = [*self._said, *words[:count]], words[count:]
                    yield self.moment()

    def moment(self) -> Moment:
        """The words so far, while they are spoken."""
        said = " ".join(self._said)
        return Moment(Kind.PARTIAL, said, tuple(self._history[-KEPT:]), persona=self._policy)


@asynccontextmanager
async def bench(
    adapter: Adapter | None, *, talks: int, threads: int
) -> AsyncGenerator[Bench, None]:
    """Both servers, as the embedded profile starts them."""
    base = packaged_model(BASE)
    server = judge_server(base, adapter, slots=talks, threads=threads)
    replies = LocalServer(repacked(base, MODELS))
    async with AsyncOpenAI(base_url=server.url, api_key="none", max_retries=0) as client:
        yield Bench(server, replies, client, await server.label_tokens(), adapter)


async def cached(bench: Bench, count: int, seed: int) -> list[float]:
    """Seconds of `count` partials, each after the one that it adds to."""
    judge, moments = bench.judge(), Speaker(seed).moments()
    took: list[float] = []
    before = ""
    while len(took) < count:
        moment = next(moments)
        seconds = await _timed(judge, moment)
        if before and moment.said.startswith(before):
            took.append(seconds)
        before = moment.said
    return took


async def replying(bench: Bench, count: int, seed: int) -> list[float]:
    """The same while a reply is written, as in a talk; each reply as soon as one is done."""
    writing = asyncio.create_task(_write_replies(bench.replies))
    await asyncio.sleep(0.5)
    judge, moments = bench.judge(), Speaker(seed).moments()
    took: list[float] = []
    before = ""
    while len(took) < count:
        moment = next(moments)
        seconds = await _timed(judge, moment)
        if before and moment.said.startswith(before):
            took.append(seconds)
        before = moment.said
        await asyncio.sleep(max(0.0, 1 / RATE - seconds))
    writing.cancel()
    return took


async def cold(bench: Bench, count: int, seed: int) -> list[float]:
    """Seconds of `count` questions, each of another talk in the same slot."""
    judge = bench.judge()
    took: list[float] = []
    for number in range(count):
        moment = _some_turns_in(Speaker(seed + number))
        await judge.judge(Moment(Kind.PARTIAL, "", persona=Policy(refuse=(f"x{number}",))))
        took.append(await _timed(judge, moment))
    return took


async def together(bench: Bench, talks: int, seconds: float) -> list[float]:
    """Seconds of all questions of `talks` talks under way, whose questions alternate."""
    judges = [bench.judge() for _ in range(talks)]
    for number, judge in enumerate(judges):
        await read_ahead(judge, next(Speaker(number).moments()))
    work = (_talk(judge, at, talks, seconds) for at, judge in enumerate(judges))
    return [took for talk in await asyncio.gather(*work) for took in talk]


async def _talk(judge: Judge, number: int, talks: int, seconds: float) -> list[float]:
    """One of them: a question when it is due, the agent's words read before a new turn."""
    began, moments = time.monotonic() + number / RATE / talks, Speaker(number).moments()
    took: list[float] = []
    for turn in range(round(seconds * RATE)):
        moment = next(moments)
        if turn and len(moment.said.split()) <= 5:
            await read_ahead(judge, moment)
        await asyncio.sleep(began + turn / RATE - time.monotonic())
        took.append(await _timed(judge, moment))
    return took


async def _timed(judge: Judge, moment: Moment) -> float:
    began = time.perf_counter()
    await judge.judge(moment)
    return time.perf_counter() - began


async def _write_replies(server: LocalServer) -> None:
    said = ["What do you have for hanging a heavy mirror on a plaster wall?"]
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
        while True:
            messages = [{"role": "user", "content": text} for text in said[-3:]]
            asked = {"messages": messages, "max_tokens": 60, "temperature": 0.7}
            await client.post("/chat/completions", json=asked)
            said.append("And what would that cost me, with the screws and all?")


def _some_turns_in(speaker: Speaker) -> Moment:
    moments = speaker.moments()
    return [next(moments) for _ in range(16)][-1]


async def _tokens(bench: Bench, moments: Sequence[Moment]) -> dict[str, float]:
    root = bench.server.url.removesuffix("/v1")
    async with httpx.AsyncClient(base_url=root) as client:
        counts: list[int] = []
        for moment in moments:
            answer = await client.post("/tokenize", json={"content": render(moment)})
            counts.append(len(answer.raise_for_status().json()["tokens"]))
    return {"least": min(counts), "mean": round(float(np.mean(counts))), "most": max(counts)}


def random_adapter(folder: Path) -> Path:
    """An adapter of random numbers on every linear layer of the embedded model."""
    import gguf

    shapes = read_header(packaged_model(BASE)).shapes
    chance = np.random.default_rng(0)
    path = folder / "judge.gguf"
    writer: Any = gguf.GGUFWriter(path, "llama")
    writer.add_type("adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 2.0 * RANK)
    for name, shape in shapes.items():
        if name.startswith("blk.") and len(shape) == 2:
            for half, size in (("lora_a", (RANK, shape[0])), ("lora_b", (shape[1], RANK))):
                values = chance.normal(0, 1e-3, size).astype(np.float16)
                writer.add_tensor(f"{name}.{half}", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _adapter(name: str, folder: Path) -> tuple[str, Adapter | None]:
    if name == "none":
        return "none", None
    if name == "default" and not (DEFAULT / "judge.gguf").is_file():
        return f"random, rank {RANK}", read_adapter(random_adapter(folder))
    return name, opened(DEFAULT if name == "default" else Path(name), packaged_model(BASE))


async def measure(name: str, args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """The whole report."""
    budget = load(PROFILES / "embedded.yaml").judge.budget
    called, adapter = await asyncio.to_thread(_adapter, name, folder)
    async with bench(adapter, talks=args.talks, threads=args.threads) as servers:
        tokens = await _tokens(servers, [_some_turns_in(Speaker(seed)) for seed in range(20)])
        await cached(servers, 5, 99)  # the first question of a process takes longer
        figures = {
            "cached": summary(await cached(servers, args.count, 1)),
            "replying": summary(await replying(servers, args.count, 2)),
            "cold": summary(await cold(servers, args.count // 2, 3)),
        }
        took = await together(servers, args.talks, args.seconds)
    figures["talks"] = {**summary(took), "late": sum(each > budget for each in took)}
    about = {"adapter": called, "threads": args.threads, "talks": args.talks, "budget": budget}
    return {**provenance(), **about, "tokens": tokens, **figures}


def main() -> None:
    """Measure, print the figures, write the JSON."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--adapter", default="default", help="default, none, or its path")
    parser.add_argument("--threads", type=int, default=1, help="of the judge's server")
    parser.add_argument("--count", type=int, default=80, help="questions of each kind")
    parser.add_argument("--talks", type=int, default=4, help="talks at once")
    parser.add_argument("--seconds", type=float, default=15, help="how long those talks last")
    parser.add_argument("--out", type=Path, required=True, help="the JSON to write")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = asyncio.run(measure(args.adapter, args, Path(folder)))
    print(f"prompts of {report['tokens']['least']} to {report['tokens']['most']} tokens")
    for name in ("cached", "replying", "cold", "talks"):
        found = report[name]
        late = f", {found['late']} late" if "late" in found else ""
        print(
            f"{name:9} p50 {1000 * found['p50']:4.0f} ms  p95 {1000 * found['p95']:4.0f} ms{late}"
        )
    write(args.out, report)


if __name__ == "__main__":
    main()
