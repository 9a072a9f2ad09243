"""STUN and TURN: each server that callers are offered, and what the agent gathers with all."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

from aiortc import RTCIceGatherer, RTCIceServer

from config.settings import Settings
from config.webrtc import IceServer, IceUrl
from server.doctor.asked import Asked
from server.doctor.finding import Finding, mend, ok, warn
from server.doctor.given import VARIABLE
from server.doctor.stun import Denied, Reached, Unreachable, lent_by, seen_by
from server.ice import Ice, talk_seconds

GATHERING = 4.5  # s; aiortc waits 5 for a server that does not answer
KINDS = {"host": "of this machine", "srflx": "seen by STUN", "relay": "lent by TURN"}


async def servers(asked: Asked) -> list[Finding]:
    """A line for each address of each server."""
    tries = [
        _tried(asked, key, each, url)
        for key, each in asked.ice_servers.items()
        for url in each.urls
    ]
    if tries:
        return [*_instead(asked), *await asyncio.gather(*tries)]
    if asked.is_local and not asked.proxy:
        return [ok("STUN, TURN", "none, and none is needed for callers on this machine")]
    return [
        warn(
            "STUN, TURN",
            "none in the profile (webrtc:), none by --ice-servers: callers in this network get "
            "through, those beyond a router may not (docs/nat.md)",
        )
    ]


def _instead(asked: Asked) -> Iterator[Finding]:
    if asked.given and asked.settings.webrtc.ice_servers:
        name = next(iter(asked.given)).partition(".")[0]
        text = f"{name} stands in the place of webrtc: in the profile, whose servers are not used"
        yield warn("STUN, TURN", text)


async def candidates(asked: Asked) -> list[Finding]:
    """What the agent tells callers of where it is, gathered as it gathers it in a talk."""
    offered = _ice(asked).offered()
    gatherer = RTCIceGatherer([RTCIceServer(**each) for each in offered])
    began = time.monotonic()
    try:
        await gatherer.gather()
        took = time.monotonic() - began
        found = gatherer.getLocalCandidates()
    finally:
        await gatherer._connection.close()
    name, counted = "candidates", Counter((each.type, _family(each.ip)) for each in found)
    if not any(kind == "host" for kind, _ in counted):
        text = "this machine has no address but loopback, by which no talk comes about: connect it"
        return [mend(name, text + " to a network, or join through /ws-client")]
    told = "; ".join(f"{kind} ({KINDS[kind]}): {_sum(counted, kind)}" for kind in _kinds(counted))
    lines = [ok(name, f"{told}, gathered in {took:.1f} s")]
    if took > GATHERING:
        text = f"each talk begins {took:.0f} s late, until a server answers: mend or remove it"
        lines.append(warn(name, text))
    return lines


def _kinds(counted: Counter[tuple[str, str]]) -> list[str]:
    return [kind for kind in KINDS if any(each == kind for each, _ in counted)]


def _sum(counted: Counter[tuple[str, str]], kind: str) -> str:
    return ", ".join(
        f"{number} {family}" for (each, family), number in counted.items() if each == kind
    )


def _ice(asked: Asked) -> Ice:
    return Ice(tuple(asked.ice_servers.values()), talk_seconds(asked.settings))


async def _tried(asked: Asked, key: str, server: IceServer, url: str) -> Finding:
    address = IceUrl(url)
    name = "STUN" if address.scheme == "stun" else "TURN"
    told = key.startswith(VARIABLE) or any(
        each.startswith(f"{key}.urls") for each in asked.settings.origins
    )
    shown = "an address of yours" if told else url
    if unset := _unset(asked.settings, key):
        return mend(name, f"{shown}: {unset} is not set: export it")
    try:
        if name == "STUN":
            return _stun(shown, await seen_by(address))
        return await _turn(asked, server, address, key, shown)
    except Unreachable as error:
        text = f"{shown}: {error}"
        return mend(name, text.replace(address.host, "its host") if told else text)


def _stun(shown: str, reached: Reached) -> Finding:
    family = _family(reached.seen)
    text = f"{shown} sees this machine at {reached.seen} ({family}), after {reached.seconds:.2f} s"
    return ok("STUN", text)


async def _turn(asked: Asked, server: IceServer, address: IceUrl, key: str, shown: str) -> Finding:
    account: dict[str, Any] = _ice(asked).opened(server)
    try:
        reached = await lent_by(address, account["username"], account["credential"])
    except Denied as error:
        return mend("TURN", f"{shown}: {_denied(server, key, error)}")
    family = _family(reached.relay)
    text = f"{shown} lends {reached.relay} ({family}), after {reached.seconds:.2f} s"
    if (_is_global(reached.server) or _is_global(reached.seen)) and not _is_global(reached.relay):
        text += ", which nobody on the internet reaches: set external-ip in turnserver.conf"
        return mend("TURN", text)
    return ok("TURN", text)


def _denied(server: IceServer, key: str, error: Denied) -> str:
    """Why a name or password may not be taken. Neither is shown."""
    if server.secret:
        return (
            f"{error} made from {key}.secret: is it static-auth-secret in turnserver.conf, with "
            "use-auth-secret, and do both clocks agree?"
        )
    until = (server.username or "").partition(":")[0]
    if until.isascii() and until.isdigit() and len(until) < 12 and int(until) < time.time():
        day = time.strftime("%Y-%m-%d %H:%M", time.localtime(int(until)))
        return f"the password has expired, on {day}: make a new one, or give coturn's secret"
    return f"{error}: compare {key}.username and .credential with user= in turnserver.conf"


def _unset(settings: Settings, key: str) -> str:
    names = (
        name
        for each, origin in settings.origins.items()
        if each.startswith(f"{key}.")
        for name in origin.unset
    )
    return " and ".join(dict.fromkeys(names))


def _family(address: str) -> str:
    try:
        return f"IPv{ip_address(address).version}"
    except ValueError:
        return "no address"


def _is_global(address: str) -> bool:
    try:
        return ip_address(address).is_global
    except ValueError:
        return False
