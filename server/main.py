"""python bot.py: check, load, serve."""

import argparse
import asyncio
import sys
import threading
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import httpx
import uvicorn
from pipecat.runner import run

from config.check import report
from config.finding import status, text
from config.personas import personas
from config.services import PHONE
from config.settings import PROFILES, Settings, SettingsError, load
from judgement.serving import ModelMissing
from memory.store import MemoryStoreError
from processors.recorder import sweep
from processors.services.weights import MissingWeights
from processors.services.words import Line
from processors.shared import Shared, share, shared_now
from server.admit import admit, check_reach, command_line
from server.entry import Bot, Entry
from server.log import log_to_stderr
from server.web import mount

FAREWELL = 2  # s that talks have to end when the server is stopped
LONGEST = 2**20  # bytes of a socket's message; a longer one ends the connection
PING = 10.0  # s; a socket whose other end does not answer is closed
TROUBLE = (SettingsError, ModelMissing, MissingWeights, MemoryStoreError)


def main(bot: Bot) -> None:
    """Read the command line, load everything once, hand over to Pipecat's runner."""
    parser = argparse.ArgumentParser(description="Repartee: a voice agent that knows when to speak")
    parser.add_argument(
        "--config",
        type=Path,
        default=PROFILES / "embedded.yaml",
        help="profile to run (default: config/embedded.yaml)",
    )
    parser.add_argument(
        "--check", action="store_true", help="say what would run and what is missing, then stop"
    )
    ours, _ = parser.parse_known_args()
    given = command_line()
    try:
        if ours.check:
            sys.exit(_check(ours.config, given.transport or "webrtc"))
        settings = load(ours.config)
        check_reach(settings, given.host)
        print(f"Repartee loads its models ({settings.profile}) ...", flush=True)
        share(asyncio.run(Shared.load(settings)))
    except TROUBLE as error:
        sys.exit(f"Repartee can't start.\n{error}")
    _serve(parser, settings, bot, given)


def _check(path: Path, transport: str) -> int:
    lines = report(load(path, allow_unset=True), transport=transport)
    print(text(lines))
    return status(lines)


def _serve(
    parser: argparse.ArgumentParser, settings: Settings, bot: Bot, given: argparse.Namespace
) -> None:
    shared = shared_now()
    entry = admit(run.app, settings, shared, bot, given)
    number = ""
    if settings.phone.sip and given.transport is None:
        open_own_line(settings, entry, shared.lines)
        number = f"sip:{settings.phone.sip.user}@{settings.phone.sip.listen}"
    keep = settings.privacy.keep_talk_minutes * 60
    mount(
        run.app,
        settings,
        personas=personas,
        persona=shared.persona,
        talks_folder=shared.talks,
        remembers=settings.memory.is_lasting,
    )
    words = settings.privacy.log_words
    threading.Thread(target=_announce, args=(words, number), daemon=True).start()
    threading.Thread(target=_sweep_talks, args=(shared.talks, keep), daemon=True).start()
    # Talks run as background tasks, which uvicorn would wait for until they end by themselves.
    uvicorn.run = partial(
        uvicorn.run,
        timeout_graceful_shutdown=FAREWELL,
        ws_max_size=LONGEST,
        ws_ping_interval=PING,
        ws_ping_timeout=PING,
    )
    run.main(parser)


def open_own_line(settings: Settings, entry: Entry, lines: Mapping[str, Line]) -> None:
    """Wait for telephone calls beside the page."""
    try:
        from server.telephone import open_line  # its stack is an extra

        open_line(run.app, settings, entry, lines)
    except ImportError as error:
        sys.exit(f"Repartee can't start.\n{settings.file}: phone.sip: {error}: {PHONE}")
    except SettingsError as error:
        sys.exit(f"Repartee can't start.\n{error}")


def _announce(words: bool, number: str) -> None:
    """One clear line once the server answers; from then on, log as the profile says.

    The runner logs at DEBUG, where Pipecat's services write what was said.
    """
    time.sleep(0.3)  # the runner reads host and port meanwhile
    while not _answers(url := f"http://{run.RUNNER_HOST}:{run.RUNNER_PORT}"):
        time.sleep(0.1)
    log_to_stderr(words=words)
    print(f"\nRepartee is ready: open {url} and talk. Ctrl+C stops it.", flush=True)
    print(f"Or call {number}\n" if number else "", flush=True)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/status", timeout=1).is_success
    except httpx.HTTPError:
        return False


def _sweep_talks(folder: Path, keep: float) -> None:
    while True:
        sweep(folder, older_than=keep)
        time.sleep(60)
