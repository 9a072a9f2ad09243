"""A STUN and TURN server of a few lines, which answers as it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aioice import stun

SEEN, RELAY = ("203.0.113.5", 4000), ("203.0.113.9", 49152)


class StunServer(asyncio.DatagramProtocol):
    """Sees everybody at `SEEN`, and refuses an allocation with `code`.

    With 0 it lends `relay`, with None it says nothing at all.
    """

    def __init__(self, code: int | None = 0, relay: tuple[str, int] = RELAY) -> None:
        self.code, self.relay = code, relay
        self.methods: list[str] = []

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = stun.parse_message(data)
        self.methods.append(message.message_method.name)
        if self.code is None:
            return
        answer = stun.Message(
            message.message_method, stun.Class.RESPONSE, transaction_id=message.transaction_id
        )
        if message.message_method is stun.Method.BINDING:
            answer.attributes["XOR-MAPPED-ADDRESS"] = SEEN
        elif self.code:
            answer.message_class = stun.Class.ERROR
            answer.attributes["ERROR-CODE"] = (self.code, "No")
        else:
            answer.attributes["XOR-RELAYED-ADDRESS"] = self.relay
            answer.attributes["XOR-MAPPED-ADDRESS"] = SEEN
            answer.attributes["LIFETIME"] = 60
        self.transport.sendto(bytes(answer), addr)


@asynccontextmanager
async def stun_server(server: asyncio.DatagramProtocol) -> AsyncIterator[int]:
    """Its port on loopback."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: server, local_addr=("127.0.0.1", 0))
    try:
        yield transport.get_extra_info("sockname")[1]
    finally:
        transport.close()
