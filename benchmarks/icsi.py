"""Pauses in meetings, labelled by what really happened next.

From the ICSI meeting corpus with MRDA's dialogue acts (CC BY 4.0): JSON lines, one
utterance each, {"d": meeting, "s": speaker, "b": begin s, "e": end s, "da": dialogue
act, "t": words}. At a pause all are silent. The user is who spoke last, the agent
who spoke before them, all others go by their names. Where the user went on within
a second the label is silence; where another took the floor with more than a
backchannel it is reply. The pause that a row shows is shorter than the real one.
"""

import gzip
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from judgement.decision import Action
from judgement.listener import PAUSES

RESUMED = 1.0  # seconds in which a user goes on
TAKEN = 3.0  # seconds in which another takes the floor
SHORTEST = 3  # words of an utterance that is more than a backchannel
TURNS = 6  # of the history
WORDS = 60  # of a turn: the last ones
_SMALL = ("b", "bk", "bh", "fh", "%", "x", "z")  # dialogue acts that take no floor


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one speaker said in one go. Times are seconds of the meeting."""

    meeting: str
    speaker: str
    begin: float
    end: float
    act: str
    words: tuple[str, ...]

    @property
    def takes_floor(self) -> bool:
        """Whether it is more than a backchannel."""
        acts = self.act.replace("|", ".").replace("^", ".").split(".")
        return len(self.words) >= SHORTEST and not any(act in _SMALL for act in acts[:2])


def rows(path: Path, count: int, *, seed: int = 1) -> list[dict[str, Any]]:
    """`count` rows in the data format, half of them replies, drawn over all meetings."""
    chance = random.Random(seed)
    found = [row for meeting in meetings(path) for row in pauses(meeting, chance)]
    chosen: list[dict[str, Any]] = []
    for label in (Action.REPLY, Action.SILENCE):
        group = [row for row in found if row["label"] == label]
        chosen += chance.sample(group, min(len(group), count // 2))
    return sorted(chosen, key=lambda row: row["id"])


def meetings(path: Path) -> Iterator[list[Utterance]]:
    """The utterances of each meeting, by their beginnings."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        for _, lines in groupby(map(json.loads, file), key=lambda line: line["d"]):
            yield sorted(map(_utterance, lines), key=lambda each: each.begin)


def _utterance(line: dict[str, Any]) -> Utterance:
    words = line["t"].replace("o_k", "okay").replace("_", "").split()
    whole = tuple(word for word in words if not word.endswith("-"))
    return Utterance(line["d"], line["s"], line["b"], line["e"], line["da"], whole)


def pauses(meeting: Sequence[Utterance], chance: random.Random) -> Iterator[dict[str, Any]]:
    """A row for each pause of the meeting that has a clear end."""
    until = 0.0
    for index, (last, following) in enumerate(zip(meeting, meeting[1:], strict=False)):
        alone = until <= last.end
        until = max(until, last.end)
        label = _label(last, following)
        shown = [each for each in PAUSES if each < following.begin - last.end]
        if alone and label and shown and len(last.words) >= SHORTEST:
            turn = _turn(meeting, index)
            pause = chance.choice(shown)
            yield _row(meeting[: index + 1 - len(turn)], turn, pause, label)


def _label(last: Utterance, following: Utterance) -> Action | None:
    gap = following.begin - last.end
    if following.speaker == last.speaker:
        return Action.SILENCE if gap <= RESUMED else None
    return Action.REPLY if gap <= TAKEN and following.takes_floor else None


def _turn(meeting: Sequence[Utterance], index: int) -> list[Utterance]:
    """The utterances of one turn that ends at `index`, none of another's between them."""
    speaker = meeting[index].speaker
    start = index
    while start and meeting[start - 1].speaker == speaker:
        start -= 1
    return list(meeting[start : index + 1])


def _row(
    before: Sequence[Utterance], turn: Sequence[Utterance], pause: float, label: Action
) -> dict[str, Any]:
    user, end = turn[-1].speaker, turn[-1].end
    recent = list(before[-TURNS:])
    agent = next((each.speaker for each in reversed(recent) if each.speaker != user), "")
    names = {user: "user", agent: "agent"}
    history = [
        {
            "who": names.get(each.speaker, each.speaker),
            "text": " ".join(each.words[-WORDS:]),
            "ago": round(max(0.0, end + pause - each.end), 2),
        }
        for each in recent
        if each.words
    ]
    said = [word for each in turn for word in each.words][-WORDS:]
    return {
        "id": f"icsi:{turn[-1].meeting}:{turn[-1].end:.2f}",
        "source": "icsi_mrda",
        "licence": "CC-BY-4.0",
        "split": "",
        "moment": {
            "kind": "pause",
            "history": history,
            "said": " ".join(said),
            "pause": pause,
            "turn_seconds": round(end + pause - turn[0].begin, 2),
        },
        "label": label.value,
    }
