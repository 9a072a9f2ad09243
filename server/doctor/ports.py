"""Whether the ports that the agent needs are free, and who has them if not."""

import errno
import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from config.sip import SipChoice
from server.doctor.aside import addresses, aside
from server.doctor.asked import PORT, Asked
from server.doctor.finding import Finding, mend, ok, warn
from server.doctor.holders import Holder, holder
from server.listening import trouble

AGENT = "bot.py"
# What a line takes, whatever phone.sip.transport is: the port, and for TLS the one after it.
SIP = (("udp", 0, "UDP {}"), ("tcp", 0, "TCP {}"), ("tcp", 1, "the TCP port after {}"))
_KINDS = {"udp": socket.SOCK_DGRAM, "tcp": socket.SOCK_STREAM}


@dataclass(frozen=True, slots=True)
class Held:
    """A port that cannot be had: what it is, the error, and who has it as far as that is known."""

    what: str
    error: int
    by: Holder | None

    @property
    def by_agent(self) -> bool:
        """Whether it is the agent that has it."""
        return self.by is not None and self.by.script == AGENT


async def ports(asked: Asked) -> list[Finding]:
    """The page's port, and those of our own telephone line."""
    try:
        found = await addresses(asked.host or "0.0.0.0", asked.port, socket.SOCK_STREAM)
    except OSError:
        return [mend("page port", f"--host {asked.host} is no address: use localhost or 0.0.0.0")]
    return await aside(lambda: [_page(asked, found), *_line(asked)])


def _page(asked: Asked, found: list[str]) -> Finding:
    name, port = "page port", asked.port
    for address in found:
        match trouble(socket.SOCK_STREAM, address, port):
            case errno.EADDRINUSE:
                return _taken(port)
            case errno.EADDRNOTAVAIL:
                text = f"{asked.host} is not of this machine: use localhost, 0.0.0.0 or its address"
                return mend(name, text)
            case errno.EACCES | errno.EPERM:
                text = f"{port} is for the administrator: use --port {PORT}, behind a proxy"
                return mend(name, text)
            case 0:
                pass
            case other:
                return mend(name, f"TCP {port} at {asked.host}: {os.strerror(other)}")
    return ok(name, f"TCP {port} is free")


def _taken(port: int) -> Finding:
    name, who = "page port", holder("tcp", port)
    if who and who.script == AGENT:
        return ok(name, f"TCP {port} is the agent's own: {who} is running")
    by = f"by {who}" if who else f"(sudo ss -ltnp 'sport = :{port}' says by whom)"
    return mend(name, f"TCP {port} is taken {by}: end that, or start with --port {port + 1}")


def _line(asked: Asked) -> Iterator[Finding]:
    sip = asked.settings.phone.sip
    if sip is None:
        return
    yield _sip_port(sip)
    first, _, last = sip.rtp_ports.partition("-")
    yield _sound(asked, sip.host, int(first), int(last))


def _sip_port(sip: SipChoice) -> Finding:
    name, shown = "SIP port", sip.shown("listen")
    held = sip_trouble(sip)
    match held.error if held else 0:
        case 0:
            return ok(name, f"UDP and TCP {shown} are free, and the TCP port after it")
        case errno.EADDRNOTAVAIL:
            return mend(name, f"{shown} is not of this machine: change phone.sip.listen")
        case errno.EACCES | errno.EPERM:
            return mend(name, f"{shown} is for the administrator: phone.sip.listen: HOST:5060")
        case _:
            assert held
            return _sip_taken(held, shown)


def _sip_taken(held: Held, shown: str) -> Finding:
    if held.by_agent:
        return ok("SIP port", f"{shown} is the agent's own: {held.by} is running")
    by = f" by {held.by}" if held.by else ""
    text = f"{held.what.format(shown)} is taken{by}, often a softphone: end that, or change"
    return mend("SIP port", f"{text} phone.sip.listen")


def sip_trouble(sip: SipChoice) -> Held | None:
    """Why our own line could not listen, if it could not."""
    for kind, after, what in SIP:
        port = sip.port + after
        if error := trouble(_KINDS[kind], sip.host, port):
            return Held(what, error, holder(kind, port))
    return None


def _sound(asked: Asked, host: str, first: int, last: int) -> Finding:
    """A call takes two ports, the first of them even."""
    name, shown = "RTP ports", f"UDP {first}-{last}"
    pairs = range(first + first % 2, last, 2)
    taken = [port for port in pairs if _is_taken(host, port) or _is_taken(host, port + 1)]
    calls, talks = len(pairs) - len(taken), asked.settings.access.talks
    who = holder("udp", taken[0]) or holder("udp", taken[0] + 1) if taken else None
    by = f", {taken[0]} by {who}" if who else ""
    gone = f"; {len(taken)} of {len(pairs)} pairs are taken{by}" if taken else ""
    if calls == 0:
        return mend(name, f"none of {shown} is free{by}: change phone.sip.rtp_ports")
    if calls < talks:
        text = f"{shown} bear {calls} calls{gone}, fewer than access.talks: widen phone.sip."
        return warn(name, f"{text}rtp_ports")
    return ok(name, f"{shown} bear {calls} calls{gone}; a firewall must let them through")


def _is_taken(host: str, port: int) -> bool:
    return trouble(socket.SOCK_DGRAM, host, port) == errno.EADDRINUSE
