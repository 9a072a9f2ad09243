"""python bot.py: check, load, serve."""

import argparse
import asyncio
import sys
import threading
import time
from functools import partial
from pathlib import Path

import httpx
import uvicorn
from loguru import logger
from pipecat.runner import run

from config.check import report
from config.finding import status, text
from config.personas import personas
from config.settings import PROFILES, Settings, SettingsError, load
from judgement.serving import ModelMissing
from memory.store import MemoryStoreError
from processors.recorder import sweep
from processors.services.weights import MissingWeights
from processors.shared import Shared, share, shared_now
from server.web import mount

FAREWELL = 2  # s that talks have to end when the server is stopped
TROUBLE = (SettingsError, ModelMissing, MissingWeights, MemoryStoreError)


def main() -> None:
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
    try:
        if ours.check:
            sys.exit(_check(ours.config))
        settings = load(ours.config)
        print(f"Repartee loads its models ({settings.profile}) ...", flush=True)
        share(asyncio.run(Shared.load(settings)))
    except TROUBLE as error:
        sys.exit(f"Repartee can't start.\n{error}")
    _serve(parser, settings)


def _check(path: Path) -> int:
    lines = report(load(path, allow_unset=True))
    print(text(lines))
    return status(lines)


def _serve(parser: argparse.ArgumentParser, settings: Settings) -> None:
    shared = shared_now()
    keep = settings.privacy.keep_talk_minutes * 60
    mount(
        run.app,
        settings,
        personas=personas,
        persona=shared.persona,
        talks_folder=shared.talks,
        remembers=settings.memory.is_lasting,
    )
    level = "DEBUG" if settings.privacy.log_words else "INFO"
    threading.Thread(target=_announce, args=(level,), daemon=True).start()
    threading.Thread(target=_sweep_talks, args=(shared.talks, keep), daemon=True).start()
    # Talks run as background tasks, which uvicorn would wait for until they end by themselves.
    uvicorn.run = partial(uvicorn.run, timeout_graceful_shutdown=FAREWELL)
    run.main(parser)


def _announce(level: str) -> None:
    """One clear line once the server answers; from then on, log at `level`.

    The runner logs at DEBUG, where Pipecat's services write what was said.
    """
    time.sleep(0.3)  # the runner reads host and port meanwhile
    while not _answers(url := f"http://{run.RUNNER_HOST}:{run.RUNNER_PORT}"):
        time.sleep(0.1)
    logger.remove()
    logger.add(sys.stderr, level=level)
    print(f"\nRepartee is ready: open {url} and talk. Ctrl+C stops it.\n", flush=True)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/status", timeout=1).is_success
    except httpx.HTTPError:
        return False


def _sweep_talks(folder: Path, keep: float) -> None:
    while True:
        sweep(folder, older_than=keep)
        time.sleep(60)
