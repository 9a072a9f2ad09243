"""The stages of an answer, from marks whose times are known and from one real turn."""

import itertools
from pathlib import Path

import pytest
from pipecat.frames.frames import MetricsFrame, TranscriptionFrame, TTSStartedFrame
from pipecat.metrics.metrics import ProcessingMetricsData, TTFBMetricsData, TurnMetricsData

from benchmarks import stages
from benchmarks.conversation import talk_to
from benchmarks.stages import HEARD, Mark, Span, critical, spans
from benchmarks.voices import voices
from benchmarks.watch import Watch, ended
from benchmarks.waterfall import Turn, ask, figures, median, plot, table
from judgement.decision import Action, decide
from judgement.moment import Kind, Moment
from processors.frames import DecisionFrame, HushFrame
from processors.services.llama import LlamaService
from processors.services.moonshine import MoonshineService
from processors.services.piper import PiperService
from processors.shared import Shared

ENDED = 100.0  # s of the marks' clock


def at(stage: str, ms: float, took: float | None = None) -> Mark:
    return Mark(stage, ENDED + ms / 1000, None if took is None else took / 1000)


QUICK = [
    at(stages.HUSH, -900),  # a pause inside the sentence
    at(stages.STOP, -750),
    at(stages.HUSH, 80),
    at(stages.WORDS, 120),
    at(stages.SOUND, 110),
    at(stages.BEGUN, 121),
    at(stages.JUDGE, 170, took=48),
    at(stages.TOKEN, 190, took=60),
    at(stages.STOP, 240),
    at(stages.DECIDED, 241),
    at(stages.CLOSED, 245),
    at(stages.FINAL, 250),
    at(stages.AHEAD, 300, took=70),
    at(stages.VOICE, 302),
]


def rounded(done: dict[str, Span]) -> dict[str, tuple[int, int]]:
    return {stage: (round(span.begin), round(span.end)) for stage, span in done.items()}


def test_a_stage_begins_when_the_last_of_what_it_follows_was_over():
    assert rounded(spans(QUICK, ENDED, ENDED + 0.32)) == {
        stages.HUSH: (0, 80),
        stages.WORDS: (80, 120),
        stages.SOUND: (80, 110),
        stages.JUDGE: (122, 170),
        stages.BEGUN: (120, 121),
        stages.TOKEN: (130, 190),
        stages.CLAUSE: (190, 230),
        stages.AHEAD: (230, 300),
        stages.STOP: (80, 240),
        stages.FINAL: (240, 250),
        stages.DECIDED: (240, 241),
        stages.CLOSED: (241, 245),
        stages.VOICE: (300, 302),
        HEARD: (302, 320),
    }


def test_the_first_sound_waited_for_what_took_longest():
    assert critical(spans(QUICK, ENDED, ENDED + 0.32)) == [
        stages.HUSH,
        stages.WORDS,
        stages.BEGUN,
        stages.TOKEN,
        stages.CLAUSE,
        stages.AHEAD,
        stages.VOICE,
        HEARD,
    ]


def test_an_answer_that_was_ready_waited_for_the_pause():
    ready = [mark for mark in QUICK if mark.stage not in (stages.AHEAD, stages.VOICE)]
    done = spans([*ready, at(stages.VOICE, 247)], ENDED, ENDED + 0.26)
    assert critical(done) == [
        stages.HUSH,
        stages.STOP,
        stages.DECIDED,
        stages.CLOSED,
        stages.VOICE,
        HEARD,
    ]


def test_a_reply_that_was_begun_in_vain_is_no_part_of_the_answer():
    late = [
        at(stages.BEGUN, -400),
        at(stages.TOKEN, -300, took=50),
        at(stages.AHEAD, -200, took=50),
        *QUICK,
    ]
    assert spans(late, ENDED, ENDED + 0.32) == spans(QUICK, ENDED, ENDED + 0.32)


def test_a_late_first_clause_is_written_after_the_turn_was_closed():
    late = [mark for mark in QUICK if mark.stage not in (stages.AHEAD, stages.VOICE)]
    marks = [*late, at(stages.CLAUSE, 400), at(stages.VOICE, 480)]
    done = spans(marks, ENDED, ENDED + 0.5)
    assert rounded(done)[stages.CLAUSE] == (245, 400)
    assert critical(done)[-4:] == [stages.CLOSED, stages.CLAUSE, stages.VOICE, HEARD]


