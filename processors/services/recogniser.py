"""Sound to words off the event loop, with one set of models for every talk."""

import asyncio
import os
import re
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import NamedTuple, Protocol

from processors.services.moonshine_model import MoonshineModel, Sound

INTERIMS = 5  # their niceness: a third of the processor where someone's last words want it


class Heard(NamedTuple):
    """What was recognised, "" for nothing, and the seconds it took, more on a busy machine."""

    text: str
    cost: float


class Recogniser(Protocol):
    """Whoever turns sound into words. Raises `MoonshineError` when it cannot."""

    async def recognise(self, sound: Sound, *, final: bool) -> Heard:
        """The words in `sound`. A `final` one never waits behind an interim one."""
        ...


class MoonshineRecogniser:
    """Moonshine in threads of its own: some for finals, some for interims.

    Each thread has its own copy of the model, since calls on one copy wait for
    each other.
    """

    def __init__(self, threads: int = 1) -> None:
        """Start `threads` threads of each sort and load their models."""
        self._local = threading.local()
        self._threads = threads
        self._under_way: Counter[ThreadPoolExecutor] = Counter()
        self._finals = self._pool("finals", threads)
        self._interims = self._pool("interims", threads, nice=INTERIMS)

    def _pool(self, name: str, threads: int, nice: int = 0) -> ThreadPoolExecutor:
        loaded = threading.Barrier(threads)
        pool = ThreadPoolExecutor(threads, f"moonshine-{name}", self._load, (nice,))
        list(pool.map(lambda _: loaded.wait(), range(threads)))
        return pool

    def _load(self, nice: int) -> None:
        if sys.platform == "linux":  # where a thread has a niceness of its own, and is process 0
            os.setpriority(os.PRIO_PROCESS, 0, os.getpriority(os.PRIO_PROCESS, 0) + nice)
        self._local.model = MoonshineModel()

    def _recognise(self, sound: Sound) -> Heard:
        started = time.monotonic()
        text = believable(self._local.model.transcribe(sound))
        return Heard(text, time.monotonic() - started)

    async def recognise(self, sound: Sound, *, final: bool) -> Heard:
        """The words in `sound`, recognised in a thread for its sort; last words in any idle one."""
        pool = self._finals if final else self._interims
        if final and self._is_busy(pool) and not self._is_busy(self._interims):
            pool = self._interims
        self._under_way[pool] += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, self._recognise, sound)
        finally:
            self._under_way[pool] -= 1

    def _is_busy(self, pool: ThreadPoolExecutor) -> bool:
        return self._under_way[pool] >= self._threads


_SHARED = threading.Lock()


def shared_recogniser() -> MoonshineRecogniser:
    """The process's recogniser, loaded on the first call, which takes about half a second."""
    with _SHARED:
        return _shared_recogniser()


@cache
def _shared_recogniser() -> MoonshineRecogniser:
    return MoonshineRecogniser(threads=max(1, (os.cpu_count() or 2) // 2))


# A few words over and over, as Moonshine writes for steady noise.
_LOOP = re.compile(r"\b(\w[\w' ]{0,40}?)(?:[\s,.!?]+\1\b){4,}", re.IGNORECASE)


def believable(text: str) -> str:
    """`text`, or "" where it is what Moonshine makes of silence and noise.

    That is: no letter or digit, a lone "You" without a full stop, or mostly one
    phrase five times in a row.
    """
    text = text.strip()
    if text == "You" or not any(letter.isalnum() for letter in text):
        return ""
    loop = _LOOP.search(text)
    return "" if loop and len(loop.group()) > len(text) / 2 else text
