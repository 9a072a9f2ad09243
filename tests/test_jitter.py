"""How soon the sound of a WebRTC peer is heard."""

from aiortc import RTCPeerConnection
from aiortc.rtp import RtpPacket

from benchmarks import webrtc
from processors.jitter import BUFFER, listen_at_once


async def ears():
    """The jitter buffer of a peer that is listened to at once."""
    peer = RTCPeerConnection()
    peer.addTransceiver("audio")
    listen_at_once(peer)
    await peer.close()
    return getattr(peer.getReceivers()[0], BUFFER)


def given_out(buffer, numbers) -> list[int | None]:
    """The packet that is heard as each of these arrives; None where none is."""
    heard = []
    for number in numbers:
        packet = RtpPacket(sequence_number=number % 2**16, timestamp=960 * number)
        packet._data = b""
        _, frame = buffer.add(packet)
        heard.append(frame and frame.timestamp // 960)
    return heard


async def test_a_packet_is_heard_as_it_comes():
    assert given_out(await ears(), range(20)) == list(range(20))


async def test_a_lost_packet_makes_no_talk_late():
    numbers = [number for number in range(60) if number not in (10, 30, 31)]
    assert given_out(await ears(), numbers) == numbers


async def test_a_packet_that_was_overtaken_is_left_out():
    assert given_out(await ears(), [0, 1, 3, 2, 2, 4]) == [0, 1, 3, None, None, 4]


async def test_the_numbers_begin_anew_behind_the_last_one():
    numbers = [65534, 65535, 65536, 65535, 65537]
    assert given_out(await ears(), numbers) == [65534, 65535, 65536, None, 65537]


async def test_a_sender_that_counts_anew_is_heard():
    assert given_out(await ears(), [5000, 5001, 100, 101]) == [5000, 5001, 100, 101]


def test_a_benchmark_s_caller_is_no_later_after_a_lost_packet_than_a_browser():
    numbers = [number for number in range(60) if number not in (10, 30, 31)]
    heard = given_out(webrtc.Ears(), numbers)
    late = [sent - got for sent, got in zip(numbers, heard, strict=True) if got is not None]
    assert [got for got in heard if got is not None] == numbers[: -webrtc.BUFFER]
    assert max(late) == webrtc.BUFFER + 2 and late[-20:] == [webrtc.BUFFER] * 20
