"""What a data set takes from its sources, and what it does not."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from judgement.decision import Action
from judgement.moment import Kind
from judgement.permitted import ALLOWED
from training.build import SPLITS, BuildError, Built, build, parser, write_all
from training.dataset.card import card, shortfalls
from training.dataset.choosing import cell_of, for_tests, kept, run_of, turn_of, without_doubles
from training.dataset.composition import SOURCES, TESTS, TRAIN
from training.rows import Row, read

Source = Callable[[random.Random], Iterable[Row]]


def row(
    n: int, *, talk: str = "a", split: str = "train", label: str = "reply", **moment: Any
) -> Row:
    return {
        "id": f"made:{talk}:{n}",
        "source": "made",
        "licence": "CC0-1.0",
        "split": split,
        "talk": talk,
        "how": "it was made up",
        "moment": {"kind": "pause", "said": f"what is number {n}", "pause": 0.4} | moment,
        "label": label,
        "family": "meetings",
    }


def of(*rows: Row) -> Source:
    return lambda chance: rows


def everything() -> Iterator[Row]:
    """Some rows of three talks, one a split."""
    for split in SPLITS:
        for n in range(6):
            label = "silence" if n % 2 else "reply"
            yield row(n, talk=f"in {split}", split=split, label=label, pause=0.3 + len(split) / 10)


def test_a_talk_in_two_splits_stops_the_build():
    with pytest.raises(BuildError, match=r"meetings: row made:a:2: its talk 'a' is in dev and in"):
        build({"meetings": of(row(1), row(2, split="dev"))})


def test_a_talk_in_two_splits_is_found_across_sources():
    with pytest.raises(BuildError, match="'a' is in test and in train"):
        build({"meetings": of(row(1)), "chats": of(row(2, split="test"))})


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"label": "interrupt"}, "'interrupt' is no label of a pause"),
        ({"label": ""}, "'label' is missing or empty"),
        ({"how": ""}, "'how' is missing or empty"),
        ({"split": "validation"}, "'validation' is none of train, dev, test"),
        ({"moment": {"kind": "pause"}}, "said"),
    ],
)
def test_a_wrong_row_is_named(wrong: dict[str, Any], said: str):
    with pytest.raises(BuildError, match=said):
        build({"meetings": of(row(1) | wrong)})


def test_two_rows_of_one_id_are_named():
    with pytest.raises(BuildError, match="chats: row made:a:1: another row has the same id"):
        build({"meetings": of(row(1)), "chats": of(row(1))})


def test_a_missing_source_is_named_and_left_out(capsys: pytest.CaptureFixture[str]):
    def absent(chance: random.Random) -> Iterator[Row]:
        yield from json.loads(Path("/nowhere/at/all.json").read_text())

    built = build({"chats": absent, "meetings": of(*everything())})
    assert built.missing == ["chats: there is no /nowhere/at/all.json"]
    assert "chats: left out" in capsys.readouterr().err
    assert len(built.splits["train"]) == 6


def test_without_any_row_for_training_nothing_is_built():
    with pytest.raises(BuildError, match="no row for train"):
        build({"meetings": of()})


def test_the_same_again_is_left_out():
    rows, left_out = without_doubles([row(1), row(1) | {"id": "other"}, row(2)], "policies")
    assert [each["id"] for each in rows] == ["made:a:1", "made:a:2"]
    assert left_out == {"policies: the same again": 1}


def test_a_contradiction_is_a_mistake_where_labels_are_made_and_none_where_they_happened():
    two = [row(1), row(1, label="silence") | {"id": "other"}]
    assert without_doubles(two, "policies")[0] == []
    assert without_doubles(two, "meetings")[0] == two


def test_training_has_no_prompt_that_a_test_has():
    train, test = row(1, talk="a"), row(1, talk="b", split="test")
    assert without_doubles([train, test], "meetings")[0] == [test]


def test_a_run_is_kept_whole_as_long_as_there_is_room():
    def run(start: str) -> list[Row]:
        first = {"who": "agent", "text": start, "ago": 3}
        return [row(n, talk=start, history=[first]) for n in range(5)]

    rows = [each for start in "abcdefgh" for each in run(start)]
    chosen = kept(rows, "meetings", 1.0, 15)
    assert sorted(Counter(run_of(each) for each in chosen).values()) == [5, 5, 5]
    backwards = kept(rows[::-1], "meetings", 1.0, 15)
    assert {each["id"] for each in chosen} == {each["id"] for each in backwards}


def test_a_test_set_takes_its_talks_in_turn_and_a_turn_once():
    long = [row(n, talk="long", split="test") for n in range(50)]
    again = [row(1, talk="long", split="test", pause=0.6) | {"id": "again"}]
    short = [row(n, talk="short", split="test") for n in range(5)]
    drawn = for_tests([*long, *again, *short], "meetings", 10)["pause"]
    assert Counter(each["talk"] for each in drawn) == {"long": 5, "short": 5}
    assert len({turn_of(each) for each in drawn}) == 10


def test_delays_have_every_pause_of_a_turn():
    rows = [
        row(n, split="test", pause=pause) | {"id": f"{n} {pause}"}
        for n in range(3)
        for pause in (0.2, 0.4, 0.8)
    ]
    drawn = for_tests(rows, "meetings", 2)["delays"]
    assert sorted(Counter(turn_of(each) for each in drawn).values()) == [3, 3]


def test_what_was_written_reads_back(tmp_path: Path):
    built = build({"meetings": of(*everything())})
    write_all(built, tmp_path / "set")
    assert len(read(tmp_path / "set" / "train.jsonl")) == 6
    assert {each["split"] for each in read(tmp_path / "set" / "test_pause.jsonl")} == {"test"}
    text = (tmp_path / "set" / "DATA.md").read_text()
    assert "| made | CC0-1.0 | 18 |" in text and "it was made up" in text
    assert not list((tmp_path / "set").glob(".*"))


def test_a_build_that_fails_leaves_the_last_one(tmp_path: Path):
    (tmp_path / "train.jsonl").write_text("the last one")
    broken = Built()
    broken.splits["train"] = [row(1) | {"label": object()}]
    with pytest.raises(TypeError):
        write_all(broken, tmp_path)
    assert [each.name for each in tmp_path.iterdir()] == ["train.jsonl"]
    assert (tmp_path / "train.jsonl").read_text() == "the last one"


def test_the_card_names_what_a_test_set_lacks():
    assert "pause: meetings pause reply has 0 of 1000 rows" in shortfalls({})
    text = card({"train": [row(1)], "dev": [], "test": []}, {}, {"made: twice": 2}, ["chats: gone"])
    assert "- 2 x made: twice" in text and "- chats: gone" in text


def test_every_action_is_tested_on_two_sources_of_equal_weight():
    five = TESTS["five"].cells
    for action in Action:
        cells = {cell: rows for cell, rows in five.items() if cell[2] == action}
        assert len({source for source, _, _ in cells}) >= 2
        assert len(set(cells.values())) == 1
        assert sum(cells.values()) == 240


def test_the_composition_names_sources_and_labels_that_there_are():
    for source, kind, label in (*TRAIN, *(cell for test in TESTS.values() for cell in test.cells)):
        assert source in SOURCES
        assert label in {str(action) for action in ALLOWED[Kind(kind)]}


def test_a_cell_is_family_kind_and_label():
    assert cell_of(row(1)) == ("meetings", "pause", "reply")


def test_an_unknown_source_is_refused(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        parser().parse_args(["--data", ".", "--out", ".", "--sources", "meetings,telly"])
    assert "no source is called telly" in capsys.readouterr().err
