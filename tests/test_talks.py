"""What followed a decision becomes its label."""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from judgement.decision import Action, decide
from judgement.moment import Kind, Moment
from judgement.rows import row_of
from memory.talks import OWNER, KeptTalk, Removed, forget, talks_of
from processors.recorder import Recorder, mark_row
from training.labelling.recorded import read_talk
from training.rows import read
from training.talks import main, rows, rows_of

Line = dict[str, Any]


def event(at: float, what: str) -> Line:
    return {"at": at, "event": what}


class Talk:
    """A talk written down line by line."""

    def __init__(self):
        self.lines: list[Line] = [{"talk": "t", "user": "sam"}]
        self.decisions = 0

    def decided(
        self,
        at: float,
        kind: Kind,
        said: str,
        action: Action,
        outcome: str,
        *,
        turn: int = 0,
        **more: Any,
    ) -> "Talk":
        self.decisions += 1
        moment = Moment(kind, said, turn=turn, at=at, **more)
        row = row_of(moment, action, id=f"t:{self.decisions}")
        row |= {"decided": action.value, "at": at, "turn": turn, "outcome": outcome}
        self.lines.append(row)
        return self

    def floor(self, **events: float) -> "Talk":
        self.lines += [event(at, what) for what, at in events.items()]
        return self

    def voice(self, starts: float, stops: float, said: str, turn: int) -> "Talk":
        """The user says something, heard as a partial that is listened to."""
        self.lines.append(event(starts, "user_starts"))
        middle = (starts + stops) / 2
        self.decided(middle, Kind.PARTIAL, said, Action.SILENCE, "kept listening", turn=turn)
        self.lines.append(event(stops, "user_stops"))
        return self

    def mark(self, number: int, right: bool, should: str | None = None) -> "Talk":
        self.lines.append({"mark": number, "right": right, "should": should})
        return self

    def write(self, folder: Path) -> Path:
        path = folder / "t.jsonl"
        path.write_text("".join(json.dumps(line) + "\n" for line in self.lines))
        return path


def asked(action: Action = Action.REPLY, outcome: str = "replied", answered: float = 3.0) -> Talk:
    """The user asks; the agent decides at 2.4 s and begins to answer at `answered`."""
    talk = Talk().voice(0.2, 2.0, "how late are you open on sundays", 0)
    talk.decided(2.4, Kind.PAUSE, "how late are you open on sundays", action, outcome, pause=0.4)
    return talk.floor(agent_starts=answered)


def waited(said: str = "can you tell me when the shop opens") -> Talk:
    """The user asks, the agent stays silent for good."""
    talk = Talk().voice(0.2, 2.0, said, 0)
    return talk.decided(4.5, Kind.PAUSE, said, Action.SILENCE, "chose silence", pause=2.5)


def cut_in() -> Talk:
    """The agent cuts in at 30 s; its opener begins at 30.2 s."""
    talk = Talk().floor(user_starts=0.2)
    talk.decided(30.0, Kind.PARTIAL, "and then and then", Action.INTERRUPT, "cut in")
    return talk.floor(agent_starts=30.2)


def over(action: Action, outcome: str, said: str) -> Talk:
    """A sound over the agent, which speaks from 1 s on."""
    talk = Talk().floor(agent_starts=1.0, user_starts=3.0)
    return talk.decided(3.6, Kind.OVERLAP, said, action, outcome, turn=1)


def idled(action: Action, outcome: str) -> Talk:
    return Talk().decided(20.0, Kind.IDLE, "", action, outcome, pause=12.0)


