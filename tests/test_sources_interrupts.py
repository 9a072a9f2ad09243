"""Rows that call for cutting in, idle rows, and what keeps them honest."""

import gzip
import io
import json
import random
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from judgement.decision import Action
from judgement.permitted import ALLOWED
from judgement.rows import moment_of
from training.rows import Row
from training.sources import (
    abuse_heaps,
    circles,
    contradictions,
    frames,
    idles,
    material,
    persons,
    rambles,
)  # fmt: skip
from training.sources.errands import booked
from training.sources.material import Scene, held_out, load, willing

CHAT = (
    "what a lovely day it is", "did you hear about the whale in the river?",
    "i painted the fence and then it rained on it", "it swam all the way up to the weir",
    "they ought to put a sign there about it", "i think they already have one there",
)  # fmt: skip
ERRAND = (
    ("USER", "I want to eat in Oakland tonight", [("city", "Oakland")]),
    ("SYSTEM", "What time do you want the table for?", []),
    ("USER", "I would like it at 6 pm", [("time", "6 pm")]),
    ("SYSTEM", "Your table is booked.", []),
)
LONG = " ".join(
    f"Sentence number {n} speaks of something new like w{n} and x{n}." for n in range(30)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small folder of data in the shapes of the real one."""
    root = tmp_path_factory.mktemp("data")
    for name in ("topical_chat", "sgd", "memorybank/eval_data/en", "convabuse"):
        (root / name).mkdir(parents=True)
    who = ("agent_1", "agent_2")
    turns = [{"agent": who[at % 2], "message": text} for at, text in enumerate(CHAT)]
    with gzip.open(root / "topical_chat/valid_freq.json.gz", "wt") as file:
        json.dump({f"t{n}": {"content": turns} for n in range(30)}, file)
    for number in (1, 2):
        errands = [_errand(f"{number}_{n}") for n in range(30)]
        (root / f"sgd/dialogues_00{number}.json").write_text(json.dumps(errands))
    day = [{"query": CHAT[2], "response": CHAT[3]}]
    users = {f"U{n}": {"history": {"2023-04-27": day}} for n in range(30)}
    path = root / "memorybank/eval_data/en/memory_bank_en.json"
    path.write_text(json.dumps(users))
    found = ("is_abuse.1", "is_abuse.-2", "target.system")
    header = ",".join(["conv_id,prev_user,agent,user", *(f"Annotator1_{each}" for each in found)])
    lines = [f"{n},hello,go on,you are a dreadful thing {n},0,1,1" for n in range(60)]
    lines += [f"{n},hello,go on,tell me more of it,1,0,0" for n in range(60)]
    for name in abuse_heaps.FILES:
        (root / "convabuse" / name).write_text("\n".join([header, *lines]))
    _podcasts(root)
    return root


def _errand(name: str) -> dict[str, Any]:
    turns: list[dict[str, Any]] = []
    for who, text, values in ERRAND:
        slots = [
            {
                "slot": slot,
                "start": text.index(value),
                "exclusive_end": text.index(value) + len(value),
            }
            for slot, value in values
        ]
        turns.append({"speaker": who, "utterance": text, "frames": [{"slots": slots}]})
    return {"dialogue_id": name, "turns": turns}


def _podcasts(root: Path) -> None:
    (root / "changelog_podcasts").mkdir()
    text = f"**Ann:** How did you get into that?\n\n**Bob:** {LONG}\n\n**Ann:** I see.\n"
    with tarfile.open(root / "changelog_podcasts/transcripts_md.tar.gz", "w:gz") as archive:
        for show in ("podcast", "gotime", "practicalai"):
            for number in range(20):
                info = tarfile.TarInfo(f"{show}/{show}-{number}.md")
                info.size = len(text)
                archive.addfile(info, io.BytesIO(text.encode()))


Source = Callable[[Path, random.Random], Iterator[Row]]
SMALL = {"train": 12, "dev": 3, "test": 6}


@pytest.fixture(scope="module")
def made(folder: Path) -> dict[str, list[Row]]:
    """A few rows of every source."""
    patch = pytest.MonkeyPatch()
    patch.setattr(contradictions, "SCENES", 1)
    patch.setattr(circles, "POINTS", 2)
    patch.setattr(rambles, "ON_TOPIC", 2)
    for module, name in (
        (contradictions, "PLAIN"), (circles, "LOOPS"), (circles, "ORDINARY"), (rambles, "SCENES"),
        (rambles, "ANSWERS"), (abuse_heaps, "HEAPS"), (abuse_heaps, "GUARDS"), (idles, "SCENES"),
    ):  # fmt: skip
        patch.setattr(module, name, SMALL)
    sources = (contradictions, circles, rambles, abuse_heaps, idles)
    rows = {each.SOURCE: list(each.rows(folder, random.Random(1))) for each in sources}
    patch.undo()
    return rows


def test_every_row_is_a_moment_with_a_label_that_its_kind_allows(
    made: dict[str, list[Row]],
) -> None:
    for rows in made.values():
        for row in rows:
            assert Action(row["label"]) in (*ALLOWED[moment_of(row).kind],)
            assert row["licence"] and row["how"] and row["split"] in SMALL


def test_no_talk_is_in_two_splits_and_no_id_twice(made: dict[str, list[Row]]) -> None:
    for rows in made.values():
        homes: dict[str, str] = {}
        assert len({row["id"] for row in rows}) == len(rows)
        assert all(homes.setdefault(row["talk"], row["split"]) == row["split"] for row in rows)
        assert {*homes.values()} == {*SMALL}


def test_nobody_is_cut_off_at_proactivity_0_or_against_their_wish(
    made: dict[str, list[Row]],
) -> None:
    cut = [row["moment"] for rows in made.values() for row in rows if row["label"] == "interrupt"]
    assert cut
    assert all(each["persona"]["proactivity"] > 0 for each in cut)
    assert not any(each["signals"].get("no_interruptions") for each in cut)


def test_circles_and_rambles_ask_for_more_proactivity_and_time(made: dict[str, list[Row]]) -> None:
    for source, proactivity, seconds in (("circles", 0.3, 20), ("rambles", 0.5, 45)):
        cut = [row["moment"] for row in made[source] if row["label"] == "interrupt"]
        assert cut
        assert all(each["persona"]["proactivity"] >= proactivity for each in cut)
        assert all(each["turn_seconds"] >= seconds for each in cut)


def test_before_the_word_that_decides_there_is_silence(made: dict[str, list[Row]]) -> None:
    rows = [row for row in made["contradictions"] if row["how"].startswith("before")]
    assert rows and {row["label"] for row in rows} == {"silence"}


def test_the_same_words_are_silence_where_the_fact_is_not_known(
    made: dict[str, list[Row]],
) -> None:
    rows = made["contradictions"]
    cut = {row["moment"]["said"] for row in rows if row["label"] == "interrupt"}
    absent = {row["moment"]["said"] for row in rows if "nothing that is remembered" in row["how"]}
    assert cut & absent


def test_a_contradiction_is_decided_with_the_value() -> None:
    data = load("contradictions")
    for seed in range(20):
        drawn = frames.drawn(data["frames"]["flight_day"], data["values"], random.Random(seed))
        day = next(each[0] for each in data["values"]["day"] if each[0] in drawn.fact)
        for clause in drawn.against:
            said = clause.text.split()
            denied = "not" in said
            assert (day in said[: clause.decided]) == denied
            assert day not in said[: clause.open]


def test_frames_say_what_they_need() -> None:
    data = frames.templates()
    for name, frame in data["frames"].items():
        says = frame.get("says") or frame["against"]
        assert len(says) >= 3 and len(frame["near"]) >= 3 and frame["facts"], name
        mark = "{w}" if "values" in frame else "|"
        assert all(text.count(mark) == 1 for text in says), name
    more = load("contradictions_more")
    groups = (more["denies"], *load("contradictions")["apart"], *more["apart"])
    assert {each for group in groups for each in group} <= {*data["frames"]}


def test_frames_that_exclude_each_other_do_not_stand_side_by_side() -> None:
    data = frames.templates()
    assert "single" in data["apart"]["married"]
    for seed in range(20):
        picked = frames.beside("job", data, [*data["frames"]], 5, random.Random(seed))
        assert len(picked) == 5
        assert not any(data["apart"][one] & {*picked} - {one} for one in ("job", *picked))


def test_facts_by_name_are_tied_to_the_user() -> None:
    values = frames.templates()["values"]
    for seed in range(40):
        chance = random.Random(seed)
        user = persons.person(["job"], "Anna Tom", values, chance)
        assert user.fact("The user is tall.").startswith(user.name or "The user")
        assert all(user.name in tie for tie in user.tie(chance)) and user.name not in (
            "Anna",
            "Tom",
        )
        assert bool(user.name) == bool(user.tie(chance))
        told = persons.stranger("The user is tall.", "", user, values, chance)
        assert told and not told[-1].startswith(("The user", user.name or "The user"))


def test_a_fact_of_somebody_else_is_not_contradicted(made: dict[str, list[Row]]) -> None:
    rows = [row for row in made["contradictions"] if "about somebody else" in row["how"]]
    assert rows and {row["label"] for row in rows} <= {"silence", "reply"}


def test_a_real_request_contradicts_another_value_only(folder: Path) -> None:
    for row in booked(folder, random.Random(2)):
        fact = row["moment"]["facts"][0]
        known = "Oakland" in fact or "6 pm" in fact
        assert not (known and row["label"] == "interrupt")


def test_three_insults_make_a_heap(made: dict[str, list[Row]]) -> None:
    cut = [row for row in made["abuse_heaps"] if row["label"] == "interrupt"]
    assert cut and all(row["how"] >= "insult number 3" for row in cut)


def test_a_question_left_open_is_answered_even_by_the_shyest(made: dict[str, list[Row]]) -> None:
    open_ones = [row for row in made["idles"] if "left open" in row["how"]]
    assert {row["label"] for row in open_ones} == {"reply"}


def test_wordings_of_a_split_are_its_own() -> None:
    items = [str(n) for n in range(30)]
    parts = [held_out(items, split) for split in SMALL]
    assert sorted(sum(parts, []), key=int) == items
    assert all(parts)


def test_willing_names_why_not() -> None:
    shy = Scene("s", "t", "train", proactivity=0.2)
    assert willing(shy, 0.3, "goes on") == ("silence", "goes on, but proactivity is 0.2")
    assert willing(shy, 0.0, "goes on")[0] == "interrupt"


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(material.chats(tmp_path))
