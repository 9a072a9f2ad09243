"""Two judges on one recorded talk, decision by decision."""

import json
import zipfile
from pathlib import Path

import pytest

from judgement.decision import Action, decide
from judgement.llama import LlamaJudge
from judgement.moment import Kind, Moment
from processors.recorder import Recorder
from training.replay import Step, main, read_steps, table
from training.scoring.judges import Always, NoSuchJudge, Timeout, open_judge

ICSI = Path(__file__).parent / "talks" / "icsi_pauses.jsonl"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A talk as it is kept: its download in t/, with consent t.jsonl beside."""
    recorder = Recorder(tmp_path, "t", user="sam", consent=lambda: True)
    recorder.floor("user_starts", 0.2)
    said = "how late are you open\x1b[31m on sundays if i may ask"
    for pause, action, outcome in (
        (0.4, Action.SILENCE, "waiting"),
        (0.8, Action.REPLY, "replied"),
    ):
        moment = Moment(Kind.PAUSE, said, pause=pause, at=2.0 + pause)
        recorder.decided(moment, decide(action, "because"), outcome)
    recorder.floor("agent_starts", 3.2)
    recorder.floor("user_starts", 8.0)
    thanks = Moment(Kind.PARTIAL, "thanks", at=8.5, turn=1)
    recorder.decided(thanks, decide(Action.SILENCE, "because"), "kept listening")
    recorder.mark(3, right=True, should=None)
    recorder.close()
    return tmp_path


def test_a_kept_talk_is_shown_decision_by_decision(folder: Path, capsys):
    assert main([str(folder / "t.jsonl"), "--judge", "timeout", "--judge", "always-silence"]) == 0
    head, first, second, third, _, *summary = capsys.readouterr().out.splitlines()
    assert head.split() == "time kind last words timeout always-silence * then label".split()
    assert first.split()[:2] == ["2.4", "pause"] and "on sundays if i may ask" in first
    assert first.split()[-6:] == ["silence", "0.90", "silence", "0.90", "silence", "reply"]
    assert second.split()[-7:] == ["reply", "0.90", "silence", "0.90", "*", "reply", "reply"]
    assert third.split()[-2:] == ["silence", "silence"]
    assert "\x1b" not in first
    assert summary == [
        "3 decisions, 1 of them differ; 3 with a label",
        "timeout: right 2 of 3; reply 1, silence 2",
        "always-silence: right 1 of 3; silence 3",
    ]


def test_the_columns_stand_in_line(folder: Path, capsys):
    main([str(folder / "t.jsonl"), "--judge", "timeout", "--judge", "always-silence"])
    head, *lines = capsys.readouterr().out.splitlines()[:4]
    assert {line[head.index("then") :].split()[0] for line in lines} == {"silence", "reply"}
    assert all(line[head.index("label") :] in ("silence", "reply") for line in lines)


def test_the_page_s_download_is_read_packed_or_not(folder: Path, tmp_path: Path):
    packed = tmp_path / "talk-t.zip"
    with zipfile.ZipFile(packed, "w") as file:
        file.write(folder / "t" / "rows.jsonl", "rows.jsonl")
    steps = read_steps(packed)
    assert steps == read_steps(folder / "t") == read_steps(folder / "t" / "rows.jsonl")
    assert [(step.at, step.then, step.label) for step in steps] == [
        (2.4, "silence", ""),
        (2.8, "reply", ""),
        (8.5, "silence", "silence"),
    ]


def test_only_differing_decisions_may_be_asked_for(folder: Path, capsys):
    arguments = [str(folder / "t"), "--judge", "timeout", "--judge", "always-silence", "--differ"]
    assert main(arguments) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + 1 + 1 + 3


def test_rows_of_a_data_set_are_replayed_too(capsys):
    assert main([str(ICSI), "--judge", "rules"]) == 0
    assert "20 decisions, 0 of them differ; 20 with a label" in capsys.readouterr().out


def test_a_timed_talk_is_annotated_first(tmp_path: Path):
    path = tmp_path / "timed.jsonl"
    turns = [
        {"d": "m", "s": "ab"[n % 2], "b": 4.0 * n, "e": 4.0 * n + 3, "t": f"i think that {n} is it"}
        for n in range(40)
    ]
    path.write_text("".join(json.dumps(turn) + "\n" for turn in turns))
    steps = read_steps(path)
    assert steps and all(step.label for step in steps)


def test_a_judge_that_fails_at_a_moment_is_shown_so():
    lines = table(
        [Step(Moment(Kind.PAUSE, "hello"), 1.0, "", "reply")],
        ["a", "b"],
        [[None], [decide(Action.REPLY, "because")]],
    )
    assert "failed" in lines[1] and lines[-2] == "a: right 0 of 1; failed 1"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("", "holds no decisions"),
        ('{"talk": "t"}\n', "holds no decisions"),
        ("{\n", ":1: not JSON"),
    ],
)
def test_a_talk_that_cannot_be_used_is_named(content: str, told: str, tmp_path: Path, capsys):
    (tmp_path / "talk.jsonl").write_text(content)
    assert main([str(tmp_path / "talk.jsonl"), "--judge", "rules"]) == 2
    error = capsys.readouterr().err
    assert "talk.jsonl" in error and told in error


def test_a_talk_and_a_judge_that_are_not_there_are_named(tmp_path: Path, capsys):
    assert main([str(tmp_path / "gone.jsonl"), "--judge", "rules"]) == 2
    assert "gone.jsonl" in capsys.readouterr().err
    assert main([str(ICSI), "--judge", "runs/gone"]) == 2
    assert "no such file is there: give rules, timeout" in capsys.readouterr().err


async def test_judges_go_by_their_names():
    async with open_judge("timeout") as judge:
        assert isinstance(judge, Timeout)
        kinds = [(Kind.PAUSE, 0.6), (Kind.PAUSE, 0.7), (Kind.OVERLAP, 0.0), (Kind.PARTIAL, 0.0)]
        moments = [Moment(kind, "well", pause=pause) for kind, pause in kinds]
        actions = [(await judge.judge(moment)).action.value for moment in moments]
        assert actions == ["silence", "reply", "reply", "silence"]
    async with open_judge("always-refuse") as judge:
        assert isinstance(judge, Always)
        assert (await judge.judge(moments[0])).action is Action.REFUSE
    async with open_judge("http://127.0.0.1:9/v1") as judge:
        assert isinstance(judge, LlamaJudge)
    with pytest.raises(NoSuchJudge, match="none of reply"):
        async with open_judge("always-sing"):
            pass
