from datetime import time

import pytest

from judgement.decision import Action, Decision, decide
from judgement.moment import Kind, Moment, Policy
from judgement.permitted import Limits, Permitted
from judgement.signals import ECHO


class Always:
    name = "always"

    def __init__(self, action: Action):
        self.action = action

    async def judge(self, moment: Moment) -> Decision:
        return decide(self.action, "always")


async def held(action: Action, moment: Moment, **limits) -> Decision:
    return await Permitted(Always(action), Limits(**limits), patience=lambda: 3.0).judge(moment)


def speaking(**signals) -> Moment:
    return Moment(Kind.PARTIAL, "and so on", signals={"talk_seconds": 60.0} | signals)


async def test_an_interruption_passes_when_nothing_forbids_it():
    assert (await held(Action.INTERRUPT, speaking())).action is Action.INTERRUPT


@pytest.mark.parametrize(
    ("signals", "why"),
    [
        ({"talk_seconds": 2.0}, "just begun"),
        ({"since_interruption": 12.0}, "short while ago"),
        ({"since_interruption": 39.0, "rejected": 1}, "talked over 1x, so waits 40 s"),
        ({"since_interruption": 150.0, "rejected": 3}, "talked over 3x, so waits 160 s"),
        ({"no_interruptions": True}, "asked not to"),
    ],
)
async def test_an_interruption_is_held_back(signals: dict, why: str):
    decision = await held(Action.INTERRUPT, speaking(**signals))
    assert decision.action is Action.SILENCE and why in decision.reason


@pytest.mark.parametrize(
    "signals",
    [
        {"since_interruption": 20.0},
        {"since_interruption": 40.0, "rejected": 1},
        {"since_interruption": 80.0, "rejected": 2},
        {"since_interruption": 6000.0, "rejected": 1e9},
    ],
)
async def test_an_interruption_passes_once_the_gap_is_over(signals: dict):
    assert (await held(Action.INTERRUPT, speaking(**signals))).action is Action.INTERRUPT


@pytest.mark.parametrize(
    ("said", "signals", "action"),
    [
        ("and then", {"sound_seconds": 0.6}, Action.SILENCE),
        ("", {"sound_seconds": 0.3}, Action.SILENCE),
        ("in a month", {"sound_seconds": 0.4, "finished": True, "doubtful": True}, Action.SILENCE),
        ("and in that case", {"sound_seconds": 0.6, "finished": True}, Action.REPLY),
        ("why", {"sound_seconds": 0.2}, Action.SILENCE),
        ("why", {"sound_seconds": 0.2, "finished": True}, Action.REPLY),
        ("where to?", {"sound_seconds": 0.3, "finished": True}, Action.REPLY),
        ("and then they", {"sound_seconds": 0.8}, Action.REPLY),
        ("wait", {"sound_seconds": 0.1}, Action.REPLY),
    ],
)
async def test_a_sound_that_may_be_over_at_once_is_no_bid_yet(said, signals, action):
    assert (await held(Action.REPLY, Moment(Kind.OVERLAP, said, signals=signals))).action is action


@pytest.mark.parametrize(
    ("said", "judged", "action"),
    [
        ("Tuesday.", Action.SILENCE, Action.REPLY),
        ("oh really", Action.REPLY, Action.SILENCE),
        ("we could get some milk", Action.REPLY, Action.REPLY),
        ("we could get some milk", Action.SILENCE, Action.SILENCE),
    ],
)
async def test_a_few_words_over_the_agent_are_decided_by_what_they_are(said, judged, action):
    moment = Moment(Kind.OVERLAP, said, signals={"sound_seconds": 0.6, "finished": True})
    assert (await held(judged, moment)).action is action


async def test_proactivity_zero_never_interrupts():
    moment = Moment(
        Kind.PARTIAL, "so", signals={"talk_seconds": 60.0}, persona=Policy(proactivity=0.0)
    )
    assert (await held(Action.INTERRUPT, moment)).action is Action.SILENCE


async def test_who_welcomes_interruptions_is_interrupted_by_a_persona_that_never_would():
    signals = {"talk_seconds": 60.0, "interruptions_welcome": True}
    moment = Moment(Kind.PARTIAL, "so", signals=signals, persona=Policy(proactivity=0.0))
    assert (await held(Action.INTERRUPT, moment)).action is Action.INTERRUPT


@pytest.mark.parametrize(
    ("pause", "signals", "said", "action"),
    [
        (0.5, {}, "it is john", Action.SILENCE),
        (0.8, {}, "it is john", Action.REPLY),
        (0.0, {"typed": True}, "it is john", Action.REPLY),
        (0.2, {}, "call an ambulance", Action.REPLY),
    ],
)
async def test_a_persona_leaves_a_pause_before_any_answer(pause, signals, said, action):
    persona = Policy(least_pause=0.8)
    moment = Moment(Kind.PAUSE, said, pause=pause, signals=signals, persona=persona)
    assert (await held(Action.REPLY, moment)).action is action


async def test_a_question_is_never_met_with_a_final_silence():
    moment = Moment(Kind.PAUSE, "what do you think about it", pause=3.0)
    assert (await held(Action.SILENCE, moment)).action is Action.REPLY


async def test_a_silence_that_still_waits_is_left_alone():
    moment = Moment(Kind.PAUSE, "what do you think about it", pause=0.5)
    assert (await held(Action.SILENCE, moment)).action is Action.SILENCE


@pytest.mark.parametrize("action", [Action.SILENCE, Action.REFUSE, Action.DEFLECT])
async def test_an_emergency_is_answered(action: Action):
    moment = Moment(Kind.PAUSE, "please call an ambulance", pause=0.3)
    assert (await held(action, moment)).action is Action.REPLY


@pytest.mark.parametrize(
    ("kind", "action", "becomes"),
    [
        (Kind.PARTIAL, Action.REPLY, Action.SILENCE),
        (Kind.PAUSE, Action.INTERRUPT, Action.REPLY),
        (Kind.OVERLAP, Action.REFUSE, Action.REPLY),
        (Kind.OVERLAP, Action.INTERRUPT, Action.SILENCE),
        (Kind.IDLE, Action.REFUSE, Action.SILENCE),
    ],
)
async def test_an_action_foreign_to_its_moment_becomes_the_nearest(kind, action, becomes):
    assert (await held(action, Moment(kind, "words"))).action is becomes


async def test_quiet_hours_that_span_midnight_keep_the_agent_from_opening():
    hours = (time(22), time(7))
    late = Moment(Kind.IDLE, "", signals={"local_time": "23:10"})
    noon = Moment(Kind.IDLE, "", signals={"local_time": "12:00"})
    assert (await held(Action.REPLY, late, quiet_hours=hours)).action is Action.SILENCE
    assert (await held(Action.REPLY, noon, quiet_hours=hours)).action is Action.REPLY


async def test_the_agent_never_yields_to_its_own_words():
    echo = {ECHO: True, "sound_seconds": 2.0}
    decision = await held(Action.REPLY, Moment(Kind.OVERLAP, "", signals=echo))
    assert decision.action is Action.SILENCE and decision.reason == "hears its own voice"
    decision = await held(Action.REPLY, Moment(Kind.OVERLAP, "stop please", signals=echo))
    assert decision.action is Action.REPLY
