"""What a client sends over its data channel, before anything reads it."""

from aiortc import RTCDataChannel, RTCPeerConnection
from loguru import logger


def limit_messages(peer: RTCPeerConnection, most: int) -> None:
    """Drop messages of over `most` bytes on each data channel of `peer`.

    To be called before a client can have opened one, behind whoever listens to them.
    """

    @peer.on("datachannel")
    def on_datachannel(channel: RTCDataChannel) -> None:
        listeners = list(channel.listeners("message"))
        channel.remove_all_listeners("message")

        @channel.on("message")
        async def on_message(message: str | bytes) -> None:
            size = len(message if isinstance(message, bytes) else message.encode())
            if size > most:
                logger.warning(f"a message of {size} bytes was dropped: {most} are allowed")
                return
            for listener in listeners:
                await listener(message)
