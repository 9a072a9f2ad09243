"""Speech made before it may be heard, and the pieces in which an answer is spoken."""

import asyncio

from pipecat.frames.frames import (
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    TTSAudioRawFrame,
    TTSTextFrame,
)
from pipecat.tests.utils import SleepFrame, run_test

from processors.services.ahead import PIECES, Ahead
from processors.services.clauses import ClauseAggregator
from processors.services.piper import PiperService
from processors.services.words import Line


class Spoken:
    """A voice that says at once which texts it was asked for."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def line(self, text: str) -> Line:
        self.texts.append(text)
        return Line(b"", 16_000, ((text, 0),))


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
    ahead = Ahead(voice.line, ClauseAggregator)
    ahead.begin()
    for token in ("In the morning, ", "I run. ", "Then I eat. ", "Then I rest. "):
        await ahead.hear(token)
    await ahead.end()
    line = await ahead.take("In the morning,")
    assert line is not None and line.text == "In the morning,"
    assert await ahead.take("In the evening,") is None
    assert len(voice.texts) <= PIECES


async def test_nothing_is_left_of_a_reply_that_was_dropped():
    voice = Spoken()
    ahead = Ahead(voice.line, ClauseAggregator)
    ahead.begin()
    await ahead.hear("In the morning, I run.")
    ahead.drop()
    assert await ahead.take("In the morning,") is None


async def test_what_was_made_ahead_is_not_made_again():
    voice = PiperService()
    ahead, asked = voice.ahead, []

    async def make(text: str) -> Line:
        asked.append(text)
        return await voice.prepare(text)

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
