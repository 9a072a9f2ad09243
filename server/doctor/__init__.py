"""python -m server doctor    what keeps people from talking here, and what to do about it

Each line is a part, `ok`, `warn` or `mend`, and a sentence with the next step. The
exit status is 1 where something is to be mended.
"""

import argparse
import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from config.settings import PROFILES, SettingsError, load
from server.doctor.asked import PORT, Asked
from server.doctor.examination import Check, examine
from server.doctor.finding import Finding, as_json, exit_status, mend, sum_up
from server.doctor.given import given_servers

CLEAR = "\r\x1b[K"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the doctor can be told."""
    parser.add_argument("--config", type=Path, default=PROFILES / "embedded.yaml", help="profile")
    parser.add_argument("--host", default="localhost", help="as for bot.py (default: localhost)")
    parser.add_argument("--port", type=int, default=PORT, help=f"of the page (default: {PORT})")
    parser.add_argument("-x", "--proxy", default="", help="this machine's public name, if any")
    parser.add_argument("-t", "--transport", default="", help="as for bot.py: daily, livekit, ...")
    parser.add_argument(
        "--ice-servers", nargs="*", help="as for bot.py: tried in place of the profile's webrtc:"
    )
    parser.add_argument("--json", action="store_true", help="print the report for a program")
    parser.add_argument(
        "--speed", action="store_true", help="also load the models and time them, about 20 s"
    )


def doctor(given: argparse.Namespace) -> int:
    """Look at everything; the exit status."""
    from loguru import logger

    logger.remove()  # what libraries log is not for the one who asks
    try:
        settings = load(given.config, allow_unset=True)
    except SettingsError as error:
        return _told([mend("profile", each) for each in error.problems], as_data=given.json)
    try:
        servers = given_servers(given.ice_servers)
    except SettingsError as error:
        return _told([mend("STUN, TURN", each) for each in error.problems], as_data=given.json)
    asked = Asked(settings, given.host, given.port, given.proxy, given.transport, servers)
    found = asyncio.run(_examined(asked, _checks(speed=given.speed), as_data=given.json))
    return _told(found, as_data=given.json, shown=not given.json)


def _checks(*, speed: bool) -> Sequence[Check]:
    """In the order in which a person would mend what they find."""
    from loguru import logger

    logger.remove()  # what libraries log is not for the one who asks
    from server.doctor import ice, machine, microphone, phone, ports, rooms, services

    checks = [
        Check("profile", 10, machine.profile),
        Check("disk", 5, machine.disk),
        Check("ports", 10, ports.ports),
        Check("microphone", 10, microphone.microphone),
        Check("candidates", 10, ice.candidates),
        Check("STUN, TURN", 10, ice.servers),
        Check("services", 12, services.services),
        Check("rooms", 12, rooms.rooms),
        Check("phone", 12, phone.phone),
        Check("registrar", 15, phone.exchange),
    ]
    if speed:
        from server.doctor.speed import speed as timed

        checks.append(Check("speed", 180, timed))
    return checks


async def _examined(asked: Asked, checks: Sequence[Check], *, as_data: bool) -> list[Finding]:
    found: list[Finding] = []
    async for finding in examine(asked, checks, _begin):
        found.append(finding)
        if not as_data:
            _clear()
            print(finding, flush=True)
    _clear()
    return found


def _begin(check: Check) -> None:
    text = f"... {check.what}, {check.seconds:.0f} s at most"
    if sys.stderr.isatty():
        print(f"{CLEAR}{text}", end="", file=sys.stderr, flush=True)
    else:
        print(text, file=sys.stderr, flush=True)


def _clear() -> None:
    if sys.stderr.isatty():
        print(CLEAR, end="", file=sys.stderr, flush=True)


def _told(found: list[Finding], *, as_data: bool, shown: bool = False) -> int:
    if as_data:
        print(as_json(found))
    else:
        print("\n".join([*map(str, () if shown else found), sum_up(found)]))
    return exit_status(found)
