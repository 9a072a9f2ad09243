"""Many SIP calls at once on an echo: whether each is answered, and what they leave behind.

Needs sipp (Debian's package sip-tester), which places the calls and speaks in
each; beside them a telephone of ours hears how late its own voice comes back.

    python -m benchmarks.sip_load --out sip_load.json
"""

import argparse
import asyncio
import gc
import os
import re
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from pipecat.transports.base_transport import TransportParams

from benchmarks import mulaw
from benchmarks.echoing import echo
from benchmarks.microphone import Microphone
from benchmarks.report import provenance, summary, write
from benchmarks.sip import HOST, is_busy
from benchmarks.sip import SipLine as Telephone
from benchmarks.sound import RATE
from benchmarks.timeline import Timeline
from config.sip import SipChoice
from processors.sip import SipTransport
from processors.sip.call import SipCall
from processors.sip.line import SipLine

SCENARIO = Path(__file__).with_suffix(".xml")
SOUND = 30_000  # sipp's first port of sound
SETTLE = 3.0  # s after the last call in which all that it held must be free
BEAT = 1.0  # s between two sounds of the telephone


class EchoLine:
    """Answers each call with a pipeline of an echo alone, and counts."""

    def __init__(self) -> None:
        """Nobody has called yet."""
        self.answered = 0
        self.at_once = 0
        self._now = 0

    async def answer(self, call: SipCall) -> None:
        """One call."""
        self.answered += 1
        self._now += 1
        self.at_once = max(self.at_once, self._now)
        params = TransportParams(
            audio_in_enabled=True, audio_out_enabled=True, audio_out_sample_rate=16_000
        )
        try:
            await echo(SipTransport(call, params))
        finally:
            self._now -= 1


def held() -> dict[str, float]:
    """What this process holds now."""
    gc.collect()
    status = Path("/proc/self/status").read_text()
    resident = re.search(r"VmRSS:\s+(\d+)", status)
    return {
        "tasks": len(asyncio.all_tasks()),
        "threads": len(list(Path("/proc/self/task").iterdir())),
        "python_threads": threading.active_count(),
        "descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "memory_mb": round(int(resident[1]) / 1024, 1) if resident else 0.0,
    }


async def place(calls: int, at_once: int, seconds: float, port: int) -> dict[str, int]:
    """Have sipp place the calls; how many of them it counts as answered and as failed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        hum = 6000 * np.sin(2 * np.pi * 300 * np.arange(mulaw.RATE) / mulaw.RATE)
        (folder / "sound.ul").write_bytes(mulaw.encode(hum.astype(np.int16)))
        scenario = SCENARIO.read_text().replace("SOUND", str(folder / "sound.ul"))
        (folder / "call.xml").write_text(scenario)
        command = f"sipp {HOST}:{port} -sf call.xml -s repartee -i {HOST} -nostdin -trace_stat -stf"
        command += f" stat.csv -m {calls} -l {at_once} -r {at_once} -d {round(seconds * 1000)}"
        command += f" -mp {SOUND}"
        process = await asyncio.create_subprocess_exec(
            *command.split(),
            cwd=folder,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await process.wait()
        head, *_, last = (folder / "stat.csv").read_text().splitlines()
        found = dict(zip(head.split(";"), last.split(";"), strict=False))
    return {"answered": int(found["SuccessfulCall(C)"]), "failed": int(found["FailedCall(C)"])}


async def echoes(port: int, over: asyncio.Event) -> list[float]:
    """How late a telephone hears itself, a sound a second, for as long as others call."""
    microphone, heard = Microphone(), Timeline()
    line = Telephone(f"{HOST}:{port}", name="measuring")
    await line.connect(microphone, heard, lambda _: None)
    beep = 8000 * np.sin(2 * np.pi * 700 * np.arange(RATE // 10) / RATE)
    late: list[float] = []
    while not over.is_set():
        onset = await microphone.play(beep.astype(np.int16)).onset
        await asyncio.sleep(BEAT)
        if (came := heard.onset(onset)) is not None:
            late.append(came - onset)
    await line.hang_up()
    return late


async def refused(port: int, most: int) -> int:
    """How many of two calls more than there may be are told that the line is busy."""
    lines = [Telephone(f"{HOST}:{port}") for _ in range(most + 2)]
    answers = await asyncio.gather(
        *(line.connect(Microphone(), Timeline(), lambda _: None) for line in lines),
        return_exceptions=True,
    )
    for line in lines:
        await line.hang_up()
    return sum(map(is_busy, answers))


async def measure(calls: int, at_once: int, seconds: float, port: int) -> dict[str, Any]:
    """One run."""
    line = EchoLine()
    choice = SipChoice(listen=f"{HOST}:{port}")
    async with SipLine(choice, line.answer, most=at_once + 1):
        await place(5 * at_once, at_once, 1.0, port)  # what is made once and kept is there then
        await asyncio.sleep(SETTLE)
        before, began, used = held(), time.monotonic(), time.process_time()
        over = asyncio.Event()
        listening = asyncio.create_task(echoes(port, over))
        await asyncio.sleep(0.5)
        halves = [await place(calls // 2, at_once, seconds, port)]
        middle = held()
        halves.append(await place(calls - calls // 2, at_once, seconds, port))
        over.set()
        late = await listening
        share = (time.process_time() - used) / (time.monotonic() - began)
        most = line.at_once
        busy = await refused(port, at_once + 1)
        await asyncio.sleep(SETTLE)
        after = held()
    return {
        **{name: sum(half[name] for half in halves) for name in ("answered", "failed")},
        "calls": calls,
        "at_once": most,
        "busy": busy,
        "echo": summary(late),
        "cores": round(share, 2),
        "before": before,
        "middle_mb": middle["memory_mb"],
        "after": after,
        "load": round(os.getloadavg()[0], 2),
    }


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parse.add_argument("--out", type=Path, required=True, help="Write the report here, as JSON.")
    parse.add_argument("--calls", type=int, default=200, help="Place so many calls in all.")
    parse.add_argument("--at-once", type=int, default=20, help="And so many at once.")
    parse.add_argument("--seconds", type=float, default=5.0, help="Each lasts so long.")
    parse.add_argument("--port", type=int, default=5091, help="The line's port.")
    return parse


def main() -> None:
    """Measure, write, print."""
    given = parser().parse_args()
    found = asyncio.run(measure(given.calls, given.at_once, given.seconds, given.port))
    write(given.out, {**provenance(), "sip": found})
    for name, value in found.items():
        print(f"{name:10} {value}")


if __name__ == "__main__":
    main()
