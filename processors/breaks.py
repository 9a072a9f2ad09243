"""A talk goes on in mid-word over a WebRTC connection that is made anew."""

from aiortc import RTCPeerConnection
from pipecat.transports.smallwebrtc.connection import SmallWebRTCConnection
from pipecat.transports.smallwebrtc.transport import RawAudioTrack

UNSENT = "_chunk_queue"  # of a track: 10 ms of sound each, with what waits for them to leave


def speak_on(connection: SmallWebRTCConnection) -> None:
    """Speak on over a connection that replaces that of `connection`.

    Pipecat waits for the sound that it gave to the replaced one to leave, which it
    never does. To be called behind whoever gives each connection its sound.
    """
    spoken: list[RawAudioTrack] = []

    @connection.event_handler("connected")
    async def on_connected(_connection: SmallWebRTCConnection) -> None:
        for track in spoken:
            _give_up(track)
        spoken[:] = _sound_of(connection.pc)


def _sound_of(peer: RTCPeerConnection) -> list[RawAudioTrack]:
    tracks = (sender.track for sender in peer.getSenders())
    return [track for track in tracks if isinstance(track, RawAudioTrack)]


def _give_up(track: RawAudioTrack) -> None:
    """What `track` has not sent is as good as sent."""
    for _chunk, left in getattr(track, UNSENT):
        if left is not None and not left.done():
            left.set_result(True)
