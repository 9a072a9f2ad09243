"""Turns that go round in circles, beside long turns that do not.

`interrupt` from `LONG` s on, once one point has been made at least `ENOUGH` times, if the
persona's proactivity is at least `LEAST`. Points come from circles.json (paraphrases,
written by hand) and from podcasts and chats, whose speakers' own sentences are said again,
word for word or a little changed. `silence`: while a point is made for the first time, and
in real long turns, lists, stories with a pattern, stumbling speech, and in a turn that
comes back once to what it began with. In between, after two times, there are no rows.

A talk is a point, a list, a chat or an episode.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from judgement.words import repetition
from training.labelling.chunks import split_of
from training.rows import Row
from training.sources.material import (
    RATE,
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
    sentences,
    willing,
)

SOURCE = "circles"
LEAST = 0.3  # proactivity
LONG = 20.0  # s
ENOUGH = 3  # times
TIMES = 8  # that a point is made, at most
POINTS = 9  # turns of each point
LOOPS = {"train": 360, "dev": 40, "test": 60}  # real sentences said again, a source
ORDINARY = {"train": 420, "dev": 45, "test": 70}
HOW = "makes the same point for the {}. time"
FILLERS = ("um", "uh", "like", "you know", "i mean", "well", "so", "really", "just", "actually")


def rows(folder: Path, chance: random.Random) -> Iterator[Row]:
    """Rows of all points, and of chats and podcasts in `folder`. Raises `OSError`."""
    yield from numbered(_rows(folder, chance))


def _rows(folder: Path, chance: random.Random) -> Iterator[Row]:
    data = load(SOURCE)
    talks, shows = by_split(chats(folder)), by_split(episodes(folder))
    for name, says in data["points"].items():
        for _ in range(POINTS):
            yield from _point(name, says, data, talks, chance)
    for split in talks:
        for pool in (talks[split], shows[split]):
            for _ in range(LOOPS[split]):
                yield from _loop(data, chance.choice(pool), chance)
        for _ in range(ORDINARY[split]):
            yield from _ordinary(chance.choice(shows[split]), chance)
    for number, text in enumerate(data["lists"]):
        for _ in range(6):
            yield from _list(number, text, talks, chance)


def _point(
    name: str, says: Sequence[str], data: Mapping[str, Any],
    talks: Mapping[str, Sequence[Talk]], chance: random.Random,
) -> Iterator[Row]:  # fmt: skip
    """One point made again and again, in other words and in the same."""
    talk = f"{SOURCE}:{name.replace(' ', '_')}"
    split = split_of(talk)
    real = chance.choice(talks[split])
    base = leant(scene(SOURCE, talk, split, chance), real, _history(real, chance))
    count = chance.randint(5, TIMES)
    order = chance.sample(list(says), min(count, len(says)))
    order += [chance.choice(says) for _ in range(count - len(order))]
    pieces = [_varied(each, chance) if chance.random() < 0.3 else each for each in order]
    yield from _round(base, pieces, held_out(data["joins"], split), chance)


def _loop(data: Mapping[str, Any], talk: Talk, chance: random.Random) -> Iterator[Row]:
    """A real sentence or two, said again and again."""
    found = [
        (talk.turns[max(0, at - 2) : at], each)
        for at, (who, text) in enumerate(talk.turns)
        for each in sentences(text)
        if who != "agent" and 8 <= len(each.split()) <= 24 and not each.endswith("?")
    ]
    if not found:
        return
    history, point = chance.choice(found)
    base = scene(SOURCE, f"{SOURCE}:{talk.name}", talk.split, chance)
    base = leant(base, talk, [("agent", text) for _, text in history[-1:]])
    changes = chance.choice((0.0, 0.5, 1.0))
    pieces = [point]
    for _ in range(chance.randint(4, TIMES - 1)):
        pieces.append(_varied(point, chance) if chance.random() < changes else point)
    yield from _round(base, pieces, held_out(data["joins"], talk.split), chance)


def _round(
    base: Scene, pieces: Sequence[str], joins: Sequence[str], chance: random.Random
) -> Iterator[Row]:
    """The rows along a turn whose every piece says the same."""
    words: list[str] = []
    ends: list[int] = []
    for piece in pieces:
        joint = chance.choice(("", *chance.sample(joins, 2))) if words else ""
        words += [*joint.split(), *piece.split()]
        ends.append(len(words))
    for cut in chance.sample((chance.randint(2, ends[0]), ends[0], ends[0] + 1), 2):
        yield base.partial(words, cut, "silence", "makes its point for the first time")
    due = [(times, end) for times, end in enumerate(ends, 1) if times >= ENOUGH]
    late = [(times, end) for times, end in due if end / RATE >= LONG]
    for times, end in chance.sample(late, min(4, len(late))):
        label, how = willing(base, LEAST, HOW.format(times))
        yield base.partial(words, min(end + chance.randint(0, 3), len(words)), label, how)


def _varied(text: str, chance: random.Random) -> str:
    """`text` with a word left out, said twice or with a filler, and cut short now and then."""
    words = text.split()
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(words))
        match chance.choice(("drop", "twice", "filler")):
            case "drop" if len(words) > 5:
                del words[at]
            case "twice":
                words.insert(at, words[at])
            case _:
                words.insert(at, chance.choice(FILLERS))
    if len(words) > 10 and chance.random() < 0.3:
        words = words[: -chance.randint(1, 3)]
    return " ".join(words)


def _history(talk: Talk, chance: random.Random) -> tuple[Said, ...]:
    """Up to two turns of `talk`, the agent's last."""
    ends = [at + 1 for at, (who, _) in enumerate(talk.turns) if who == "agent"]
    end = chance.choice(ends)
    return talk.turns[max(0, end - chance.choice((0, 1, 2))) : end]


