"""How surely words must touch a policy by their meaning, and what that catches: text only.

    python -m benchmarks.policies [--unseen]

Prints a line for each threshold: how many are caught of the personas' examples (refuse,
deflect) and of what they answer (look-alike), each left out in its turn, and of the
plain sentences in `ordinary_dev.jsonl`. `judgement.rules.MEANT` was chosen by this table.

With `--unseen` the threshold is what it is, and each line counts what a judge refuses or
deflects of the requests in `refusals.jsonl`, and of the ordinary ones in
`ordinary_dev.jsonl`: the rules by words alone, the rules with the match, and the embedded
profile's judge, to which the same examples are told.
"""

import argparse
import asyncio
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.refusals import REQUESTS, requests
from config.personas import personas
from judgement.decision import Action
from judgement.judge import Judge
from judgement.local import local_judge
from judgement.moment import Kind, Moment, Policy
from judgement.persona import Persona
from judgement.policies import ByExample, Informed, OnTime, PolicyMatcher
from judgement.rules import Rules
from judgement.signals import TYPED
from judgement.words import topic_of
from memory.embedding import Embedder
from memory.minilm import PACKAGE, gguf_file

ORDINARY = REQUESTS.with_name("ordinary_dev.jsonl")
THRESHOLDS = (-0.1, 0.0, 0.05, 0.1, 0.15, 0.2, 0.3)
DECLINED = (Action.REFUSE, Action.DEFLECT)


async def left_out(matcher: PolicyMatcher, persona: Persona) -> Iterator[tuple[str, float]]:
    """Each sentence's kind, and how surely it touches a policy to a persona without it."""
    found: list[tuple[str, float]] = []
    for topic, texts in persona.examples.items():
        kind = "refuse" if topic in map(topic_of, persona.refuse) else "deflect"
        for text in texts:
            others = {**persona.examples, topic: tuple(each for each in texts if each != text)}
            found.append((kind, await _sure(matcher, text, replace(persona, examples=others))))
    for text in persona.answers:
        others = tuple(each for each in persona.answers if each != text)
        found.append(("look-alike", await _sure(matcher, text, replace(persona, answers=others))))
    return iter(found)


async def _sure(matcher: PolicyMatcher, said: str, persona: Persona) -> float:
    match = await matcher.match(said, persona)
    return match.sure if match else -1.0


async def choose(matcher: PolicyMatcher) -> None:
    """Print the table of thresholds."""
    cast = personas()
    found: dict[str, list[float]] = defaultdict(list)
    for persona in cast.values():
        for kind, sure in await left_out(matcher, persona):
            found[kind].append(sure)
    for request in requests(ORDINARY, 0):
        found["ordinary"].append(await _sure(matcher, request.text, cast[request.persona]))
    for threshold in THRESHOLDS:
        counts = (f"{kind} {_share(sure, threshold)}" for kind, sure in found.items())
        print(f"{threshold:.2f}  {'  '.join(counts)}")


def _share(sure: list[float], threshold: float) -> str:
    return f"{sum(each >= threshold for each in sure)}/{len(sure)}"


async def measure(matcher: PolicyMatcher) -> None:
    """Print what is declined by the rules, without the match and with it, and by the judge."""
    async with local_judge() as llama:
        for path in (REQUESTS, ORDINARY):
            for name in ("rules, by words", "rules, by meaning", "the embedded profile's judge"):
                await _count(path, name, matcher, llama)


async def _count(path: Path, name: str, matcher: PolicyMatcher, llama: Judge) -> None:
    counts = {"refuse": 0, "answer": 0}
    asked = requests(path, 1000)
    for request in asked:
        persona = personas()[request.persona]
        known = OnTime(matcher, lambda persona=persona: persona, wait=None)
        judge: Judge = Rules()
        if name == "rules, by meaning":
            judge = Informed(judge, known)
        elif name != "rules, by words":
            judge = ByExample(llama, known, lambda persona=persona: persona)
        counts[request.should] += await _declines(judge, request.text, persona)
    wanted = sum(each.should == "refuse" for each in asked)
    print(
        json.dumps(
            {
                "requests": path.name,
                "judge": name,
                "refused": f"{counts['refuse']}/{wanted}",
                "false": f"{counts['answer']}/{len(asked) - wanted}",
            }
        )
    )


async def _declines(judge: Judge, said: str, persona: Persona) -> bool:
    policy = Policy(persona.refuse, persona.deflect, persona.proactivity)
    moment = Moment(Kind.PAUSE, said, pause=3.0, signals={TYPED: True}, persona=policy)
    return (await judge.judge(moment)).action in DECLINED


async def run(arguments: argparse.Namespace) -> None:
    """Load the model, print one table or the other."""
    with tempfile.TemporaryDirectory() as folder:
        matcher = PolicyMatcher(Embedder(gguf_file(PACKAGE, Path(folder))).embed)
        for persona in personas().values():
            await matcher.learn(persona)
        await (measure if arguments.unseen else choose)(matcher)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parse.add_argument("--unseen", action="store_true", help="Count the unseen requests instead.")
    return parse


if __name__ == "__main__":
    asyncio.run(run(parser().parse_args()))
