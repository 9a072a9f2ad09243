"""The breakers of a process: one for each service that has a second."""

from config.probe import ask, can_ask
from config.services import Part
from config.settings import PARTS, Settings
from processors.failover.breaker import EVERY, Breaker


def breakers(settings: Settings, *, every: float = EVERY) -> dict[Part, Breaker]:
    """A breaker for each part, which asks the first service every so many seconds while open."""
    return {part: _breaker(settings, part, every) for part in PARTS}


def _breaker(settings: Settings, part: Part, every: float) -> Breaker:
    if not can_ask(settings, part, part):
        return Breaker(every=every)

    async def probe() -> None:
        await ask(settings, part, part)

    return Breaker(probe, every=every)
