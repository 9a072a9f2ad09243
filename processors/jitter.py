"""How long the sound of a WebRTC peer waits before it is given out."""

from collections.abc import Callable

from aiortc import RTCPeerConnection
from aiortc.jitterbuffer import MAX_MISORDER, JitterBuffer, JitterFrame
from aiortc.rtp import RtpPacket
from aiortc.utils import uint16_add

BUFFER = "_RTCRtpReceiver__jitter_buffer"  # of aiortc, which has no setting for it
DATA = "_data"  # of a packet, without what RTP has before it


class AsItComes(JitterBuffer):
    """Gives out each packet when it comes, and none behind one that was sent later.

    aiortc waits for four, so that a loudspeaker never runs dry, and for sixteen
    in the place of a lost one: from then on all sound would be 0.3 s late. Ears
    need no even pace, and a packet of Opus is whole by itself.
    """

    def __init__(self) -> None:
        """Nothing is kept."""
        super().__init__(capacity=1)

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        """Of a sender that counts anew, the first packet is as good as any."""
        number = packet.sequence_number
        behind = 0 if self._origin is None else uint16_add(self._origin, -number)
        if 0 < behind < MAX_MISORDER:
            return False, None
        self._origin = uint16_add(number, 1)
        return False, JitterFrame(getattr(packet, DATA), packet.timestamp)


def listen_at_once(peer: RTCPeerConnection) -> None:
    """Hear what `peer` says as it comes. To be called before the first packet."""
    keep_in(peer, AsItComes)


def keep_in(peer: RTCPeerConnection, buffer: Callable[[], JitterBuffer]) -> None:
    """Have the sound of `peer` wait in a `buffer`."""
    for transceiver in peer.getTransceivers():
        if transceiver.kind == "audio" and hasattr(transceiver.receiver, BUFFER):
            setattr(transceiver.receiver, BUFFER, buffer())
