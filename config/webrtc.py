"""What a profile says of the servers that help a caller and the agent to reach each other."""

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr

from config.sections import Section

# As aiortc and browsers both read it: a name or an IPv4 address.
_URL = re.compile(
    r"(?P<scheme>stun|turns?):(?P<host>[\w.-]+)(:(?P<port>\d{1,5}))?"
    r"(\?transport=(?P<transport>udp|tcp))?"
)
_PORTS = {"stun": 3478, "turn": 3478, "turns": 5349}


class IceUrl:
    """An address such as `turn:turn.example.com:3478?transport=tcp`, taken apart."""

    def __init__(self, url: str) -> None:
        """Raises `ValueError` where it makes no sense."""
        found = _URL.fullmatch(url)
        if found is None or (found["scheme"] == "stun" and found["transport"]):
            raise ValueError("must read stun:HOST:PORT, turn:HOST:PORT or turns:HOST:PORT")
        self.scheme, self.host = found["scheme"], found["host"]
        self.port = int(found["port"] or _PORTS[self.scheme])
        if not 1 <= self.port <= 65535:
            raise ValueError("has a port that does not exist")
        self.transport = found["transport"] or ("tcp" if self.scheme == "turns" else "udp")
        if self.scheme == "turns" and self.transport == "udp":
            raise ValueError("cannot be reached by UDP; leave ?transport=udp out")


def _checked(url: str) -> str:
    IceUrl(url)
    return url


def _listed(urls: object) -> object:
    return [urls] if isinstance(urls, str) else urls


class IceServer(Section):
    """A STUN or TURN server."""

    urls: Annotated[
        tuple[Annotated[str, AfterValidator(_checked)], ...], BeforeValidator(_listed)
    ] = Field(
        min_length=1,
        description="its addresses: stun:HOST:PORT, turn:HOST:PORT, turns:HOST:PORT for TLS",
    )
    username: str | None = Field(default=None, min_length=1, description="for TURN")
    credential: SecretStr | None = Field(default=None, description="the password for TURN")
    secret: SecretStr | None = Field(
        default=None,
        description="in place of both: coturn's `static-auth-secret`, from which each talk gets "
        "a name and password of its own, good for as long as a talk may last",
    )

    @property
    def relays(self) -> bool:
        """Whether it is a TURN server."""
        return any(IceUrl(url).scheme != "stun" for url in self.urls)


class WebRTC(Section):
    """How callers on the page reach the agent."""

    ice_servers: tuple[IceServer, ...] = Field(
        default=(),
        description="STUN and TURN servers, for the page and for the agent, which uses the "
        "first address of each kind; none are needed on this machine and in one network",
    )
