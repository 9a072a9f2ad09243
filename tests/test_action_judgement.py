import asyncio

import pytest
from pipecat.frames.frames import InterruptionFrame, LLMContextAssistantTurnFrame, TextFrame
from pipecat.processors.frame_processor import FrameDirection
from pipecat.tests.utils import SleepFrame, run_test

from judgement.decision import Action, Decision, decide
from judgement.moment import Kind, Moment
from judgement.signals import LAST_WORDS
from processors.action_judgement import ActionJudgementProcessor
from processors.frames import AskingFrame, DecisionFrame, MomentFrame


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
    judge = SlowJudge(0.3)
    frames = [partial("a"), SleepFrame(0.01), pause("a b"), SleepFrame(0.8)]
    assert await decided(judge, frames) == ["a b"]


async def test_after_an_interruption_it_judges_again():
    judge = SlowJudge(0.01)
    frames = [partial("a"), InterruptionFrame(), SleepFrame(0.05), partial("b"), SleepFrame(0.1)]
    assert (await decided(judge, frames))[-1:] == ["b"]


async def asked_of(
    judge: SlowJudge, moments: list[Moment], *, every: float, shares_machine: bool = True
) -> list[float]:
    """Put a moment each `every` s to the judge; the intervals told meanwhile."""
    frames = [each for moment in moments for each in (MomentFrame(moment), SleepFrame(every))]
    processor = ActionJudgementProcessor(judge, shares_machine=shares_machine)
    down, _ = await run_test(processor, frames_to_send=[*frames, SleepFrame(2 * judge.seconds)])
    return [frame.every for frame in down if isinstance(frame, AskingFrame)]


WORDS = [Moment(Kind.PARTIAL, f"{n} words", at=n / 4) for n in range(6)]


async def test_a_slow_judge_is_asked_less_often():
    judge = SlowJudge(0.3)
    assert (await asked_of(judge, WORDS, every=0.35))[0] == 0.5
    assert judge.asked == ["0 words", "1 words", "2 words", "4 words"]


async def test_a_fast_judge_is_asked_about_every_moment():
    judge = SlowJudge(0)
    assert await asked_of(judge, WORDS, every=0.1) == []
    assert len(judge.asked) == len(WORDS)


async def test_a_slow_judge_elsewhere_is_asked_as_often_as_it_answers():
    judge = SlowJudge(0.3)
    assert await asked_of(judge, WORDS, every=0.35, shares_machine=False) == []
    assert len(judge.asked) == len(WORDS)


async def test_a_judge_that_is_asked_less_often_decides_a_pause_as_soon():
    judge = SlowJudge(0.3)
    pauses = [Moment(Kind.PAUSE, "5 words", pause=p, at=1.5 + p) for p in (0.2, 0.25, 0.3)]
    assert await asked_of(judge, [*WORDS, *pauses], every=0.35)
    assert judge.asked[-3:] == ["5 words"] * 3


@pytest.mark.parametrize(("seconds", "passes"), [(0.3, 0), (0.0, 1)])
async def test_on_a_busy_machine_no_reply_is_begun_to_the_last_words_of_a_hush(
    seconds: float, passes: int
):
    last = Moment(Kind.PARTIAL, "all words", at=1.6, signals={LAST_WORDS: True})
    frames = [each for m in (*WORDS, last) for each in (MomentFrame(m), SleepFrame(seconds + 0.05))]
    processor = ActionJudgementProcessor(SlowJudge(seconds), shares_machine=True)
    down, _ = await run_test(processor, frames_to_send=frames)
    moments = [frame.moment for frame in down if isinstance(frame, MomentFrame)]
    assert moments.count(last) == passes


async def test_every_other_frame_passes():
    down, _ = await run_test(
        ActionJudgementProcessor(SlowJudge(0)), frames_to_send=[TextFrame("hello")]
    )
    assert [frame.text for frame in down if isinstance(frame, TextFrame)] == ["hello"]


class Reader(SlowJudge):
    """Remembers also what it read ahead."""

    def __init__(self, seconds: float = 0):
        super().__init__(seconds)
        self.read: list[Moment] = []

    async def read_ahead(self, moment: Moment) -> None:
        self.read.append(moment)


async def answered(judge: SlowJudge, frames: list) -> None:
    """Run `frames`, with the agent's words coming from downstream after them."""
    processor = ActionJudgementProcessor(judge)

    async def say():
        await asyncio.sleep(0.05)
        said = LLMContextAssistantTurnFrame(text="at nine", timestamp="")
        await processor.process_frame(said, FrameDirection.UPSTREAM)

    saying = asyncio.create_task(say())
    await run_test(processor, frames_to_send=[*frames, SleepFrame(0.15)])
    await saying


async def test_what_the_agent_said_is_read_before_the_next_question():
    judge = Reader()
    await answered(judge, [pause("when do you open")])
    [moment] = judge.read
    assert [(turn.who, turn.text) for turn in moment.history] == [
        ("user", "when do you open"),
        ("agent", "at nine"),
    ]
    assert (moment.kind, moment.said) == (Kind.PARTIAL, "")


async def test_nothing_is_read_ahead_while_something_is_asked():
    judge = Reader(0.1)
    await answered(judge, [partial("a")])
    assert judge.read == []


async def test_a_judge_that_cannot_read_ahead_is_only_asked():
    judge = SlowJudge(0)
    await answered(judge, [pause("when do you open")])
    assert judge.asked == ["when do you open"]
