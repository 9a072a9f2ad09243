"""What is known of a user, fact by fact: what is current, and what contradicts it."""

import itertools
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from memory.anchors import Stated
from memory.claims import Claim, contradicts, is_change
from memory.database import storable
from memory.store import Memory, Sort


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What is being said and the fact that it does not go with. Both have their source."""

    said: str
    fact: Memory

    @property
    def text(self) -> str:
        """One sentence for a person."""
        return self.against(self.fact.text)

    def against(self, fact: str) -> str:
        """One sentence with the fact in the words `fact`."""
        return f'The user says now: "{self.said}". But: {fact}'


class Facts:
    """A user's facts, oldest first. A later one about the same is current; none is lost."""

    def __init__(self, memories: Iterable[Memory] = ()) -> None:
        """`memories` are the facts that a store holds, oldest first."""
        self._by_about: dict[str, list[Memory]] = {}
        for memory in memories:
            self.add(memory)

    @property
    def stated(self) -> list[Memory]:
        """All of them, oldest first."""
        every = [each for known in self._by_about.values() for each in known]
        return sorted(every, key=lambda memory: memory.when)

    def add(self, memory: Memory) -> None:
        """`memory` was stated after all others."""
        self._by_about.setdefault(_key(memory), []).append(memory)

    def is_current(self, memory: Memory) -> bool:
        """Whether nothing else was stated of the same since; true of what is not known here."""
        known = self._by_about.get(_key(memory))
        return known is None or known[-1].value == memory.value

    def current(self) -> list[Memory]:
        """The last of each, with when it was first stated without a change since."""
        return [self._since(stated) for stated in self._by_about.values()]

    def since(self, fact: Memory) -> datetime:
        """When its value was first stated without a change since."""
        known = self._by_about.get(_key(fact), [])
        at = next((place for place, each in enumerate(known) if each.id == fact.id), None)
        return fact.when if at is None else self._since(known[: at + 1]).when

    def until(self, fact: Memory) -> datetime | None:
        """When another value was stated of the same; None of what is current."""
        known = self._by_about.get(_key(fact), [])
        later = itertools.dropwhile(lambda each: each.id != fact.id, known)
        return next((each.when for each in later if each.value != fact.value), None)

    def span(self, fact: Memory) -> dict[str, datetime]:
        """Both by name: "since", and "until" where there is one."""
        until = self.until(fact)
        return {"since": self.since(fact)} | ({"until": until} if until else {})

    def has_changed(self, fact: Memory) -> bool:
        """Whether another value was stated of the same before."""
        known = self._by_about.get(_key(fact), [])
        return any(each.value != fact.value for each in known if each.when < fact.when)

    def is_known(self, stated: Stated) -> bool:
        """Whether this is what was stated last of the same."""
        known = self._by_about.get(_key(stated))
        return known is not None and known[-1].value == stated.value

    def against(self, claims: Iterable[Claim]) -> Contradiction | None:
        """The first of `claims` that cannot be true together with a current fact."""
        for claim in claims:
            if is_change(claim):
                continue
            for known in self._by_about.values():
                fact = known[-1]
                if (of := claim_of(fact)) and contradicts(of, claim):
                    return Contradiction(claim.text, fact)
        return None

    def forget(self, ids: Iterable[str]) -> None:
        """Drop the facts of these ids, and those that the turns of these ids stated."""
        gone = set(ids)
        for about, known in list(self._by_about.items()):
            kept = [each for each in known if each.id not in gone and each.source not in gone]
            self._by_about[about] = kept
            if not kept:
                del self._by_about[about]

    def _since(self, stated: list[Memory]) -> Memory:
        first = stated[-1]
        for each in reversed(stated):
            if each.value != first.value:
                break
            first = each
        return first


def _key(stated: Memory | Stated) -> str:
    """Equal for what cannot both be current."""
    return stated.about or stated.text


def memory_of(stated: Stated, turn: Memory) -> Memory:
    """The fact that `turn` states, as a memory of its own."""
    key = f"{turn.user}\n{turn.id}\n{stated.about}\n{stated.text}"
    return Memory(
        id=uuid.uuid5(uuid.NAMESPACE_OID, storable(key)).hex,
        user=turn.user,
        talk=turn.talk,
        sort=Sort.FACT,
        who=turn.who,
        text=stated.text,
        when=turn.when,
        about=stated.about,
        value=stated.value,
        source=turn.id,
    )


def claim_of(fact: Memory) -> Claim | None:
    """The claim that a fact was made of, where it is one that can be contradicted."""
    subject, found, relation = fact.about.partition(": ")
    if not found:
        return None
    return Claim(frozenset(subject.split()), relation, fact.value, fact.text)


def spoken_date(when: datetime, now: datetime | None = None) -> str:
    """A day as a person says it: "3 March", with the year where that is not the one of `now`."""
    year = f" {when.year}" if now and when.year != now.year else ""
    return f"{when.day} {when:%B}{year}"
