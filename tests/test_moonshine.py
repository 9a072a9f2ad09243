"""Sound to words: interims, finals, and what goes wrong in between."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Sequence

import numpy as np
import pytest
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    ErrorFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.worker import PipelineParams
from pipecat.tests.utils import SleepFrame, run_test

from benchmarks.report import ROOT
from benchmarks.sound import read_clip, resample
from processors.frames import (
    DoubtfulTranscriptionFrame,
    HushFrame,
    SettledTranscriptionFrame,
    VoiceBackFrame,
)
from processors.services.moonshine import PRE_ROLL, MoonshineService
from processors.services.moonshine_model import RATE, MoonshineError, MoonshineModel, Sound
from processors.services.recogniser import (
    INTERIMS,
    Heard,
    MoonshineRecogniser,
    believable,
    shared_recogniser,
)
from processors.services.segment import WINDOW, Segment, quietest
from processors.services.speech import SILENCE, Speech
from processors.services.weights import MissingWeights, weights

CLIPS = ROOT / "tests" / "audio"


@pytest.fixture(scope="module", autouse=True)
def loaded_recogniser() -> None:
    """A recogniser in memory, as the server has it before the first talk."""
    shared_recogniser()


class Scripted:
    """Hears the number of whole tenths of a second, after `delay` seconds for a final."""

    def __init__(self, *, delay: float = 0.0, cost: float = 0.0, fails: int = 0) -> None:
        self.sounds: list[Sound] = []
        self._delay, self._cost, self._fails = delay, cost, fails

    async def recognise(self, sound: Sound, *, final: bool) -> Heard:
        self.sounds.append(sound)
        if final:
            await asyncio.sleep(self._delay)
        if len(self.sounds) <= self._fails:
            raise MoonshineError("out of order")
        return Heard(f"tenths{len(sound) * 10 // RATE}", self._cost)


class Deaf(Scripted):
    """Hears nothing."""

    async def recognise(self, sound: Sound, *, final: bool) -> Heard:
        return Heard("", 0.0)


class Stuck(Scripted):
    """Answers interims only after the stretch is over."""

    def __init__(self) -> None:
        super().__init__()
        self.over = asyncio.Event()

    async def recognise(self, sound: Sound, *, final: bool) -> Heard:
        if final:
            self.over.set()
        await self.over.wait()
        return await super().recognise(sound, final=final)


def sound(seconds: float, *, rate: int = RATE, every: int = 12) -> list[Frame]:
    """Silence in chunks of 20 ms, with a breath for the recogniser after `every` of them."""
    frames: list[Frame] = []
    for count in range(round(seconds * 50)):
        frames.append(InputAudioRawFrame(bytes(2 * rate // 50), rate, 1))
        if count % every == every - 1:
            frames.append(SleepFrame(0.01))
    return frames


def started() -> Frame:
    return VADUserStartedSpeakingFrame(start_secs=0.2)


def stopped() -> Frame:
    return VADUserStoppedSpeakingFrame(stop_secs=0.2)


async def heard(
    service: MoonshineService, frames: Sequence[Frame], *, rate: int = RATE
) -> tuple[list[Frame], list[Frame]]:
    """The transcripts that went downstream, and the errors that went up."""
    down, up = await run_test(
        service,
        frames_to_send=[*frames, SleepFrame(0.02)],
        pipeline_params=PipelineParams(audio_in_sample_rate=rate),
    )
    words = [
        each for each in down if isinstance(each, InterimTranscriptionFrame | TranscriptionFrame)
    ]
    return words, [each for each in up if isinstance(each, ErrorFrame)]


async def test_interim_words_of_the_whole_stretch_come_every_quarter_of_a_second_of_sound():
    service = MoonshineService(recogniser=Scripted())
    breaths = [each for _ in range(13) for each in (*sound(0.1), SleepFrame(0.01))]
    words, _ = await heard(service, [started(), *breaths, stopped()])
    texts = [each.text for each in words if isinstance(each, InterimTranscriptionFrame)]
    assert texts[-3:] == ["tenths7", "tenths10", "tenths12"]


async def test_the_first_interims_come_sooner():
    service = MoonshineService(recogniser=Scripted())
    breaths = [each for _ in range(5) for each in (*sound(0.1), SleepFrame(0.01))]
    words, _ = await heard(service, [started(), *breaths, stopped()])
    texts = [each.text for each in words if isinstance(each, InterimTranscriptionFrame)]
    assert texts[:4] == ["tenths1", "tenths2", "tenths3", "tenths4"]


async def test_one_finalized_transcript_follows_the_stop():
    service = MoonshineService(recogniser=Scripted())
    words, _ = await heard(service, [started(), *sound(0.45), stopped(), *sound(1.0)])
    finals = [each for each in words if isinstance(each, TranscriptionFrame)]
    assert [each.text for each in finals] == ["tenths4"]
    assert finals[0].finalized and words[-1] is finals[0]


def loud(seconds: float, level: int = 8000) -> list[Frame]:
    wave = (level * np.sin(np.arange(RATE // 50) / 5)).astype(np.int16).tobytes()
    return [InputAudioRawFrame(wave, RATE, 1) for _ in range(round(seconds * 50))]


@pytest.mark.parametrize(
    ("since", "read"),
    [
        ([*sound(0.14)], [0.325]),  # with the silence that is put behind the words
        ([*loud(0.06), *sound(0.08)], [0.325, 0.34]),  # a word that the detector lost
        ([VoiceBackFrame(), HushFrame(0.02), *sound(0.14)], [0.325]),
        ([VoiceBackFrame(), *loud(0.1, 800), HushFrame(0.02), *sound(0.14)], [0.325, 0.425]),
        ([VoiceBackFrame(), *loud(0.2)], [0.325, 0.4]),
    ],
)
async def test_the_words_of_the_hush_are_final_where_nothing_follows(
    since: list[Frame], read: list[float]
):
    recogniser = Scripted()
    told = [started(), *loud(0.2), HushFrame(0.02), *since, stopped(), SleepFrame(0.05)]
    words, _ = await heard(MoonshineService(recogniser=recogniser), told)
    assert sum(type(each) is TranscriptionFrame for each in words) == 1
    assert [len(each) / RATE for each in recogniser.sounds][1:] == read  # behind an interim


def whole(recogniser: Scripted) -> list[float]:
    """The seconds of speech that were read as if they were all: with silence behind them."""
    read = [each for each in recogniser.sounds if len(each) > SILENCE.size]
    return [(len(each) - SILENCE.size) / RATE for each in read if not each[-SILENCE.size :].any()]


@pytest.mark.parametrize(
    ("since", "read"),
    [
        ([], [0.64]),  # the gap's words are the last ones
        ([*loud(0.06), *sound(0.02)], [0.64, 0.74]),  # there was a word behind them,
        ([*loud(0.06, 800), *sound(0.02)], [0.64, 0.74]),  # or the "s" of "desks"
        ([*loud(0.2), *sound(0.06)], [0.64, 0.9]),  # and another gap
        (sound(0.3), [0.64, 0.96]),  # no gap lasts so long: a whisper may be in it
    ],
)
async def test_the_words_before_a_gap_are_read_in_it_and_not_again(
    since: list[Frame], read: list[float]
):
    recogniser = Scripted()
    told = [started(), *loud(0.6), *sound(0.06, every=2), *since, SleepFrame(0.01)]
    ended = [HushFrame(0.02), *sound(0.14), stopped(), SleepFrame(0.05)]
    words, _ = await heard(MoonshineService(recogniser=recogniser), [*told, *ended])
    assert sum(type(each) is TranscriptionFrame for each in words) == 1
    assert whole(recogniser) == read


async def test_words_of_an_earlier_gap_are_not_taken_for_the_last_ones():
    recogniser = Scripted()
    told = [started(), *loud(0.6), *sound(0.06, every=2), *loud(0.2), SleepFrame(0.01)]
    flicker = [HushFrame(0.02), VoiceBackFrame(), *loud(0.06, 800), HushFrame(0.02)]
    words, _ = await heard(
        MoonshineService(recogniser=recogniser),
        [*told, *flicker, *sound(0.14), stopped(), SleepFrame(0.05)],
    )
    assert whole(recogniser) == [0.64, 0.86, 0.92] and words[-1].text == "tenths10"


class Late(Scripted):
    """Takes so long for one reading after another, then no time."""

    def __init__(self, *delays: float) -> None:
        super().__init__()
        self._delays = list(delays)

    async def recognise(self, sound: Sound, *, final: bool) -> Heard:
        await asyncio.sleep(self._delays.pop(0) if self._delays else 0.0)
        return await super().recognise(sound, final=final)


async def test_words_of_a_gap_are_not_followed_by_older_ones():
    told = [started(), *sound(0.1), SleepFrame(0.01), *loud(0.6), *sound(0.06)]
    service = MoonshineService(recogniser=Late(0.0, 0.1))
    words, _ = await heard(service, [*told, SleepFrame(0.2), stopped()])
    texts = [each.text for each in words if isinstance(each, InterimTranscriptionFrame)]
    assert texts == ["tenths1", "tenths8"]


async def test_words_of_a_hush_wait_for_the_final_ones_of_the_stretch_before():
    first = [started(), *loud(0.06), stopped()]
    second = [started(), *loud(0.06), HushFrame(0.02), SleepFrame(0.02), stopped(), SleepFrame(0.2)]
    down, _ = await run_test(
        MoonshineService(recogniser=Late(0.1)), frames_to_send=[*first, *second]
    )
    words = SettledTranscriptionFrame, TranscriptionFrame
    kinds = [type(each) for each in down if isinstance(each, words)]
    assert kinds[0] is TranscriptionFrame


async def test_on_a_busy_machine_no_gap_is_read():
    recogniser = Scripted(cost=0.2)
    told = [started(), *loud(0.6), SleepFrame(0.01), *sound(0.06, every=2)]
    words, _ = await heard(MoonshineService(recogniser=recogniser), [*told, stopped()])
    assert whole(recogniser) == [] and type(words[-1]) is TranscriptionFrame


async def test_in_a_hush_nothing_more_is_read():
    recogniser = Scripted()
    told = [started(), *loud(0.2), SleepFrame(0.01), HushFrame(0.02), *sound(1.0)]
    await heard(MoonshineService(recogniser=recogniser), told)
    assert [len(each) / RATE for each in recogniser.sounds][-1] == 0.325
    recogniser.sounds.clear()
    await heard(MoonshineService(recogniser=recogniser), [*told, VoiceBackFrame(), *sound(0.5)])
    assert len(recogniser.sounds[-1]) / RATE > 1.3


@pytest.mark.skipif(sys.platform != "linux", reason="a thread's niceness is Linux's")
def test_interims_leave_the_processor_to_last_words():
    def niceness() -> int:
        return os.getpriority(os.PRIO_PROCESS, 0)

    recogniser = shared_recogniser()
    assert recogniser._interims.submit(niceness).result() == min(19, niceness() + INTERIMS)
    assert recogniser._finals.submit(niceness).result() == niceness()


async def test_nobody_speaking_asks_for_nothing():
    recogniser = Scripted()
    words, _ = await heard(MoonshineService(recogniser=recogniser), sound(2.0))
    assert not words and not recogniser.sounds


async def test_sound_without_words_leaves_no_frame():
    service = MoonshineService(recogniser=Deaf())
    words, errors = await heard(service, [started(), *sound(1.1), SleepFrame(0.01), stopped()])
    assert not words and not errors


async def test_a_tick_is_left_out_while_the_last_is_under_way_and_no_interim_follows_the_stop():
    recogniser = Stuck()
    service = MoonshineService(recogniser=recogniser)
    words, _ = await heard(service, [started(), *sound(2.4), stopped()])
    assert [type(each) for each in words] == [TranscriptionFrame]
    assert len(recogniser.sounds) == 2  # the first tick, and the final


async def test_speech_resumed_at_once_waits_for_the_final_words_before():
    service = MoonshineService(recogniser=Scripted(delay=0.05))
    words, _ = await heard(
        service,
        [started(), *sound(0.2), stopped(), started(), *sound(1.0), SleepFrame(0.1)]
        + [*sound(0.5), stopped()],
    )
    kinds = [type(each) for each in words]
    assert kinds[0] is TranscriptionFrame and InterimTranscriptionFrame in kinds[1:]
    assert kinds[-1] is TranscriptionFrame


async def test_the_first_word_is_whole_and_the_last_stretch_is_not_heard_again():
    recogniser = Scripted()
    before, between = sound(1.0), sound(0.1)
    await heard(
        MoonshineService(recogniser=recogniser),
        [*before, started(), *sound(0.1), stopped(), *between, started(), *sound(0.1), stopped()],
    )
    finals = [len(each) for each in recogniser.sounds[1:]]  # the first is an interim
    assert finals == [PRE_ROLL + RATE // 10, RATE // 5]


async def test_a_failure_is_reported_and_the_talk_goes_on():
    service = MoonshineService(recogniser=Scripted(fails=1))
    words, errors = await heard(
        service, [started(), *sound(0.06), stopped(), started(), *sound(0.06), stopped()]
    )
    assert len(errors) == 1 and [each.text for each in words] == ["tenths0"]


@pytest.mark.slow
async def test_a_monologue_is_never_recognised_in_pieces_of_more_than_four_seconds():
    recogniser = Scripted()
    service = MoonshineService(recogniser=recogniser)
    words, _ = await heard(service, [started(), *sound(60.0), stopped()])
    assert max(len(each) for each in recogniser.sounds) <= WINDOW
    tenths = [int(piece.removeprefix("tenths")) for piece in words[-1].text.split()]
    assert len(tenths) > 15 and 600 - len(tenths) <= sum(tenths) <= 600
    assert isinstance(words[-1], TranscriptionFrame)


async def test_dear_recognition_leaves_ticks_out():
    async def ticks(cost: float) -> int:
        async with asyncio.TaskGroup() as tasks:
            speech = Speech(
                np.zeros(0, np.float32),
                Scripted(cost=cost),
                spawn=tasks.create_task,
                report=lambda error: asyncio.sleep(0),
            )
            asked = 0
            for _ in range(40):
                if speech.hear(np.zeros(RATE // 4, np.float32)):
                    await speech.interim()
                    asked += 1
            return asked

    assert await ticks(0.05) == 40
    assert 18 <= await ticks(0.2) <= 22


@pytest.mark.parametrize("rate", [8_000, 16_000])
async def test_real_speech_becomes_words_at_any_rate(rate: int):
    clip = resample(read_clip(CLIPS / "weather_question.wav"), RATE, rate)
    pieces = np.array_split(clip, len(clip) * 50 // rate)
    frames = [InputAudioRawFrame(piece.tobytes(), rate, 1) for piece in pieces]
    words, _ = await heard(MoonshineService(), [started(), *frames, stopped()], rate=rate)
    assert words[-1].text == "What is the weather in Paris?"


async def test_finals_and_interims_of_many_talks_share_one_recogniser():
    clip = read_clip(CLIPS / "basketball_question.wav").astype(np.float32) / 32768
    assert shared_recogniser() is shared_recogniser()
    answers = await asyncio.gather(
        *(shared_recogniser().recognise(clip, final=final) for final in (True, False, True))
    )
    assert {answer.text for answer in answers} == {"So do you play basketball on Thursdays?"}


async def test_last_words_wait_for_no_others_where_a_thread_is_idle(monkeypatch):
    recogniser, first = MoonshineRecogniser(), threading.Event()

    def recognise(sound: Sound) -> Heard:
        assert not len(sound) or first.wait(5)
        return Heard(threading.current_thread().name.split("_")[0], 0.0)

    monkeypatch.setattr(recogniser, "_recognise", recognise)
    blocked = asyncio.create_task(recogniser.recognise(np.ones(9, np.float32), final=True))
    await asyncio.sleep(0)
    last = await recogniser.recognise(np.zeros(0, np.float32), final=True)
    first.set()
    assert (last.text, (await blocked).text) == ("moonshine-interims", "moonshine-finals")


def test_a_piece_is_cut_where_it_is_quiet():
    noise = np.random.default_rng(0).normal(0, 0.1, WINDOW).astype(np.float32)
    noise[32_000:34_000] = 0
    assert 32_000 < quietest(noise) < 34_000
    segment = Segment(noise)
    assert segment.cut() is None
    segment.hear(noise[:4000])
    piece = segment.cut()
    assert piece is not None and len(piece) + len(segment.window) == segment.length


@pytest.mark.parametrize(
    ("text", "believed"),
    [
        ("You", False),
        ("You.", True),
        ("?", False),
        ("", False),
        ("The first is the first is the first is the first is the first is the first", False),
        ("No, no, no!", True),
        ("4 o'clock", True),
    ],
)
def test_what_silence_sounds_like_to_the_model_is_not_believed(text: str, believed: bool):
    assert believable(text) == (text if believed else "")


def test_sound_too_short_for_the_model_has_no_words():
    assert MoonshineModel().transcribe(np.zeros(100, np.float32)) == ""


def test_a_missing_package_is_named_with_the_command_that_brings_it():
    with pytest.raises(MissingWeights, match="no-such-voice is not installed. Run: make setup"):
        weights("no_such_voice", "model.onnx")


def test_the_model_needs_none_of_its_packages_own_dependencies():
    blocked = "sounddevice requests tqdm filelock platformdirs google_crc32c".split()
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({blocked}))\n"
        "import numpy; from processors.services.moonshine_model import MoonshineModel\n"
        "MoonshineModel().transcribe(numpy.zeros(16000, numpy.float32))\n"
        "assert 'moonshine_voice' not in sys.modules\n"
    )
    # processors.services itself imports Pipecat, which has uses of its own for some of these.
    code = "import processors.services\n" + code
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60)


def over_agent(kind: type[Frame]) -> list[Frame]:
    """A short stretch of sound while the agent speaks, or after."""
    return [
        kind(),
        VADUserStartedSpeakingFrame(start_secs=0.2),
        *sound(0.4),
        VADUserStoppedSpeakingFrame(stop_secs=0.2),
    ]


@pytest.mark.parametrize(
    ("before", "doubtful"), [(BotStartedSpeakingFrame, True), (BotStoppedSpeakingFrame, False)]
)
async def test_a_few_words_over_the_agent_that_are_others_at_another_look_are_doubtful(
    before: type[Frame], doubtful: bool
):
    service = MoonshineService(recogniser=Scripted())
    down, _ = await run_test(service, frames_to_send=[*over_agent(before), SleepFrame(0.3)])
    [final] = [frame for frame in down if isinstance(frame, TranscriptionFrame)]
    assert isinstance(final, DoubtfulTranscriptionFrame) is doubtful


class Steady(Scripted):
    """Hears the same words, however much of their sound it is given."""

    async def recognise(self, sound: Sound, *, final: bool) -> Heard:
        return Heard("Tuesday.", 0.0)


async def test_words_over_the_agent_that_stay_the_same_are_sure():
    service = MoonshineService(recogniser=Steady())
    frames = [*over_agent(BotStartedSpeakingFrame), SleepFrame(0.3)]
    down, _ = await run_test(service, frames_to_send=frames)
    [final] = [frame for frame in down if isinstance(frame, TranscriptionFrame)]
    assert final.text == "Tuesday." and not isinstance(final, DoubtfulTranscriptionFrame)
