"""A bot in a process of its own: started, waited for, stopped."""

import asyncio
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp

ROOT = Path(__file__).resolve().parent.parent


class BotError(Exception):
    """A bot did not start. The message ends with the last lines of its log."""


def free_port() -> int:
    """A TCP port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class BotServer:
    """A bot as an async context manager, ready for calls at `url` inside.

    Its output goes to `log`; on leaving, the whole process group is ended.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        port: int | None = None,
        log: Path | None = None,
        patience: float = 90.0,
        environment: dict[str, str] | None = None,
    ) -> None:
        """Run this Python with `arguments` and `--port`, for instance ["bot.py"].

        It has `patience` seconds to answer its first request.
        """
        self.port = port or free_port()
        self.url = f"http://localhost:{self.port}"
        self.log = log or Path(tempfile.mkstemp(prefix="bot-", suffix=".log")[1])
        self._command = [sys.executable, *arguments, "--port", str(self.port)]
        self._environment = {**os.environ, "PYTHONUNBUFFERED": "1", **(environment or {})}
        self._patience = patience
        self._process: asyncio.subprocess.Process | None = None

    @classmethod
    def plain(cls) -> Self:
        """The plain Pipecat bot."""
        return cls(["-m", "benchmarks.plain"])

    @classmethod
    def ours(cls, config: str = "config/embedded.yaml", *arguments: str) -> Self:
        """This repository's agent."""
        return cls(["bot.py", "--config", config, *arguments])

    @property
    def pid(self) -> int:
        """The process, for watching its memory and time. Raises `BotError` when not running."""
        if self._process is None:
            raise BotError("the bot is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.returncode is None

    async def __aenter__(self) -> Self:
        with self.log.open("wb") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=ROOT,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                env=self._environment,
                start_new_session=True,
            )
        try:
            await self._until_ready()
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def stop(self, grace: float = 5.0) -> None:
        """End the bot and all it started, by force after `grace` seconds."""
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        os.killpg(process.pid, signal.SIGTERM)
        try:
            async with asyncio.timeout(grace):
                await process.wait()
        except TimeoutError:
            os.killpg(process.pid, signal.SIGKILL)
            await process.wait()

    def tail(self, lines: int = 15) -> str:
        """The last lines of the log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    async def _until_ready(self) -> None:
        deadline = time.monotonic() + self._patience
        async with aiohttp.ClientSession() as http:
            while not await _answers(http, f"{self.url}/status"):
                if not self.running:
                    raise BotError(f"the bot ended while starting:\n{self.tail()}")
                if time.monotonic() > deadline:
                    raise BotError(f"the bot was not ready in time:\n{self.tail()}")
                await asyncio.sleep(0.1)


async def _answers(http: aiohttp.ClientSession, url: str) -> bool:
    """Whether a server answers there."""
    try:
        async with http.get(url) as response:
            return response.status == 200
    except aiohttp.ClientError:
        return False
