"""Probabilities scaled, heard and held to thresholds."""

import math
from typing import Any

import pytest

from judgement.decision import Action, Decision, decide
from judgement.judge import Worded
from judgement.moment import Kind, Moment, Policy
from judgement.rules import Rules
from judgement.tuned import Calibration, Fusion, Tuned, fused, scaled, threshold, tuned

FLAT = dict.fromkeys(Action, 0.2)


def said(**shares: float) -> Decision:
    probabilities = {action: shares.get(action.value, 0.0) for action in Action}
    return Decision(max(Action, key=probabilities.__getitem__), probabilities, "", "llama")


def moment(kind: Kind, proactivity: float = 0.5, **signals: Any) -> Moment:
    return Moment(kind, "well", persona=Policy(proactivity=proactivity), signals=signals)


@pytest.mark.parametrize(
    ("kind", "allowed"),
    [
        (Kind.PARTIAL, {Action.SILENCE, Action.INTERRUPT}),
        (Kind.PAUSE, {Action.REPLY, Action.SILENCE, Action.REFUSE, Action.DEFLECT}),
        (Kind.OVERLAP, {Action.SILENCE, Action.REPLY}),
        (Kind.IDLE, {Action.SILENCE, Action.REPLY, Action.DEFLECT}),
    ],
)
def test_what_a_kind_does_not_allow_has_no_share(kind: Kind, allowed: set[Action]):
    shares = scaled(FLAT, kind, {})
    assert {action for action, share in shares.items() if share} == allowed
    assert sum(shares.values()) == pytest.approx(1)


def test_a_temperature_of_two_halves_the_log_odds_of_its_kind_alone():
    shares = said(silence=0.2, reply=0.8).probabilities
    soft = scaled(shares, Kind.OVERLAP, {Kind.OVERLAP: 2.0})
    assert math.log(soft[Action.REPLY] / soft[Action.SILENCE]) == pytest.approx(math.log(4) / 2)
    assert scaled(shares, Kind.PAUSE, {Kind.OVERLAP: 2.0})[Action.REPLY] == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("kind", "decision", "bars", "action"),
    [
        (Kind.PARTIAL, said(silence=0.3, interrupt=0.7), {}, Action.INTERRUPT),
        (Kind.PARTIAL, said(silence=0.3, interrupt=0.7), {"interrupt": 0.8}, Action.SILENCE),
        (Kind.PARTIAL, said(silence=0.7, interrupt=0.3), {"interrupt": 0.2}, Action.INTERRUPT),
        (Kind.PAUSE, said(silence=0.4, reply=0.35, refuse=0.25), {"reply": 0.5}, Action.REPLY),
        (Kind.PAUSE, said(silence=0.4, reply=0.25, refuse=0.35), {"reply": 0.5}, Action.REFUSE),
        (Kind.PAUSE, said(silence=0.4, reply=0.25, refuse=0.35), {"refuse": 0.7}, Action.REPLY),
        (Kind.PAUSE, said(silence=0.4, refuse=0.6), {"reply": 0.7}, Action.SILENCE),
        (Kind.OVERLAP, said(silence=0.6, reply=0.4), {"reply": 0.35}, Action.REPLY),
        (Kind.IDLE, said(silence=0.4, reply=0.2, deflect=0.4), {}, Action.DEFLECT),
    ],
)
def test_the_action_follows_the_bars_and_the_probabilities_stay(
    kind: Kind, decision: Decision, bars: dict[str, float], action: Action
):
    calibration = Calibration(thresholds={(kind, Action(key)): at for key, at in bars.items()})
    found = tuned(decision, moment(kind), calibration)
    assert found.action is action
    assert found.probabilities == pytest.approx(decision.probabilities)


def test_a_bar_that_decides_is_given_as_the_reason():
    bars = {(Kind.PARTIAL, Action.INTERRUPT): 0.8}
    found = tuned(
        said(silence=0.3, interrupt=0.7), moment(Kind.PARTIAL), Calibration(thresholds=bars)
    )
    assert found.reason == "silence at 30%, the bar is 80%"


