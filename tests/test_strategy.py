"""What strategy does with a decision, seen at the frames it pushes."""

from dataclasses import replace

import pytest
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    LLMMessagesAppendFrame,
    LLMRunFrame,
    ProposedUserStartedSpeakingFrame,
    TranscriptionFrame,
    UserBackchannelFrame,
    UserStoppedSpeakingFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.tests.utils import run_test

from judgement.decision import Action, decide
from judgement.doubt import Doubt
from judgement.moment import Kind, Moment, Policy
from judgement.persona import Persona
from processors.frames import (
    ActedFrame,
    AffrontFrame,
    AsideFrame,
    BackchannelFrame,
    DecisionFrame,
    GuidanceFrame,
    HushFrame,
    PlayLineFrame,
    TurnClosedFrame,
    TurnEndProposedFrame,
    TurnOpenedFrame,
)
from processors.hold import Hold
from processors.role import Role
from processors.strategy import StrategyProcessor

PERSONA = Persona("test", "You test.", refusals=("No.", "Never."), patience=3.0)
SPEAKS, SILENT = VADUserStartedSpeakingFrame(), VADUserStoppedSpeakingFrame()
HUSH = HushFrame(0.06)


def decision(kind: Kind, action: Action, said: str = "some words", turn: int = 0, **more):
    pause, signals = more.pop("pause", 0.3), more
    moment = Moment(kind, said, turn=turn, pause=pause, signals=signals)
    return DecisionFrame(moment, decide(action, "test"), 0.01)


async def done(
    *frames: Frame, guided: bool = False, persona: Persona = PERSONA
) -> tuple[list[Frame], list[Frame], list[str]]:
    strategy = StrategyProcessor(Role(persona), Doubt(Hold()), follows_guidance=guided)
    down, up = await run_test(strategy, frames_to_send=list(frames))
    outcomes = [frame.outcome for frame in down if isinstance(frame, ActedFrame)]
    return list(down), list(up), outcomes


def of(frames: list[Frame], kind: type) -> list:
    return [frame for frame in frames if isinstance(frame, kind)]


async def test_a_reply_opens_the_turn_and_closes_it_with_its_words():
    down, up, outcomes = await done(decision(Kind.PAUSE, Action.REPLY))
    assert outcomes == ["replied"]
    assert len(of(down, ProposedUserStartedSpeakingFrame)) == 1
    [words], [end] = of(down, TranscriptionFrame), of(down, TurnEndProposedFrame)
    assert (words.text, words.interruptible, end.answer) == ("some words", False, True)
    assert [frame.text for frame in of(up, TurnClosedFrame)] == ["some words"]


async def test_a_silence_before_patience_ends_only_waits():
    down, up, outcomes = await done(decision(Kind.PAUSE, Action.SILENCE, pause=1.0))
    assert outcomes == ["waiting"] and not of(down, TurnEndProposedFrame)


async def test_a_silence_at_patience_closes_the_turn_without_an_answer():
    down, _, outcomes = await done(decision(Kind.PAUSE, Action.SILENCE, pause=3.0))
    [end] = of(down, TurnEndProposedFrame)
    assert outcomes == ["chose silence"] and end.answer is False


async def test_a_decision_about_a_closed_turn_is_too_late():
    first, late = decision(Kind.PAUSE, Action.REPLY), decision(Kind.PAUSE, Action.REFUSE)
    _, _, outcomes = await done(first, late)
    assert outcomes == ["replied", "too late"]


async def test_a_pause_decision_is_too_late_once_the_user_speaks_again():
    down, _, outcomes = await done(SPEAKS, decision(Kind.PAUSE, Action.REPLY))
    assert outcomes == ["too late"] and not of(down, TranscriptionFrame)


async def test_a_cut_in_is_too_late_once_the_user_is_silent():
    down, _, outcomes = await done(SPEAKS, SILENT, decision(Kind.PARTIAL, Action.INTERRUPT))
    assert outcomes == ["too late"] and not of(down, PlayLineFrame)


async def test_a_cut_in_plays_an_opener_before_it_closes_the_turn():
    down, up, outcomes = await done(SPEAKS, decision(Kind.PARTIAL, Action.INTERRUPT), HUSH)
    assert outcomes == ["cut in"]
    order = [type(f) for f in down if isinstance(f, (PlayLineFrame, TurnEndProposedFrame))]
    assert order == [PlayLineFrame, TurnEndProposedFrame]
    [line], [closed] = of(down, PlayLineFrame), of(up, TurnClosedFrame)
    assert line.goes_on and closed.cut_in
    assert line.text in of(down, GuidanceFrame)[0].text