CASES: list[tuple[str, Callable[[], Talk], int, str | None]] = [
    (
        "talks on over the answer",
        lambda: asked().voice(3.6, 5.0, "and on holidays as well i mean", 1),
        2,
        "silence",
    ),
    (
        "talks on before the answer has begun",
        lambda: asked().voice(2.7, 5.0, "and on holidays as well i mean", 1),
        2,
        "silence",
    ),
    ("thanks", lambda: asked().voice(6.0, 7.0, "thanks a lot", 1), 2, "reply"),
    ("goes on normally", lambda: asked().voice(6.0, 8.0, "and where is it", 1), 2, "reply"),
    (
        "hears an answer spoken ahead, at the decision itself",
        lambda: asked(answered=2.4).voice(6.0, 8.0, "and where is it", 1),
        2,
        "reply",
    ),
    (
        "is refused and goes on",
        lambda: asked(Action.REFUSE, "refused").voice(6, 8, "fine then", 1),
        2,
        "refuse",
    ),
    (
        "is refused and objects",
        lambda: asked(Action.REFUSE, "refused").voice(6, 8, "that's not what i asked", 1),
        2,
        None,
    ),
    ("wants to finish", lambda: asked().voice(6.0, 7.0, "let me finish", 1), 2, "silence"),
    (
        "repeats a misheard question",
        lambda: asked().voice(6, 8, "how late are you open on sundays", 1),
        2,
        None,
    ),
    ("interrupts the answer early", lambda: asked().voice(4.5, 6.0, "so where is it", 1), 2, None),
    ("says nothing more", asked, 2, None),
    ("only says mhm", lambda: asked().voice(3.5, 3.9, "mhm", 1), 2, None),
    ("asks for an answer that is slow", lambda: asked().voice(2.9, 3.4, "hello", 1), 2, "reply"),
    ("asks after us", lambda: waited().voice(7.0, 8.0, "hello are you there", 1), 2, "reply"),
    (
        "repeats it to our silence",
        lambda: waited().voice(7.0, 9.0, "tell me when the shop opens", 1),
        2,
        "reply",
    ),
    (
        "goes on after our silence",
        lambda: waited().voice(7.0, 9.0, "well i'll look it up", 1),
        2,
        "silence",
    ),
    (
        "is spoken to first",
        lambda: waited().floor(agent_starts=6.0).voice(7, 9, "all right go on", 1),
        2,
        None,
    ),
    (
        "gives way",
        lambda: cut_in().floor(user_stops=31.0).voice(38.0, 39.0, "thanks that helps", 1),
        1,
        "interrupt",
    ),
    (
        "insists",
        lambda: cut_in().decided(31.9, Kind.OVERLAP, "no but", Action.REPLY, "yielded", turn=1),
        1,
        "silence",
    ),
    (
        "objects to being cut off",
        lambda: cut_in().floor(user_stops=30.5).voice(34, 35, "let me finish please", 1),
        1,
        "silence",
    ),
    ("is cut off, and the talk ends", lambda: cut_in().floor(user_stops=30.5), 1, None),
    (
        "takes the floor",
        lambda: over(Action.REPLY, "yielded", "no wait").decided(
            5.0, Kind.PAUSE, "no wait i meant monday", Action.REPLY, "replied", turn=1
        ),
        1,
        "reply",
    ),
    (
        "only made a noise",
        lambda: over(Action.REPLY, "yielded", "").floor(user_stops=4.0),
        1,
        "silence",
    ),
    (
        "hums along",
        lambda: over(Action.SILENCE, "went on", "mhm").floor(user_stops=3.9, agent_stops=9.0),
        1,
        "silence",
    ),
    (
        "had to insist",
        lambda: (
            over(Action.SILENCE, "went on", "what about the price of it")
            .floor(user_stops=4.5, agent_stops=9.0)
            .voice(10.0, 12.0, "i was saying what about the price", 1)
        ),
        1,
        "reply",
    ),
    (
        "takes up an opening",
        lambda: (
            idled(Action.REPLY, "opened")
            .floor(agent_starts=20.5)
            .voice(24, 25, "oh i'd like a sofa", 1)
        ),
        1,
        "reply",
    ),
    (
        "wants quiet",
        lambda: (
            idled(Action.REPLY, "opened").floor(agent_starts=20.5).voice(24, 25, "let me think", 1)
        ),
        1,
        "silence",
    ),
    (
        "breaks the silence",
        lambda: idled(Action.SILENCE, "chose silence").voice(24, 25, "now where were we", 1),
        1,
        "silence",
    ),
    (
        "asks into the silence",
        lambda: idled(Action.SILENCE, "chose silence").voice(24, 25, "are you still there", 1),
        1,
        "reply",
    ),
]


