"""What the doctor is asked to look at."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from config.settings import Settings
from config.webrtc import IceServer
from server.gate import is_loopback

PORT = 7860
_NAME = re.compile(r"[\w.-]+(:\d{1,5})?")


@dataclass(frozen=True)
class Asked:
    """A profile, and where the agent is to be reached, as on `bot.py`'s command line."""

    settings: Settings
    host: str = "localhost"
    port: int = PORT
    proxy: str = ""
    transport: str = ""
    given: Mapping[str, IceServer] = field(default_factory=dict[str, IceServer])  # by its name

    @property
    def ice_servers(self) -> Mapping[str, IceServer]:
        """What callers are offered, by where it is written: what is given, else the profile's."""
        if self.given:
            return self.given
        servers = self.settings.webrtc.ice_servers
        return {f"webrtc.ice_servers.{number}": each for number, each in enumerate(servers)}

    @property
    def is_local(self) -> bool:
        """Whether nobody but this machine reaches the page's port."""
        return is_loopback(self.host)

    @property
    def locked(self) -> bool:
        """Whether visitors from elsewhere have a way to get in, and must take it."""
        return self.settings.access.secret is not None


def public_name(text: str) -> str:
    """The name in what was given as `--proxy`; "" where there is none in it."""
    name = (text.partition("://")[2] or text).rstrip("/")
    return name if _NAME.fullmatch(name) else ""
