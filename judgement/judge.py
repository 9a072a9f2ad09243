"""A judge, and the guard that keeps it on time."""

import asyncio
from dataclasses import replace
from typing import Protocol, runtime_checkable

from judgement.decision import Decision
from judgement.moment import Kind, Moment
from judgement.signals import SINCE_OPENER, SOUND_SECONDS


class JudgeError(Exception):
    """A judge could not answer: its server is gone, or its answer made no sense."""


class Judge(Protocol):
    """Whoever decides. Raises `JudgeError` when it cannot."""

    name: str

    async def judge(self, moment: Moment) -> Decision:
        """What to do at `moment`."""
        ...


@runtime_checkable
class ReadsAhead(Protocol):
    """A judge that is quicker when it knows beforehand what it will be asked about."""

    async def read_ahead(self, moment: Moment) -> None:
        """Read all of `moment` but its open turn. Never raises `JudgeError`."""
        ...


async def read_ahead(judge: Judge, moment: Moment) -> None:
    """Have `judge` read ahead, if it is one that can."""
    if isinstance(judge, ReadsAhead):
        await judge.read_ahead(moment)


class Guarded:
    """A judge with a deadline: late or failed, another answers and says so."""

    def __init__(self, judge: Judge, fallback: Judge, *, budget: float) -> None:
        """Give `judge` `budget` seconds an answer, then ask `fallback`."""
        self.name = judge.name
        self._judge = judge
        self._fallback = fallback
        self._budget = budget

    async def judge(self, moment: Moment) -> Decision:
        """The judge's decision, or the fallback's with `fallback` set."""
        try:
            async with asyncio.timeout(self._budget):
                return await self._judge.judge(moment)
        except TimeoutError:
            why = f"{self._judge.name} took over {self._budget * 1000:.0f} ms"
        except JudgeError as error:
            why = f"{self._judge.name} failed: {error}"
        decision = await self._fallback.judge(moment)
        return replace(decision, reason=f"{decision.reason} ({why})", fallback=True)

    async def read_ahead(self, moment: Moment) -> None:
        """As the judge does."""
        await read_ahead(self._judge, moment)


class Worded:
    """A judge of words, spared the overlaps that words say nothing of: another decides those.

    They are a sound without a word, and the user's going on over the opener of an
    interruption, which may last a while before it counts.
    """

    def __init__(self, judge: Judge, otherwise: Judge) -> None:
        self.name = judge.name
        self._judge = judge
        self._otherwise = otherwise

    async def judge(self, moment: Moment) -> Decision:
        """The decision of whichever of the two is asked."""
        return await (self._otherwise if _wordless(moment) else self._judge).judge(moment)

    async def read_ahead(self, moment: Moment) -> None:
        """As the judge does."""
        await read_ahead(self._judge, moment)


def _wordless(moment: Moment) -> bool:
    if moment.kind is not Kind.OVERLAP:
        return False
    return SINCE_OPENER in moment.signals or (
        SOUND_SECONDS in moment.signals and not moment.said.strip()
    )
