"""MemoryBank's English users: dated talks with an assistant, and probing questions.

The set names no evidence; `memorybank_evidence.json` does, found by reading.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.remembering.conversation import Conversation, Question, turns_of
from memory.store import Memory

EVIDENCE = Path(__file__).with_name("memorybank_evidence.json")
NOON = 12


def read_memorybank(path: Path) -> list[Conversation]:
    """The users in `memory_bank_en.json` of whom a question has evidence."""
    bank: dict[str, Any] = json.loads(path.read_text("utf-8"))
    asked: dict[str, Any] = json.loads(EVIDENCE.read_text("utf-8"))
    return [_conversation(name.strip(), user, asked) for name, user in bank.items()]


def _conversation(name: str, user: dict[str, Any], asked: dict[str, Any]) -> Conversation:
    turns = [
        turn for date, pairs in sorted(user["history"].items()) for turn in _talk(name, date, pairs)
    ]
    questions = [
        Question(text, "probing", frozenset(f"{name} {each}" for each in evidence))
        for text, evidence in asked.get(name, [])
        if evidence
    ]
    return Conversation(name, turns, questions)


def _talk(name: str, date: str, pairs: list[dict[str, str]]) -> list[Memory]:
    began = datetime.fromisoformat(date).replace(hour=NOON, tzinfo=UTC)
    said = [
        (f"{date}/{number}/{part}", who, pair[part])
        for number, pair in enumerate(pairs)
        for part, who in (("query", "user"), ("response", "agent"))
    ]
    return turns_of(name, date, began, said)