def labels(talk: Talk, folder: Path) -> dict[int, str]:
    made = rows_of(read_talk(talk.write(folder)), random.Random(0))
    return {int(row["id"].rpartition(":")[2]): row["label"] for row in made}


@pytest.mark.parametrize(
    ("talk", "number", "label"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_what_the_user_did_is_the_label(
    talk: Callable[[], Talk], number: int, label: str | None, tmp_path: Path
):
    assert labels(talk(), tmp_path).get(number) == label


def test_a_pause_waited_through_is_labelled_like_the_answer_that_ended_it(tmp_path: Path):
    talk = Talk().voice(0.2, 2.0, "how late are you open", 0)
    talk.decided(2.2, Kind.PAUSE, "how late are you open", Action.SILENCE, "waiting", pause=0.2)
    talk.decided(2.6, Kind.PAUSE, "how late are you open", Action.REPLY, "replied", pause=0.6)
    talk.floor(agent_starts=3.0).voice(6.0, 7.0, "great and on monday", 1)
    assert labels(talk, tmp_path) == {1: "silence", 2: "reply", 3: "reply"}


def test_a_user_who_goes_on_in_the_same_turn_was_rightly_waited_for(tmp_path: Path):
    talk = Talk().voice(0.2, 2.0, "i would like", 0)
    talk.decided(2.4, Kind.PAUSE, "i would like", Action.SILENCE, "waiting", pause=0.4)
    talk.voice(3.0, 4.0, "i would like a sofa", 0)
    assert labels(talk, tmp_path)[2] == "silence"


@pytest.mark.parametrize(
    ("right", "should", "label"),
    [
        (True, None, "reply"),
        (False, "refuse", "refuse"),
        (False, None, None),
        (False, "interrupt", None),
    ],
)
def test_a_mark_overrides_what_followed(
    right: bool, should: str | None, label: str | None, tmp_path: Path
):
    talk = asked().voice(3.6, 5.0, "and on holidays as well", 1).mark(2, right, should)
    assert labels(talk, tmp_path).get(2) == label


def test_a_wrong_decision_with_one_alternative_needs_no_more_words(tmp_path: Path):
    assert labels(cut_in().mark(1, False), tmp_path) == {1: "silence"}


def test_a_growing_pause_gives_no_more_than_two_rows_alike(tmp_path: Path):
    talk = Talk().voice(0.2, 2.0, "i would like", 0)
    for step in range(8):
        at = 2.2 + step / 20
        talk.decided(at, Kind.PAUSE, "i would like", Action.SILENCE, "waiting", pause=at - 2)
    talk.voice(3.0, 4.0, "i would like a sofa", 0)
    assert len(labels(talk, tmp_path)) == 2


def test_the_rows_are_private_name_nobody_and_can_be_read(tmp_path: Path, capsys):
    (tmp_path / "talks").mkdir()
    asked().voice(6.0, 8.0, "thanks", 1).write(tmp_path / "talks")
    out = tmp_path / "rows.jsonl"
    assert main([str(tmp_path / "talks"), "--out", str(out)]) == 0
    row = next(row for row in read(out) if row["id"] == "talk:t:2")
    assert (row["source"], row["licence"], row["how"]) == ("talk", "private", "the user thanked")
    assert "sam" not in out.read_text()
    assert "2 rows of 3 decisions" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "not JSON"),
        ("[]", "a JSON object"),
        ('{"at": 1, "event": "sneezes"}', "sneezes"),
        ('{"event": "user_starts"}', "'at' is missing"),
        ('{"mark": 1, "right": false, "should": "sing"}', "sing"),
        ('{"id": "t:1", "moment": {"kind": "nap"}}', "nap"),
        ("{}", "neither"),
    ],
)
def test_a_broken_line_is_named_and_nothing_is_written(
    line: str, told: str, tmp_path: Path, capsys
):
    (tmp_path / "talk.jsonl").write_text('{"talk": "t", "user": "u"}\n' + line + "\n")
    assert main([str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert "talk.jsonl:2: " in error and told in error
    assert not (tmp_path / "out").exists()


def test_a_line_torn_by_a_crash_is_left_out(tmp_path: Path):
    path = asked().write(tmp_path)
    with path.open("a") as file:
        file.write('{"id": "t:9", "mom')
    assert len(read_talk(path).decisions) == 2


def test_no_talks_and_no_folder_are_told(tmp_path: Path, capsys):
    assert main([str(tmp_path), "--out", str(tmp_path / "out")]) == 2
    assert "none of them" in capsys.readouterr().err
    with pytest.raises(FileNotFoundError):
        list(rows(tmp_path / "gone", random.Random(0)))


SPOKEN = Moment(Kind.PAUSE, "hello there", pause=0.4, at=3.2, turn=1)


def recorded(folder: Path, consent: Callable[[], bool]) -> Recorder:
    recorder = Recorder(folder, "t", user="sam", consent=consent)
    recorder.floor("user_starts", 1.0)
    recorder.decided(SPOKEN, decide(Action.REPLY, "because"), "replied")
    recorder.flush()
    return recorder


def test_without_consent_nothing_outlives_the_recording(tmp_path: Path):
    recorded(tmp_path, lambda: False).close()
    assert [path.name for path in tmp_path.iterdir()] == ["t"]


def test_with_consent_decisions_floor_and_marks_are_kept(tmp_path: Path):
    recorder = recorded(tmp_path, lambda: True)
    recorder.mark(1, right=False, should=Action.SILENCE)
    recorder.close()
    assert mark_row(tmp_path / "t" / "rows.jsonl", 1, right=True, should=None)
    talk = read_talk(tmp_path / "t.jsonl")
    assert (talk.talk, talk.user, talk.floor["user_starts"]) == ("t", "sam", [1.0])
    kept = talk.decisions[0]
    assert (kept.at, kept.turn, kept.outcome, kept.row["judge"]) == (3.2, 1, "replied", "rules")
    assert kept.row["probabilities"]["reply"] == 0.9
    assert talk.marks[1].right


def test_consent_withdrawn_stops_the_keeping(tmp_path: Path):
    agreed = [True]
    recorder = recorded(tmp_path, lambda: agreed[0])
    agreed[0] = False
    recorder.decided(SPOKEN, decide(Action.REPLY, "because"), "replied")
    recorder.mark(1, right=True, should=None)
    recorder.close()
    talk = read_talk(tmp_path / "t.jsonl")
    assert (len(talk.decisions), talk.marks) == (1, {})


def test_a_disk_that_takes_nothing_ends_no_talk(tmp_path: Path):
    (tmp_path / "file").touch()
    recorder = Recorder(tmp_path / "file", "t", user="sam", consent=lambda: True)
    assert recorder.decided(SPOKEN, decide(Action.REPLY, "because")) == 1
    recorder.sound(b"\0\0\0\0" * 160, 16000, 2)
    assert recorder.mark(1, right=True, should=None)
    recorder.close()


def test_a_full_disk_leaves_no_half_line(tmp_path: Path):
    full = KeptTalk(Path("/dev"), "full", "sam")
    full.path = Path("/dev/full")
    with pytest.raises(OSError):
        full.add({"at": 1})


def test_forgetting_removes_the_user_s_talks_and_nobody_else_s(tmp_path: Path):
    for talk, user in (("a", "sam"), ("b", "ann"), ("c", "sam")):
        KeptTalk(tmp_path, talk, user).add({"at": 1, "event": "user_starts"})
    assert [path.stem for path in talks_of(tmp_path, "sam")] == ["a", "c"]
    assert forget(tmp_path, "sam") == Removed(talks=2, recordings=0)
    assert [path.name for path in tmp_path.iterdir()] == ["b.jsonl"]


def test_forgetting_removes_the_user_s_recordings_and_nobody_else_s(tmp_path: Path):
    for talk, user in (("a", "sam"), ("b", "ann")):
        recorder = Recorder(tmp_path, talk, user=user)
        recorder.sound(b"\0\0\0\0" * 160, 16000, 2)
        recorder.decided(SPOKEN, decide(Action.REPLY, "because"))
        recorder.close()
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / OWNER).write_text("no owner")
    assert forget(tmp_path, "sam") == Removed(talks=0, recordings=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "c"]
