"""A line that loses packets of sound, both ways."""

import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiortc import RTCPeerConnection

from benchmarks.webrtc import WebRTCLine


class Drops:
    """Passes packets on, but for a share of them."""

    def __init__(self, share: float, chance: random.Random) -> None:
        """Lose `share` of the packets, 0 to 1."""
        self.passed = self.lost = 0
        self._share = share
        self._chance = chance

    def before(self, send: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
        """`send`, or nothing."""

        async def maybe(*packet: Any, **also: Any) -> None:
            if self._chance.random() < self._share:
                self.lost += 1
                return
            self.passed += 1
            await send(*packet, **also)

        return maybe


class LossyLine(WebRTCLine):
    """WebRTC that loses a share of the RTP packets it sends and of those that it gets.

    aiortc has no such setting: the two methods of its DTLS transport that carry RTP are
    wrapped, so the data channel loses nothing. The caller's ears miss what was lost (a
    browser fills the hole), and go on behind it.
    """

    def __init__(self, url: str, body: Mapping[str, Any], share: float, seed: int) -> None:
        """Call the bot at `url`, with `body` for the talk, losing `share` by `seed`'s chance."""
        super().__init__(url, body)
        self.out = Drops(share, random.Random(seed))
        self.back = Drops(share, random.Random(seed + 1))

    async def _signal(self, peer: RTCPeerConnection) -> None:
        await super()._signal(peer)
        transport: Any = peer.getSenders()[0].transport
        transport._send_rtp = self.out.before(transport._send_rtp)
        transport._handle_rtp_data = self.back.before(transport._handle_rtp_data)
