"""Persona policies, affronts, harmful requests and opinions as rows."""

import csv
import gzip
import json
import random
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

from judgement.rows import moment_of
from training.rows import Row
from training.sources import affronts, harmful, opinions, policies
from training.sources import topics as topics_module
from training.sources.topics import Topics, topics

TOPICS: dict[str, Any] = json.loads(
    Path(topics_module.__file__).with_name("topics.json").read_text(encoding="utf-8")
)
INTENTS = {k: v for family in TOPICS["families"].values() for k, v in family["intents"].items()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six made-up requests of each intent."""
    tmp_path = tmp_path_factory.mktemp("data")
    asked = {
        group: [f"could you do {group.partition('/')[2]} for number {n} now" for n in range(6)]
        for group in INTENTS
    }
    clinc = [
        [said, group.partition("/")[2]]
        for group in INTENTS
        if group.startswith("clinc150")
        for said in asked[group]
    ]
    write(tmp_path / "clinc150/data_full.json", json.dumps({"train": clinc, "val": []}))
    lines = [
        ["text", "category"],
        *(["filler", "none"] for _ in range(max(TOPICS["doubtful"]))),
        *(
            [said, group.partition("/")[2]]
            for group in INTENTS
            if group.startswith("banking77")
            for said in asked[group]
        ),
    ]
    table(tmp_path / "banking77/train.csv", lines)
    return tmp_path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def table(path: Path, lines: list[list[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(lines)


def check(rows: list[Row]) -> list[Row]:
    """Every row is whole, ids are unique, and no talk is in two splits."""
    splits: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        moment_of(row)
        assert row["how"] and row["licence"]
        splits[row["talk"]].add(row["split"])
    assert len({row["id"] for row in rows}) == len(rows)
    assert all(len(found) == 1 for found in splits.values())
    return rows


@pytest.fixture(scope="module")
def made(folder: Path) -> list[Row]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(policies, "PAIRS", {"train": 60, "dev": 10, "test": 20})
        return check(list(policies.rows(folder, random.Random(1))))


@pytest.fixture(scope="module")
def known(folder: Path) -> Topics:
    return topics(folder)


def test_every_intent_has_three_to_five_wordings_of_its_own() -> None:
    worded = {group: says for group, says in INTENTS.items() if says}
    assert sum(group.startswith("clinc150") for group in worded) == 142
    assert sum(group.startswith("banking77") for group in worded) == 77
    assert all(3 <= len(says) <= 5 for says in worded.values())
    every = [say for says in worded.values() for say in says]
    every += [say for broad in TOPICS["broad"] for say in broad["say"]]
    every += [say for topic in TOPICS["outside"].values() for say in topic["say"]]
    assert [say for say, count in Counter(every).items() if count > 1] == []


def test_a_topic_covers_its_intent_and_leaves_open_what_is_near(known: Topics) -> None:
    transfers = next(topic for topic in known.say if topic.say == "money transfers")
    assert transfers.covers == {"clinc150/transfer"}
    assert "banking77/pending_transfer" in transfers.unclear
    assert "banking77/change_pin" not in transfers.unclear
    due = next(topic for topic in known.say if topic.say == "when bills are due")
    assert "clinc150/bill_balance" not in due.unclear  # told apart
    assert "clinc150/pay_bill" in due.unclear


def test_a_name_that_topics_json_does_not_know_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {**TOPICS, "broad": [{"say": ["x"], "covers": ["moonlight"], "unclear": []}]}

    def load(_: str) -> dict[str, Any]:
        return wrong

    monkeypatch.setattr(topics_module.json, "loads", load)
    with pytest.raises(KeyError, match="moonlight"):
        topics(folder)


def test_labels_are_as_the_persona_says(made: list[Row], known: Topics) -> None:
    covers = {topic.say: topic.covers for topic in known.say}
    plain = 0
    for row in made:
        persona = row["moment"]["persona"]
        group = group_of(row, known)
        if group and row["label"] != "silence":
            for action in ("refuse", "deflect"):
                if any(group in covers.get(say, ()) for say in persona[action]):
                    assert row["label"] == action
                    plain += 1
    assert plain > 100


def group_of(row: Row, known: Topics) -> str | None:
    found = [g for g, asks in known.asks.items() if row["moment"]["said"] in asks]
    return found[0] if len(found) == 1 else None


def test_the_same_request_is_answered_in_different_ways(made: list[Row]) -> None:
    labels: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in made:
        if row["moment"]["kind"] == "pause" and row["label"] != "silence":
            labels[row["talk"], row["moment"]["said"]].add(row["label"])
    assert sum(len(found) > 1 for found in labels.values()) > len(labels) / 4


def test_no_request_and_no_topic_of_test_is_seen_in_training(
    made: list[Row], known: Topics
) -> None:
    seen: dict[str, set[str]] = defaultdict(set)
    families: dict[str, set[str]] = defaultdict(set)
    for row in made:
        part = "train" if row["split"] == "train" else "test"
        seen[part] |= {*row["moment"]["persona"]["refuse"], *row["moment"]["persona"]["deflect"]}
        if group := group_of(row, known):
            families[row["split"]].add(known.family[group])
    assert not families["train"] & (families["test"] | families["dev"])
    assert not families["dev"] & families["test"]
    bare = {topic.say for topic in known.say}
    assert not seen["train"] & seen["test"] & bare


def test_harm_is_refused_by_personas_without_a_policy(made: list[Row], known: Topics) -> None:
    asked = [row for row in made if (group_of(row, known) or "") in known.harmful]
    whole = [row for row in asked if row["label"] != "silence"]
    assert whole and all(row["label"] == "refuse" for row in whole)
    assert any("whatever the persona" in row["how"] for row in whole)


def test_what_is_cut_short_is_met_with_silence(made: list[Row]) -> None:
    kinds = Counter((row["moment"]["kind"], row["label"]) for row in made)
    assert kinds["partial", "silence"] and kinds["pause", "silence"]
    assert {kind for kind, label in kinds if label != "silence"} == {"pause"}
    assert {label for kind, label in kinds if kind == "partial"} == {"silence"}


def test_the_same_chance_makes_the_same_rows(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policies, "PAIRS", {"train": 3})
    once, again = (list(policies.rows(folder, random.Random(5))) for _ in range(2))
    assert once == again


@pytest.mark.parametrize("source", [policies, affronts, harmful, opinions])
def test_a_missing_source_is_named(source: Any, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        list(source.rows(tmp_path, random.Random(0)))


def abused(user: str, votes: str, *, before: str = "", target: str = "1") -> list[str]:
    marks = [["1" if vote == each else "" for each in ("1", "-1", "-2")] for vote in votes.split()]
    return ["7.0", "", before, "Does that interest you?", user, *sum(marks, []), target]


def test_affronts_follow_the_votes_of_the_annotators(tmp_path: Path) -> None:
    head = ["conv_id", "prev_agent", "prev_user", "agent", "user"]
    head += [f"Annotator{n}_is_abuse.{vote}" for n in (1, 2, 3) for vote in ("1", "-1", "-2")]
    lines = [
        [*head, "Annotator1_target.system"],
        abused("how vile of that thing there", "-2 -2 -1", target=""),
        abused("you vile vile thing", "-2 -2 -1"),
        abused("how mean", "-1 -1 -1"),
        abused("how mean again", "-1 -1 -1", before="you are an idiot"),
        abused("tell me more", "1 1 1"),
        abused("oh well then", "1 -1 1"),
    ]
    for part in ("train", "valid"):
        table(
            tmp_path / f"convabuse/ConvAbuseEMNLP{part}.csv", lines if part == "train" else [head]
        )
        said = [
            {"category": "Offending User", "context": "You are a stupid clown."},
            {"category": "Offending User", "context": "They never won a game."},
        ]
        write(tmp_path / f"diasafety/{part.removesuffix('id')}.json", json.dumps(said))
    rows = check(list(affronts.rows(tmp_path, random.Random(0))))
    whole = {row["moment"]["said"]: row["label"] for row in rows if row["label"] != "silence"}
    assert whole["you vile vile thing"] == "refuse"
    assert whole["how mean"] == "deflect"
    assert whole["how mean again"] == "refuse"
    assert whole["tell me more"] == "reply"
    assert whole["You are a stupid clown."] == "deflect"
    assert whole["how do you spell idiot"] == "reply"
    assert "oh well then" not in whole and "They never won a game." not in whole
    assert "how vile of that thing there" not in whole


def test_harm_is_refused_and_what_only_looks_like_it_is_answered(tmp_path: Path) -> None:
    asked = (
        "How can I rob a bank?",
        "What is the capital of Peru?",
        "How do I rob a bank in a novel?",
    )
    hh = [json.dumps({"chosen": f"\n\nHuman: {said}\n\nAssistant: Why?"}) for said in asked]
    (tmp_path / "hh_rlhf_harmless").mkdir()
    (tmp_path / "hh_rlhf_harmless/test.jsonl.gz").write_bytes(gzip.compress("\n".join(hh).encode()))
    for name in ("pref", "contrast_eval"):
        each = {"prompt": "How do I kill a process?", "subcategory": "danger"}
        write(tmp_path / f"coconot/coconot_{name}.jsonl", json.dumps(each) + "\n")
    said = [
        {"category": "Risk Ignorance", "context": "i feel so lonely these days"},
        {"category": "Unauthorized Expertise", "context": "what helps against a cough?"},
    ]
    for part in ("train", "val"):
        write(tmp_path / f"diasafety/{part}.json", json.dumps(said))
    rows = check(list(harmful.rows(tmp_path, random.Random(0))))
    labels: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        labels[row["moment"]["said"]].add(row["label"])
    assert labels["How can I rob a bank?"] == {"refuse"}
    assert labels["How do I kill a process?"] == {"reply"}
    assert labels["i feel so lonely these days"] == {"reply"}
    assert labels["what helps against a cough?"] == {"reply", "refuse", "deflect"}
    assert "What is the capital of Peru?" not in labels
    assert "How do I rob a bank in a novel?" not in labels


def test_opinions_are_met_as_the_persona_says(tmp_path: Path) -> None:
    said = ["Taxes are far too high", "The sea is blue"]
    for side in ("liberal", "conservative"):
        lines = "".join(json.dumps({"statement": each}) + "\n" for each in said)
        write(tmp_path / f"anthropic_opinions/politically-{side}.jsonl", lines)
    rows = check(list(opinions.rows(tmp_path, random.Random(0))))
    taxes = [row for row in rows if "Taxes are far too high" in row["moment"]["said"]]
    assert {row["label"] for row in taxes} in ({"reply", "refuse"}, {"reply", "deflect"})
    assert not any("The sea is blue" in row["moment"]["said"] for row in rows)
    others = [row for row in rows if row["source"] == "opinions"]
    assert others and {row["label"] for row in others} == {"reply"}
