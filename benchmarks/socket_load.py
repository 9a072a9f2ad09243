"""Many calls at once over a provider's socket, on an echo: what they take of a core.

The server, with Twilio's serializer and the transport of calls, is this process; the
callers are another. Each sends 20 ms of sound every 20 ms, a beep every second, and
notes how late that comes back.

    python -m benchmarks.socket_load --out socket_load.json
"""

import argparse
import asyncio
import base64
import json
import os
import sys
import time
from collections.abc import Iterator
from itertools import chain, cycle, repeat
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import uvicorn
from fastapi import FastAPI, WebSocket
from loguru import logger
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams

from benchmarks import mulaw
from benchmarks.echoing import echo
from benchmarks.report import ROOT, provenance, summary, write
from benchmarks.server import free_port
from config.providers import Twilio as Account
from processors.streams import Call, StreamRunnerArguments, StreamTransport
from processors.streams.twilio import Twilio

PERIOD = 0.02  # s of sound in a message
BEEP, SILENCE = 5, 45  # messages
LOUD = 2000  # of 32768
PROVIDER = Twilio(Account())


def media(pcm: Any) -> str:
    """A message of Twilio's with 20 ms of sound."""
    payload = base64.b64encode(mulaw.encode(pcm)).decode()
    return json.dumps({"event": "media", "media": {"track": "inbound", "payload": payload}})


def spoken() -> Iterator[str]:
    """What a caller sends: a beep each second."""
    at = np.arange(round(mulaw.RATE * PERIOD))
    beep = media((8000 * np.sin(2 * np.pi * 700 * at / mulaw.RATE)).astype(np.int16))
    silence = media(np.zeros(len(at), np.int16))
    return cycle(chain(repeat(beep, BEEP), repeat(silence, SILENCE)))


class Telephone:
    """One call, for a while."""

    def __init__(self, number: int) -> None:
        """`number` tells it from the others."""
        self._name = f"call-{number}"
        self._began: float | None = None
        self.late: list[float] = []

    async def call(self, http: aiohttp.ClientSession, url: str, seconds: float) -> None:
        """Speak and listen."""
        async with http.ws_connect(url) as socket:
            start = {"callSid": self._name, "streamSid": self._name}
            await socket.send_json({"event": "start", "start": start})
            listening = asyncio.create_task(self._listen(socket))
            at = time.monotonic()
            for number, message in zip(range(round(seconds / PERIOD)), spoken(), strict=False):
                at += PERIOD
                await asyncio.sleep(at - time.monotonic())
                if number % (BEEP + SILENCE) == 0:
                    self._began = at
                await socket.send_str(message)
            listening.cancel()

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for packet in socket:
            message = json.loads(packet.data)
            if self._began is None or message.get("event") != "media":
                continue
            pcm = mulaw.decode(base64.b64decode(message["media"]["payload"]))
            if np.abs(pcm.astype(np.int32)).max() > LOUD:
                self.late.append(time.monotonic() - self._began)
                self._began = None


async def call(url: str, calls: int, seconds: float) -> list[list[float]]:
    """So many calls beside each other; how late each heard its beeps."""
    telephones = [Telephone(number) for number in range(calls)]
    async with aiohttp.ClientSession() as http:
        await asyncio.gather(*(each.call(http, url, seconds) for each in telephones))
    return [each.late for each in telephones]


def app() -> FastAPI:
    """A server that answers each call with an echo."""
    server = FastAPI()

    @server.websocket("/ws")
    async def answer(socket: WebSocket) -> None:
        await socket.accept()
        started = PROVIDER.started(json.loads(await socket.receive_text()))
        assert started is not None
        arguments = StreamRunnerArguments(websocket=socket, call=Call(PROVIDER, started))
        params = FastAPIWebsocketParams(audio_in_enabled=True, audio_out_enabled=True)
        await echo(StreamTransport(arguments, params))

    return server


async def measure(calls: int, seconds: float) -> dict[str, Any]:
    """One run."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app(), port=port, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - it has no event
        await asyncio.sleep(0.05)
    given = ("--calls", str(calls), "--seconds", str(seconds))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.socket_load", *given),
        *("--to", f"http://localhost:{port}/ws"),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    await process.stdout.readline()  # they are about to call
    began, used = time.monotonic(), time.process_time()
    told = await process.stdout.readline()
    cores = (time.process_time() - used) / (time.monotonic() - began)
    load = round(os.getloadavg()[0], 2)
    server.should_exit = True
    await asyncio.gather(serving, process.wait())
    late = json.loads(told)
    beeps = int(seconds // (PERIOD * (BEEP + SILENCE)))
    return {
        "calls": calls,
        "answered": sum(len(each) >= beeps - 1 for each in late),
        "cores": round(cores, 2),
        "echo": summary([beep for each in late for beep in each]),
        "load": load,
    }


def parser() -> argparse.ArgumentParser:
    """The command line."""
    parse = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parse.add_argument("--out", type=Path, help="Write the report here, as JSON.")
    parse.add_argument("--calls", type=int, default=40, help="So many at once.")
    parse.add_argument("--seconds", type=float, default=20.0, help="Each lasts so long.")
    parse.add_argument("--to", help=argparse.SUPPRESS)  # be the callers of the server there
    return parse


def main() -> None:
    """Measure, write, print."""
    given = parser().parse_args()
    if given.to:
        print("calling", flush=True)
        print(json.dumps(asyncio.run(call(given.to, given.calls, given.seconds))), flush=True)
        return
    logger.disable("pipecat")  # 40 calls' worth of its steps
    found = asyncio.run(measure(given.calls, given.seconds))
    if given.out:
        write(given.out, {**provenance(), "sockets": found})
    late = found.pop("echo")
    print(", ".join(f"{name} {value}" for name, value in found.items()))
    print(f"an echo comes back after {late['p50']} s (p95 {late['p95']} s)")


if __name__ == "__main__":
    main()