STARTS, STOPS = BotStartedSpeakingFrame(), BotStoppedSpeakingFrame()
CUT_IN = (SPEAKS, decision(Kind.PARTIAL, Action.INTERRUPT), HUSH)


async def lines(*frames: Frame, guided: bool = False) -> list[str]:
    down, _, _ = await done(*frames, guided=guided)
    return [frame.text for frame in of(down, PlayLineFrame)]


async def test_the_floor_is_given_back_once_after_an_interruption():
    said = await lines(*CUT_IN, SILENT, STARTS, STOPS, STARTS, STOPS)
    assert said == ["Sorry to jump in.", "Go on."]


@pytest.mark.parametrize(
    "after",
    [
        [STARTS, STOPS],  # the user still speaks
        [STARTS, decision(Kind.OVERLAP, Action.REPLY, turn=1), SILENT, STOPS],  # yielded
        [SILENT, STARTS, decision(Kind.PAUSE, Action.REPLY, turn=1, typed=True), STOPS],
    ],
)
async def test_a_floor_that_the_user_has_taken_is_not_given_back(after: list[Frame]):
    assert await lines(*CUT_IN, *after, STARTS, STOPS) == ["Sorry to jump in."]


async def test_a_guided_model_gives_the_floor_back_itself():
    assert await lines(*CUT_IN, SILENT, STARTS, STOPS, guided=True) == ["Sorry to jump in."]


async def test_an_answer_is_not_followed_by_a_handover():
    assert await lines(decision(Kind.PAUSE, Action.REPLY), STARTS, STOPS) == []


LISTENING = Policy(proactivity=0.5)


def pause(at: float = 5.0, **more) -> DecisionFrame:
    moment = Moment(
        Kind.PAUSE, "we went to the coast,", pause=0.4, turn_seconds=5.0, persona=LISTENING, at=at
    )
    return DecisionFrame(replace(moment, **more), decide(Action.SILENCE, "test"), 0.01)


async def test_a_backchannel_leaves_the_turn_to_the_user():
    down, up, outcomes = await done(SPEAKS, decision(Kind.PARTIAL, Action.SILENCE), SILENT, pause())
    assert outcomes == ["kept listening", "acknowledged"]
    assert [frame.text for frame in of(down, BackchannelFrame)] == ["Um-hum."]
    assert not of(down, PlayLineFrame) and not of(down, TranscriptionFrame) and not of(up, Frame)
    assert len(of(down, ProposedUserStartedSpeakingFrame)) == 1


async def test_no_backchannel_over_the_agent_or_the_user():
    for over in (STARTS, SPEAKS):
        down, _, _ = await done(over, pause())
        assert not of(down, BackchannelFrame)


async def test_a_persona_without_backchannels_only_waits():
    _, _, outcomes = await done(pause(), persona=replace(PERSONA, backchannels=()))
    assert outcomes == ["waiting"]


async def test_a_refusal_of_a_model_too_small_to_follow_is_the_line_alone():
    down, _, outcomes = await done(decision(Kind.PAUSE, Action.REFUSE))
    [line], [end] = of(down, PlayLineFrame), of(down, TurnEndProposedFrame)
    assert outcomes == ["refused"]
    assert (line.text, line.goes_on, end.answer) == ("No.", False, False)
    assert not of(down, GuidanceFrame)


async def test_a_refusal_of_a_model_that_follows_goes_on_under_guidance():
    down, _, _ = await done(decision(Kind.PAUSE, Action.REFUSE), guided=True)
    [line], [guidance] = of(down, PlayLineFrame), of(down, GuidanceFrame)
    assert line.goes_on and "No." in guidance.text and "not grant" in guidance.text


async def test_lines_take_turns():
    refusal = [decision(Kind.PAUSE, Action.REFUSE, turn=turn) for turn in range(3)]
    down, _, _ = await done(*refusal)
    assert [frame.text for frame in of(down, PlayLineFrame)] == ["No.", "Never.", "No."]


async def test_a_yield_opens_the_user_s_turn():
    frames = [BotStartedSpeakingFrame(), SPEAKS, decision(Kind.OVERLAP, Action.REPLY)]
    down, up, outcomes = await done(*frames)
    assert outcomes == ["yielded"]
    assert of(down, ProposedUserStartedSpeakingFrame) and of(up, TurnOpenedFrame)


