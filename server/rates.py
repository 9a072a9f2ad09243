"""How often one address, and one caller, may begin."""

import math
import time

from limits import RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from config.access import Access


class TooOften(Exception):
    """Not now. `seconds`: after which to ask again."""

    def __init__(self, seconds: int) -> None:
        """Say when to come back."""
        super().__init__(f"too often; try again in {seconds} s")
        self.seconds = seconds


class Rates:
    """Counts starts in this process. What is refused is not counted."""

    def __init__(self, access: Access) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._starts = RateLimitItemPerMinute(access.starts_a_minute)
        self._talks = RateLimitItemPerHour(access.talks_an_hour)

    def start(self, address: str) -> None:
        """Somebody at `address` wants to begin. Raises `TooOften`."""
        self._hit(self._starts, "address", address)

    def talk(self, caller: str) -> None:
        """A caller, by name or number, wants to talk. Raises `TooOften`."""
        self._hit(self._talks, "caller", caller)

    def _hit(self, item: RateLimitItemPerMinute | RateLimitItemPerHour, *key: str) -> None:
        if not self._limiter.hit(item, *key):
            reset = self._limiter.get_window_stats(item, *key).reset_time
            raise TooOften(max(1, math.ceil(reset - time.time())))