def _ordinary(talk: Talk, chance: random.Random) -> Iterator[Row]:
    """A real long turn, as it was, stumbling, or coming back once to how it began."""
    long = list(exchanges(talk, 90))
    if not long:
        return
    history, said = chance.choice(long)
    base = scene(SOURCE, f"{SOURCE}:{talk.name}", talk.split, chance)
    base = leant(base, talk, history)
    words, how = said.split(), "a real long turn"
    match chance.choice(("as it was", "as it was", "stumbling", "coming back")):
        case "stumbling":
            words, how = _stumbling(words, chance), "a real long turn, stumbling"
        case "coming back":
            words, how = [*words[:160], *words[:12]], "comes back once to how it began"
        case _:
            pass
    if repetition(" ".join(words[:250])) > 0.12:
        return
    most = min(len(words), 250)
    for cut in sorted({chance.randint(10, most) for _ in range(5)} | {most}):
        yield base.partial(words, cut, "silence", how)


def _stumbling(words: Sequence[str], chance: random.Random) -> list[str]:
    """`words` as somebody says them who looks for them."""
    found: list[str] = []
    for word in words:
        found += [word] * (chance.choice((2, 2, 3)) if chance.random() < 0.05 else 1)
        if chance.random() < 0.06:
            found.append(chance.choice(FILLERS))
    return found


def _list(
    number: int, text: str, talks: Mapping[str, Sequence[Talk]], chance: random.Random
) -> Iterator[Row]:
    """A list, a sum, a way or a story with a pattern."""
    talk = f"{SOURCE}:list-{number}"
    split = split_of(talk)
    real = chance.choice(talks[split])
    base = leant(scene(SOURCE, talk, split, chance), real, _history(real, chance))
    base = replace(base, signals={})
    words = text.split()
    for cut in sorted({chance.randint(15, len(words)) for _ in range(5)}):
        yield base.partial(words, cut, "silence", "a list or a story with a pattern")
