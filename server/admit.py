"""Puts the gate and the entries before Pipecat's own routes."""

import argparse
import os
from collections.abc import Sequence

from fastapi import FastAPI
from loguru import logger
from pipecat.runner import run

from config.settings import Settings
from processors.shared import Shared
from server.announcing import Announcing
from server.entry import Bot, Entry, Refused
from server.gate import Gate, is_loopback
from server.ice import Ice, talk_seconds
from server.phone import Exchange
from server.rates import Rates
from server.rooms import Rooms, rooms_pages
from server.routes import refused, talks
from server.sign_in import sign_in
from server.tokens import Tokens
from server.webhooks import webhooks


def command_line(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What was given of Pipecat's runner's options that we must know before it does."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--host", default=run.RUNNER_HOST)
    parser.add_argument("-t", "--transport")
    parser.add_argument("-x", "--proxy")
    parser.add_argument("--esp32", action="store_true")
    parser.add_argument("--ice-servers", nargs="*", default=os.getenv("PIPECAT_ICE_SERVERS"))
    origins = os.getenv("PIPECAT_ALLOWED_ORIGINS", "").split(",")
    parser.add_argument("--allowed-origins", nargs="*", default=[each for each in origins if each])
    given, _ = parser.parse_known_args(arguments)
    try:
        given.ice_servers = run._parse_ice_servers(given.ice_servers)
    except ValueError:  # its text would repeat what was given, passwords too
        parser.error(
            "--ice-servers takes URLs such as stun:HOST:PORT, and for TURN JSON objects with "
            "urls, username and credential"
        )
    if given.proxy:
        given.proxy = given.proxy.partition("://")[2] or given.proxy
        given.proxy = given.proxy.rstrip("/")
    return given


def check_reach(settings: Settings, host: str) -> None:
    """Refuse to be reached by anybody without a sign-in. Raises `SettingsError`."""
    if settings.access.open:
        logger.warning("access.open: anyone who reaches this port may talk, without a sign-in")
    elif settings.access.secret is None and not is_loopback(host):
        raise settings.error(
            "access.secret",
            f"this key is missing; --host {host} can be reached from elsewhere. Set it to "
            '"${REPARTEE_SECRET}", 16 characters or more, and invite people with '
            "python -m server invite NAME; or say access: {open: yes}",
        )


def admit(
    app: FastAPI, settings: Settings, shared: Shared, bot: Bot, given: argparse.Namespace
) -> Entry:
    """Add the gate and the routes at which talks begin; to be called before Pipecat's runner."""
    access = settings.access
    tokens = Tokens(access.secret.get_secret_value() if access.secret else None)
    rates = Rates(access)
    entry = Entry(
        access,
        tokens,
        rates,
        shared.seats,
        shared.blocks,
        bot,
        ice=Ice(settings.webrtc.ice_servers, talk_seconds(settings), tuple(given.ice_servers)),
        host=given.host,
        esp32=given.esp32,
        transport=None if given.transport == "eval" else given.transport,
    )
    app.add_exception_handler(Refused, refused)
    rooms = Rooms(entry, settings.room)
    app.include_router(talks(app, entry, rooms, given.proxy))
    app.include_router(rooms_pages(rooms))
    app.include_router(sign_in(access, tokens, rates, shared.invitations))
    announcing = Announcing(shared.lines, settings.phone.busy)
    exchange = Exchange(entry, settings.phone, announcing, given.proxy)
    app.include_router(webhooks(exchange, given.transport))
    app.add_middleware(Gate, access=access, tokens=tokens, origins=given.allowed_origins)
    return entry
