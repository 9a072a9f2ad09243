"""When a decision is carried out, in seconds of sound."""

import pytest
from pipecat.frames.frames import (
    Frame,
    InputAudioRawFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.tests.utils import run_test

from judgement.decision import Action, decide
from judgement.doubt import Doubt
from judgement.floor import Floor
from judgement.moment import Kind, Moment
from judgement.persona import Persona
from judgement.signals import AHEAD
from judgement.words import clauses
from processors.frames import (
    ActedFrame,
    DecisionFrame,
    HushFrame,
    MomentFrame,
    VoiceBackFrame,
)
from processors.hold import Hold
from processors.role import Role
from processors.strategy import StrategyProcessor
from processors.timing import LONGEST, Timing

RATE, CHUNK = 16_000, 0.02
SAID = "so I went to the market"
SPEAKS, SILENT = VADUserStartedSpeakingFrame, VADUserStoppedSpeakingFrame


def sound(seconds: float) -> list[Frame]:
    count = round(seconds / CHUNK)
    return [InputAudioRawFrame(bytes(2 * int(RATE * CHUNK)), RATE, 1) for _ in range(count)]


def partial(said: str, turn: int = 0) -> Moment:
    return Moment(Kind.PARTIAL, said, turn=turn)


def decided(action: Action = Action.INTERRUPT, said: str = SAID, turn: int = 0) -> DecisionFrame:
    return DecisionFrame(partial(said, turn), decide(action, "test"), 0.01)


def words(said: str) -> MomentFrame:
    return MomentFrame(partial(said))


async def done(*frames: Frame) -> tuple[list[str], list[str]]:
    """The outcomes, and the words that the turns were closed with."""
    role = Role(Persona("test", "You test."))
    strategy = StrategyProcessor(role, Doubt(Hold()), follows_guidance=False)
    down, _ = await run_test(strategy, frames_to_send=list(frames))
    outcomes = [frame.outcome for frame in down if isinstance(frame, ActedFrame)]
    return outcomes, [frame.text for frame in down if isinstance(frame, TranscriptionFrame)]


async def test_an_interruption_waits_while_the_user_speaks_on():
    assert await done(SPEAKS(), decided(), *sound(LONGEST - CHUNK)) == ([], [])


@pytest.mark.parametrize(
    "breath",
    [
        [HushFrame(0.06)],
        [words(f"{SAID}, and")],
        sound(LONGEST),
    ],
)
async def test_an_interruption_comes_at_a_hush_a_clause_end_or_at_the_latest(breath: list[Frame]):
    outcomes, _ = await done(SPEAKS(), decided(), *breath)
    assert outcomes == ["cut in"]


async def test_an_interruption_in_a_hush_comes_at_once():
    assert (await done(SPEAKS(), HushFrame(0.06), decided()))[0] == ["cut in"]
    assert (await done(SPEAKS(), HushFrame(0.06), VoiceBackFrame(), decided()))[0] == []


async def test_an_interruption_answers_the_newest_words():
    newest = f"{SAID} to buy some"
    outcomes, said = await done(SPEAKS(), words(SAID), decided(), words(newest), HushFrame(0.06))
    assert (outcomes, said) == (["cut in"], [newest])


async def test_a_silence_on_newer_words_takes_an_interruption_back():
    silence = decided(Action.SILENCE, f"{SAID} to buy")
    outcomes, said = await done(SPEAKS(), decided(), silence, HushFrame(0.06))
    assert (outcomes, said) == (["taken back", "kept listening"], [])


async def test_an_interruption_decided_twice_waits_no_longer():
    half = sound(LONGEST / 2 + CHUNK)
    again = decided(said=f"{SAID} to buy")
    outcomes, _ = await done(SPEAKS(), decided(), *half, again, *half)
    assert outcomes == ["cut in"]


async def test_an_interruption_is_dropped_with_its_turn():
    typed = Moment(Kind.PAUSE, "stop it", signals={"typed": True})
    reply = DecisionFrame(typed, decide(Action.REPLY, "test"), 0.01)
    outcomes, said = await done(SPEAKS(), decided(), reply, HushFrame(0.06))
    assert (outcomes, said) == (["taken back", "replied"], ["stop it"])


async def test_an_interruption_whose_user_fell_silent_unheard_is_too_late():
    frames = [SPEAKS(), decided(), SILENT(), *sound(LONGEST)]
    assert (await done(*frames))[0] == ["too late"]


async def test_a_decision_about_an_earlier_hush_is_too_late_behind_the_next_one():
    moment = Moment(Kind.PAUSE, "a table for two", pause=0.16, signals={AHEAD: True})
    late = DecisionFrame(moment, decide(Action.REPLY, "test"), 0.4)
    hush, again = (
        [SPEAKS(), HushFrame(0.06), MomentFrame(moment)],
        [VoiceBackFrame(), HushFrame(0.06)],
    )
    assert (await done(*hush, SILENT(), late))[0] == ["replied"]
    assert (await done(*hush, *again, SILENT(), late))[0] == ["too late"]


def test_a_wait_counts_from_the_decision_and_not_from_the_turn():
    timing = Timing()
    assert not any(timing.due(frame) for frame in sound(3.0))
    assert timing.keeps(decided(), Floor.USER)
    due = [bool(timing.due(frame)) for frame in sound(LONGEST)]
    assert due.index(True) == len(due) - 1


def test_only_a_mark_that_a_word_follows_ends_a_clause():
    assert [clauses(said) for said in ("I went.", "I went, and", "I went. And so? Then")] == [
        0,
        1,
        2,
    ]
    assert clauses("it costs 3.50 a piece") == 0
