"""What the doctor is asked to look at."""

import re
from dataclasses import dataclass

from config.settings import Settings
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
