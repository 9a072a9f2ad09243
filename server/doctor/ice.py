"""STUN and TURN: each server of the profile, and what the agent gathers with all of them."""

import asyncio
import time
from collections import Counter
from ipaddress import ip_address
from typing import Any

from aiortc import RTCIceGatherer, RTCIceServer

from config.settings import Settings
from config.webrtc import IceServer, IceUrl
from server.doctor.asked import Asked
from server.doctor.finding import Finding, mend, ok, warn
from server.doctor.stun import Denied, Reached, Unreachable, lent_by, seen_by
from server.ice import Ice, talk_seconds

GATHERING = 4.5  # s; aiortc waits 5 for a server that does not answer
KINDS = {"host": "of this machine", "srflx": "seen by STUN", "relay": "lent by TURN"}


async def servers(asked: Asked) -> list[Finding]:
    """A line for each address of each server."""
    settings = asked.settings
    tries = [
        _tried(settings, number, each, url)
        for number, each in enumerate(settings.webrtc.ice_servers)
        for url in each.urls
    ]
    if tries:
        return list(await asyncio.gather(*tries))
    if asked.is_local and not asked.proxy:
        return [ok("STUN, TURN", "none, and none is needed for callers on this machine")]
    return [
        warn(
            "STUN, TURN",
            "none in the profile: callers in this network get through, those beyond a router "
            "may not (docs/nat.md)",
        )
    ]


async def candidates(asked: Asked) -> list[Finding]:
    """What the agent tells callers of where it is, gathered as it gathers it in a talk."""
    settings = asked.settings
    offered = _ice(settings).offered()
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


def _ice(settings: Settings) -> Ice:
    return Ice(settings.webrtc.ice_servers, talk_seconds(settings))


async def _tried(settings: Settings, number: int, server: IceServer, url: str) -> Finding:
    address = IceUrl(url)
    name = "STUN" if address.scheme == "stun" else "TURN"
    key = f"webrtc.ice_servers.{number}"
    told = [each for each in settings.origins if each.startswith(f"{key}.urls")]
    shown = "an address of yours" if told else url
    if unset := _unset(settings, key):
        return mend(name, f"{shown}: {unset} is not set: export it")
    try:
        if name == "STUN":
            return _stun(shown, await seen_by(address))
        return await _turn(settings, server, address, key, shown)
    except Unreachable as error:
        text = f"{shown}: {error}"
        return mend(name, text.replace(address.host, "its host") if told else text)


def _stun(shown: str, reached: Reached) -> Finding:
    family = _family(reached.seen)
    text = f"{shown} sees this machine at {reached.seen} ({family}), after {reached.seconds:.2f} s"
    return ok("STUN", text)


async def _turn(
    settings: Settings, server: IceServer, address: IceUrl, key: str, shown: str
) -> Finding:
    account: dict[str, Any] = _ice(settings).opened(server)
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
