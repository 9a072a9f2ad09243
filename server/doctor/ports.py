"""Whether the ports that the agent needs are free, and who has them if not."""

import errno
import os
import socket
from collections.abc import Iterator

from server.doctor.aside import addresses, aside
from server.doctor.asked import PORT, Asked
from server.doctor.finding import Finding, mend, ok, warn
from server.doctor.holders import holder
from server.listening import trouble

AGENT = "bot.py"


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
    shown = sip.shown("listen")
    match trouble(socket.SOCK_DGRAM, sip.host, sip.port):
        case 0:
            yield ok("SIP port", f"UDP {shown} is free")
        case errno.EADDRNOTAVAIL:
            yield mend("SIP port", f"{shown} is not of this machine: change phone.sip.listen")
        case errno.EACCES | errno.EPERM:
            yield mend("SIP port", f"{shown} is for the administrator: phone.sip.listen: HOST:5060")
        case _:
            yield _sip_taken(sip.port, shown)
    first, _, last = sip.rtp_ports.partition("-")
    yield _sound(asked, sip.host, int(first), int(last))


def _sip_taken(port: int, shown: str) -> Finding:
    who = holder("udp", port)
    if who and who.script == AGENT:
        return ok("SIP port", f"UDP {shown} is the agent's own: {who} is running")
    by = f" by {who}" if who else ""
    text = f"UDP {shown} is taken{by}, often a softphone: end that, or change phone.sip.listen"
    return mend("SIP port", text)


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