async def test_a_backchannel_is_told_and_stays_out_of_the_context():
    over = decision(Kind.OVERLAP, Action.SILENCE, "mhm", finished=True)
    down, _, outcomes = await done(BotStartedSpeakingFrame(), SPEAKS, over)
    assert outcomes == ["went on"] and not of(down, TranscriptionFrame)
    assert [frame.text for frame in of(down, UserBackchannelFrame)] == ["mhm"]


async def test_an_overlap_is_too_late_once_the_agent_is_silent():
    over = decision(Kind.OVERLAP, Action.REPLY)
    _, _, outcomes = await done(BotStartedSpeakingFrame(), SPEAKS, BotStoppedSpeakingFrame(), over)
    assert outcomes == ["too late"]


async def test_an_affront_goes_to_the_door_instead_of_the_model():
    down, up, outcomes = await done(decision(Kind.PAUSE, Action.REPLY, affront=True))
    assert outcomes == ["warned"] and of(up, AffrontFrame)
    assert of(down, TurnEndProposedFrame)[0].answer is False


async def test_an_idle_agent_opens_with_a_line_or_with_the_model():
    down, _, outcomes = await done(decision(Kind.IDLE, Action.REPLY))
    assert outcomes == ["opened"] and of(down, PlayLineFrame) and not of(down, LLMRunFrame)
    down, _, outcomes = await done(decision(Kind.IDLE, Action.DEFLECT), guided=True)
    assert outcomes == ["changed the subject"] and of(down, LLMRunFrame)


async def test_an_idle_decision_is_too_late_once_somebody_speaks():
    _, _, outcomes = await done(SPEAKS, decision(Kind.IDLE, Action.REPLY))
    assert outcomes == ["too late"]


async def test_a_turn_that_the_watchdog_ended_is_opened_again():
    listened = decision(Kind.PARTIAL, Action.SILENCE)
    frames = [SPEAKS, listened, UserStoppedSpeakingFrame(), listened]
    down, _, _ = await done(*frames)
    assert len(of(down, ProposedUserStartedSpeakingFrame)) == 2


# Among several people


def aside(kind: Kind, said: str = "Bob, sit down.", **more) -> DecisionFrame:
    frame = decision(kind, Action.SILENCE, said, meant=False, **more)
    return replace(frame, moment=replace(frame.moment, speaker="Ann"))


@pytest.mark.parametrize("end", [{"pause": 3.0}, {"handed_over": True}])
async def test_an_aside_is_noted_and_opens_no_turn(end: dict):
    down, up, outcomes = await done(SPEAKS, aside(Kind.PARTIAL), SILENT, aside(Kind.PAUSE, **end))
    assert outcomes == ["kept listening", "chose silence"]
    assert not of(down, ProposedUserStartedSpeakingFrame) and not of(down, TurnEndProposedFrame)
    [note] = of(down, LLMMessagesAppendFrame)
    assert note.messages == [{"role": "user", "content": "Ann: Bob, sit down."}]
    assert note.run_llm is False and note.interruptible is False
    assert [(f.speaker, f.text) for f in of(up, AsideFrame)] == [("Ann", "Bob, sit down.")]
    assert [frame.text for frame in of(up, TurnClosedFrame)] == [""]


async def test_an_aside_waits_for_its_end():
    _, up, outcomes = await done(aside(Kind.PAUSE, pause=1.0))
    assert outcomes == ["waiting"] and not of(up, TurnClosedFrame)


async def test_an_aside_over_the_agent_is_noted_and_the_agent_goes_on():
    down, up, outcomes = await done(
        BotStartedSpeakingFrame(), aside(Kind.OVERLAP, finished=True), aside(Kind.OVERLAP)
    )
    assert outcomes == ["went on", "went on"]
    assert len(of(down, LLMMessagesAppendFrame)) == len(of(up, AsideFrame)) == 1
    assert not of(up, TurnOpenedFrame) and not of(up, TurnClosedFrame)


async def test_a_turn_meant_for_the_agent_has_its_speaker_before_it():
    frame = decision(Kind.PAUSE, Action.REPLY, "Assistant, hello.", meant=True)
    down, up, _ = await done(replace(frame, moment=replace(frame.moment, speaker="Ann")))
    [words], [closed] = of(down, TranscriptionFrame), of(up, TurnClosedFrame)
    assert (words.text, words.user_id) == ("Ann: Assistant, hello.", "Ann")
    assert (closed.text, closed.speaker) == ("Assistant, hello.", "Ann")
