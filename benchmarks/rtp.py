"""A telephone's sound: RTP both ways, a packet of mu-law every 20 ms, keys as RFC 4733 has them."""

import asyncio
import random
import struct
import time
from typing import cast

from benchmarks import mulaw
from benchmarks.microphone import PERIOD, Microphone
from benchmarks.sound import LOUD, RATE, Pcm, levels
from benchmarks.timeline import Timeline
from processors.resampling import Resampler

SOUND, KEYS = 0, 101  # payload types of mu-law and of telephone-event
SAMPLES = round(mulaw.RATE * PERIOD)  # in a packet
BUFFER = 0.04  # s that a telephone keeps a packet before it plays it, so that none is missing
LATEST = 0.08  # s that sound waits at most, as long as there is silence to leave out
PRESSED, GAP = 5, 4  # packets of a key held down, and between two keys
DIGITS = "0123456789*#ABCD"

_HEADER = struct.Struct("!BBHII")


class Rtp(asyncio.DatagramProtocol):
    """One call's sound. The far end is where `to` says, once it is known."""

    def __init__(self, microphone: Microphone, heard: Timeline) -> None:
        """Nothing is sent before `speak`."""
        self.to: tuple[str, int] | None = None
        self.keys = ""  # what the far end has pressed
        self.packets = 0  # that came
        self._microphone = microphone
        self._heard = heard
        self._down, self._up = Resampler(RATE, mulaw.RATE), Resampler(mulaw.RATE, RATE)
        self._source = random.getrandbits(32)
        self._number = 0
        self._pressing: list[bytes] = []
        self._began = -1  # time stamp of the key heard last

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way out."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    @property
    def port(self) -> int:
        """Where this end listens."""
        return int(self._transport.get_extra_info("sockname")[1])

    def press(self, digits: str) -> None:
        """Press the keys one after another, while the microphone goes on."""
        for digit in digits:
            key = DIGITS.index(digit)
            for count in range(1, PRESSED + 1):
                self._pressing.append(struct.pack("!BBH", key, 10, count * SAMPLES))
            over = struct.pack("!BBH", key, 0x80 | 10, PRESSED * SAMPLES)
            self._pressing += [over, over, over, *[b""] * GAP]

    async def speak(self) -> None:
        """Send the microphone's frames by the clock, until cancelled."""
        spoken = time.monotonic()
        begun = 0
        while True:
            await asyncio.sleep(spoken + PERIOD - time.monotonic())
            sound = mulaw.encode(self._down.resample(self._microphone.frame(spoken)))
            stamp = self._number * SAMPLES
            key = self._pressing.pop(0) if self._pressing else b""
            if key:
                begun = begun or stamp
                self._send(KEYS, begun, key)
            else:
                begun = 0
                self._send(SOUND, stamp, sound)
            spoken += PERIOD

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Hear a packet, or a key."""
        _, kind, _, stamp, _ = _HEADER.unpack_from(data)
        payload = data[_HEADER.size :]
        match kind & 0x7F:
            case 0:
                self.packets += 1
                self._play(self._up.resample(mulaw.decode(payload)))
            case 101 if payload and stamp != self._began:
                self._began = stamp
                self.keys += DIGITS[payload[0]]
            case _:
                pass

    def _play(self, pcm: Pcm) -> None:
        """Play what came; after a burst, leave out silence until no more waits than should."""
        now = time.monotonic()
        ends = self._heard.end
        if ends > now + LATEST and levels(pcm).max() < LOUD:
            return
        self._heard.add(pcm, ends if ends > now else now + BUFFER)

    def _send(self, kind: int, stamp: int, payload: bytes) -> None:
        header = _HEADER.pack(0x80, kind, self._number & 0xFFFF, stamp, self._source)
        self._number += 1
        if self.to is not None:
            self._transport.sendto(header + payload, self.to)
