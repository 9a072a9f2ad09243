"""How the agent cuts in: from its decision to the opener at the caller's ear, and how it yields.

    python -m benchmarks.cut_in --out cut_in.json [--times 10]

A caller goes round in circles to the impatient interviewer, over real WebRTC. `to_ear`
is from the decision's message to the opener's first sound, both as they reach the
caller; `sent` is from the decision to the opener's first sample leaving the transport, by the bot's
own "started speaking" message. The caller never stops by themselves: `held` is from
the opener's first sound to the decision to yield, and `to_silence` from there to the
agent's silence.
"""

import argparse
import asyncio
import tempfile
from pathlib import Path
from typing import Any

import yaml

from benchmarks.caller import Caller, Message
from benchmarks.report import ROOT, provenance, summary, write
from benchmarks.server import BotServer
from benchmarks.voices import voices

CIRCLE = "I went to the market to buy some apples and then I went home again and "
TIMES_ROUND = 9
PATIENCE = 30.0  # seconds
Figures = dict[str, list[float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--out", type=Path, required=True, help="file for the figures, as JSON")
    parser.add_argument("--times", type=int, default=10, help="interruptions to measure")
    args = parser.parse_args()
    figures = asyncio.run(_measure(args.times))
    ours: dict[str, Any] = {name: summary(samples) for name, samples in figures.items()}
    ours["missed"] = args.times - len(figures["to_ear"])
    write(args.out, {"ours": ours, **provenance()})
    for name in figures:
        print(f"{name:12} p50 {ours[name]['p50']}  p95 {ours[name]['p95']}  n {ours[name]['n']}")
    print(f"missed       {ours['missed']}")


async def _measure(times: int) -> Figures:
    figures: Figures = {"to_ear": [], "sent": [], "held": [], "to_silence": []}
    with tempfile.TemporaryDirectory() as folder:
        async with BotServer.ours(str(_profile(Path(folder)))) as server:
            for number in range(times):
                await _call(server.url, number, figures)
                print(f"{number + 1:3}/{times}", *(f"{k} {v[-1:]}" for k, v in figures.items()))
    return figures


def _profile(folder: Path) -> Path:
    """The embedded profile, allowed to cut in at once."""
    profile = yaml.safe_load((ROOT / "config" / "embedded.yaml").read_text())
    profile["limits"] = {"first_seconds": 0, "interruption_gap": 0}
    profile["memory"] = {"store": "sqlite", "path": str(folder / "memory.db")}
    path = folder / "cut_in.yaml"
    path.write_text(yaml.safe_dump(profile))
    return path


async def _call(url: str, number: int, figures: Figures) -> None:
    voice = voices()[number % len(voices())]
    async with Caller(url, body={"persona": "interviewer"}) as caller:
        greeted = await caller.until_heard(after=caller.started, timeout=PATIENCE)
        await caller.until_silent(after=greeted or caller.started, timeout=PATIENCE)
        speech = caller.begin(voice.speak(CIRCLE * TIMES_ROUND))
        try:
            await _follow(caller, figures)
        except TimeoutError as error:
            print(f"{voice.name}: {error}")
        caller.hush()
        await speech.end


async def _follow(caller: Caller, figures: Figures) -> None:
    """Raises `TimeoutError` when the agent does not cut in, or does not yield."""
    cut_in = await _decision(caller, "cut in", caller.started, PATIENCE)
    opener = await caller.until_heard(after=cut_in.at, timeout=5)
    if opener is None:
        raise TimeoutError("no opener was heard")
    started = caller.of("bot-started-speaking", cut_in.at)
    figures["to_ear"].append(opener - cut_in.at)
    figures["sent"] += [message.at - cut_in.at for message in started[:1]]
    yielded = await _decision(caller, "yielded", opener, 8)
    figures["held"].append(yielded.at - opener)
    silent = await caller.until_silent(after=yielded.at, timeout=8)
    figures["to_silence"] += [silent - yielded.at] if silent else []


async def _decision(caller: Caller, outcome: str, after: float, seconds: float) -> Message:
    return await caller.until_message(
        "server-message",
        after=after,
        timeout=seconds,
        where=lambda data: isinstance(data, dict) and data.get("outcome") == outcome,
    )


if __name__ == "__main__":
    main()
