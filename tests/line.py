"""A call without a stack beneath it: what a line does, in the speed of sound."""

import asyncio

import numpy as np

from processors.resampling import Pcm

RATE = 8000


class QuietCall:
    """The caller says what is put into `said`; what they hear is in `heard`, as it leaves."""

    def __init__(self, caller: str = "1001") -> None:
        self.caller = caller
        self.ended = asyncio.Event()
        self.held = False
        self.said: list[Pcm] = []
        self.heard: list[Pcm] = []
        self.pressed: list[str] = []
        self.went_to: list[str] = []
        self.takes_transfers = True
        self.on_digit = lambda _: None
        self._rate = 16000
        self._queue: list[Pcm] = []
        self._since = 0.0

    @property
    def loud(self) -> float:
        """Seconds of sound that the caller has heard."""
        self._play()
        return sum(len(pcm) for pcm in self.heard) / self._rate

    def hear(self, rate: int) -> Pcm:
        said, self.said = self.said, []
        return np.concatenate(said) if said else np.zeros(0, np.int16)

    def say(self, pcm: Pcm, rate: int) -> bool:
        if self.ended.is_set():
            return False
        self._play()
        self._rate = rate
        self._queue.append(pcm)
        return True

    def waiting(self) -> float:
        self._play()
        return sum(len(pcm) for pcm in self._queue) / self._rate

    def drop(self) -> None:
        self._play()
        self._queue.clear()

    async def drained(self) -> None:
        await asyncio.sleep(self.waiting())
        self._play()

    async def press(self, digits: str) -> None:
        self.pressed.append(digits)

    async def transfer(self, target: str) -> bool:
        self.went_to.append(target)
        if self.takes_transfers:
            self.ended.set()
        return self.takes_transfers

    async def hang_up(self) -> None:
        self._play()
        self.ended.set()

    def _play(self) -> None:
        """What the line's clock has sent by now."""
        now = asyncio.get_running_loop().time()
        if not self._queue:
            self._since = now
        while self._queue and self._since + len(self._queue[0]) / self._rate <= now:
            self._since += len(self._queue[0]) / self._rate
            self.heard.append(self._queue.pop(0))
