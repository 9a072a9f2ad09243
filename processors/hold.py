"""The agent's sound at the last place before it leaves: turned down, held, let go."""

import asyncio
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from pipecat.audio.filters.base_audio_filter import BaseAudioFilter
from pipecat.frames.frames import FilterControlFrame

from judgement.doubt import Level

RAMP = 0.01  # s in which loudness changes, so that nothing clicks; WebRTC takes whole 10 ms

_Pcm = NDArray[np.int16]
_NOTHING: _Pcm = np.zeros(0, np.int16)


class Hold(BaseAudioFilter):
    """A transport's `audio_out_filter`, which Pipecat awaits for each chunk at play-out.

    A chunk that is held holds all that is queued behind it, the words with
    their sound, and loses nothing: the very next sample follows when it is let
    go. An interruption empties the queue, and `drop` the one chunk that is
    already here.
    """

    def __init__(self) -> None:
        """Nothing is held yet."""
        self.low = 0.25  # loudness when turned down, 0 to 1
        self.longest = 3.0  # s of one pause
        self.told: Callable[[bytes, int, float], None] | None = None  # of what leaves: the
        # sound, samples a second, and when by the event loop's clock
        self._rate = 0
        self._level = Level.FULL
        self._heard = 1.0  # the loudness of the last sample that left
        self._ramp = 0
        self._kept = _NOTHING  # what is left of the chunk that was faded out
        self._let_go = asyncio.Event()
        self._drops = 0
        self._waited = 0.0  # s, but for the wait under way
        self._waits_since: float | None = None

    @property
    def waited(self) -> float:
        """Seconds that sound has waited here in all, so far."""
        now = time.monotonic()
        return self._waited + (now - self._waits_since if self._waits_since is not None else 0.0)

    def play(self, level: Level) -> None:
        """From now on, play at `level`; at `NONE`, wait."""
        self._level = level
        if level is Level.NONE:
            self._let_go.clear()
        else:
            self._let_go.set()

    def drop(self) -> None:
        """What waits is stale; what comes next is played in full."""
        self._drops += 1
        self._kept = _NOTHING
        self._heard = 1.0
        self.play(Level.FULL)

    async def start(self, sample_rate: int) -> None:
        """Chunks come at `sample_rate`."""
        self._rate, self._ramp = sample_rate, round(sample_rate * RAMP)

    async def stop(self) -> None:
        """The talk is over."""
        self.drop()

    async def process_frame(self, frame: FilterControlFrame) -> None:
        """Nothing can be set."""

    async def filter(self, audio: bytes) -> bytes:
        """The chunk as it is to be heard, and before it what was kept of the last one.

        While held it does not return. Empty means that it is not to be heard.
        """
        sound = await self._let_out(audio)
        if self.told and sound:
            self.told(sound, self._rate, asyncio.get_running_loop().time())
        return sound

    async def _let_out(self, audio: bytes) -> bytes:
        if self._level is Level.FULL and self._heard == 1.0:
            return audio
        if self._level is Level.NONE and self._heard == 0.0 and not await self._may_play():
            return b""
        sound = np.concatenate((self._kept, np.frombuffer(audio, np.int16)))
        self._kept = _NOTHING
        if self._level is Level.NONE:
            sound, self._kept = sound[: self._ramp], sound[self._ramp :]
        return self._faded(sound).tobytes()

    async def _may_play(self) -> bool:
        """Wait until the sound is let go or dropped; whether it may be heard."""
        drops, self._waits_since = self._drops, time.monotonic()
        try:
            async with asyncio.timeout(self.longest):
                await self._let_go.wait()
        except TimeoutError:
            self.play(Level.FULL)
        finally:
            self._waited, self._waits_since = self.waited, None
        return self._drops == drops

    def _faded(self, sound: _Pcm) -> _Pcm:
        """`sound` at the loudness due, from the loudness heard last."""
        due = {Level.FULL: 1.0, Level.LOW: self.low, Level.NONE: 0.0}[self._level]
        loudness = np.full(len(sound), due)
        ramp = min(self._ramp, len(sound))
        loudness[:ramp] = np.linspace(self._heard, due, ramp)
        self._heard = due
        return np.rint(sound * loudness).astype(np.int16)
