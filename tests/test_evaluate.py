"""What evaluation counts, and what it says of data that it cannot use."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from judgement.decision import Action, Decision, decide
from judgement.judge import JudgeError
from judgement.moment import Kind, Moment
from training.evaluate import answers, main
from training.rows import Row
from training.scoring.judges import Timeout
from training.scoring.scores import Judged, auc, figures, recall_at

ROWS = Path(__file__).parent / "talks" / "icsi_pauses.jsonl"


def judged(
    label: Action, answer: Action | None, *, kind: Kind = Kind.PAUSE, sure: float = 0.9, **more: Any
) -> Judged:
    decision = decide(answer, "", sure=sure) if answer else None
    return Judged("1", "here", kind, label, decision, 0.1, **more)


def silent(label: Action, share: float) -> Judged:
    """A pause at which silence gets `share` and reply the rest."""
    shares = dict.fromkeys(Action, 0.0) | {Action.SILENCE: share, Action.REPLY: 1 - share}
    chosen = Action.SILENCE if share >= 0.5 else Action.REPLY
    return Judged("1", "here", Kind.PAUSE, label, Decision(chosen, shares, ""))


def row(number: int, label: str = "silence", **moment: Any) -> Row:
    return {
        "id": f"t:{number}",
        "source": "t",
        "moment": {"kind": "pause", "said": "and then", "pause": 0.4} | moment,
        "label": label,
    }


def lines(path: Path, *rows: Row) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in rows))
    return path


def test_a_failed_judge_counts_as_wrong():
    report = figures(
        [
            judged(Action.REPLY, Action.REPLY),
            judged(Action.REPLY, None),
            judged(Action.SILENCE, Action.REPLY),
        ]
    )
    assert (report["accuracy"], report["failed"]) == (0.3333, 1)
    assert report["per_action"]["reply"]["precision"] == 0.5
    assert report["per_action"]["silence"]["f1"] == 0
    assert report["macro_f1"] == report["mean_recall"] == 0.25
    assert report["confusion"]["reply"]["failed"] == 1
    assert report["latency_ms"]["p50"] == 100


def test_pauses_are_scored_by_the_order_of_their_probabilities():
    report = figures(
        [silent(Action.REPLY, share) for share in (0.1, 0.2, 0.6)]
        + [silent(Action.SILENCE, share) for share in (0.9, 0.8, 0.3)]
    )
    pause = report["pause"]
    assert pause["auc"] == 0.8889
    assert pause["balanced_accuracy"] == 0.6667
    assert pause["recall_at_5_percent_cut_ins"] == 0.6667
    assert report["by_source"]["here"]["pause_auc"] == 0.8889


def test_ties_count_half():
    import numpy as np

    positive = np.array([True, False, True, False])
    assert auc(np.ones(4), positive) == 0.5
    assert recall_at(np.ones(4), positive, 0.1) == 0


def test_recall_is_that_of_the_threshold_that_few_others_pass():
    import numpy as np

    scores = np.concatenate([np.arange(20) / 20, [0.93, 0.1]])
    positive = np.array([False] * 20 + [True, True])
    assert recall_at(scores, positive, 0.04) == 0
    assert recall_at(scores, positive, 0.05) == 0.5


def test_a_false_interruption_is_counted_against_the_speech_it_fell_in():
    ordinary = [judged(Action.SILENCE, Action.SILENCE, kind=Kind.PARTIAL) for _ in range(1199)]
    wrong = judged(Action.SILENCE, Action.INTERRUPT, kind=Kind.PARTIAL)
    called_for = [
        judged(Action.INTERRUPT, answer, kind=Kind.PARTIAL)
        for answer in (Action.INTERRUPT, Action.SILENCE)
    ]
    partial = figures([*ordinary, wrong, *called_for])["partial"]
    assert partial["ordinary_minutes"] == 5
    assert partial["false_interruptions_in_10_minutes"] == 2
    assert partial["recall"] == 0.5


def test_an_affront_met_with_silence_is_declined_and_a_refused_request_is_over_refused():
    report = figures(
        [
            judged(Action.REFUSE, Action.SILENCE, policies=True),
            judged(Action.DEFLECT, Action.REPLY, policies=True),
            judged(Action.REPLY, Action.REFUSE),
            judged(Action.REPLY, Action.REPLY, policies=True),
        ]
    )
    assert report["declining"]["declined"] == 0.5
    assert report["declining"]["over_refusal"] == 0.5
    assert (report["policies"]["n"], report["policies"]["accuracy"]) == (3, 0.3333)


def test_a_judge_that_is_as_sure_as_it_is_right_has_no_calibration_error():
    half = [judged(Action.REPLY, answer, sure=0.5) for answer in (Action.REPLY, Action.SILENCE)]
    assert figures(half)["calibration_error"] == 0
    assert figures([judged(Action.REPLY, Action.SILENCE, sure=0.9)])["calibration_error"] == 0.9


async def test_a_timeout_looks_at_nothing_but_the_pause():
    for pause, action in ((0.6, Action.SILENCE), (0.7, Action.REPLY)):
        moment = Moment(Kind.PAUSE, "and then", pause=pause)
        assert (await Timeout().judge(moment)).action is action
    assert (await Timeout().judge(Moment(Kind.OVERLAP, "mhm"))).action is Action.REPLY


async def test_a_judge_that_never_answers_ends_the_evaluation():
    async def fails(row: Row) -> Decision:
        raise JudgeError("its server answered nothing")

    with pytest.raises(JudgeError, match="none of 10 rows: its server answered nothing"):
        await answers(fails, [row(n) for n in range(20)])


def test_an_unknown_judge_is_told_which_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    report = str(tmp_path / "out.json")
    assert main(["--data", str(ROWS), "--judge", "ruels", "--report", report]) == 2
    error = capsys.readouterr().err
    assert "'ruels'" in error and "timeout" in error


def test_the_report_holds_what_was_promised(tmp_path: Path):
    report = tmp_path / "deep" / "out.json"
    run = ["--data", str(ROWS), "--judge", "rules", "--report", str(report), "--rows"]
    assert main(run) == 0
    found = json.loads(report.read_text())
    assert found["n"] == len(found["rows"]) == 20
    assert set(found["rows"][0]) >= {"id", "label", "predicted", "probabilities"}
    assert set(found["by_kind"]) == {"pause"}
    assert (found["partial"], found["overlap"], found["policies"]) == (None, None, None)


def test_plots_lie_beside_the_report(tmp_path: Path):
    pytest.importorskip("matplotlib", reason="`make train` installs it")
    report, plots = tmp_path / "out.json", tmp_path / "plots"
    run = ["--data", str(ROWS), "--judge", "rules", "--report", str(report)]
    assert main([*run, "--plots", str(plots)]) == 0
    assert {each.name for each in plots.iterdir()} == {
        "confusion_rules.png", "reliability_rules.png", "sources.png", "cut_ins.png",
    }  # fmt: skip


def test_plots_that_cannot_be_drawn_are_told_before_anything_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "training.scoring.plots", raising=False)
    report = str(tmp_path / "out.json")
    run = ["--data", str(ROWS), "--judge", "rules", "--report", report]
    assert main([*run, "--plots", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "make train" in error and "rows" not in error


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "holds no rows"),
        ([row(1), row(2, "answer")], ":2: the label 'answer'"),
        ([row(1), {"id": "2", "label": "reply"}], ":2: the field 'moment' is missing"),
    ],
    ids=["empty", "unknown label", "missing field"],
)
def test_broken_data_is_named_by_file_and_line(
    rows: list[Row], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    data = lines(tmp_path / "rows.jsonl", *rows)
    report = tmp_path / "out.json"
    assert main(["--data", str(data), "--judge", "rules", "--report", str(report)]) == 2
    error = capsys.readouterr().err
    assert said in error and str(data) in error and error.count("\n") == 1
    assert not report.exists()


def test_smart_turn_says_so_where_no_row_has_sound(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    report = str(tmp_path / "out.json")
    assert main(["--data", str(ROWS), "--judge", "smart-turn", "--report", report]) == 2
    assert "no pause row has sound" in capsys.readouterr().err


def test_an_interrupted_evaluation_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async def stopped(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("training.evaluate.answers", stopped)
    report = tmp_path / "out.json"
    assert main(["--data", str(ROWS), "--judge", "rules", "--report", str(report)]) == 130
    assert list(tmp_path.iterdir()) == []
