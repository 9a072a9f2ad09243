"""Sources of ordinary talk, on tiny made-up copies of their files."""

import gzip
import io
import json
import random
import tarfile
from pathlib import Path

import pytest

from judgement.rows import moment_of
from training.labelling.timed import Utterance
from training.rows import Row
from training.sources import chats, meetings, podcasts

SHOW = """**Ann Host:** So tell me \\[laughs\\] what is [Go](https://go.dev) for? And who uses it?

**Bob Guest:** \\[05:42\\] It is for servers, mostly. People like it. I wrote `a lot` of it, and

it runs everywhere we wanted it to.

**Ann Host:** Yeah.

**Bob Guest:** Even on small machines. That was the hard part of --

**Ann Host:** How small are we talking here?
"""


def zipped(path: Path, lines: list[dict[str, object]]) -> None:
    path.parent.mkdir(exist_ok=True)
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(line) + "\n" for line in lines)


def test_meetings_get_their_acts_and_splits_share_no_speaker(tmp_path: Path) -> None:
    speech: list[dict[str, object]] = []
    for name, people in (("Bmr001", "abc"), ("Bed001", "dec"), ("Bns001", "fg")):
        for at in range(40):
            begin = 3.0 * at
            who = people[at % len(people)]
            line = {"d": name, "s": who, "b": begin, "e": begin + 2.2, "t": "o_k th- thi- is it"}
            speech.append(line)
    zipped(tmp_path / "icsi_mrda" / "normalized_ipus.jsonl.gz", speech)
    zipped(
        tmp_path / "icsi_mrda" / "normalized_da.jsonl.gz", [{**each, "da": "s"} for each in speech]
    )
    found = list(meetings.rows(tmp_path, random.Random(1)))
    assert {(row["talk"], row["split"]) for row in found} == {
        ("Bmr001", "train"),
        ("Bns001", "dev"),
    }
    assert found[0]["moment"]["said"].startswith("okay thi is")
    assert len({row["id"] for row in found}) == len(found)


def test_an_act_that_outlasts_the_speech_goes_on() -> None:
    act = Utterance("t", "a", 0.0, 5.0, ("so",), "fh|s")
    speech = [Utterance("t", "a", 0.0, 0.5, ("so",)), Utterance("t", "a", 1.0, 5.0, ("we",))]
    assert [each.acts for each in meetings.with_acts(speech, [act])] == ["fh|+", "s"]


def test_a_transcript_is_left_with_what_was_said() -> None:
    first, second, last = podcasts.turns_of(SHOW)
    assert first.text == "So tell me what is Go for? And who uses it?"
    assert "05:42" not in second.text and "`" not in second.text and "Yeah" not in second.text
    assert len(second.breaks) == 2
    assert last.speaker == "Ann Host"


def test_turns_of_a_show_end_in_replies_and_broken_ones_do_not() -> None:
    first, second, last = podcasts.turns_of(SHOW)
    seen = [cut for seed in range(20) for cut in podcasts.cuts(first, second, random.Random(seed))]
    assert {cut.label for cut in seen if cut.words == len(first.words)} == {"reply"}
    assert {cut.label for cut in seen if cut.words < len(first.words)} == {"silence"}
    broken = podcasts.cuts(second, last, random.Random(1))
    assert {cut.label for cut in broken} == {"silence"}
    assert not {cut.words for cut in broken} & second.breaks


def test_podcasts_split_by_show_and_keep_speakers_apart(tmp_path: Path) -> None:
    other = SHOW.replace("Ann", "Cy").replace("Bob", "Di")
    (tmp_path / "changelog_podcasts").mkdir()
    with tarfile.open(tmp_path / "changelog_podcasts" / "transcripts_md.tar.gz", "w:gz") as file:
        for name, text in (
            ("podcast/a-1.md", SHOW), ("podcast/a-2.md", SHOW), ("practicalai/b-1.md", SHOW),
            ("practicalai/b-2.md", other), ("gotime/c-1.md", other.replace("Cy", "Ed")),
        ):  # fmt: skip
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            file.addfile(info, io.BytesIO(text.encode()))
    found = list(podcasts.rows(tmp_path, random.Random(1), episodes=1844))
    assert {row["split"] for row in found if row["talk"] == "podcast/a-1"} == {"train"}
    assert "practicalai/b-1" not in {row["talk"] for row in found}
    assert all("imputed" in row["how"] for row in found if row["moment"]["kind"] == "pause")


def _chats(folder: Path) -> list[Row]:
    turns = [
        {"speaker": "USER", "utterance": "I would like a table for two, please."},
        {"speaker": "SYSTEM", "utterance": "In which city?"},
        {"speaker": "USER", "utterance": "In San Jose."},
    ]
    small = [
        {"agent": "agent_1", "message": "Do you like football?"},
        {"agent": "agent_2", "message": "Not that much to be honest with you."},
    ]
    pair = {
        "original": "Where is the oldest bridge?",
        "disfluent": "Where is the tallest no wait the oldest bridge?",
    }
    for name in ("sgd", "topical_chat", "disfl_qa"):
        (folder / name).mkdir()
    (folder / "sgd" / "dialogues_001.json").write_text(
        json.dumps([{"dialogue_id": "1", "turns": turns}]), encoding="utf-8"
    )
    with gzip.open(folder / "topical_chat" / "valid_freq.json.gz", "wt") as file:
        json.dump({"t": {"content": small}}, file)
    (folder / "disfl_qa" / "train.json").write_text(json.dumps({"q": pair}), encoding="utf-8")
    return list(chats.rows(folder, random.Random(1)))


def test_chats_are_replies_when_whole_and_silences_when_cut(tmp_path: Path) -> None:
    found = _chats(tmp_path)
    assert {row["source"] for row in found} == {"sgd", "topical_chat", "disfl_qa"}
    whole = {"in san jose", "where is the tallest no wait the oldest bridge"}
    assert {row["label"] for row in found if row["moment"]["said"] in whole} == {"reply"}
    assert {row["label"] for row in found if row["moment"]["kind"] == "partial"} == {"silence"}
    assert ("where is the tallest no wait", "silence") in {
        (row["moment"]["said"], row["label"]) for row in found
    }
    assert all(moment_of(row) for row in found)


@pytest.mark.parametrize(
    ("whole", "repaired", "counts"),
    [
        ("Which genus lack tentacles?", "Juvenile ones no wow Which genus lack tentacles?", [3]),
        ("Is there no river?", "Is there no river?", []),
        ("Who ruled the north?", "Who ruled the um the north?", [3, 4]),
    ],
)
def test_a_question_is_not_over_at_its_repair(whole: str, repaired: str, counts: list[int]) -> None:
    assert chats.stops(whole, repaired) == counts


def test_a_missing_source_is_a_missing_file(tmp_path: Path) -> None:
    for source in (meetings, podcasts):
        with pytest.raises(FileNotFoundError):
            list(source.rows(tmp_path, random.Random(1)))
    with pytest.raises(FileNotFoundError):
        list(chats.rows(tmp_path, random.Random(1)))
