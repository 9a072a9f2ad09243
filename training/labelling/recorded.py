"""Recorded talks: what was decided, when, and what was heard of the floor."""

import json
import math
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from judgement.decision import Action
from judgement.moment import Moment
from judgement.rows import moment_of
from judgement.signals import TALK_SECONDS, TYPED
from judgement.words import words_of
from training.rows import Row, RowError

HORIZON = 400  # decisions
EVENTS = ("user_starts", "user_stops", "agent_starts", "agent_stops")


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision of a talk. `at` is seconds of sound; `outcome` is what strategy made of it."""

    number: int  # by which a mark names it
    place: int  # in the talk's list, from 0
    row: Row
    moment: Moment
    action: Action
    at: float
    turn: int
    outcome: str


@dataclass(frozen=True, slots=True)
class Mark:
    """What a person thought of a decision, and what it should have been if they said so."""

    right: bool
    should: Action | None


@dataclass(slots=True)
class Recorded:
    """One talk, in the order of its sound."""

    talk: str
    user: str = ""
    decisions: list[Decided] = field(default_factory=list[Decided])
    floor: dict[str, list[float]] = field(default_factory=lambda: {each: [] for each in EVENTS})
    marks: dict[int, Mark] = field(default_factory=dict[int, Mark])

    def next(self, event: str, after: float) -> float:
        """When `event` first happens later than `after`; infinity if never."""
        times = self.floor[event]
        place = bisect_right(times, after)
        return times[place] if place < len(times) else math.inf

    def agent_speaks(self, since: Decided) -> float:
        """When the agent next begins to speak; infinity if never.

        An answer spoken ahead begins in the very frame of sound of its decision.
        """
        times = self.floor["agent_starts"]
        place = bisect_left(times, since.at)
        return times[place] if place < len(times) else math.inf

    def later(self, than: Decided) -> list[Decided]:
        """The decisions after `than`, as far as they can have to do with it."""
        return self.decisions[than.place + 1 : than.place + 1 + HORIZON]


@dataclass(frozen=True, slots=True)
class Said:
    """What the user said next: since when, the words, and whether the turn was still open."""

    onset: float
    words: str
    same_turn: bool


def read_talk(path: Path) -> Recorded:
    """The talk kept in `path`. Raises `RowError` naming the line; a torn last line is left out."""
    return parse_talk(path.read_text(encoding="utf-8", errors="replace"), str(path))


def parse_talk(text: str, name: str) -> Recorded:
    """The talk in `text`, the content of the file `name`."""
    talk = Recorded(Path(name).stem)
    for where, line in _lines(text, name):
        try:
            _take(talk, line)
        except (KeyError, TypeError, ValueError) as error:
            raise RowError(f"{where}: {_told(error)}") from error
    return talk


def said_after(talk: Recorded, decided: Decided) -> Iterator[Said]:
    """What the user said after `decided`, voice by voice; sounds without words are left out."""
    later = talk.later(decided)
    last = later[-1].at if later else 0.0
    onsets = [at for at in talk.floor["user_starts"] if decided.at < at <= last]
    onsets += [each.at for each in later if each.moment.signals.get(TYPED)]
    for onset in sorted(onsets):
        heard = [each for each in later if each.at >= onset and each.moment.said]
        if heard and (words := _words(heard, decided, onset, talk.next("user_starts", onset))):
            yield Said(onset, words, _goes_on(heard[0], decided))


def _words(heard: list[Decided], since: Decided, onset: float, end: float) -> str:
    """The words of one voice and of what it went on to say in the same turn."""
    first = heard[0]
    if first.at >= end and first.at > onset:
        return ""
    said = [each.moment.said for each in heard if _goes_on(each, first)]
    before = len(words_of(since.moment.said)) if _goes_on(first, since) else 0
    return " ".join(words_of(said[-1])[before:])


def _goes_on(later: Decided, first: Decided) -> bool:
    """Whether `later` holds the words of `first` and perhaps more: one turn, begun alike."""
    begun = words_of(first.moment.said)[:1]
    return later.turn == first.turn and words_of(later.moment.said)[:1] == begun


def _lines(text: str, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        try:
            found = json.loads(line)
        except ValueError as error:
            if not line.endswith("\n"):
                return
            raise RowError(f"{name}:{number}: not JSON: {error}") from error
        if not isinstance(found, dict):
            raise RowError(f"{name}:{number}: a line is a JSON object, this is {line[:40]!r}")
        yield f"{name}:{number}", cast(dict[str, Any], found)


def _take(talk: Recorded, line: dict[str, Any]) -> None:
    if "moment" in line:
        talk.decisions.append(_decided(line, len(talk.decisions)))
    elif "event" in line:
        if line["event"] not in EVENTS:
            raise ValueError(f"the event {line['event']!r} is none of {', '.join(EVENTS)}")
        insort(talk.floor[line["event"]], float(line["at"]))
    elif "mark" in line:
        should = line.get("should")
        mark = Mark(line["right"] is True, Action(should) if should else None)
        talk.marks[int(line["mark"])] = mark
    elif "asking_every" in line:
        pass  # how busy the machine was: no label follows from it
    elif "talk" in line:
        talk.talk, talk.user = str(line["talk"]), str(line.get("user", ""))
    else:
        raise ValueError("neither a decision, nor an event, a mark or a talk's first line")


def _decided(row: Row, place: int) -> Decided:
    moment = moment_of(row)
    number = str(row.get("id", "")).rpartition(":")[2]
    signals = moment.signals
    since = row.get("at", signals.get(TALK_SECONDS, 0.0))
    return Decided(
        number=int(number) if number.isdecimal() else place + 1,
        place=place,
        row=row,
        moment=moment,
        action=Action(row.get("decided", row.get("label", Action.SILENCE))),
        at=float(since) if isinstance(since, (int, float)) else 0.0,
        turn=int(row.get("turn", 0)),
        outcome=str(row.get("outcome", "")),
    )


def _told(error: Exception) -> str:
    return f"the field {error} is missing" if isinstance(error, KeyError) else str(error)
