"""Turns that ramble away from what was asked, beside long turns that do not.

The agent's last turn asks for something definite; the user touches it at most and then
talks of other things. `interrupt` from `LATE` s on if the persona's proactivity is at
least `LEAST`; `silence` before `EARLY` s; in between there are no rows, nor are there for a
proactivity from 0.3 up to `LEAST`. `silence` all along: for the same words where the agent
invited a story, or had asked nothing; for a long answer to what was asked; and for real
long answers in podcasts.

What is rambled comes from podcasts, from chats and from rambles.json, which also holds
questions, answers that stay with them and invitations, all written by hand. A talk is a
question (or the errand it comes from), an invitation or an episode.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from training.labelling.chunks import split_of
from training.rows import Row
from training.sources.material import (
    Said,
    Scene,
    Talk,
    by_split,
    chats,
    episodes,
    exchanges,
    held_out,
    leant,
    load,
    numbered,
    scene,
    willing,
)

SOURCE = "rambles"
LEAST = 0.5  # proactivity
PROACTIVITY = (0.0, 0.1, 0.2, 0.5, 0.5, 0.5, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
EARLY, LATE, LONGEST = 36.0, 45.0, 150.0  # s
SCENES = {"train": 620, "dev": 60, "test": 100}  # that ramble
ANSWERS = {"train": 420, "dev": 45, "test": 70}  # long ones of podcasts
ON_TOPIC = 14  # long answers to each question that has one
OPEN = re.compile(
    r"\b(?:else|help|assist|do for you)\b", re.IGNORECASE
)  # asks for nothing definite
RATES = (2.2, 2.9)  # words a second, from a slow talker to a quick one


@dataclass(frozen=True, slots=True)
class Material:
    """Where the words of one split's rambles come from."""

    data: Mapping[str, Any]
    split: str
    chats: Sequence[Talk]
    episodes: Sequence[Talk]


def rows(folder: Path, chance: random.Random) -> Iterator[Row]:
    """Rows from rambles.json, chats and podcasts in `folder`. Raises `OSError`."""
    yield from numbered(_rows(folder, chance))


def _rows(folder: Path, chance: random.Random) -> Iterator[Row]:
    data = load(SOURCE)
    talks, shows = by_split(chats(folder)), by_split(episodes(folder))
    for split in talks:
        material = Material(data, split, talks[split], shows[split])
        for _ in range(SCENES[split]):
            yield from _ramble(material, chance)
        for _ in range(ANSWERS[split]):
            yield from _answer(chance.choice(shows[split]), chance)
    for question, says in data["answers"].items():
        for _ in range(ON_TOPIC):
            yield from _on_topic(question, says, data, chance)


def _ramble(material: Material, chance: random.Random) -> Iterator[Row]:
    """One ramble after a question, and now and then after an invitation or no question."""
    asked, talk, history = _question(material, chance)
    words = _words(material, talk, asked, chance)
    rate = chance.uniform(*RATES)
    base = replace(
        leant(scene(SOURCE, talk, material.split, chance), MIXED, history),
        proactivity=chance.choice(PROACTIVITY),
    )
    yield from _along(base, words, rate, chance, "rambles away from what was asked")
    if chance.random() < 0.6:
        other, how = _uninvited(history, material, chance)
        yield from _quiet(replace(base, history=other), words, rate, chance, how)


MIXED = Talk("", "CC-BY-SA-4.0 and CDLA-Sharing-1.0 and MIT", ())


def _question(material: Material, chance: random.Random) -> tuple[str, str, tuple[Said, ...]]:
    """A definite question: its text, its talk, and the history that ends on it."""
    data, split = material.data, material.split
    written = [each for each in data["answers"] if split_of(_named(each)) == split]
    written += [each for each in data["questions"] if split_of(_named(each)) == split]
    if written and chance.random() < 0.55:
        asked = chance.choice(written)
        return asked, _named(asked), (("agent", asked),)
    while True:
        talk = chance.choice([each for each in material.chats if each.name.startswith("sgd:")])
        at = chance.randrange(len(talk.turns))
        who, asked = talk.turns[at]
        if who == "agent" and asked.endswith("?") and not OPEN.search(asked):
            history = talk.turns[max(0, at - chance.choice((0, 1, 2, 3))) : at + 1]
            return asked, f"{SOURCE}:{talk.name}", history


def _named(question: str) -> str:
    """The talk of a question written by hand."""
    letters = "".join(each if each.isalnum() else "_" for each in question.lower())
    return f"{SOURCE}:{letters[:40]}"


