import asyncio

from pipecat.frames.frames import InterruptionFrame, TextFrame
from pipecat.tests.utils import SleepFrame, run_test

from judgement.decision import Action, Decision, decide
from judgement.moment import Kind, Moment
from processors.action_judgement import ActionJudgementProcessor
from processors.frames import DecisionFrame, MomentFrame


class SlowJudge:
    """Takes `seconds` a question and remembers what it was asked."""

    name = "slow"

    def __init__(self, seconds: float):
        self.seconds = seconds
        self.asked: list[str] = []

    async def judge(self, moment: Moment) -> Decision:
        self.asked.append(moment.said)
        await asyncio.sleep(self.seconds)
        return decide(Action.SILENCE, "slow")


def partial(said: str) -> MomentFrame:
    return MomentFrame(Moment(Kind.PARTIAL, said))


def pause(said: str) -> MomentFrame:
    return MomentFrame(Moment(Kind.PAUSE, said))


async def decided(judge: SlowJudge, frames: list) -> list[str]:
    down, _ = await run_test(ActionJudgementProcessor(judge), frames_to_send=frames)
    return [frame.moment.said for frame in down if isinstance(frame, DecisionFrame)]


async def test_a_moment_becomes_a_decision():
    assert await decided(SlowJudge(0), [partial("a"), SleepFrame(0.05)]) == ["a"]


async def test_only_the_newest_moment_waits():
    judge = SlowJudge(0.05)
    frames = [partial("a"), SleepFrame(0.01), partial("b"), partial("c"), SleepFrame(0.3)]
    assert await decided(judge, frames) == ["a", "c"]
    assert judge.asked == ["a", "c"]


async def test_an_interruption_drops_the_judgement():
    judge = SlowJudge(0.05)
    frames = [partial("a"), SleepFrame(0.01), InterruptionFrame(), SleepFrame(0.2)]
    assert await decided(judge, frames) == []
    assert judge.asked == ["a"]


async def test_a_moment_of_another_kind_drops_the_judgement():
    judge = SlowJudge(0.05)
    frames = [partial("a"), SleepFrame(0.01), pause("a b"), SleepFrame(0.2)]
    assert await decided(judge, frames) == ["a b"]


async def test_after_an_interruption_it_judges_again():
    judge = SlowJudge(0.01)
    frames = [partial("a"), InterruptionFrame(), SleepFrame(0.05), partial("b"), SleepFrame(0.1)]
    assert (await decided(judge, frames))[-1:] == ["b"]


async def test_every_other_frame_passes():
    down, _ = await run_test(
        ActionJudgementProcessor(SlowJudge(0)), frames_to_send=[TextFrame("hello")]
    )
    assert [frame.text for frame in down if isinstance(frame, TextFrame)] == ["hello"]
