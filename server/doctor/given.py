"""STUN and TURN servers as `bot.py` is given them, in the place of the profile's."""

import os
from collections.abc import Sequence

from pydantic import ValidationError

from config.files import SettingsError, problem, sentences
from config.webrtc import IceServer

OPTION, VARIABLE = "--ice-servers", "PIPECAT_ICE_SERVERS"


def given_servers(words: Sequence[str] | None) -> dict[str, IceServer]:
    """Each server by its name: OPTION.N, or VARIABLE.N where the option is not given.

    Raises `SettingsError`, whose sentences quote no password.
    """
    name, given = (VARIABLE, os.getenv(VARIABLE)) if words is None else (OPTION, list(words))
    if not given:
        return {}
    from pipecat.runner import run  # loads for a second

    try:
        told = run._parse_ice_servers(given)
    except ValueError as error:  # its text would repeat what was given, passwords too
        text = (
            "takes URLs such as stun:HOST:PORT, and for TURN JSON objects with urls, username "
            "and credential"
        )
        raise SettingsError([problem(name, "", text)]) from error
    named = {f"{name}.{number}": each for number, each in enumerate(told)}
    return {name: _server(name, each) for name, each in named.items()}


def _server(name: str, told: dict[str, object]) -> IceServer:
    variables = (VARIABLE,) if name.startswith(VARIABLE) else ()
    try:
        server = IceServer.model_validate(told)
    except ValidationError as error:
        raise SettingsError(sentences(error, IceServer, name, lambda _: variables)) from error
    if server.relays and not (server.username and server.credential):
        text = 'a TURN server needs both, as in {"urls": ..., "username": ..., "credential": ...}'
        raise SettingsError([problem(name, "username, credential", text)])
    return server
