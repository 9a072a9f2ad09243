"""How soon the sound of a WebRTC peer is heard."""

from aiortc import RTCPeerConnection
from aiortc.rtp import RtpPacket

from processors.connection import BUFFER, listen_at_once


async def ears():
    """The jitter buffer of a peer that is listened to at once."""
    peer = RTCPeerConnection()
    peer.addTransceiver("audio")
    listen_at_once(peer)
    await peer.close()
    return getattr(peer.getReceivers()[0], BUFFER)


def given_out(buffer, numbers) -> list[int]:
    """How many packets each frame of sound came late, the packets arriving in this order."""
    late = []
    for number in numbers:
        packet = RtpPacket(sequence_number=number, timestamp=960 * number)
        packet._data = b""
        _, frame = buffer.add(packet)
        if frame:
            late.append(number - frame.timestamp // 960)
    return late


async def test_a_packet_is_heard_when_the_next_one_comes():
    assert given_out(await ears(), range(20)) == [1] * 19


async def test_a_lost_packet_makes_no_talk_late():
    numbers = [number for number in range(60) if number not in (10, 30)]
    assert max(given_out(await ears(), numbers)) <= 4


async def test_packets_out_of_order_are_heard_in_order():
    buffer = await ears()
    assert given_out(buffer, [0, 1, 3, 2, 4, 5]) == [1, 1, 2, 2]
