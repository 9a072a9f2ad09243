"""One stretch of speech on its way to words."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine

from processors.services.moonshine_model import RATE, MoonshineError, Sound
from processors.services.recogniser import Recogniser
from processors.services.segment import Segment

TICK = RATE // 4  # samples between interim words: 250 ms of sound
QUICK = RATE // 10  # between the first ones, that may tell a bid for the floor from a noise
BEGUN = RATE // 2  # samples after which they come no longer as quickly
SHARE = 0.4  # of a processor, at most, while the user speaks

Spawn = Callable[[Coroutine[None, None, str]], asyncio.Task[str]]
Report = Callable[[MoonshineError], Awaitable[None]]


class Speech:
    """Sound in, the words of all of it out, as often as asked.

    Words are recognised in windows; what is cut off a window is recognised once
    more by itself and its words stay. A recogniser that fails is reported, and
    costs the words concerned.
    """

    def __init__(
        self, sound: Sound, recogniser: Recogniser, *, spawn: Spawn, report: Report
    ) -> None:
        """Begin with `sound`, heard before it was known to be speech."""
        self._segment = Segment(sound)
        self._recogniser = recogniser
        self._spawn = spawn
        self._report = report
        self._begun = len(sound) + BEGUN
        self._asked = len(sound)
        self._cost = 0.0  # processor seconds
        self._pieces: list[asyncio.Task[str]] = []
        self._reading: asyncio.Task[str] | None = None
        self._read_to = 0

    def hear(self, sound: Sound) -> bool:
        """Grow by `sound`; whether it is time for interim words.

        It is after every `TICK`, sooner at first, but not while the last are
        under way, and not where the speech has cost its share of a processor
        already.
        """
        self._segment.hear(sound)
        tick = QUICK if self._asked < self._begun else TICK
        if self._segment.length - self._asked < tick:
            return False
        self._asked += tick
        busy = self._reading is not None and not self._reading.done()
        return not busy and self._cost <= SHARE * self._segment.length / RATE

    def interim(self) -> asyncio.Task[str]:
        """The words so far."""
        return self._read(final=False)

    def settled(self) -> asyncio.Task[str]:
        """The words so far, which may be all: as soon as final ones."""
        return self._read(final=True)

    def final(self, silence: int) -> asyncio.Task[str]:
        """The words, now that the last `silence` samples hold none."""
        if self._reading is not None and self._read_to >= self._segment.length - silence:
            return self._reading
        return self._read(final=True)

    def _read(self, *, final: bool) -> asyncio.Task[str]:
        while (piece := self._segment.cut(room=0 if final else TICK)) is not None:
            self._pieces.append(self._spawn(self._words(piece, final=True)))
        window = self._spawn(self._words(self._segment.window, final=final))
        self._reading = self._spawn(_joined([*self._pieces, window]))
        self._read_to = self._segment.length
        return self._reading

    async def _words(self, sound: Sound, *, final: bool) -> str:
        try:
            heard = await self._recogniser.recognise(sound, final=final)
        except MoonshineError as error:
            await self._report(error)
            return ""
        self._cost += heard.cost
        return heard.text


async def _joined(parts: list[asyncio.Task[str]]) -> str:
    texts = [await part for part in parts]
    return " ".join(text for text in texts if text)
