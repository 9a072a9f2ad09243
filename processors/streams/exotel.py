"""Exotel's Voicebot applet: https://developer.exotel.com/docs/agentstream."""

import json
from collections.abc import Callable

from pipecat.serializers.exotel import ExotelFrameSerializer

from processors.streams.call import Answer, LineError, Message, Started, text


class Exotel:
    """An account at Exotel: what happens after the stream is up to the flow there."""

    name = "exotel"
    speaks = False

    def connect(self, socket: str) -> Answer:
        return Answer(json.dumps({"url": socket}), "application/json")

    def say(self, text: str) -> Answer:
        """It can say nothing itself: without an address the flow goes on to its next applet."""
        return Answer(json.dumps({"error": text}), "application/json")

    def started(self, message: Message) -> Started | None:
        call, stream = text(message, "start", "call_sid"), text(message, "start", "stream_sid")
        if message.get("event") != "start" or not call:
            return None
        return Started(call, stream, text(message, "start", "from"))

    def serializer(self, started: Started) -> ExotelFrameSerializer:
        return ExotelFrameSerializer(started.stream, started.call)

    def mark(self, stream: str, name: str) -> Message:
        return {"event": "mark", "stream_sid": stream, "mark": {"name": name}}

    def marked(self, message: Message) -> object:
        return text(message, "mark", "name") if message.get("event") == "mark" else None

    async def hang_up(self, call: str) -> None:
        """The stream's end is enough: the flow's next applet hangs up."""

    async def transfer(self, call: str, to: str, through: Callable[[str], str]) -> None:
        raise LineError("Exotel passes calls on by its flow alone")
