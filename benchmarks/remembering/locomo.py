"""The long conversations of LoCoMo, and which turns hold the answer to each question."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.remembering.conversation import Conversation, Question, turns_of
from memory.store import Memory

CATEGORIES = {1: "several turns", 2: "time", 3: "inference", 4: "one turn", 5: "adversarial"}


class LocomoError(Exception):
    """The file holds no LoCoMo conversations; the text says what is missing."""


def read_locomo(path: Path) -> list[Conversation]:
    """All conversations of the file. Raises `LocomoError`, `OSError`."""
    try:
        samples = json.loads(path.read_text("utf-8"))
        return [_conversation(sample) for sample in samples]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise LocomoError(f"{path}: not in LoCoMo's format: {error!r}") from error


def _conversation(sample: dict[str, Any]) -> Conversation:
    name, talks = sample["sample_id"], sample["conversation"]
    numbers = sorted(int(key.split("_")[1]) for key in talks if re.fullmatch(r"session_\d+", key))
    turns = [turn for number in numbers for turn in _turns(name, talks, number)]
    known = {turn.id for turn in turns}
    questions = [_question(name, asked, known) for asked in sample["qa"]]
    return Conversation(name, turns, [each for each in questions if each.evidence])


def _turns(name: str, talks: dict[str, Any], number: int) -> list[Memory]:
    began = talks[f"session_{number}_date_time"]
    when = datetime.strptime(began, "%I:%M %p on %d %B, %Y").replace(tzinfo=UTC)
    said = ((turn["dia_id"], turn["speaker"], _text(turn)) for turn in talks[f"session_{number}"])
    return turns_of(name, str(number), when, said)


def _text(turn: dict[str, Any]) -> str:
    """What was said; of a picture that was sent along, what it shows."""
    picture = turn.get("blip_caption")
    return f"{turn['text']} [{picture}]" if picture else str(turn["text"])


def _question(name: str, asked: dict[str, Any], known: set[str]) -> Question:
    """Evidence is written as "D8:6; D9:17", with slips ("D:11:26", "D30:05")."""
    found = re.findall(r"D:?(\d+):(\d+)", " ".join(asked["evidence"]))
    ids = {f"{name} D{int(session)}:{int(turn)}" for session, turn in found}
    return Question(asked["question"], CATEGORIES[asked["category"]], frozenset(ids & known))
