"""Rows from timed talks: what really happened gives the label, and nothing of it shows."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from judgement.rows import moment_of
from training.annotate import Origin, rows_of
from training.labelling.backdrop import backdrop
from training.labelling.chunks import chunks, split_of
from training.labelling.pauses import imputed, shown
from training.labelling.timed import TalkError, Utterance, floor, read, turns
from training.rows import Row

Line = tuple[str, float, float, str] | tuple[str, float, float, str, str]
ORIGIN = Origin("made_up", "CC0-1.0")


def talk(*lines: Line) -> list[Utterance]:
    return [
        Utterance("t1", who, begin, end, tuple(text.split()), *acts)
        for who, begin, end, text, *acts in lines
    ]


def rows(*lines: Line, kind: str = "pause", seed: int = 1) -> list[Row]:
    found = rows_of(talk(*lines), ORIGIN, random.Random(seed))
    return [row for row in found if row["moment"]["kind"] == kind]


def said_and_label(found: list[Row]) -> set[tuple[str, str]]:
    return {(row["moment"]["said"], row["label"]) for row in found}


ASKED: Line = ("a", 0.0, 2.0, "what did you do on the weekend")
WENT = ("b", 2.6, 4.0, "we went to the")
LAKE = ("b", 4.8, 5.5, "lake near town")
NICE: Line = ("a", 6.2, 8.0, "that sounds like a good trip")


def test_going_on_is_silence_and_another_taking_the_floor_is_reply() -> None:
    assert said_and_label(rows(ASKED, WENT, LAKE, NICE)) == {
        ("what did you do on the weekend", "reply"),
        ("we went to the", "silence"),
        ("we went to the lake near town", "reply"),
    }


def test_a_backchannel_in_a_pause_does_not_end_the_turn() -> None:
    found = rows(ASKED, WENT, ("a", 4.2, 4.5, "yeah"), LAKE, NICE)
    assert ("we went to the", "silence") in said_and_label(found)
    assert all("yeah" not in turn["text"] for row in found for turn in row["moment"]["history"])


def test_no_shown_pause_reaches_the_real_one() -> None:
    for seed in range(30):
        for row in rows(ASKED, WENT, LAKE, seed=seed):
            if row["moment"]["said"] == "we went to the":
                assert 0.2 <= row["moment"]["pause"] < 0.8


def test_a_row_knows_nothing_of_what_is_said_later() -> None:
    for kind in ("pause", "partial", "overlap"):
        for row in rows(ASKED, WENT, LAKE, NICE, kind=kind):
            moment = moment_of(row)
            heard = " ".join([*(turn.text for turn in moment.history), moment.said])
            assert (
                "what did you do on the weekend we went to the lake near town".startswith(heard)
                or "sounds" in moment.said
            )


def test_a_quick_answer_shows_an_imputed_pause() -> None:
    found = rows(ASKED, ("b", 1.9, 4.0, "we stayed at home again"))
    assert found and all(row["label"] == "reply" for row in found)
    assert all("imputed" in row["how"] for row in found)


def test_speech_that_another_broke_off_is_not_over() -> None:
    found = rows(
        ("a", 0.0, 2.0, "so what i wanted was", "s.%-"), ("b", 1.9, 4.0, "we know all that", "s")
    )
    assert {row["label"] for row in found} == {"silence"}


def test_an_end_that_is_unclear_gives_no_row() -> None:
    late = ("b", 6.0, 8.0, "we stayed at home again")
    at_once: tuple[Line, Line] = (
        ("b", 2.5, 4.0, "we stayed at home"),
        ("a", 2.7, 4.2, "or were you away"),
    )
    given_up: Line = ("a", 0.0, 2.0, "what did you do on the", "qw.%--")
    assert not [
        row for row in rows(ASKED, late) if row["moment"]["said"] == " ".join(ASKED[3].split())
    ]
    assert not [row for row in rows(ASKED, *at_once) if row["moment"]["said"].startswith("what")]
    assert not rows(given_up, ("b", 2.6, 4.0, "we stayed at home", "s"))


def test_a_one_word_answer_has_the_floor_and_a_one_word_echo_has_not() -> None:
    answer = talk(("a", 0, 2, "do you like it there"), ("b", 2.3, 2.6, "yeah"))
    echo = talk(("a", 0, 2, "i like it there"), ("b", 2.3, 2.6, "yeah"))
    assert len(floor(answer)) == 2
    assert len(floor(echo)) == 1


def test_overlaps_tell_a_backchannel_from_a_bid() -> None:
    story: Line = ("a", 0.0, 6.0, "and then we drove on for hours and hours without any food")
    over = rows(
        story, ("b", 2.0, 2.4, "mhm"), ("b", 4.0, 8.0, "but why did you not stop"), kind="overlap"
    )
    labels = said_and_label(over)
    assert {label for said, label in labels if said in ("", "mhm")} == {"silence"}
    assert {label for said, label in labels if said.startswith("but")} == {"reply"}
    early = [row["moment"] for row in over if row["moment"]["said"] == "mhm"]
    assert all(moment["history"][-1]["text"] == "and then we drove" for moment in early)


def test_a_bid_is_not_shown_while_it_may_be_a_backchannel() -> None:
    story: Line = ("a", 0.0, 6.0, "and then we drove on for hours and hours without any food")
    bids = rows(story, ("b", 4.0, 8.0, "yeah right so we never did"), kind="overlap")
    assert bids
    assert all(len(row["moment"]["said"].split()) >= 4 for row in bids)


def test_long_speech_is_seen_at_several_lengths_and_never_interrupted() -> None:
    words = " ".join(f"word{at}" for at in range(40))
    lines: list[Line] = [("a", 0.0, 1.0, "tell me the whole of it please")]
    lines += [("b", 2 + 15 * at, 16.7 + 15 * at, words) for at in range(6)]
    found = [row for seed in range(5) for row in rows(*lines, kind="partial", seed=seed)]
    assert {row["label"] for row in found} == {"silence"}
    assert max(row["moment"]["turn_seconds"] for row in found) > 45
    assert all(
        row["moment"]["persona"]["proactivity"] <= 0.5
        for row in found
        if row["moment"]["turn_seconds"] >= 45
    )


def test_rows_of_a_stretch_share_persona_and_beginning() -> None:
    lines: list[Line] = [
        ("ab"[at % 2], 3.0 * at, 3.0 * at + 2.4, f"this is what number {at} says")
        for at in range(30)
    ]
    groups: dict[str, list[dict[str, Any]]] = {}
    for row in rows(*lines):
        moment = row["moment"]
        first = (moment["history"] or [{"text": moment["said"]}])[0]["text"]
        groups.setdefault(first, []).append(moment["persona"])
    assert all(len({json.dumps(each) for each in group}) <= 2 for group in groups.values())


def test_pauses_are_drawn_without_a_look_at_the_real_one() -> None:
    assert shown(0.2, random.Random(1)) == []
    for seed in range(20):
        longer, shorter = shown(2.0, random.Random(seed)), shown(0.7, random.Random(seed))
        assert shorter == [each for each in longer if each < 0.7]
        assert imputed(random.Random(seed))[0] == 0.2


def test_stretches_cover_each_turn_once() -> None:
    found = chunks([30] * 25)
    assert [at for each in found for at in range(each.own, each.end)] == list(range(25))
    assert all(each.end - each.start <= 14 for each in found)
    assert chunks([]) == []
    assert turns([]) == []


def test_splits_are_as_asked_for() -> None:
    parts = [split_of(f"talk {at}") for at in range(2000)]
    assert 0.77 < parts.count("train") / 2000 < 0.83
    assert 0.10 < parts.count("test") / 2000 < 0.14


def test_backdrops_know_what_has_nothing_to_do_with_the_talk() -> None:
    drawn = [backdrop(random.Random(seed)) for seed in range(400)]
    plain = [each for each in drawn if not each.refuse and not each.deflect]
    assert 0.4 < len(plain) / 400 < 0.6
    assert 0.2 < sum(bool(each.facts) for each in drawn) / 400 < 0.4
    assert not any("{" in fact for each in drawn for fact in each.facts)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"d": "t", "s": "a", "b": 0, "t": "hi"}', "'e' is missing"),
        ('{"d": "t", "s": "a", "b": 2, "e": 1, "t": "hi"}', "begins at 2.0 s and ends at 1.0 s"),
        ('{"d": "t", "s": "a", "b": "x", "e": 1, "t": "hi"}', "not an utterance"),
        ("[1]", "not an utterance"),
        ("{", "not an utterance"),
        ("", "holds no utterances"),
    ],
)
def test_a_broken_talk_names_file_line_and_field(tmp_path: Path, line: str, says: str) -> None:
    path = tmp_path / "talks.jsonl"
    path.write_text(line, encoding="utf-8")
    with pytest.raises(TalkError, match=says) as error:
        list(read(path))
    assert str(path) in str(error.value)
