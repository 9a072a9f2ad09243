"""One question to a STUN server, and a real allocation on a TURN server."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aioice import stun, turn

from config.webrtc import IceUrl
from server.doctor.aside import addresses

PATIENCE = 4.0  # s that a server has to answer; a browser waits no longer for a candidate
LIFETIME = 60  # s of an allocation that is given back at once

Address = tuple[str, int]


class Unreachable(Exception):
    """A server does not do what it should; the text says why, and what to look at."""


class Denied(Unreachable):
    """A TURN server does not take the name or password."""


@dataclass(frozen=True, slots=True)
class Reached:
    """The address of a server, the one that it sees, and the one that it lends."""

    server: str
    seen: str
    seconds: float
    relay: str = ""


class _Asking(asyncio.DatagramProtocol):
    """A question by UDP, and the refusal of a machine on which nothing listens."""

    def __init__(self) -> None:
        self.answers: asyncio.Queue[stun.Message | Exception] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        try:
            self.answers.put_nowait(stun.parse_message(data))
        except ValueError as error:
            self.answers.put_nowait(error)

    def error_received(self, exc: Exception) -> None:
        self.answers.put_nowait(exc)


class _Turn(turn.TurnClientUdpProtocol):
    """aioice's client, which tells what it otherwise would wait out."""

    refused: "asyncio.Future[None] | None" = None

    def error_received(self, exc: Exception) -> None:
        if self.refused and not self.refused.done():
            self.refused.set_exception(exc)


async def seen_by(url: IceUrl) -> Reached:
    """The address under which a STUN server sees this machine. Raises `Unreachable`."""
    async with _told(url):
        began = time.monotonic()
        address = await _resolved(url)
        loop = asyncio.get_running_loop()
        transport, asking = await loop.create_datagram_endpoint(_Asking, remote_addr=address)
        try:
            message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
            while True:
                transport.sendto(bytes(message))
                try:
                    answer = await asyncio.wait_for(asking.answers.get(), 0.5)
                    break
                except TimeoutError:
                    continue
        finally:
            transport.close()
        if isinstance(answer, OSError):
            raise answer
        if isinstance(answer, Exception) or "XOR-MAPPED-ADDRESS" not in answer.attributes:
            raise Unreachable(f"{url.host}:{url.port} answers, but is no STUN server")
        seen = answer.attributes["XOR-MAPPED-ADDRESS"][0]
        return Reached(address[0], seen, time.monotonic() - began)


async def lent_by(url: IceUrl, username: str, credential: str) -> Reached:
    """The address that a TURN server lends, given back at once. Raises `Unreachable`."""
    async with _told(url):
        began = time.monotonic()
        address = await _resolved(url)
        client = await _client(url, address, username, credential)
        try:
            relay = (await _allocated(client))[0]
            assert client.mapped_address is not None
            seen, seconds = client.mapped_address[0], time.monotonic() - began
            found = Reached(address[0], seen, seconds, relay)
            await client.delete()
            return found
        except stun.TransactionFailed as error:
            raise _failed(url, error) from error
        except (KeyError, ValueError, AttributeError) as error:  # of an answer without sense
            raise Unreachable(f"{url.host}:{url.port} answers, but is no TURN server") from error
        finally:
            if client.refresh_task:
                client.refresh_task.cancel()
            client.transport.close()


@asynccontextmanager
async def _told(url: IceUrl) -> AsyncIterator[None]:
    """Every way in which nobody can be reached, as `Unreachable` in words; within `PATIENCE`."""
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    except (OSError, stun.TransactionTimeout) as error:
        raise Unreachable(_words(url, error)) from error


def _words(url: IceUrl, error: Exception) -> str:
    where, by = f"{url.host}:{url.port}", url.transport.upper()
    match error:
        case ssl.SSLCertVerificationError():
            return (
                f"the certificate of {where} is not accepted ({error.verify_message}): it must "
                f"be for {url.host}, and come with its chain"
            )
        case ssl.SSLError():
            return f"{where} does not speak TLS: use turn: instead of turns:, or mend cert and pkey"
        case ConnectionRefusedError():
            return (
                f"nothing listens at {where} by {by}: is coturn running (systemctl status coturn)?"
            )
        case TimeoutError() | stun.TransactionTimeout():
            return (
                f"{where} does not answer by {by} within {PATIENCE:.0f} s: is coturn running, and "
                f"do all firewalls let {by} {url.port} through?"
            )
        case _:
            return f"{where} cannot be reached by {by} ({error})"


async def _resolved(url: IceUrl) -> Address:
    try:
        return (await addresses(url.host, url.port))[0], url.port
    except (OSError, IndexError) as error:
        text = f"{url.host} has no address: mend the name, or its DNS record"
        raise Unreachable(text) from error


async def _client(
    url: IceUrl, address: Address, username: str, credential: str
) -> turn.TurnClientProtocol:
    loop = asyncio.get_running_loop()
    account = (address, username, credential, LIFETIME, turn.DEFAULT_CHANNEL_REFRESH_TIME)
    if url.transport == "udp":
        _, asking = await loop.create_datagram_endpoint(
            lambda: _Turn(*account), remote_addr=address
        )
        return asking
    secure = ssl.create_default_context() if url.scheme == "turns" else None
    _, stream = await loop.create_connection(
        lambda: turn.TurnClientTcpProtocol(*account),
        *address,
        ssl=secure,
        server_hostname=url.host if secure else None,
    )
    return stream


async def _allocated(client: turn.TurnClientProtocol) -> Address:
    if not isinstance(client, _Turn):
        return await client.connect()
    client.refused = asyncio.get_running_loop().create_future()
    allocating = asyncio.create_task(client.connect())
    try:
        await asyncio.wait({allocating, client.refused}, return_when=asyncio.FIRST_COMPLETED)
        if client.refused.done():
            client.refused.result()
        return await allocating
    finally:
        allocating.cancel()
        client.refused.cancel()


def _failed(url: IceUrl, error: stun.TransactionFailed) -> Unreachable:
    code, reason = error.response.attributes.get("ERROR-CODE", (0, ""))
    where = f"{url.host}:{url.port}"
    match code:
        case 401 | 431 | 441:
            return Denied(f"{where} does not take the name or password")
        case 403:
            return Unreachable(f"{where} forbids it: look at its allowed and denied addresses")
        case 486:
            return Unreachable(f"{where} has no room for one more: raise user-quota or total-quota")
        case 508:
            return Unreachable(f"{where} has no relay port left: widen min-port and max-port")
        case _:
            plain = "".join(each for each in str(reason) if each.isprintable())[:60]
            return Unreachable(f"{where} refuses with {code} {plain}")