def test_what_was_over_only_while_a_stage_was_under_way_is_not_what_it_followed():
    marks = [
        at(stages.HUSH, 80),
        at(stages.SOUND, 110),
        at(stages.STOP, 200),
        at(stages.FINAL, 300),
        at(stages.JUDGE, 400, took=280),
        at(stages.DECIDED, 401),
        at(stages.CLOSED, 402),
        at(stages.VOICE, 450),
    ]
    done = spans(marks, ENDED, ENDED + 0.5)
    assert critical(done)[:4] == [stages.HUSH, stages.SOUND, stages.JUDGE, stages.DECIDED]


def test_a_stage_follows_none_that_was_over_after_it():
    marks = [
        at(stages.HUSH, 80),
        at(stages.SOUND, 110),
        at(stages.STOP, 200),
        at(stages.FINAL, 243),
        at(stages.JUDGE, 242, took=1),  # within the slack of its own length
        at(stages.DECIDED, 245),
        at(stages.CLOSED, 246),
        at(stages.VOICE, 250),
    ]
    done = spans(marks, ENDED, ENDED + 0.3)
    assert stages.cause(stages.JUDGE, done) == stages.SOUND


def test_a_reply_begun_while_the_user_speaks_waited_for_nothing():
    early = [at(stages.BEGUN, -100), at(stages.TOKEN, -40, took=50)]
    done = spans([*early, at(stages.DECIDED, 241), at(stages.CLOSED, 245)], ENDED, ENDED + 0.3)
    assert rounded(done)[stages.BEGUN] == (-100, -100)
    assert stages.AHEAD not in done


FIRST = MetricsFrame([TTFBMetricsData(processor="", value=0.1)])
MADE = MetricsFrame([ProcessingMetricsData(processor="", value=0.1)])
ANSWERED = MetricsFrame(
    [TurnMetricsData(processor="", is_complete=True, probability=0.9, e2e_processing_time_ms=1)]
)
PAUSE, PARTIAL = Moment(Kind.PAUSE, "a"), Moment(Kind.PARTIAL, "a")


@pytest.mark.parametrize(
    ("frame", "source", "stage"),
    [
        (HushFrame(0.04), None, stages.HUSH),
        (TranscriptionFrame("a", "", ""), MoonshineService, stages.FINAL),
        (TranscriptionFrame("a", "", ""), None, None),  # strategy's, which closes the turn
        (DecisionFrame(PAUSE, decide(Action.REPLY, ""), 0.1), None, stages.JUDGE),
        (DecisionFrame(PARTIAL, decide(Action.SILENCE, ""), 0.1), None, None),
        (FIRST, LlamaService, stages.TOKEN),
        (FIRST, PiperService, None),
        (MADE, PiperService, stages.AHEAD),
        (TTSStartedFrame(), PiperService, stages.CLAUSE),
        (TTSStartedFrame(), None, None),  # a prepared line's
        (ANSWERED, None, stages.SOUND),
    ],
)
def test_frames_tell_which_stage_is_over(frame, source, stage: str | None):
    pushed_by = source.__new__(source) if source else None
    assert [found for found, _ in ended(frame, pushed_by)] == ([stage] if stage else [])


def test_the_table_has_a_row_a_stage_and_the_plot_is_of_the_median_turn(tmp_path: Path):
    pytest.importorskip("matplotlib", reason="`make train` installs it")
    turns = [Turn("joe", "When?", spans(QUICK, ENDED, ENDED + s)) for s in (0.5, 0.32, 0.9, 0.7)]
    rows = table(figures(turns)).splitlines()
    assert len(rows) == 2 + len(stages.AFTER)
    assert "| voice detector's stop | 80 | 240 / 240 | 160 / 160 | 0% | 4 |" in rows
    assert round(median(turns).total) == 500
    plot(tmp_path / "plots" / "turn.png", median(turns))
    assert (tmp_path / "plots" / "turn.png").stat().st_size > 10_000


@pytest.mark.slow
async def test_every_stage_of_a_real_answer_is_seen(shared: Shared):
    watch = Watch()
    async with talk_to(shared, watch, persona="assistant") as talk:
        await talk.until(talk.quiet_for(1.0))
        turn = await ask(talk, watch, voices()[0], "What is the capital of France?")
    assert turn
    needed = [stages.HUSH, stages.SOUND, stages.JUDGE, stages.BEGUN, stages.TOKEN, stages.STOP]
    needed += [stages.DECIDED, stages.CLOSED, stages.VOICE, HEARD]
    assert set(needed) <= turn.stages.keys()
    path = critical(turn.stages)
    ends = [turn.stages[stage].end for stage in path]
    assert all(one <= other for one, other in itertools.pairwise(ends))
