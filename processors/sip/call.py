"""One call: its sound at the rate that is asked for, its keys, its hold, its end."""

import asyncio
import contextlib
import re
import uuid
from collections.abc import Awaitable, Callable, Collection

import numpy as np
from baresip import Call
from baresip.audio import AudioInfo
from baresip.errors import AudioNotActive, AudioRestarted, BaresipError
from baresip.events import Event, StackEvent
from loguru import logger

from processors.resampling import Pcm, Resampler

READ = 32_768  # bytes taken from the stack at once: all that it ever holds
LEFT = 0.3  # s that the other telephone still plays after the last packet left
NOTHING = np.zeros(0, np.int16)


class SipCall:
    """One call. Sound is given and taken in chunks of one channel.

    The stack sends what it is given by its own clock, 20 ms at a time, and
    silence when it has nothing. A change of the line in mid-call (hold, another
    codec) replaces its streams: sound goes on with the new ones.
    """

    def __init__(
        self, call: Call, caller: str, transfer_to: Collection[str] = (), *, domain: str = ""
    ) -> None:
        """`caller` is who calls; the call may be passed on to `transfer_to` alone.

        `domain` is where a number that it is passed on to belongs.
        """
        self.id = str(uuid.uuid4())
        self.caller = caller
        self.ended = asyncio.Event()
        self.on_digit: Callable[[str], None] = lambda _: None
        self._call = call
        self._domain = domain
        self._allowed = frozenset(map(plain, transfer_to))
        self._info: AudioInfo | None = None
        self._in = self._out = Resampler(1, 1)
        self._keys = asyncio.Lock()
        call.on(self._happened)
        call.on_dtmf(lambda pressed: self.on_digit(pressed.digit))

    @property
    def held(self) -> bool:
        """Whether the caller has put us on hold."""
        return self._call.remote_on_hold

    def hear(self, rate: int) -> Pcm:
        """What the caller has said since it was last asked, at `rate`."""
        try:
            line = self._line()
            data = self._call.audio.read(READ)
        except (AudioNotActive, AudioRestarted):
            self._info = None
            return NOTHING
        sound = np.frombuffer(data, np.int16)
        if line.rx_channels > 1:
            sound = sound.reshape(-1, line.rx_channels).mean(axis=1).astype(np.int16)
        self._in = self._in.fit(line.rx_sample_rate, rate)
        return self._in.resample(sound)

    def say(self, pcm: Pcm, rate: int) -> bool:
        """Send `pcm` behind what waits already; False where the line takes none now."""
        try:
            line = self._line()
            self._out = self._out.fit(rate, line.tx_sample_rate)
            sound = self._out.resample(pcm)
            self._call.audio.write(np.repeat(sound, line.tx_channels).tobytes())
        except (AudioNotActive, AudioRestarted):
            self._info = None
            return False
        return True

    def waiting(self) -> float:
        """Seconds of sound that are given and have not left yet."""
        try:
            line = self._call.audio.info()
        except AudioNotActive:
            return 0.0
        return line.tx_buffered / (2 * line.tx_channels * line.tx_sample_rate or 1)

    def drop(self) -> None:
        """What has not left yet never will."""
        try:
            self._call.audio.flush_tx()
        except (AudioNotActive, AudioRestarted):
            self._info = None

    async def drained(self) -> None:
        """Wait until all that was given has been heard, or the call is over."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.ended.wait(), self.waiting() + LEFT)

    async def press(self, digits: str) -> None:
        """Press keys, as the account says: beside the sound or by SIP INFO.

        It takes 0.2 s a key. Keys that are pressed meanwhile come after them.
        """
        async with self._keys:
            await self._try("keys", self._call.send_dtmf(digits))

    def may_go_to(self, target: str) -> bool:
        """Whether the profile allows calls to be passed on to `target`."""
        return plain(target) in self._allowed

    async def transfer(self, target: str) -> bool:
        """Pass the caller on to `target`; the call ends if that works.

        False where it is not allowed or where nobody takes the call.
        """
        if not self.may_go_to(target):
            logger.warning("call: a transfer to somewhere that the profile does not allow")
            return False
        to = target if target.lower().startswith("sip") else f"sip:{target}@{self._domain}"
        return await self._try("transfer", self._call.transfer(to))

    async def hang_up(self) -> None:
        """End the call. Safe to call twice."""
        if not self.ended.is_set():
            self.ended.set()
            await self._try("hanging up", self._call.hangup())

    async def _try(self, what: str, work: Awaitable[None]) -> bool:
        try:
            await work
        except BaresipError as error:  # most often: the caller was quicker
            logger.debug(f"call: {what}: {error}")
            return False
        return True

    def _line(self) -> AudioInfo:
        """How the line's sound is; raises `AudioNotActive` where there is none."""
        info = self._info or self._call.audio.info()
        if not (info.tx_ready and info.rx_ready):
            raise AudioNotActive("the line is being set up")
        self._info = info
        return info

    def _happened(self, event: StackEvent) -> None:
        if event.event is Event.CALL_CLOSED:
            self.ended.set()


def plain(target: str) -> str:
    """An address without what does not change where it leads."""
    bare = target.strip().strip("<>")
    return re.sub(r"^sips?:", "", bare, flags=re.IGNORECASE).lower()
