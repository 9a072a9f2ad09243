"""How soon one agent answers and falls silent over a telephone, beside WebRTC.

One bot, three ways to reach it: WebRTC as the page does, a socket as Twilio's
media streams have it, and our own SIP line. The same turns are spoken over each,
a few a call, the lines taking turns. Figures are taken at the caller's ear; a
telephone there keeps 40 ms of sound before it plays it.

    python -m benchmarks.phone --out phone.json
"""

import argparse
import asyncio
from collections.abc import Callable
from pathlib import Path

from benchmarks.caller import Caller
from benchmarks.report import provenance, write
from benchmarks.server import BotServer
from benchmarks.sip import HOST, SipLine, free_port
from benchmarks.transition import figures, measure, plan, table, with_clips
from benchmarks.twilio import ENVIRONMENT, TwilioLine

LINES = ("webrtc", "twilio", "sip")


def dials(url: str, port: int) -> dict[str, Callable[[], Caller]]:
    """By line, how to call the bot at `url` whose own telephone line is at `port`."""
    return {
        "webrtc": lambda: Caller(url),
        "twilio": lambda: Caller(url, line=TwilioLine(url)),
        "sip": lambda: Caller(url, line=SipLine(f"{HOST}:{port}")),
    }


async def run(arguments: argparse.Namespace) -> None:
    """Start the bot, measure, write the report, print the table."""
    report = provenance()
    steps = plan(arguments.turns, arguments.clips)
    if arguments.recordings:
        arguments.recordings.mkdir(parents=True, exist_ok=True)
    port = free_port()
    environment = {**ENVIRONMENT, "SIP_LISTEN": f"{HOST}:{port}"}
    bot = BotServer(["bot.py", "--config", arguments.config], environment=environment)
    async with bot:
        ways = dials(bot.url, port)
        chosen = {name: ways[name] for name in arguments.line}
        outcomes = await measure(chosen, steps, arguments.recordings)
    for name, done in outcomes.items():
        report[name] = figures(done)
    write(arguments.out, report)
    print(table(report, arguments.line))


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parse.add_argument("--out", type=Path, required=True, help="Write the report here, as JSON.")
    parse.add_argument(
        "--config",
        default="config/phone.yaml",
        help="Run the agent with this profile; its SIP line must listen at ${SIP_LISTEN}.",
    )
    parse.add_argument(
        "--line", nargs="+", choices=LINES, default=list(LINES), help="Measure these."
    )
    parse.add_argument("--turns", type=int, default=16, help="Speak so many turns over each.")
    with_clips(parse)
    parse.add_argument(
        "--recordings",
        type=Path,
        help="Keep each call here as a WAV file, the caller left and the agent right.",
    )
    return parse


if __name__ == "__main__":
    asyncio.run(run(parser().parse_args()))
