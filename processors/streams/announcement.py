"""A prepared sentence over a provider's socket, for a caller with whom no talk is held."""

import asyncio
import json
from contextlib import suppress

from fastapi import WebSocket
from pipecat.frames.frames import OutputAudioRawFrame
from starlette.websockets import WebSocketDisconnect

from processors.services.words import Line
from processors.streams.call import Call
from processors.streams.serializer import RATE, read

PIECE = 2 * RATE // 5  # bytes of a message: 0.2 s, the least that Exotel plays
PLAYED = 5.0  # s beyond the sentence's own in which the provider must have played it
HEARD = "the sentence"


async def announce(socket: WebSocket, call: Call, line: Line) -> None:
    """Play `line` and wait until it was heard or the caller is gone. The socket stays open."""
    serializer, provider = call.provider.serializer(call.started), call.provider
    pcm = line.at(RATE).pcm
    with suppress(TimeoutError, WebSocketDisconnect):
        for start in range(0, len(pcm), PIECE):
            piece = pcm[start : start + PIECE].ljust(PIECE, b"\0")
            message = await serializer.serialize(OutputAudioRawFrame(piece, RATE, 1))
            await socket.send_text(str(message))
        await socket.send_text(json.dumps(provider.mark(call.started.stream, HEARD)))
        async with asyncio.timeout(line.seconds + PLAYED):
            await _heard(socket, call)


async def _heard(socket: WebSocket, call: Call) -> None:
    while True:
        said = await socket.receive()
        if said["type"] != "websocket.receive":
            return
        message = read(said.get("text") or said.get("bytes") or "")
        if message and (call.provider.marked(message) == HEARD or message.get("event") == "stop"):
            return
