"""Moments at which nobody has spoken for a while.

The convention, first match wins:

1. The user asked for time or quiet, went away or said goodbye: `silence`.
2. The agent has spoken into the silence already (signal "idle_count") and asked something:
   `silence`. If it only made a remark, once: `deflect` from `ACTIVE` on, else `silence`.
3. A question of the user's was left open: `reply`, at every proactivity.
4. Proactivity below `QUIET`: `silence`.
5. The talk turns on a subject that the persona deflects, or the user gave dull answers
   again and again: `deflect`.
6. The agent's turn was cut off: `reply`.
7. The agent asked something: `silence` up to `THINKING` s; `reply` from `ACTIVE` on after
   `WAITED` s. In between there are no rows.
8. The talk just stopped: `reply` from `ACTIVE` on, else `silence`.

What was said before comes from chats, and from idles.json, written by hand.
"""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from judgement.signals import IDLE_COUNT
from judgement.words import WAITS, has_phrase, is_question
from training.labelling.chunks import split_of
from training.rows import Row
from training.sources.material import (
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
)

SOURCE = "idles"
QUIET, ACTIVE = 0.3, 0.5  # proactivity
THINKING, WAITED = 8.0, 20.0  # s
SCENES = {"train": 2200, "dev": 220, "test": 340}
ENDS = ("bye", "thank", "good night", "nice chatting", "see you", "have a ", "talk to you later",
        "that is all", "that's all", "that will be all")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Idle:
    """A history, what else holds, and what to do by the convention at a proactivity and pause."""

    history: tuple[Said, ...]
    label: str
    how: str
    signals: Mapping[str, float | str | bool]
    deflect: str = ""  # a policy of the persona's
    pause: tuple[float, float] = (5.0, 60.0)


@dataclass(frozen=True, slots=True)
class Before:
    """What one scene may be built of."""

    data: Mapping[str, Any]
    talk: Talk
    proactivity: float
    chance: random.Random

    def line(self, kind: str) -> str:
        """One of the split's lines of idles.json."""
        return self.chance.choice(held_out(self.data[kind], self.talk.split))

    def some(self) -> tuple[Said, ...]:
        """A few turns of the chat or of everyday talk, which end in nothing open."""
        chance = self.chance
        if chance.random() < 0.4:
            everyday = [("agent", self.line("agents")), ("user", self.line("replies"))]
            return tuple(everyday[chance.randint(0, 1) :])
        ends = [
            at
            for at, (who, text) in enumerate(self.talk.turns, 1)
            if not is_question(text) and "?" not in text and not _closes(text)
            # What users say on an errand is mostly a request, and so left open.
            if who == "agent" or not self.talk.name.startswith("sgd:")
        ]
        end = chance.choice(ends or [2])
        return self.talk.turns[max(0, end - chance.randint(1, 5)) : end]


def rows(folder: Path, chance: random.Random) -> Iterator[Row]:
    """Rows from idles.json and chats in `folder`. Raises `OSError`."""
    yield from numbered(_rows(folder, chance))


def _rows(folder: Path, chance: random.Random) -> Iterator[Row]:
    data, talks = load(SOURCE), by_split(chats(folder))
    for split, count in SCENES.items():
        for _ in range(count):
            talk = chance.choice(talks[split])
            base = scene(SOURCE, f"{SOURCE}:{talk.name}", split, chance)
            before = Before(data, talk, base.proactivity, chance)
            yield _row(base, chance.choice(KINDS)(before), before)


def _row(base: Scene, idle: Idle, before: Before) -> Row:
    chance = before.chance
    deflect = [each for each in base.deflect if each != idle.deflect]
    if idle.deflect:
        deflect.insert(chance.randint(0, len(deflect)), idle.deflect)
    base = leant(base, before.talk, idle.history)
    base = replace(base, signals=idle.signals, deflect=tuple(deflect))
    pause = round(chance.uniform(*idle.pause), 1)
    return base.row("idle", "", idle.label, idle.how, pause=pause, seconds=0.0)


def _closes(text: str) -> bool:
    """Whether a turn asks for time or takes its leave."""
    return has_phrase(text, WAITS) or any(each in text.lower() for each in ENDS)


