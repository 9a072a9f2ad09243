"""Turns that contradict a remembered fact, beside turns that only seem to.

One scene has its facts, a history and a beginning; several turns go on from there: one that
contradicts a fact, its consistent twin, and guards (a question, a supposition, somebody
else's affair, an announced change, another thing on the same day). Each is cut along its
words. `interrupt` from the word on that decides it, at every proactivity above 0;
`silence` before that word and everywhere in the others. At the turn's end: `reply`.

Frames, written by hand, are in contradictions.json and contradictions_more.json. A frame
with "values" has facts about {v}; said with another value {w} it contradicts. In a frame
without, "|" stands after the word that decides, as it may after the value. Where facts
speak of a person by name, one of them says that this is the user; told of somebody else,
they are contradicted by nothing the user says. Talks are frames, so that test has frames and
wordings of its own. What people say they like, and what they book, comes from the chats.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from memory.anchors import facts_in
from training.labelling.chunks import split_of
from training.rows import Row
from training.sources.errands import booked
from training.sources.frames import HOW, Clause, asked, beside, drawn, templates
from training.sources.material import (
    Scene,
    Talk,
    by_split,
    chats,
    content,
    held_out,
    leant,
    numbered,
    scene,
    willing,
)
from training.sources.persons import Person, is_plain, person, stranger

SOURCE = "contradictions"
SCENES = 5  # of a frame
PLAIN = {"train": 450, "dev": 50, "test": 70}  # ordinary turns beside facts
LIKED = re.compile(r"The user (?:likes|loves|enjoys) ((?!to )[A-Za-z' ]{4,30})\.$")


def rows(folder: Path, chance: random.Random) -> Iterator[Row]:
    """Rows of all frames and of the chats in `folder`. Raises `OSError`."""
    yield from numbered(_rows(folder, chance))


def _rows(folder: Path, chance: random.Random) -> Iterator[Row]:
    data = templates()
    talks = by_split(chats(folder))
    known = {split: list(_known(data, split)) for split in talks}
    for name in data["frames"]:
        split = split_of(f"{SOURCE}:{name}")
        for _ in range(SCENES):
            yield from _Frame(name, data, talks[split], known[split], chance).rows()
    for split, count in PLAIN.items():
        for _ in range(count):
            yield from _plain(data, talks[split], known[split], chance, split)
    for split in talks:
        yield from _liked(data, talks[split], known[split], chance)
    yield from booked(folder, chance)


def _known(data: Mapping[str, Any], split: str) -> Iterator[str]:
    """The names of the frames of one split."""
    return (name for name in data["frames"] if split_of(f"{SOURCE}:{name}") == split)


class _Frame:
    """One scene of one frame."""

    def __init__(
        self, name: str, data: Mapping[str, Any], talks: Sequence[Talk], known: Sequence[str],
        chance: random.Random,
    ) -> None:  # fmt: skip
        self.frame = data["frames"][name]
        self.data, self.talks, self.chance = data, talks, chance
        self.split = split_of(f"{SOURCE}:{name}")
        self.names = [name, *beside(name, data, known, chance.choice((1, 2, 3, 3, 4, 5)), chance)]
        self.drawn = drawn(self.frame, data["values"], chance)
        self.words = content(
            f"{self.drawn.fact} {' '.join(each.text for each in self.drawn.against)}"
        )
        self.base = scene(SOURCE, f"{SOURCE}:{name}", self.split, chance)

    def rows(self) -> Iterator[Row]:
        chance, (_, *other, cross) = self.chance, self.names
        told = self._facts(other)
        said = " ".join((*told, self.drawn.fact, *(each.text for each in self.drawn.against)))
        user = person(self.names, said, self.data["values"], chance)
        mixed = told and is_plain(said) and chance.random() < 0.4
        strange = self._of_another(told[0], said, user) if mixed else []
        facts = [*user.tie(chance), *strange, *map(user.fact, told[1:] if strange else told)]
        chance.shuffle(facts)
        unknown = tuple(facts)
        facts.insert(chance.randint(0, len(facts)), user.fact(self.drawn.fact))
        words = self.words | content(f"{' '.join(facts)} {self._denied()}")
        talk, history, lead, tail = around(self.talks, words, chance)
        base = replace(leant(self.base, talk, history), facts=tuple(facts))
        lead = " ".join([chance.choice(("", *[self._glue("leads")] * 3)), lead]).strip()
        against = chance.choice(self.drawn.against)
        yield from self._turn(base, lead, against, tail, wrong=True)
        yield from self._turn(base, lead, chance.choice(self.drawn.agree), tail)
        for guard in self._guards(cross):
            yield from self._turn(base, lead, guard, tail)
        absent = replace(against, how="contradicts nothing that is remembered")
        if chance.random() < 0.35:
            yield from self._turn(replace(base, facts=unknown), lead, absent, tail)
        elses = self._of_another(self.drawn.fact, f"{said} {' '.join(unknown)}", user)
        if elses and chance.random() < 0.35:
            facts = [*unknown, *elses]
            chance.shuffle(facts)
            base = replace(base, facts=tuple(facts))
            elsewhere = replace(against, how="contradicts a fact about somebody else")
            yield from self._turn(base, lead, elsewhere, tail)

    def _of_another(self, fact: str, said: str, user: Person) -> list[str]:
        return stranger(fact, said, user, self.data["values"], self.chance)

    def _denied(self) -> str:
        """What nobody may say beside these facts."""
        return " ".join(
            phrase for name in self.names for phrase in self.data["denies"].get(name, ())
        )

    def _facts(self, names: Sequence[str]) -> list[str]:
        """Facts of other frames."""
        frames = [self.data["frames"][name] for name in names]
        return [drawn(frame, self.data["values"], self.chance).fact for frame in frames]

    def _guards(self, cross: str) -> list[Clause]:
        """Three that touch the fact, or another thing, and contradict nothing."""
        chance, data = self.chance, self.data
        said = [each.text for each in self.drawn.against]
        other = drawn(data["frames"][cross], data["values"], chance)
        mine = [f"{self._glue('others')}'s {text[3:]}" for text in said if text.startswith("my ")]
        change = [f"{self._glue('updates')} {chance.choice(said)}", *self.drawn.moved[:2]]
        kinds = {
            "touches a fact and contradicts none": self.drawn.near,
            "announces a change": change,
            "supposes or reports what is not the case": [self._after("unreal", said)],
            "asks": [self._after("asks", said), *asked(said)],
            "tells of somebody else": mine or self.drawn.near,
            "tells of another thing": [each.text for each in (*other.against, *other.agree)],
        }
        picked = chance.sample(sorted(kinds), 3)
        texts = [(chance.choice(kinds[how]), how) for how in picked]
        return [Clause(text, 0, len(text.split()), how) for text, how in texts]

    def _glue(self, kind: str) -> str:
        return self.chance.choice(held_out(self.data[kind], self.split))

    def _after(self, kind: str, said: Sequence[str]) -> str:
        return f"{self._glue(kind)} {self.chance.choice(said)}"

    def _turn(
        self, base: Scene, lead: str, clause: Clause, tail: str, *, wrong: bool = False
    ) -> Iterator[Row]:
        """The rows along one turn."""
        chance = self.chance
        joint = chance.choice(("", self._glue("joins")))
        before = f"{lead} {joint}".split()
        words = [*before, *clause.text.split(), *tail.split()]
        opens, decided = len(before) + clause.open, len(before) + clause.decided
        if wrong:
            for cut in {
                opens,
                chance.randint(len(before) // 2 + 1, max(opens, len(before) // 2 + 1)),
            }:
                yield base.partial(words, cut, "silence", "before the contradiction is said")
        label, how = willing(base, 0.0, clause.how) if wrong else ("silence", clause.how)
        steps = (0, chance.randint(1, 4), chance.randint(5, 10))
        for step in steps if wrong else chance.sample(steps, 2):
            yield base.partial(words, min(decided + step, len(words)), label, how)
        if chance.random() < (0.4 if wrong else 0.1):
            pause = round(chance.uniform(0.9, 1.8), 1)
            yield base.row(
                "pause",
                " ".join(words),
                "reply",
                f"{how}; the turn is over, pause imputed",
                pause=pause,
            )


def around(
    talks: Sequence[Talk], words: set[str], chance: random.Random
) -> tuple[Talk, tuple[tuple[str, str], ...], str, str]:
    """A real talk up to one of its turns: its history, and what may stand before and after.

    Nothing of the two shares a word with `words`. Each is empty now and then.
    """
    while True:
        talk = chance.choice(talks)
        users = [at for at, (who, _) in enumerate(talk.turns) if who == "user"]
        at = chance.choice(users)
        history = talk.turns[max(0, at - chance.choice((0, 1, 2, 3, 5))) : at]
        lead, tail = talk.turns[at][1], talk.turns[chance.choice(users)][1]
        used = f"{lead} {tail} {' '.join(text for _, text in history)}"
        if max(len(lead.split()), len(tail.split())) <= 30 and not content(used) & words:
            break
    return talk, tuple(history), chance.choice(("", lead)), tail


def _plain(
    data: Mapping[str, Any], talks: Sequence[Talk], known: Sequence[str], chance: random.Random,
    split: str,
) -> Iterator[Row]:  # fmt: skip
    """An ordinary turn, beside facts that it does not touch."""
    names = chance.sample(known, chance.randint(1, 4))
    facts = tuple(drawn(data["frames"][name], data["values"], chance).fact for name in names)
    talk, history, lead, tail = around(talks, content(" ".join(facts)), chance)
    words = f"{lead} {tail}".split()
    base = scene(SOURCE, f"{SOURCE}:{talk.name}", split, chance)
    base = replace(leant(base, talk, history), facts=facts)
    for cut in sorted({chance.randint(2, max(2, len(words))) for _ in range(3)}):
        yield base.partial(words, cut, "silence", "ordinary speech beside facts")


def _liked(
    data: Mapping[str, Any], talks: Sequence[Talk], known: Sequence[str], chance: random.Random
) -> Iterator[Row]:
    """What a real user said to like, contradicted or said again later in the same talk."""
    said = data["liked"]
    for talk in talks:
        for who, text in talk.turns:
            match = next(filter(None, map(LIKED.match, facts_in(text))), None)
            if who == "user" and match:
                yield from _likes(match, said, data, talk, known, chance)


def _likes(
    match: re.Match[str], said: Mapping[str, list[str]], data: Mapping[str, Any], talk: Talk,
    known: Sequence[str], chance: random.Random,
) -> Iterator[Row]:  # fmt: skip
    names = chance.sample(known, chance.randint(0, 3))
    facts = [drawn(data["frames"][name], data["values"], chance).fact for name in names]
    facts.insert(chance.randint(0, len(facts)), match[0])
    base = scene(SOURCE, f"{SOURCE}:{talk.name}", talk.split, chance)
    base = replace(leant(base, talk), facts=tuple(facts))
    lead = chance.choice(held_out(data["leads"], talk.split)).split()
    tail = chance.choice(held_out(data["tails"], talk.split)).split()
    for kind, texts in said.items():
        text = chance.choice(texts).replace("{x}", match[1].lower())
        decided = len([*lead, *text.split()])
        how = {"against": HOW, "with": "agrees with a fact"}.get(kind, "contradicts nothing")
        label, how = willing(base, 0.0, how) if kind == "against" else ("silence", how)
        for step in (0, chance.randint(2, 8)):
            yield base.partial([*lead, *text.split(), *tail], decided + step, label, how)
