"""Words that a voice times by the clock wait with their sound."""

import pytest
from pipecat.frames.frames import Frame, InterruptionFrame, TTSAudioRawFrame, TTSTextFrame
from pipecat.processors.frame_processor import FrameDirection
from pipecat.tests.utils import SleepFrame, run_test
from pipecat.utils.text.base_text_aggregator import TextType

from benchmarks.conversation import talk_to
from config.sections import Served
from judgement.decision import Action
from judgement.moment import Kind
from processors.hold import Hold
from processors.in_step import SECOND, InStepProcessor
from processors.shared import Shared
from tests.test_actions import judged
from tests.test_interrupted import LATE, paused


class Waited(Hold):
    """A hold in which sound has waited as long as it is told."""

    waited = 0.0


class Watched(InStepProcessor):
    """Writes down when it let each word through, and tells the hold of waits on its way."""

    def __init__(self, waits: dict[str, float] | None = None):
        self.hold = Waited()
        super().__init__(self.hold)
        self.waits = waits or {}
        self.words: dict[str, float] = {}

    async def push_frame(
        self, frame: Frame, direction: FrameDirection = FrameDirection.DOWNSTREAM
    ) -> None:
        if isinstance(frame, TTSTextFrame):
            self.words[frame.text] = self.get_clock().get_time() / SECOND
            self.hold.waited += self.waits.get(frame.text, 0.0)
        await super().push_frame(frame, direction)


def word(text: str, at: float, context: str = "a") -> TTSTextFrame:
    frame = TTSTextFrame(text, TextType.WORD, context_id=context)
    frame.pts = round(at * SECOND)
    return frame


def sound(context: str = "a") -> TTSAudioRawFrame:
    return TTSAudioRawFrame(bytes(320), 16_000, 1, context_id=context)


async def passed(processor: Watched, *frames: Frame) -> dict[str, float]:
    """When each word was let through, in s of the pipeline's clock."""
    await run_test(processor, frames_to_send=list(frames))
    return processor.words


async def test_a_word_goes_when_it_is_due():
    words = await passed(Watched(), sound(), word("one", 0.3), word("two", 0.5), SleepFrame(0.7))
    assert words == pytest.approx({"one": 0.3, "two": 0.5}, abs=0.08)


async def test_a_word_waits_as_long_as_its_sound():
    frames = sound(), word("one", 0.2), word("two", 0.3), SleepFrame(0.9)
    words = await passed(Watched({"one": 0.3}), *frames)
    assert words == pytest.approx({"one": 0.2, "two": 0.6}, abs=0.08)


async def test_what_is_said_next_is_late_by_what_is_still_to_be_said():
    first = sound(), word("one", 0.2), word("two", 0.4)
    after = sound("b"), word("three", 0.6, "b"), SleepFrame(1.1)
    words = await passed(Watched({"one": 0.3}), *first, SleepFrame(0.3), *after)
    assert words == pytest.approx({"one": 0.2, "two": 0.7, "three": 0.9}, abs=0.08)


async def test_what_is_said_after_a_silence_is_on_time():
    first = sound(), word("one", 0.2), SleepFrame(0.8)
    words = await passed(
        Watched({"one": 0.3}), *first, sound("b"), word("two", 1.0, "b"), SleepFrame(0.4)
    )
    assert words == pytest.approx({"one": 0.2, "two": 1.0}, abs=0.08)


async def test_an_interruption_drops_what_waits_but_for_what_may_not_be_dropped():
    kept = word("three", 9.0)
    kept.interruptible = False
    frames = sound(), word("one", 0.1), word("two", 0.6), kept, SleepFrame(0.4), InterruptionFrame()
    words = await passed(Watched(), *frames, SleepFrame(0.5))
    assert set(words) == {"one", "three"} and words["three"] < 1.0


async def test_the_end_of_a_talk_leaves_what_waits_to_the_transport():
    words = await passed(Watched(), sound(), word("one", 5.0))
    assert words["one"] < 1.0


@pytest.mark.slow
async def test_no_word_of_a_cloud_s_voice_counts_as_heard_while_the_agent_is_paused(shared: Shared):
    deaf = judged(shared, Kind.OVERLAP, Action.SILENCE)
    deaf.lines = {}
    timed = Served(service="tests.timed.TimedVoice")
    deaf.settings = shared.settings.model_copy(update={"tts": timed})
    async with talk_to(deaf, persona="interviewer") as talk:
        await paused(talk, "And then we came over here with Sam.")
        await talk.until(talk.context)
        assert talk.context() == [("assistant", talk.talk.role.persona.greeting)]
        since, until = max(talk.pauses(), key=lambda pause: pause[1] - pause[0])
        assert until - since > 0.5
        told = talk.words_told()
        assert not [each for at, each in told if since + LATE < at < until]
        assert [each for at, each in told if at > until]
