import asyncio

from judgement.decision import Action, Decision, decide
from judgement.judge import Guarded, JudgeError
from judgement.moment import Kind, Moment

MOMENT = Moment(Kind.PAUSE, "hello there")


class Scripted:
    name = "scripted"

    def __init__(self, action: Action, *, after: float = 0.0, error: str = ""):
        self.action, self.after, self.error = action, after, error

    async def judge(self, moment: Moment) -> Decision:
        await asyncio.sleep(self.after)
        if self.error:
            raise JudgeError(self.error)
        return decide(self.action, "scripted")


async def test_a_judge_on_time_is_believed():
    judge = Guarded(Scripted(Action.REFUSE), Scripted(Action.REPLY), budget=1)
    decision = await judge.judge(MOMENT)
    assert (decision.action, decision.fallback) == (Action.REFUSE, False)


async def test_a_late_judge_is_replaced_and_the_reason_says_so():
    judge = Guarded(Scripted(Action.REFUSE, after=5), Scripted(Action.REPLY), budget=0.01)
    decision = await judge.judge(MOMENT)
    assert (decision.action, decision.fallback) == (Action.REPLY, True)
    assert "over 10 ms" in decision.reason


async def test_a_failing_judge_is_replaced_and_the_reason_says_so():
    judge = Guarded(Scripted(Action.REFUSE, error="no server"), Scripted(Action.REPLY), budget=1)
    decision = await judge.judge(MOMENT)
    assert decision.fallback and "no server" in decision.reason


def test_probabilities_of_a_made_decision_sum_to_one():
    decision = decide(Action.SILENCE, "because", sure=0.6)
    assert abs(sum(decision.probabilities.values()) - 1) < 1e-9
    assert set(decision.probabilities) == set(Action)
