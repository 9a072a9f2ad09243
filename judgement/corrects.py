"""Cutting in where the user is about to act on something that memory knows to be otherwise."""

from judgement.decision import Action, Decision, decide
from judgement.judge import Judge, read_ahead
from judgement.moment import Kind, Moment
from judgement.signals import CONTRADICTION, INTERRUPTIONS_WELCOME

PROACTIVE = 0.3  # of a persona that corrects a user in the middle of a turn


class Corrects:
    """A judge that interrupts at a contradiction, if the persona or the user wants that.

    At a pause the judge decides as ever: the reply model is told of the
    contradiction and may ask.
    """

    def __init__(self, judge: Judge) -> None:
        """`judge` decides all else."""
        self.name = judge.name
        self._judge = judge

    async def judge(self, moment: Moment) -> Decision:
        """An interruption, or the judge's decision."""
        wanted = moment.persona.proactivity >= PROACTIVE or moment.signals.get(
            INTERRUPTIONS_WELCOME
        )
        if moment.kind is Kind.PARTIAL and moment.signals.get(CONTRADICTION) and wanted:
            return decide(Action.INTERRUPT, "contradicts what is known", sure=0.9)
        return await self._judge.judge(moment)

    async def read_ahead(self, moment: Moment) -> None:
        """As the judge does."""
        await read_ahead(self._judge, moment)