def _uninvited(
    history: tuple[Said, ...], material: Material, chance: random.Random
) -> tuple[tuple[Said, ...], str]:
    """A history after which the same words are no ramble, and why."""
    invitation = chance.choice(held_out(material.data["stories"], material.split))
    options: list[tuple[tuple[Said, ...], str]] = [
        ((*history[:-1], ("agent", invitation)), "the agent asked for a story"),
        ((("agent", invitation),), "the agent asked for a story"),
        ((), "nothing was asked"),
    ]
    return chance.choice(options)


def _words(material: Material, talk: str, asked: str, chance: random.Random) -> list[str]:
    """A ramble of 110 to 400 words; what it begins with may still belong to the question."""
    data, split = material.data, material.split
    words = chance.choice(held_out(data["begin"], split)).split()
    says = data["answers"].get(asked, ())
    for _ in range(chance.choice((0, 0, 1, 2)) if says else 0):
        words += chance.choice(says).split()
    most = chance.randint(130, 400)
    kinds = chance.sample(("chatter", "podcast", "chat"), chance.choice((1, 1, 2, 3)))
    chatter = held_out(data["chatter"], split)
    chance.shuffle(chatter)
    while len(words) < most:
        words += chance.choice(("", *held_out(data["drift"], split))).split()
        kind = chance.choice(kinds)
        if kind == "chatter" and chatter:  # each once: a ramble does not go round in circles
            words += chatter.pop().split()
        else:
            words += _piece(kind, material, chance)
    return words[:most]


def _piece(kind: str, material: Material, chance: random.Random) -> list[str]:
    """A stretch of real talk of one subject."""
    if kind == "podcast":
        turns = [text.split() for _, text in chance.choice(material.episodes).turns]
        long = [turn for turn in turns if len(turn) > 60]
        return chance.choice(long)[: chance.randint(50, 150)] if long else []
    small_talk = [each for each in material.chats if not each.name.startswith("sgd:")]
    said = [text for who, text in chance.choice(small_talk).turns if who == "user"]
    start = chance.randrange(len(said))
    return " ".join(said[start : start + chance.randint(2, 5)]).split()


def _along(
    base: Scene, words: Sequence[str], rate: float, chance: random.Random, how: str
) -> Iterator[Row]:
    """The rows along a ramble."""
    seconds = len(words) / rate
    for at in (chance.uniform(4, EARLY), chance.uniform(15, EARLY)):
        yield _at(base, words, at, rate, "silence", "has not talked for long yet")
    for _ in range(4 if seconds > LATE else 0):
        at = chance.uniform(LATE, min(seconds, LONGEST))
        label, why = willing(base, LEAST, how)
        yield _at(base, words, at, rate, label, why)


def _quiet(
    base: Scene, words: Sequence[str], rate: float, chance: random.Random, how: str
) -> Iterator[Row]:
    """The rows along a long turn that nobody has to stop."""
    seconds = min(len(words) / rate, LONGEST)
    for at in (chance.uniform(5, seconds), *(chance.uniform(seconds / 2, seconds) for _ in "ab")):
        yield _at(base, words, at, rate, "silence", how)


def _at(
    base: Scene, words: Sequence[str], seconds: float, rate: float, label: str, how: str
) -> Row:
    """The row so many seconds into a turn."""
    said = " ".join(words[: max(1, int(seconds * rate))])
    return base.row("partial", said, label, how, seconds=seconds)


def _answer(talk: Talk, chance: random.Random) -> Iterator[Row]:
    """A real long answer to a host's question or remark."""
    long = [
        (history, said)
        for history, said in exchanges(talk, 120)
        if history[-1][1].rstrip().endswith("?") or chance.random() < 0.2
    ]
    if long:
        history, said = chance.choice(long)
        base = leant(scene(SOURCE, f"{SOURCE}:{talk.name}", talk.split, chance), talk, history)
        words, rate = said.split(), chance.uniform(*RATES)
        yield from _quiet(base, words, rate, chance, "a real long answer")


def _on_topic(
    question: str, says: Sequence[str], data: Mapping[str, Any], chance: random.Random
) -> Iterator[Row]:
    """A long answer that stays with the question."""
    talk = _named(question)
    base = scene(SOURCE, talk, split_of(talk), chance)
    base = replace(base, history=(("agent", question),))
    words = chance.choice(held_out(data["begin"], base.split)).split()
    first = chance.randint(0, 2)
    for each in [*says[first:], *chance.sample(list(says), 2)]:
        words += [*chance.choice(("", "", "um", "and", "so", "but", "i think")).split()]
        words += each.split()
    yield from _quiet(
        base, words, chance.uniform(1.9, 2.4), chance, "a long answer to the question"
    )