def _wants_time(before: Before) -> Idle:
    line = before.line(before.chance.choice(("waits", "waits", "byes")))
    history = (*before.some(), ("user", line))
    if before.chance.random() < 0.3:
        history = (
            *history,
            ("agent", before.chance.choice(("of course", "sure", "okay", "alright"))),
        )
    return Idle(history, "silence", "the user asked for time or took leave", {})


def _asked_before(before: Before) -> Idle:
    count = before.chance.choice((1, 1, 2, 2, 3, 4))
    history = (*before.some(), ("agent", f"{before.line('checks')}?"))
    return Idle(history, "silence", "the agent has asked already", {IDLE_COUNT: count})


def _remarked(before: Before) -> Idle:
    history = (*before.some(), ("agent", before.line("remarks")))
    active = before.proactivity >= ACTIVE
    label, how = ("deflect", "the first attempt led to nothing") if active else _low(before)
    return Idle(history, label, how, {IDLE_COUNT: 1})


def _left_open(before: Before) -> Idle:
    real = [
        text for who, text in before.talk.turns if who == "user" and text.rstrip().endswith("?")
    ]
    line = before.line("questions")
    if before.chance.random() < 0.5:
        line = (
            f"{line}?" if not real or before.chance.random() < 0.5 else before.chance.choice(real)
        )
    return Idle((*before.some(), ("user", line)), "reply", "the user's question was left open", {})


def _cut_off(before: Before) -> Idle:
    real = [text for who, text in before.talk.turns if who == "agent" and len(text.split()) > 10]
    lines = [text for text in held_out(before.data["agents"], before.talk.split) if len(text) > 60]
    words = before.chance.choice(
        [*real, *lines] or ["the first thing that you have to do is"]
    ).split()
    cut = " ".join(words[: before.chance.randint(4, max(4, len(words) - 4))]).rstrip(".,!?")
    label, how = ("reply", "the agent's turn was cut off")
    if before.proactivity < QUIET:
        label, how = _low(before)
    return Idle((*before.some(), ("agent", f"{cut} -")), label, how, {})


def _dull(before: Before) -> Idle:
    history: list[Said] = [*before.some()][:2]
    for _ in range(before.chance.randint(2, 4)):
        history += [("agent", f"{before.line('prompts')}?"), ("user", before.line("dull"))]
    if before.proactivity < QUIET:
        return Idle(tuple(history), *_low(before), {})
    return Idle(tuple(history), "deflect", "the user gave dull answers again and again", {})


def _touchy(before: Before) -> Idle:
    """A subject that the persona deflects, or the same one with a persona that does not."""
    topics: Mapping[str, list[Said]] = before.data["topics"]
    name = before.chance.choice([t for t in topics if split_of(f"idles:{t}") == before.talk.split])
    lines = [(str(who), str(text)) for who, text in topics[name]]
    history = tuple(before.chance.choice((lines[:3], lines[3:], lines)))
    if before.proactivity < QUIET:
        return Idle(history, *_low(before), {}, name)
    if before.chance.random() < 0.65:
        return Idle(history, "deflect", "the persona deflects this subject", {}, name)
    return replace(_stopped(before), history=history)


def _unanswered(before: Before) -> Idle:
    history = (*before.some(), ("agent", f"{before.line('prompts')}?"))
    if before.proactivity >= ACTIVE and before.chance.random() < 0.5:
        how = "the agent's question has found no answer for long"
        return Idle(history, "reply", how, {}, pause=(WAITED, 60.0))
    if before.proactivity < QUIET:
        return Idle(history, *_low(before), {})
    how = "the user may be thinking about the question"
    return Idle(history, "silence", how, {}, pause=(5.0, THINKING))


def _stopped(before: Before) -> Idle:
    if before.proactivity >= ACTIVE:
        return Idle(before.some(), "reply", "the talk just stopped", {})
    return Idle(before.some(), *_low(before), {})


def _low(before: Before) -> tuple[str, str]:
    return "silence", f"proactivity is {before.proactivity}"


KINDS: Sequence[Callable[[Before], Idle]] = (
    _wants_time, _asked_before, _remarked, _remarked, _left_open, _cut_off, _dull, _dull,
    _touchy, _touchy, _unanswered, _stopped,
)  # fmt: skip
