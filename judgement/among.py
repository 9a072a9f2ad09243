"""A talk with several people in the room: who speaks, with whom, and whether the agent is meant."""

import math
from dataclasses import replace

from judgement.addressed import Thread, addressed
from judgement.company import Company
from judgement.moment import Kind, Moment
from judgement.signals import MEANT, MEANT_WHY, TYPED


class Among:
    """What a listener knows of the company. With one person alone nothing is added."""

    def __init__(self, company: Company | None = None) -> None:
        """Nobody has spoken yet."""
        self.company = company or Company()
        self.speaker = ""  # whose sound it is now
        self._partner = ""  # who spoke with the agent last
        self._with_agent = False  # the last words were the agent's, or meant for it
        self._over = -math.inf  # when they ended

    def agent_spoke(self, now: float) -> None:
        """The agent's last words were over just now."""
        self._with_agent, self._over = True, now

    def spoke(self, speaker: str, now: float) -> None:
        """Somebody has said something to the agent."""
        self._partner, self._with_agent, self._over = speaker, True, now

    def spoke_aside(self, now: float) -> None:
        """Somebody has said something to somebody else."""
        self._with_agent, self._over = False, now

    def told(self, moment: Moment, began: float, *, agent_speaks: bool) -> Moment:
        """The moment with who speaks and whether the agent is meant; the turn `began` then."""
        if not self.company.several:
            return moment
        if moment.kind is Kind.IDLE:
            return _signed(moment, meant=False, why="nobody speaks")
        if moment.signals.get(TYPED):
            return _signed(moment, meant=True, why="writes to it")
        moment = replace(moment, speaker=self.speaker)
        meant, why = addressed(moment, self.company, self._thread(began, agent_speaks))
        return _signed(moment, meant=meant, why=why)

    def _thread(self, began: float, agent_speaks: bool) -> Thread:
        ago = 0.0 if agent_speaks else max(0.0, began - self._over)
        return Thread(self._with_agent or agent_speaks, self._partner, ago)


def _signed(moment: Moment, *, meant: bool, why: str) -> Moment:
    return replace(moment, signals={**moment.signals, MEANT: meant, MEANT_WHY: why})
