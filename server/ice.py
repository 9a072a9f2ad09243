"""The STUN and TURN servers that a talk is offered, with what opens them."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from config.settings import Settings
from config.webrtc import IceServer

SPARE = 600.0  # s that a password outlasts the longest talk


@dataclass(frozen=True)
class Ice:
    """The servers of a profile; or those given on the command line, in their place."""

    servers: tuple[IceServer, ...] = ()
    seconds: float = 3600.0  # that a password made here is good
    given: tuple[dict[str, Any], ...] = ()
    clock: Callable[[], float] = time.time

    def offered(self) -> list[dict[str, Any]]:
        """As browsers and aiortc take them, for one talk."""
        return list(self.given) or [self.opened(each) for each in self.servers]

    def opened(self, server: IceServer) -> dict[str, Any]:
        """A server with the name and password that open it."""
        told: dict[str, Any] = {"urls": list(server.urls)}
        if server.secret:
            secret = server.secret.get_secret_value()
            username, credential = time_limited(secret, self.clock() + self.seconds)
            return told | {"username": username, "credential": credential}
        if server.username and server.credential:
            told |= {"username": server.username}
            told |= {"credential": server.credential.get_secret_value()}
        return told


def time_limited(secret: str, until: float) -> tuple[str, str]:
    """A name and password that coturn takes until then, which knows `secret` as well.

    The scheme is draft-uberti-behave-turn-rest-00. The name is of this talk alone, so
    that coturn's `user-quota` counts talks, and tells its log nothing of who talks.
    """
    username = f"{int(until)}:{secrets.token_hex(4)}"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode()


def talk_seconds(settings: Settings) -> float:
    """How long a password made for a talk must be good."""
    return settings.limits.max_talk_minutes * 60 + SPARE
