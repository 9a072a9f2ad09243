"""Rows from timed talks, labelled by what really happened next.

    python -m training.annotate TALKS.jsonl --out ROWS.jsonl --source NAME --licence LICENCE

A talk is cut into stretches of some turns (`labelling.chunks`). In each, one speaker is the
user and another the agent, all others go by names; every speaker of a stretch takes the
user's part once. What counts as having the floor is in `labelling.timed`, what makes a label
in `labelling.happened`, and which pause is shown in `labelling.pauses`.
"""

import argparse
import random
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

from training import rows as files
from training.labelling.backdrop import Backdrop, backdrop
from training.labelling.chunks import Chunk, chunks, named, past, split_of
from training.labelling.happened import Ended, Overlapped, ended, idle_after, overlapped
from training.labelling.pauses import imputed, shown
from training.labelling.timed import TalkError, Turn, Utterance, floor, read, turns
from training.rows import Row

USERS = 4  # speakers of a stretch that take the user's part
SHORTEST = 4  # words so far of a turn that is cut
LONG = 25.0  # s from which a turn is cut more often
PATIENT = 0.5  # proactivity above which nothing is said of turns from `RAMBLING` seconds
RAMBLING = 45.0


@dataclass(frozen=True, slots=True)
class Origin:
    """What every row of a source says of itself."""

    source: str
    licence: str


@dataclass(frozen=True, slots=True)
class Scene:
    """One stretch of a talk, with its parts given."""

    turns: Sequence[Turn]  # of the whole talk
    chunk: Chunk
    names: dict[str, str]
    user: str
    agent: str
    backdrop: Backdrop

    def history(self, before: int, now: float) -> list[dict[str, object]]:
        """The turns of the stretch up to `before`, at the time `now`."""
        return [
            past(self.names[turn.speaker], " ".join(turn.said_by(now)), now - turn.end)
            for turn in self.turns[self.chunk.start : before]
        ]

    def row(self, kind: str, label: str, how: str, *, at: int, now: float, **moment: object) -> Row:
        """A row in the turn `at`, at the time `now`."""
        history = self.history(at, now)
        return {
            "moment": {"kind": kind, "history": history, **moment, **self.backdrop.fields()},
            "label": label,
            "how": how,
        }


def rows_of(
    talk: Sequence[Utterance],
    origin: Origin,
    chance: random.Random,
    *,
    split: str = "",
    without: AbstractSet[str] = frozenset(),
) -> Iterator[Row]:
    """All rows of a talk. Stretches in which someone of `without` has the floor are left out."""
    held = floor(talk)
    order = turns(held)
    name = talk[0].talk
    number = 0
    for scene in _scenes(order, name, chance):
        spoke = {turn.speaker for turn in order[scene.chunk.start : scene.chunk.end]}
        if spoke & without:
            continue
        for row in _rows(scene, talk, held, chance):
            head = {"id": f"{origin.source}:{name}:{number}", "source": origin.source}
            about = {"licence": origin.licence, "split": split or split_of(name), "talk": name}
            yield head | about | row
            number += 1


def _scenes(order: Sequence[Turn], talk: str, chance: random.Random) -> Iterator[Scene]:
    people = [turn.speaker for turn in order]
    for chunk in chunks([len(turn.words) for turn in order]):
        spoken = dict.fromkeys(people[chunk.start : chunk.end], 0)
        for turn in order[chunk.start : chunk.end]:
            spoken[turn.speaker] += len(turn.words)
        most = sorted(spoken, key=lambda each: -spoken[each])
        for user in most[:USERS]:
            agent = next((each for each in most if each != user), "")
            names = named(talk, people, user=user, agent=agent)
            yield Scene(order, chunk, names, user, agent, backdrop(chance))


def _rows(
    scene: Scene, talk: Sequence[Utterance], held: Sequence[Utterance], chance: random.Random
) -> Iterator[Row]:
    for at in range(scene.chunk.own, scene.chunk.end):
        turn = scene.turns[at]
        if turn.speaker == scene.user:
            yield from _pauses(scene, at, held, chance)
            yield from _partials(scene, at, chance)
        elif turn.speaker == scene.agent:
            yield from _overlaps(scene, at, talk, held, chance)


