"""How long a caller waits when a service fails: each part, each fault.

    python -m benchmarks.failover --out failover.json [--part llm] [--fault hang]

A talk in one process with the real pipeline: Silero, Piper's voice as the caller, and
Deepgram, OpenAI and Cartesia played by the servers of `tests/providers`, over their
own protocols. Each has a second: Moonshine, another server, Piper. The fault begins
after the greeting, before the caller asks. `first` is from the caller's last sound to the agent's
first sound, whatever it is; `answer` to the first sound of the answer itself; `noticed` is from the
moment at which the fault showed at the server to the message that the second took over (none where
the server had nothing to show it with).
`usual` has no fault; `both` means that the second is ill as well.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path
from typing import Any, get_args

from benchmarks.conversation import Conversation, talk_to
from benchmarks.report import provenance, write
from config.services import Part
from tests.cloud import ANSWER, QUESTION, World, cloud
from tests.providers.provider import Fault

PARTS: tuple[Part, ...] = get_args(Part)
PATIENCE = 15.0  # s
SLOW = 4.0  # s before the first word of a second model that is slow

Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="Write the figures here, as JSON.")
    parser.add_argument("--part", nargs="+", choices=PARTS, default=PARTS, help="Of these only.")
    parser.add_argument(
        "--fault", nargs="+", choices=[*Fault], default=[*Fault], help="These only."
    )
    args = parser.parse_args()
    rows = asyncio.run(_measured(args.part, [Fault(each) for each in args.fault]))
    write(args.out, {"ours": rows, **provenance()})
    print(table(rows))


def table(rows: dict[str, Row]) -> str:
    """The figures as Markdown."""
    lines = ["| what fails | how | first sound | the answer | noticed after | told |"]
    lines.append("|---|---|---|---|---|---|")
    for name, row in rows.items():
        part, _, fault = name.partition(" ")
        times = [_shown(row[key]) for key in ("first", "answer", "noticed")]
        lines.append(f"| {part} | {fault} | {' | '.join(times)} | {row['told'] or ''} |")
    return "\n".join(lines)


async def _measured(parts: list[Part], faults: list[Fault]) -> dict[str, Row]:
    rows = {"none usual": await _one(None, None)}
    for part in parts:
        for fault in faults:
            rows[f"{part} {fault}"] = await _one(part, fault)
            print(f"{part} {fault}: {rows[f'{part} {fault}']}", flush=True)
    if "llm" in parts:
        rows["llm hang, second slow"] = await _one("llm", Fault.HANG, slow=True)
        rows["llm both broken"] = await _one("llm", Fault.BROKEN, both=True)
        rows["llm both hang"] = await _one("llm", Fault.HANG, both=True)
    return rows


async def _one(
    part: Part | None, fault: Fault | None, *, slow: bool = False, both: bool = False
) -> Row:
    with tempfile.TemporaryDirectory() as folder:
        async with cloud(Path(folder)) as world, talk_to(world.shared) as talk:
            await talk.until(lambda: talk.heard_from(0), PATIENCE)
            await talk.until(talk.quiet_for(0.6), PATIENCE)
            if part and fault:
                await world.provider(part).fail(fault)
            if slow:
                world.spare.delay = SLOW
            if both and fault:
                await world.spare.fail(fault)
            return await _asked(talk, world, part)


async def _asked(talk: Conversation, world: World, part: Part | None) -> Row:
    ended = await talk.say(QUESTION)
    row: Row = {"first": None, "answer": None, "noticed": None, "told": None}
    try:
        await talk.until(lambda: talk.heard_from(ended), PATIENCE)
        await talk.until(lambda: _answer_began(talk, ended), PATIENCE)
        await talk.until(talk.quiet_for(1.5), PATIENCE)
    except TimeoutError:
        row["told"] = "nothing was heard in time"
    row["first"] = _since(talk.heard_from(ended), ended)
    row["answer"] = _since(_answer_began(talk, ended), ended)
    told = [each for each in talk.server_messages() if "failover" in each]
    if told:
        felt = world.provider(part).felt if part else None
        row["noticed"] = _since(told[0]["sent"], felt) if felt else None
        row["told"] = told[0]["text"]
    row["violations"] = world.violations
    return row


def _answer_began(talk: Conversation, after: float) -> float | None:
    """When the first word of the answer, or of an apology for it, was heard."""
    waits = {"One", "moment."}
    begins = (ANSWER.split()[0], "I'm")
    words = [(at, text) for at, text in talk.words_told(after) if text not in waits]
    return next((at for at, text in words if text.startswith(begins)), None)


def _since(at: float | None, ended: float) -> float | None:
    return None if at is None else round(at - ended, 2)


def _shown(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.2f} s"


if __name__ == "__main__":
    main()
