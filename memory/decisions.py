"""What the agent decided beyond ordinary replies, and what came of it: part of the history."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from memory.store import Memory, Sort
from memory.terms import terms_in, words_in

WHO = "agent"  # who decided
QUOTED = 12  # words of the turn that the decision was about, the last ones
TOLD = 2  # of those that the user asks about
BEHIND = timedelta(milliseconds=1)  # so that a decision is listed behind its turn


class Came(StrEnum):
    """What came of a decision."""

    LISTENED = "listened"
    TALKED_ON = "talked on"
    ASKED_AGAIN = "asked again"
    WENT_ON = "went on"
    USER_SPOKE = "user spoke"
    AGENT_SPOKE = "agent spoke"


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision to remember; told a second time, under the same id, with what came of it.

    `action` is interrupt, refuse, deflect or silence, `said` the user's words
    that it was about, `topic` the policy that it kept to, `seconds` how long it
    was until something came of it.
    """

    id: str
    action: str
    said: str
    reason: str
    topic: str = ""
    came: Came | None = None
    seconds: float | None = None

    @property
    def text(self) -> str:
        """What was done and what came of it, as a person reads it below "Agent's decision"."""
        words = self.said.split()
        quoted = " ".join((["…"] if len(words) > QUOTED else []) + words[-QUOTED:])
        done = f'{_DID[self.action]} "{quoted}" ({self.reason}).'
        if self.came is None:
            return done
        after = f" after {self.seconds:.1f} s" if self.seconds is not None else ""
        return f"{done} {_CAME[self.came]}{after}."


_DID = {
    "interrupt": "Interrupted the user at",
    "refuse": "Refused what the user asked for with",
    "deflect": "Led the talk away from",
    "silence": "Kept silent after",
}
_CAME = {
    Came.LISTENED: "The user listened to the end",
    Came.TALKED_ON: "The user talked on and took the floor back",
    Came.ASKED_AGAIN: "The user asked again",
    Came.WENT_ON: "The user went on to something else",
    Came.USER_SPOKE: "The user spoke again",
    Came.AGENT_SPOKE: "The agent broke the silence",
}
# How a user speaks of each, of the agent: only in words that say "you" as well.
_ASKED = {
    "interrupt": re.compile(r"\b(interrupt\w*|cut\w* (me|in|us)|talk\w* over|butt\w* in)\b"),
    "refuse": re.compile(r"\b(refus\w*|(say|said) no|why (won't|wouldn't|can't|couldn't) you)\b"),
    "deflect": re.compile(
        r"\b(chang\w* the subject|dodg\w*|avoid\w*|evad\w*|why (won't|didn't) you)\b"
    ),
    "silence": re.compile(
        r"\b(silen\w*|quiet|ignor\w*|(say|said) (nothing|anything)|why didn't you"
        r"|(not|no|\w+n't) (answer|reply|respond)\w*)\b"
    ),
}
_YOU = re.compile(r"\byou\b")


class Decisions:
    """A talk's decisions as memories, and those of earlier talks that were looked up."""

    def __init__(self, user: str, talk: str) -> None:
        """Begin with none."""
        self.recalled: list[Memory] = []  # of earlier talks too, newest first
        self._user = user
        self._talk = talk
        self._made: dict[str, Memory] = {}  # oldest first
        self._turnless: dict[str, Decided] = {}  # the turn that they were about is not known yet
        self._turn = ""  # the user's last

    def take(self, decided: Decided, when: datetime) -> Memory | None:
        """The memory of it; None where it was forgotten before anything came of it."""
        known = self._made.get(decided.id)
        if known is None and decided.came is not None:
            return None
        if known is None:
            self._turnless[decided.id] = decided
            known = _memory_of(decided, self._user, self._talk, when)
        memory = replace(known, text=decided.text, value=decided.came or "")
        self._made[decided.id] = memory
        return memory

    def about(self, turn: Memory) -> list[Memory]:
        """Those that were about the user's `turn`, with it as their source."""
        self._turn = turn.id
        words = set(words_in(turn.text))
        found = [
            replace(self._made[name], source=turn.id, when=turn.when + BEHIND)
            for name, decided in self._turnless.items()
            if words.issuperset(words_in(decided.said))
        ]
        self._turnless.clear()
        self._made.update((memory.id, memory) for memory in found)
        return found

    def bearing_on(self, said: str) -> list[Memory]:
        """Those that the user asks about in `said`, and one that they have just talked over.

        Those of this talk come first, of the earlier ones those that share most words with `said`.
        """
        actions = _asked_about(said)
        earlier = [memory for memory in self.recalled if memory.id not in self._made]
        earlier.sort(key=partial(_shared, frozenset(terms_in(said))), reverse=True)
        asked = [
            memory
            for memory in (*reversed(self._made.values()), *earlier)
            if memory.about.partition(":")[0] in actions
        ][:TOLD]
        return list({memory.id: memory for memory in (*asked, *self._talked_over())}.values())

    def forget(self, ids: Iterable[str]) -> None:
        """Drop the decisions of these ids, and those about the turns of these ids."""
        gone = set(ids)
        self.recalled = [each for each in self.recalled if not gone & {each.id, each.source}]
        for name, memory in list(self._made.items()):
            if gone & {name, memory.source}:
                del self._made[name]
                self._turnless.pop(name, None)

    def _talked_over(self) -> list[Memory]:
        """The last decision, if the user took the floor back from it and has it still."""
        last = list(self._made.values())[-1:]
        return [each for each in last if each.value == Came.TALKED_ON and each.source == self._turn]


def _memory_of(decided: Decided, user: str, talk: str, when: datetime) -> Memory:
    about = f"{decided.action}: {decided.topic}" if decided.topic else decided.action
    return Memory(decided.id, user, talk, Sort.DECISION, WHO, decided.text, when, about)


def asks_about_decisions(said: str) -> bool:
    """Whether `said` speaks of something that the agent decided."""
    return bool(_asked_about(said))


def _shared(terms: frozenset[str], memory: Memory) -> int:
    """How many of the `terms` stand in the memory."""
    return len(terms.intersection(terms_in(memory.text)))


def _asked_about(said: str) -> set[str]:
    """The actions of the agent that `said` speaks of."""
    words = said.lower().replace("’", "'")
    if not _YOU.search(words):
        return set()
    return {action for action, asked in _ASKED.items() if asked.search(words)}
