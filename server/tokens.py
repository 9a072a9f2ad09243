"""Signed tokens: who may do what, until when, and most of them once."""

import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from itsdangerous import BadData, URLSafeSerializer


class BadToken(Exception):
    """The token is none of ours, too old, or was used before."""


class Tokens:
    """Makes and reads tokens. What they say can be read by who holds them, and not changed.

    A token is for one `use`: one made for another is refused like a forged one.
    """

    def __init__(
        self, secret: str | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        """Sign with `secret`, or with one that lasts as long as this process."""
        self._secret = secret or secrets.token_urlsafe(32)
        self._clock = clock
        self._used: dict[str, float] = {}  # until when each would be good

    def make(self, use: str, seconds: float, **says: Any) -> str:
        """A token that is good for `seconds`."""
        until = self._clock() + seconds
        return self._signer(use).dumps({**says, "id": secrets.token_hex(8), "until": until})

    def read(self, use: str, token: str) -> Mapping[str, Any]:
        """What a token says. Raises `BadToken`."""
        try:
            says = self._signer(use).loads(token)
        except (BadData, UnicodeError) as error:
            raise BadToken("not signed by this server for this use") from error
        if says["until"] < self._clock():
            raise BadToken("too old")
        if says["id"] in self._used:
            raise BadToken("used before")
        return says

    def spend(self, use: str, token: str) -> Mapping[str, Any]:
        """What a token says, for the first and only time. Raises `BadToken`."""
        says = self.read(use, token)
        now = self._clock()
        self._used = {each: until for each, until in self._used.items() if until >= now}
        self._used[says["id"]] = says["until"]
        return says

    @property
    def remembered(self) -> int:
        """How many used tokens are kept: those that would still be good."""
        return len(self._used)

    def _signer(self, use: str) -> URLSafeSerializer:
        return URLSafeSerializer(self._secret, salt=f"repartee {use}")
