"""Telephone calls that a provider brings over a socket: Twilio, Telnyx, Plivo, Exotel."""

from processors.streams.call import Call, StreamRunnerArguments
from processors.streams.transport import StreamTransport

__all__ = ["Call", "StreamRunnerArguments", "StreamTransport"]
