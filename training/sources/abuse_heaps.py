"""Turns that heap abuse on the agent, beside swearing that is none of it.

`interrupt` from the third insult to the agent in one open turn on, at every proactivity
above 0; `silence` up to the first. After two there are no rows. `silence` all along: one
insult in a turn that goes on with something else, swearing at other people and things,
abuse that is quoted, and ordinary turns to the same agents.

Insults are turns that most annotators of ConvAbuse found abusive of the agent, and those
of abuse_heaps.json, written by hand. A talk is one turn; a
split's turns are built of its own part of the written lines and of ConvAbuse's talks.
"""

import csv
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from judgement.words import words_of
from training.labelling.chunks import split_of
from training.rows import Row
from training.sources.material import (
    OWN,
    Said,
    Scene,
    Talk,
    by_split,
    chats,
    held_out,
    leant,
    load,
    numbered,
    scene,
    willing,
)

SOURCE = "abuse_heaps"
LICENCE = "CC-BY-4.0"
FILES = ("ConvAbuseEMNLPtrain.csv", "ConvAbuseEMNLPvalid.csv")
GRADES = (1, 0, -1, -2, -3)  # from not abusive to very strongly
ENOUGH = 3  # insults
LONGEST = 14  # words of an insult
HEAPS = {"train": 560, "dev": 55, "test": 90}
GUARDS = {"train": 620, "dev": 60, "test": 100}


@dataclass(frozen=True, slots=True)
class Line:
    """One turn of ConvAbuse: the mean grade, and how many found that it is aimed at the agent."""

    talk: str
    said: str
    before: tuple[Said, ...]
    grades: tuple[int, ...]
    aimed: int

    @property
    def split(self) -> str:
        """The split of the talk."""
        return split_of(self.talk)


@dataclass(frozen=True, slots=True)
class Words:
    """What one split may be built of."""

    insults: Sequence[str]
    data: Mapping[str, Any]
    split: str
    ordinary: Sequence[Line]
    chats: Sequence[Talk]

    def of(self, kind: str) -> list[str]:
        """This split's part of a list of abuse_heaps.json."""
        return held_out(self.data[kind], self.split)


def rows(folder: Path, chance: random.Random) -> Iterator[Row]:
    """Rows from abuse_heaps.json, and from ConvAbuse and chats in `folder`. Raises `OSError`."""
    yield from numbered(_rows(folder, chance))


def _rows(folder: Path, chance: random.Random) -> Iterator[Row]:
    data, found = load(SOURCE), list(lines(folder))
    for split, talks in by_split(chats(folder)).items():
        own = [each for each in found if each.split == split]
        real = [each.said for each in own if _abusive(each)]
        ordinary = [each for each in own if min(each.grades, default=0) == 1]
        insults = [
            *{each.lower(): each for each in real}.values(),
            *held_out(data["insults"], split),
        ]
        words = Words(insults, data, split, ordinary, talks)
        for number in range(HEAPS[split]):
            yield from _heap(_scene(words, f"heap-{split}-{number}", chance), words, chance)
        for number in range(GUARDS[split]):
            yield from _guard(_scene(words, f"guard-{split}-{number}", chance), words, chance)


def lines(folder: Path) -> Iterator[Line]:
    """The user's turns of ConvAbuse's train and valid files, each with what stood before it."""
    for name in FILES:
        with (folder / "convabuse" / name).open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                turns = (("user", row["prev_user"]), ("agent", row["agent"]))
                before = tuple((who, text) for who, text in turns if words_of(text))
                yield Line(
                    f"convabuse:{row['conv_id']}", row["user"], before, _grades(row), _aimed(row)
                )  # fmt: skip


def _grades(row: Mapping[str, str]) -> tuple[int, ...]:
    return tuple(
        grade
        for annotator in range(1, 9)
        for grade in GRADES
        if "1" in (row.get(f"Annotator{annotator}_is_abuse.{grade}") or "")
    )


def _aimed(row: Mapping[str, str]) -> int:
    return sum("1" in (row.get(f"Annotator{each}_target.system") or "") for each in range(1, 9))


def _abusive(line: Line) -> bool:
    """Whether everybody found it abusive, somebody of the agent, and it is short enough."""
    mean = sum(line.grades) / max(1, len(line.grades))
    plain = 2 <= len(line.said.split()) <= LONGEST and "<" not in line.said
    return plain and line.aimed > 0 and max(line.grades) <= -1 and mean <= -1.3


def _heap(base: Scene, words: Words, chance: random.Random) -> Iterator[Row]:
    """Insults strung together, with some other words before and between now and then."""
    said = chance.choice(("", *words.of("openers"))).split()
    yield from _silent(base, said, chance, "no insult yet")
    count = chance.randint(ENOUGH, 7)
    for number, insult in enumerate(chance.sample(list(words.insults), count), 1):
        if number > 1:
            between = "openers" if chance.random() < 0.2 else "heap_joins"
            said += chance.choice(words.of(between)).split()
        if number == 2:
            yield base.partial(said, len(said), "silence", "one insult so far")
        said += insult.split()
        if number >= ENOUGH and chance.random() < 0.75:
            label, how = willing(base, 0.0, f"insult number {number}")
            yield base.partial(said, len(said), label, how)


def _scene(words: Words, name: str, chance: random.Random) -> Scene:
    """A scene of the split, its history from ConvAbuse or a chat."""
    base = scene(SOURCE, f"{SOURCE}:{name}", words.split, chance)
    if chance.random() < 0.5 and words.ordinary:
        before = chance.choice(words.ordinary).before
        return replace(base, licence=f"{OWN} and {LICENCE}", history=before)
    talk = chance.choice(words.chats)
    at = chance.choice([at for at, (who, _) in enumerate(talk.turns) if who == "agent"])
    licensed = leant(base, talk, talk.turns[max(0, at - chance.choice((0, 1, 3))) : at + 1])
    return replace(licensed, licence=f"{licensed.licence} and {LICENCE}")


def _silent(base: Scene, said: Sequence[str], chance: random.Random, how: str) -> Iterator[Row]:
    """A few rows along words that are no heap."""
    if said:
        for cut in sorted({chance.randint((len(said) + 1) // 2, len(said)), len(said)}):
            yield base.partial(said, cut, "silence", how)


def _guard(base: Scene, words: Words, chance: random.Random) -> Iterator[Row]:
    """A turn that only sounds like a heap, or an ordinary one."""
    kinds = {
        "swears at something or somebody else": "others",
        "quotes abuse": "quotes",
        "one insult and then something else": "single",
    }
    how = chance.choice((*kinds, *kinds, "one insult between ordinary turns", "an ordinary turn"))
    if how in kinds:
        said = chance.choice(words.of(kinds[how]))
        if chance.random() < 0.4:
            said = f"{_real(words, chance)} {said}"
    elif how == "an ordinary turn" and words.ordinary:
        said = chance.choice(words.ordinary).said
    else:
        said = f"{chance.choice(words.insults)} {_real(words, chance)} {_real(words, chance)}"
    yield from _silent(base, said.split()[:60], chance, how)


def _real(words: Words, chance: random.Random) -> str:
    """A user's turn of a chat."""
    talk = chance.choice(words.chats)
    return chance.choice([text for who, text in talk.turns if who == "user"])