def _pauses(
    scene: Scene, at: int, held: Sequence[Utterance], chance: random.Random
) -> Iterator[Row]:
    turn = scene.turns[at]
    for index in range(len(turn.parts)):
        end = ended(held, turn.first + index)
        if end is not None:
            so_far = replace(turn, parts=turn.parts[: index + 1])
            for pause in _shown(end, chance):
                yield _pause(scene, at, so_far, pause, end)
        after = idle_after(held, turn.first + index)
        if after is not None:
            yield _idle(scene, at, replace(turn, parts=turn.parts[: index + 1]), after, chance)


def _shown(end: Ended, chance: random.Random) -> list[float]:
    return imputed(chance) if end.pause is None else shown(end.pause, chance)


def _pause(scene: Scene, at: int, so_far: Turn, pause: float, end: Ended) -> Row:
    now = so_far.parts[-1].end
    row = scene.row(
        "pause", end.label, end.how, at=at, now=now,
        said=" ".join(so_far.words), pause=pause,
        turn_seconds=round(now + pause - so_far.begin, 2),
    )  # fmt: skip
    for turn in row["moment"]["history"]:
        turn["ago"] = round(turn["ago"] + pause, 2)
    return row


def _idle(scene: Scene, at: int, turn: Turn, real: float, chance: random.Random) -> Row:
    pause = round(chance.uniform(3.0, real), 1)
    row = scene.row(
        "idle", "silence", f"the same speaker, who had not finished, went on after {real:.1f} s",
        at=at, now=turn.end + pause, said="", pause=pause,
    )  # fmt: skip
    row["moment"]["history"].append(past("user", " ".join(turn.words), pause))
    return row


def _partials(scene: Scene, at: int, chance: random.Random) -> Iterator[Row]:
    """The turn cut at some words: ordinary speech, which nobody is to interrupt."""
    turn = scene.turns[at]
    size, seconds = len(turn.words), turn.end - turn.begin
    few = min(2, size // 12 + (chance.random() < 0.3))
    many = min(6, int(seconds / 12)) if seconds > LONG else 0
    if size <= SHORTEST:
        return
    for cut in sorted({chance.randint(SHORTEST, size - 1) for _ in range(few + many)}):
        now = turn.time_of(cut)
        lasted = round(now - turn.begin, 2)
        if lasted >= RAMBLING and scene.backdrop.proactivity > PATIENT:
            continue
        yield scene.row(
            "partial", "silence", "ordinary speech, cut while the speaker went on",
            at=at, now=now, said=" ".join(turn.words[:cut]), turn_seconds=lasted,
        )  # fmt: skip


def _overlaps(
    scene: Scene,
    at: int,
    talk: Sequence[Utterance],
    held: Sequence[Utterance],
    chance: random.Random,
) -> Iterator[Row]:
    """The user's sounds over the agent's turn `at`."""
    for over in overlapped(scene.turns[at], talk, held, scene.user):
        for words in _so_far(over, chance):
            now = over.sound.time_of(words)
            row = scene.row(
                "overlap", over.label, over.how, at=at + 1, now=now,
                said=" ".join(over.sound.words[:words]),
            )  # fmt: skip
            yield row


def _so_far(over: Overlapped, chance: random.Random) -> list[int]:
    """After how many words to show a sound: never so early that it may still be the other."""
    counts = list(range(over.clear, min(6, len(over.sound.words)) + 1))
    found = chance.sample(counts, min(3, len(counts)))
    noise = over.label == "silence" and chance.random() < 0.25
    return sorted({0, *found} if noise else set(found))


def main() -> None:
    """Annotate one file of talks."""
    parser = argparse.ArgumentParser(description="Rows from timed talks.")
    parser.add_argument("talks", type=Path, help="timed talks, JSON lines, also gzipped")
    parser.add_argument("--out", type=Path, required=True, help="where the rows go")
    parser.add_argument("--source", required=True, help="the rows' source")
    parser.add_argument("--licence", required=True, help="the talks' licence")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    origin = Origin(given.source, given.licence)
    try:
        count = files.write(given.out, _all(given.talks, origin, given.seed))
    except (OSError, TalkError) as error:
        parser.exit(1, f"{error}\n")
    print(f"{count:,} rows in {given.out}")


def _all(path: Path, origin: Origin, seed: int) -> Iterator[Row]:
    for talk in read(path):
        yield from rows_of(talk, origin, random.Random(seed ^ crc32(talk[0].talk.encode())))


if __name__ == "__main__":
    main()
