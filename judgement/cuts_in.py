"""Cutting in where code can tell that it is called for, before any model is asked."""

from dataclasses import replace

from judgement.astray import Astray
from judgement.decision import Action, Decision, decide
from judgement.grounds import ground, may_ramble
from judgement.judge import Judge, read_ahead
from judgement.moment import Kind, Moment
from judgement.signals import ASTRAY


class CutsIn:
    """A judge that interrupts on every ground of `judgement.grounds`.

    At a pause the judge decides as ever: the reply model is told of a
    contradiction and may ask.
    """

    def __init__(self, judge: Judge, astray: Astray | None = None) -> None:
        """`judge` decides all else. Without an `astray` no long turn is taken for a ramble."""
        self.name = judge.name
        self._judge = judge
        self._astray = astray

    async def judge(self, moment: Moment) -> Decision:
        """An interruption, or the judge's decision."""
        if moment.kind is Kind.PARTIAL:
            if self._astray and may_ramble(moment) and await self._astray.is_astray(moment):
                moment = replace(moment, signals={**moment.signals, ASTRAY: True})
            if why := ground(moment):
                return decide(Action.INTERRUPT, why, sure=0.9)
        return await self._judge.judge(moment)

    async def read_ahead(self, moment: Moment) -> None:
        """As the judge does."""
        await read_ahead(self._judge, moment)
