"""Calls beyond what two cores bear: whether each hears "busy", and what those who talk notice.

One agent with `config/phone.yaml`, as many callers over SIP as it takes, who ask at the
same time. During every second question others call, four times a second.

    python -m benchmarks.busy --out busy.json
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from benchmarks.caller import Caller
from benchmarks.line import CallError
from benchmarks.microphone import Microphone
from benchmarks.report import provenance, write
from benchmarks.server import BotServer
from benchmarks.sip import HOST, SipLine, free_port, is_busy
from benchmarks.timeline import Timeline
from benchmarks.transition import figures, line, plan, table, with_clips
from benchmarks.turns import Outcome, Step, settle, take

TALKS = 2  # as `access.talks` of the profile
TOLD = 10.0  # s within which a call is over whose caller was told that all lines are busy
EVERY = 0.25  # s between calls that are too many
QUIET = 15.0  # s that an agent may talk on before the next question


class Besiegers:
    """Whoever calls while all lines are taken."""

    def __init__(self, to: str) -> None:
        """Nobody has called yet."""
        self._to = to
        self._calls = 0
        self.told = 0  # by a sentence
        self.busy = 0  # the tone
        self.let_in = 0

    @asynccontextmanager
    async def calling(self) -> AsyncIterator[None]:
        """A call every `EVERY` s, for as long as this is open; then those who still listen."""
        over = asyncio.Event()
        task = asyncio.create_task(self._call(over))
        try:
            yield
        finally:
            over.set()
            await task

    async def _call(self, over: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as calls:
            while not over.is_set():
                calls.create_task(self._listen())
                await asyncio.sleep(EVERY)

    async def _listen(self) -> None:
        """One call, and what becomes of it."""
        self._calls += 1
        phone = SipLine(self._to, name=f"another{self._calls}")  # no one calls too often
        try:
            await phone.connect(Microphone(), Timeline(), lambda _: None)
            await asyncio.wait_for(phone.ended.wait(), TOLD)
            self.told += 1
        except TimeoutError:
            self.let_in += 1
        except CallError as error:
            if not is_busy(error):
                raise
            self.busy += 1
        finally:
            await phone.hang_up()


async def talk(
    callers: Sequence[Caller], besiegers: Besiegers, steps: Sequence[Step]
) -> dict[str, list[Outcome]]:
    """The outcomes without others who call, and with them."""
    done: dict[str, list[Outcome]] = {"alone": [], "beset": []}
    for turn, start in enumerate(range(0, len(steps), len(callers))):
        name = ("alone", "beset")[turn % 2]
        pairs = zip(callers, steps[start:], strict=False)
        async with besiegers.calling() if name == "beset" else nullcontext():
            outcomes = await asyncio.gather(*(take(caller, step) for caller, step in pairs))
        for outcome in outcomes:
            print(f"{turn + 1:3} {name:6} {line(outcome)}", flush=True)
        done[name] += outcomes
        await asyncio.gather(*(settle(caller, limit=QUIET) for caller in callers))
    return done


async def run(arguments: argparse.Namespace) -> None:
    """Start the bot, measure, write the report, print the table."""
    report: dict[str, Any] = provenance()
    asked = [step for step in plan(4 * arguments.turns, arguments.clips) if step.stop is None]
    steps = [step for step in asked for _ in range(TALKS)][: TALKS * arguments.turns]
    to = f"{HOST}:{free_port()}"
    bot = BotServer(["bot.py", "--config", "config/phone.yaml"], environment={"SIP_LISTEN": to})
    besiegers = Besiegers(to)
    async with bot, AsyncExitStack() as stack:
        lines = [SipLine(to, name=f"caller{number}") for number in range(TALKS)]
        callers = [await stack.enter_async_context(Caller(bot.url, line=each)) for each in lines]
        await asyncio.gather(*(settle(caller, limit=10) for caller in callers))
        outcomes = await talk(callers, besiegers, steps)
        report["calls_ended"] = sum(each.ended.is_set() for each in lines)
    report |= {name: figures(done) for name, done in outcomes.items()}
    became = {"told": besiegers.told, "busy": besiegers.busy, "let_in": besiegers.let_in}
    report |= became
    write(arguments.out, report)
    print(table(report, list(outcomes)))
    print(*(f"{name} {count}," for name, count in became.items()), f"ended {report['calls_ended']}")


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parse.add_argument("--out", type=Path, required=True, help="Write the report here, as JSON.")
    parse.add_argument("--turns", type=int, default=12, help="Have each caller ask so many times.")
    with_clips(parse)
    return parse


if __name__ == "__main__":
    asyncio.run(run(parser().parse_args()))
