"""Speech made before it may be heard, and the pieces in which an answer is spoken."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from pipecat.frames.frames import (
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    MetricsFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
)
from pipecat.metrics.metrics import ProcessingMetricsData
from pipecat.pipeline.worker import PipelineParams
from pipecat.tests.utils import SleepFrame, run_test

from processors.services.ahead import PIECES, Ahead
from processors.services.clauses import ClauseAggregator
from processors.services.piper import PiperService
from processors.services.voice import shared_voice
from processors.services.words import Line


@pytest.fixture(scope="module", autouse=True)
def loaded_voice() -> None:
    """A voice in memory, as the server has it before the first talk."""
    shared_voice()


class Spoken:
    """A voice that says at once which texts it was asked for."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def lines(self, text: str) -> AsyncIterator[Line]:
        self.texts.append(text)
        for word in text.split():
            yield Line(b"", 16_000, ((word, 0),))


async def made(lines: AsyncIterator[Line] | None) -> str:
    """What is said in them."""
    assert lines is not None
    return " ".join([line.text async for line in lines])


async def pieces(*tokens: str) -> list[str]:
    aggregator = ClauseAggregator()
    found = [piece.text for token in tokens async for piece in aggregator.aggregate(token)]
    last = await aggregator.flush()
    return [*found, last.text] if last else found


async def test_an_answer_s_first_clause_is_a_piece_of_its_own():
    text = "In the morning, before breakfast, I run. Then I eat, and I rest."
    assert await pieces(*[f"{word} " for word in text.split()]) == [
        "In the morning,",
        "before breakfast, I run.",
        "Then I eat, and I rest.",
    ]


async def test_a_first_clause_too_short_to_speak_alone_stays_with_what_follows():
    assert await pieces("Yes, of course, ", "I can. ") == ["Yes, of course,", "I can."]
    assert await pieces("It costs 3,000 dollars.") == ["It costs 3,000 dollars."]


async def test_every_answer_has_a_first_clause():
    aggregator = ClauseAggregator()
    for _ in range(2):
        first = [p.text async for p in aggregator.aggregate("In the morning, I run.")]
        assert first == ["In the morning,"]
        await aggregator.flush()


async def test_the_first_pieces_are_made_and_found_under_their_text():
    voice = Spoken()
    ahead = Ahead(voice.lines, ClauseAggregator)
    ahead.begin()
    for token in ("In the morning, ", "I run. ", "Then I eat. ", "Then I rest. "):
        await ahead.hear(token)
    await ahead.end()
    assert await made(ahead.take("In the morning,")) == "In the morning,"
    assert ahead.take("In the evening,") is None
    assert len(voice.texts) <= PIECES


async def test_nothing_is_left_of_a_reply_that_was_dropped():
    voice = Spoken()
    ahead = Ahead(voice.lines, ClauseAggregator)
    ahead.begin()
    await ahead.hear("In the morning, I run.")
    ahead.drop()
    assert ahead.take("In the morning,") is None


async def test_the_first_sound_is_there_before_the_rest_is_made():
    more = asyncio.Event()

    async def slow(text: str) -> AsyncIterator[Line]:
        yield Line(b"", 16_000, (("In", 0),))
        await more.wait()
        yield Line(b"", 16_000, (("the morning,", 0),))

    ahead = Ahead(slow, ClauseAggregator)
    ahead.begin()
    await ahead.hear("In the morning, ")
    lines = ahead.take("In the morning,")
    assert lines is not None and (await anext(lines)).text == "In"
    more.set()
    assert await made(lines) == "the morning,"


async def test_a_voice_that_fails_fails_its_reply():
    async def broken(text: str) -> AsyncIterator[Line]:
        yield Line(b"", 16_000, (("In", 0),))
        raise RuntimeError("no voice")

    ahead = Ahead(broken, ClauseAggregator)
    ahead.begin()
    await ahead.hear("In the morning, ")
    with pytest.raises(RuntimeError, match="no voice"):
        await made(ahead.take("In the morning,"))


async def test_what_was_made_ahead_is_not_made_again():
    voice = PiperService()
    ahead, asked = voice.ahead, []

    def make(text: str) -> AsyncIterator[Line]:
        asked.append(text)
        return voice._spoken(text)

    ahead._make = make
    ahead.begin()
    await ahead.hear("The sky is blue. It")
    await asyncio.sleep(0.5)
    frames = [
        LLMFullResponseStartFrame(),
        LLMTextFrame("The sky is blue."),
        LLMFullResponseEndFrame(),
    ]
    down, _ = await run_test(voice, frames_to_send=[*frames, SleepFrame(1.0)])
    said = [frame.text for frame in down if isinstance(frame, TTSTextFrame)]
    assert asked == ["The sky is blue."] and " ".join(said) == "The sky is blue."
    assert sum(len(f.audio) for f in down if isinstance(f, TTSAudioRawFrame)) > 20_000


async def test_how_long_speech_made_ahead_took_is_told():
    voice = PiperService()

    async def hear():
        await asyncio.sleep(0.2)
        voice.ahead.begin()
        await voice.ahead.hear("The sky is blue. It")

    hearing = asyncio.create_task(hear())
    down, _ = await run_test(
        voice,
        frames_to_send=[SleepFrame(1.0)],
        pipeline_params=PipelineParams(enable_metrics=True),
    )
    await hearing
    told = [each for frame in down if isinstance(frame, MetricsFrame) for each in frame.data]
    [took] = [each for each in told if isinstance(each, ProcessingMetricsData) and each.value]
    assert took.value < 1
