"""One stretch of speech on its way to words."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine

import numpy as np

from judgement.words import words_of
from processors.services.moonshine_model import RATE, MoonshineError, Sound
from processors.services.recogniser import Recogniser
from processors.services.segment import FAINT, Segment

TICK = RATE // 4  # samples between interim words: 250 ms of sound
QUICK = RATE // 10  # between the first ones, that may tell a bid for the floor from a noise
BEGUN = RATE // 2  # samples after which they come no longer as quickly
BRIEF = RATE * 2  # samples, half a second of silence before them included: a few words
NOTHING = np.zeros(0, np.float32)
SILENCE = np.zeros(RATE // 8, np.float32)  # behind the last words: the model swallows a cut-off end
LONGEST = RATE * 3 // 10  # samples of a gap: by then the voice detector says that the voice is over
LESS = RATE // 10  # samples that are left out for another look
QUICKLY = 0.15  # s that a reading takes on a machine with time for the words of gaps
SHARE = 0.4  # of the time in which the user speaks, at most: less often on a busy machine

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
        self._cost = 0.0  # seconds of recognising,
        self._latest = 0.0  # and of the latest reading
        self._pieces: list[asyncio.Task[str]] = []
        self._reading: asyncio.Task[str] | None = None
        self._in_gap = False
        self._whole: asyncio.Task[str] | None = None  # a reading begun in a gap, the latest one
        self._settled: asyncio.Task[str] | None = None
        self._read_to = 0

    def hear(self, sound: Sound) -> bool:
        """Grow by `sound`; whether it is time for interim words.

        It is once in each gap between words, which may turn out to be the end, unless
        the machine is busy, and a `TICK` after the latest ones, sooner at first; but not
        while those are under way, and not where the speech has cost its share of time.
        """
        self._segment.hear(sound)
        self._in_gap = self._segment.is_in_gap()
        if self._in_gap:
            is_new = self._whole_words is None and _is_done(self._whole)
            return is_new and self._latest <= QUICKLY and self._is_affordable
        tick = QUICK if self._asked < self._begun else TICK
        if self._segment.length - self._asked < tick:
            return False
        self._asked += tick
        return _is_done(self._reading) and self._is_affordable

    def interim(self) -> asyncio.Task[str]:
        """The words so far; in a gap they are read as if they were all."""
        if not self._in_gap:
            self._whole = None
            return self._read(final=False)
        self._asked = self._segment.length
        self._whole = self._read(final=True, silence=SILENCE)
        return self._whole

    def settled(self) -> asyncio.Task[str]:
        """The words so far, which may be all: as soon as final ones."""
        self._settled = self._whole = self._whole_words or self._read(final=True, silence=SILENCE)
        return self._settled

    def goes_on(self) -> None:
        """The words were not all."""
        self._settled = None

    def final(self) -> asyncio.Task[str]:
        """The words. Those of the hush are not read again if nothing but quiet came since."""
        if self._settled is not None and self._segment.is_over(self._read_to):
            return self._settled
        return self._read(final=True)

    @property
    def is_brief(self) -> bool:
        """Whether it holds no more than a few words."""
        return self._segment.length <= BRIEF

    async def again(self) -> str | None:
        """The words of a brief stretch if they are the same with less silence before them.

        A hummed "mm-hmm" is taken for other words each time.
        """
        window = self._segment.window
        looks = [self._spawn(self._words(each, final=True)) for each in (window, window[LESS:])]
        first, second = [await look for look in looks]
        return first if words_of(first) == words_of(second) else None

    @property
    def _whole_words(self) -> asyncio.Task[str] | None:
        """A gap's words, if not even an "s" was heard since; a longer one may be a whisper."""
        is_short = self._segment.length - self._read_to <= LONGEST
        return self._whole if is_short and self._segment.is_over(self._read_to, FAINT) else None

    @property
    def _is_affordable(self) -> bool:
        return self._cost <= SHARE * self._segment.length / RATE

    def _read(self, *, final: bool, silence: Sound = NOTHING) -> asyncio.Task[str]:
        while (piece := self._segment.cut(room=0 if final else TICK)) is not None:
            self._pieces.append(self._spawn(self._words(piece, final=True)))
        sound = np.concatenate((self._segment.window, silence))
        window = self._spawn(self._words(sound, final=final))
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
        self._latest = heard.cost
        return heard.text


def _is_done(reading: asyncio.Task[str] | None) -> bool:
    return reading is None or reading.done()


async def _joined(parts: list[asyncio.Task[str]]) -> str:
    texts = [await part for part in parts]
    return " ".join(text for text in texts if text)
