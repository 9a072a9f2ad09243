"""All checks one after another, none longer than it may take, none that ends the others."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass

from server.doctor.asked import Asked
from server.doctor.finding import Finding, mend


@dataclass(frozen=True, slots=True)
class Check:
    """What is looked at, how long that may take, and who looks."""

    what: str
    seconds: float
    ask: Callable[[Asked], Awaitable[list[Finding]]]


async def examine(
    asked: Asked, checks: Sequence[Check], begin: Callable[[Check], None]
) -> AsyncIterator[Finding]:
    """Each finding as soon as its check is over; `begin` hears of each check before."""
    for check in checks:
        begin(check)
        for finding in await _within(check, asked):
            yield finding


async def _within(check: Check, asked: Asked) -> list[Finding]:
    try:
        return await asyncio.wait_for(check.ask(asked), check.seconds)
    except TimeoutError:
        return [mend(check.what, f"this was not over after {check.seconds:.0f} s: try it again")]
    except Exception as error:  # of whatever is looked at; its text may hold anything
        return [mend(check.what, f"this could not be looked at ({type(error).__name__})")]
