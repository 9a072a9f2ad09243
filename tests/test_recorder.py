import json
import os
import time
import wave
from pathlib import Path

import pytest

from judgement.decision import Action, decide
from judgement.moment import Kind, Moment, Policy, Turn
from judgement.rows import moment_of, row_of
from processors.recorder import Recorder, sweep

MOMENT = Moment(
    Kind.PAUSE,
    "hello there",
    history=(Turn("agent", "Hi.", 2.5),),
    pause=0.4,
    turn_seconds=1.2,
    facts=("The user's name is Sam.",),
    signals={"turn_over": 0.9},
    persona=Policy(("discounts",), (), 0.3),
)


def rows(recorder: Recorder) -> list[dict]:
    recorder.flush()
    return [json.loads(line) for line in (recorder.path / "rows.jsonl").read_text().splitlines()]


def test_a_row_gives_its_moment_back():
    assert moment_of(row_of(MOMENT, Action.REPLY, id="x")) == MOMENT


@pytest.mark.parametrize("moment", [None, {}, {"kind": "nap", "said": ""}, {"kind": "pause"}])
def test_a_broken_row_is_named(moment: object):
    with pytest.raises(ValueError, match="row x"):
        moment_of({"id": "x", "moment": moment})


def test_decisions_can_be_read_while_the_talk_goes_on(tmp_path: Path):
    recorder = Recorder(tmp_path, "talk")
    assert recorder.decided(MOMENT, decide(Action.REPLY, "because")) == 1
    assert recorder.decided(MOMENT, decide(Action.SILENCE, "because")) == 2
    assert [row["label"] for row in rows(recorder)] == ["reply", "silence"]


def test_a_mark_changes_its_row_and_no_other(tmp_path: Path):
    recorder = Recorder(tmp_path, "talk")
    for _ in range(2):
        recorder.decided(MOMENT, decide(Action.REPLY, "because"))
    assert recorder.mark(2, right=False, should=Action.REFUSE)
    assert [(row["label"], row.get("marked")) for row in rows(recorder)] == [
        ("reply", None),
        ("refuse", "wrong"),
    ]


@pytest.mark.parametrize("number", [0, -1, 2])
def test_a_mark_on_no_decision_is_told(tmp_path: Path, number: int):
    recorder = Recorder(tmp_path, "talk")
    recorder.decided(MOMENT, decide(Action.REPLY, "because"))
    assert not recorder.mark(number, right=True, should=None)


def test_sound_can_be_read_while_the_talk_goes_on(tmp_path: Path):
    recorder = Recorder(tmp_path, "talk")
    recorder.sound(b"\0\0\1\1" * 1600, 16000, 2)
    with wave.open(str(recorder.path / "audio.wav")) as sound:
        assert (sound.getnframes(), sound.getnchannels()) == (1600, 2)
    recorder.close()


def test_old_talks_are_removed_and_new_ones_kept(tmp_path: Path):
    for name in ("old", "new"):
        recorder = Recorder(tmp_path, name)
        recorder.decided(MOMENT, decide(Action.REPLY, "because"))
        recorder.close()
    past = time.time() - 3600
    for file in (tmp_path / "old").iterdir():
        os.utime(file, (past, past))
    assert sweep(tmp_path, older_than=600) == 1
    assert [folder.name for folder in tmp_path.iterdir()] == ["new"]
