"""Words to sound: what is said when, and what of it the context keeps."""

import asyncio
import re
from collections.abc import Sequence
from functools import cache
from itertools import accumulate

import numpy as np
import pytest
from pipecat.frames.frames import (
    AggregatedTextFrame,
    Frame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMFullResponseStartFrame,
    LLMTextFrame,
    OutputAudioRawFrame,
    OutputTransportMessageFrame,
    OutputTransportMessageUrgentFrame,
    StartFrame,
    TTSAudioRawFrame,
    TTSSpeakFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection
from pipecat.tests.utils import SleepFrame, run_test
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams

from benchmarks.sound import RATE, resample
from processors.services.moonshine_model import MoonshineModel
from processors.services.piper import PiperService, synthesize
from processors.services.voice import shared_voice
from processors.services.words import (
    CHUNK,
    Line,
    line_frames,
    paced,
    spoken_words,
    word_ends,
)

ANSWER = "I can help you with that. The library opens at nine, and it closes at six!"
FAST = 20  # times as fast as speech does the speaker play


@pytest.fixture(scope="module", autouse=True)
def loaded_voice() -> None:
    """A voice in memory, as the server has it before the first talk."""
    shared_voice()


def answer(text: str = ANSWER) -> list[Frame]:
    """An LLM's answer, token by token."""
    tokens = re.findall(r"\s*\S+", text)
    return [
        LLMFullResponseStartFrame(),
        *(LLMTextFrame(token) for token in tokens),
        LLMFullResponseEndFrame(),
    ]


async def said(*frames: Frame) -> list[Frame]:
    """What the service sends downstream for `frames`."""
    down, _ = await run_test(PiperService(), frames_to_send=frames)
    return list(down)


def words_in(frames: Sequence[Frame]) -> list[str]:
    return [frame.text for frame in frames if isinstance(frame, TTSTextFrame)]


class Speaker(BaseOutputTransport):
    """Plays `FAST` times too fast, up to `until` seconds, and notes messages to the page."""

    def __init__(self, until: float) -> None:
        super().__init__(TransportParams(audio_out_enabled=True))
        self.full = asyncio.Event()  # as much was played as will be
        self._until = until
        self._interrupted = asyncio.Event()
        self.seconds = 0.0
        self.messages: list[str] = []

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        if isinstance(frame, InterruptionFrame):
            self._interrupted.set()

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        if self.seconds >= self._until and not self.full.is_set():
            self.full.set()
            await self._interrupted.wait()
        await asyncio.sleep(frame.num_frames / frame.sample_rate / FAST)
        self.seconds += frame.num_frames / frame.sample_rate
        return True

    async def send_message(
        self, frame: OutputTransportMessageFrame | OutputTransportMessageUrgentFrame
    ) -> None:
        self.messages.append(frame.message["type"])


async def played(
    frames: Sequence[Frame], *, rtvi: bool = False, until: float = 60
) -> tuple[str, Speaker]:
    """What the context keeps of a talk through a speaker, and the speaker."""
    speaker, context = Speaker(until), LLMContext()
    agent = LLMContextAggregatorPair(context).assistant()
    await run_test(
        Pipeline([PiperService(), speaker, agent]), frames_to_send=frames, enable_rtvi=rtvi
    )
    kept = [message["content"] for message in context.get_messages() if "content" in message]
    return " ".join(str(each) for each in kept), speaker


async def test_every_word_comes_once_behind_its_sound_and_before_the_end_of_the_answer():
    frames = await said(*answer())
    assert " ".join(words_in(frames)) == ANSWER
    sounds = [isinstance(frame, TTSAudioRawFrame) for frame in frames]
    before = dict(zip(map(id, frames), accumulate(sounds), strict=True))
    counts = [before[id(frame)] for frame in frames if isinstance(frame, TTSTextFrame)]
    assert counts == sorted(set(counts)) and counts[0] > 0
    kinds = [type(frame) for frame in frames]
    assert kinds.count(TTSStartedFrame) == kinds.count(TTSStoppedFrame) == 1
    last_word = max(at for at, kind in enumerate(kinds) if kind is TTSTextFrame)
    assert last_word < kinds.index(TTSStoppedFrame) < kinds.index(LLMFullResponseEndFrame)


async def test_nothing_is_released_by_the_clock():
    frames = await said(*answer(), TTSSpeakFrame("Goodbye."))
    assert not [frame for frame in frames if frame.pts and not isinstance(frame, TTSStoppedFrame)]


async def test_sound_comes_in_pieces_of_40_ms_at_most():
    sounds = [each for each in await said(*answer()) if isinstance(each, TTSAudioRawFrame)]
    assert max(each.num_frames / each.sample_rate for each in sounds) <= CHUNK


async def test_a_line_that_is_not_for_the_context_stays_out_of_it():
    frames = await said(TTSSpeakFrame("Just a moment.", append_to_context=False))
    words = [frame for frame in frames if isinstance(frame, TTSTextFrame)]
    assert words and not any(word.append_to_context for word in words)
    started = next(frame for frame in frames if isinstance(frame, TTSStartedFrame))
    assert not started.append_to_context


@pytest.mark.parametrize("text", ["...", "Well — yes, it is $5.20 (or 4 euros)!", "Hm 😀 fine."])
async def test_the_context_is_complete_whatever_is_not_pronounced(text: str):
    kept, _ = await played(answer(text))
    assert kept == text


async def test_an_answer_heard_to_its_end_is_whole_in_the_context():
    kept, _ = await played(answer())
    assert kept == ANSWER


@pytest.mark.parametrize("until", [0.5, 1.5, 3.0])
async def test_an_interruption_leaves_only_the_words_that_were_heard(until: float):
    frames = [*answer(), SleepFrame(1.0), InterruptionFrame(), SleepFrame(0.1)]
    kept, speaker = await played(frames, until=until)
    assert speaker.full.is_set() and ANSWER.startswith(kept)
    line = shared_voice().line(ANSWER)
    heard = [word for word, end in line.words if end / line.rate <= until]
    assert 0 < len(heard) < len(line.words) and abs(len(kept.split()) - len(heard)) <= 1


async def test_the_page_is_told_of_each_word_and_of_the_progress():
    _, speaker = await played(answer("Good morning to you."), rtvi=True)
    assert speaker.messages.count("bot-tts-text") == 4
    assert "bot-output" in speaker.messages


async def test_a_ready_line_passes_through_in_order_and_is_not_spoken_twice():
    line = await synthesize("Sorry to jump in.")
    ready = line_frames(line, "opener", stopped=True)
    frames = await said(*ready)
    assert [type(frame) for frame in frames[: len(ready)]] == [type(frame) for frame in ready]
    sounds = [frame.audio for frame in frames if isinstance(frame, TTSAudioRawFrame)]
    assert b"".join(sounds) == line.pcm and words_in(frames) == line.text.split()


async def test_a_ready_line_is_in_the_context_and_on_the_page_as_spoken_words_are():
    line = await synthesize("Sorry to jump in.")
    kept, speaker = await played(line_frames(line, "opener", stopped=True, commit=True), rtvi=True)
    assert kept == "Sorry to jump in."
    assert speaker.messages.count("bot-tts-text") == 4 and "bot-output" in speaker.messages


async def test_a_ready_line_may_stay_out_of_the_context():
    line = Line(bytes(200), 22_050, (("Hello", 50), ("there.", 100)))
    frames = line_frames(line, "opener", append_to_context=False)
    assert not any(
        frame.append_to_context
        for frame in frames
        if isinstance(frame, AggregatedTextFrame | TTSStartedFrame)
    )


def test_a_line_at_once_begins_with_its_first_sound():
    pcm = np.concatenate((np.zeros(400, np.int16), np.full(600, 1000, np.int16)))
    line = Line(pcm.tobytes(), 1000, (("a", 300), ("b", 700), ("c", 1000)))
    begun = line.at_once()
    assert (len(begun.pcm) // 2, begun.words) == (605, (("a", 0), ("b", 305), ("c", 605)))
    for silent in (Line(b"", 1000, ()), Line(bytes(200), 1000, (("Hm.", 50),))):
        assert silent.at_once() == silent


async def test_an_answer_begins_with_its_first_sound():
    sounds = [f for f in await said(*answer()) if isinstance(f, TTSAudioRawFrame)]
    pcm = np.frombuffer(sounds[0].audio, np.int16)
    assert np.abs(pcm[: len(pcm) // 4]).max() > 100


def test_pieces_are_the_whole_sound_and_words_come_where_they_end():
    line = Line(bytes(range(200)) * 20, 1000, (("a", 70), ("b", 70), ("c", 900)))
    pieces = list(paced(line))
    assert b"".join(each for each in pieces if isinstance(each, bytes)) == line.pcm
    at, found = 0, []
    for each in pieces:
        if isinstance(each, bytes):
            at += len(each) // 2
        else:
            found.append((each[0], at))
    assert tuple(found) == line.words


def test_words_end_with_their_own_phonemes_also_where_a_sentence_says_them_otherwise():
    apart = {"in": "In", "the": "Di", "morning": "mOnIN"}
    ends = word_ends(list(apart), "InD@ mOnIN.", lambda word: apart[word])
    assert ends[0] == 2 and 3 <= ends[1] <= 5 and ends[2] == 11


def test_what_nobody_pronounces_stays_with_the_word_before():
    assert spoken_words("Well — yes!  … no") == ["Well —", "yes! …", "no"]


@cache
def model() -> MoonshineModel:
    return MoonshineModel()


def test_sound_cut_where_a_word_ends_holds_the_words_up_to_it():
    lines = [
        "I can help you with that right away.",
        "You should take the second street on the left and walk for ten minutes.",
        "Yes, we have seven rooms free on Friday, but only two have a view of the sea.",
    ]
    misses: list[int] = []
    for line in map(shared_voice().line, lines):
        pcm = np.frombuffer(line.pcm, np.int16)
        for count in range(3, len(line.words) + 1, 2):
            part = resample(pcm[: line.words[count - 1][1]], line.rate, RATE)
            text = model().transcribe(part.astype(np.float32) / 32768)
            misses.append(abs(len(text.split()) - count))
    assert np.mean([miss <= 1 for miss in misses]) >= 0.8
