"""Whole messages to an agent, and what it had asked before them: words only."""

import csv
import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.labelling.chunks import unit
from training.sources.chats import small_talk
from training.sources.material import episodes, errand_turns

EACH = 2500  # messages of a source
SHORTEST, LONGEST = 1, 40  # words
HELD_OUT = 0.15  # of all texts
_END = re.compile(r"[.?!][\"')]*$")


@dataclass(frozen=True, slots=True)
class Message:
    """A message that is complete, and the question that it answers if there is one."""

    source: str
    text: str
    asked: str = ""

    @property
    def is_held_out(self) -> bool:
        """Whether it is kept from training."""
        return held_out(self.text)


def held_out(text: str) -> bool:
    """Whether a message of these words is kept from training, however it is written."""
    return unit(" ".join(re.findall(r"[\w']+", text.lower()))) < HELD_OUT


def messages(folder: Path, chance: random.Random, each: int = EACH) -> Iterator[Message]:
    """`each` of every source in `folder`, at most. Raises `OSError` where one is missing."""
    for read in (_requests, _complaints, _errands, _remarks, _questions, _interviews):
        found = [one for one in dict.fromkeys(read(folder)) if _fits(one.text)]
        chance.shuffle(found)
        yield from found[:each]


def _fits(text: str) -> bool:
    return SHORTEST <= len(text.split()) <= LONGEST


def _requests(folder: Path) -> Iterator[Message]:
    for text, _ in json.loads((folder / "clinc150/data_full.json").read_text())["train"]:
        yield Message("clinc150", text)


def _complaints(folder: Path) -> Iterator[Message]:
    with (folder / "banking77/train.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield Message("banking77", row["text"].strip())


def _errands(folder: Path) -> Iterator[Message]:
    for _, turns in errand_turns(folder):
        before = ""
        for turn in turns:
            said = str(turn["utterance"])
            if turn["speaker"] == "USER":
                yield Message("sgd", said, before if before.endswith("?") else "")
            before = said


def _remarks(folder: Path) -> Iterator[Message]:
    for _, said in small_talk(folder / "topical_chat"):
        for _, text in said:
            yield Message("topical_chat", text)


def _questions(folder: Path) -> Iterator[Message]:
    for pair in json.loads((folder / "disfl_qa/train.json").read_text()).values():
        yield Message("disfl_qa", pair["original"])
        yield Message("disfl_qa", pair["disfluent"])


def _interviews(folder: Path) -> Iterator[Message]:
    for talk in episodes(folder):
        for _, text in talk.turns:
            if _END.search(text):
                yield Message("changelog_podcasts", text)