@pytest.mark.parametrize(("proactivity", "bar"), [(0.0, 0.961), (0.5, 0.9), (1.0, 0.768)])
def test_proactivity_moves_the_bar_to_an_interruption(proactivity: float, bar: float):
    bars = {(Kind.PARTIAL, Action.INTERRUPT): 0.9, (Kind.PAUSE, Action.REPLY): 0.9}
    assert threshold(moment(Kind.PARTIAL, proactivity), bars) == pytest.approx(bar, abs=1e-3)
    assert threshold(moment(Kind.PAUSE, proactivity), bars) == 0.9


def test_a_user_who_welcomes_interruptions_lowers_the_bar():
    welcome = moment(Kind.PARTIAL, 0.2, interruptions_welcome=True)
    assert threshold(welcome, {}) == threshold(moment(Kind.PARTIAL, 0.8), {})


def test_the_sound_moves_the_end_of_a_turn_and_not_what_it_is_met_with():
    decision = said(silence=0.6, reply=0.1, refuse=0.3)
    heard = tuned(decision, moment(Kind.PAUSE, turn_over=0.9), Calibration())
    assert heard.action is Action.REFUSE
    assert 1 - heard.probabilities[Action.SILENCE] == pytest.approx(fused(0.4, 0.9, Fusion()))
    shares = heard.probabilities
    assert shares[Action.REFUSE] == pytest.approx(3 * shares[Action.REPLY])
    quiet = tuned(decision, moment(Kind.PAUSE), Calibration())
    assert quiet.probabilities == pytest.approx(decision.probabilities)


def test_a_sound_of_which_nothing_is_known_changes_nothing():
    assert fused(0.3, 0.5, Fusion()) == pytest.approx(0.3)
    assert fused(0.3, 0.9, Fusion(sound=0)) == pytest.approx(0.3)
    assert fused(0.0, 0.0, Fusion()) > 0 and fused(1.0, 1.0, Fusion()) < 1


def test_what_was_typed_is_never_met_with_silence():
    typed = moment(Kind.PAUSE, typed=True, turn_over=1.0)
    found = tuned(said(silence=0.98, reply=0.01, deflect=0.01), typed, Calibration())
    assert found.action is not Action.SILENCE
    assert found.probabilities[Action.SILENCE] == 0


def test_figures_are_read_from_json():
    given = {
        "temperature": {"pause": 1.3},
        "thresholds": {"partial/interrupt": 0.9},
        "turn_over": {"judge": 0.8, "sound": 0.4},
        "base_sha256": "abc",
    }
    assert Calibration.of(given) == Calibration(
        {Kind.PAUSE: 1.3}, {(Kind.PARTIAL, Action.INTERRUPT): 0.9}, Fusion(0.8, 0.4)
    )
    assert Calibration.of({}) == Calibration()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"temperature": {"pauses": 1}}, "temperature.pauses: must be one of partial, pause"),
        ({"temperature": {"pause": 0}}, "temperature.pause: must be above 0"),
        ({"temperature": {"pause": "hot"}}, "temperature.pause: must be a number"),
        ({"temperature": 1}, "temperature: must be a mapping"),
        ({"thresholds": {"pause/interrupt": 0.5}}, "thresholds.pause/interrupt: must be one of"),
        ({"thresholds": {"pause/reply": 1.5}}, "must lie between 0 and 1"),
        ({"turn_over": {"judge": True}}, "turn_over.judge: must be a number"),
    ],
)
def test_a_bad_figure_is_an_error_that_names_its_key(given: dict[str, Any], says: str):
    with pytest.raises(ValueError, match=says):
        Calibration.of(given)


class Scripted:
    name = "scripted"

    async def judge(self, moment: Moment) -> Decision:
        return decide(Action.REPLY, "scripted", judge=self.name)


async def test_a_tuned_judge_keeps_its_name():
    decision = await Tuned(Scripted(), Calibration()).judge(moment(Kind.PAUSE))
    assert (decision.judge, decision.action) == ("scripted", Action.REPLY)


@pytest.mark.parametrize(
    ("words", "signals", "judge"),
    [
        ("no wait", {"sound_seconds": 0.4}, "scripted"),
        ("", {"sound_seconds": 0.4}, "rules"),
        ("", {}, "scripted"),
        ("as i said", {"since_opener": 0.5}, "rules"),
    ],
)
async def test_overlaps_that_words_say_nothing_of_are_decided_by_another(
    words: str, signals: dict[str, Any], judge: str
):
    asked = Moment(Kind.OVERLAP, words, signals=signals)
    assert (await Worded(Scripted(), Rules()).judge(asked)).judge == judge
