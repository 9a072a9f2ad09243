"""A memory as text and metadata, for a library that knows neither ids nor sorts of ours."""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from memory.database import storable
from memory.store import Memory, Sort, need_aware

_PLAIN = re.compile(r"(?!sha256-)[A-Za-z0-9_.@+-]{1,100}")


@dataclass(frozen=True, slots=True)
class Carried:
    """A memory as it lies in a library, under the name that the library gave it.

    `written`, in nanoseconds since 1970, puts writes in order, also those of
    different processes, as far as their clocks agree.
    """

    name: str
    memory: Memory
    written: int


def key(name: str) -> str:
    """`name` as it can stand in a filter: a user or an id, each name its own key.

    Libraries trim names, refuse spaces, read `*` as everybody or limit the
    length: a name that is more than letters, digits and `_.@+-` is hashed.
    """
    name = storable(name)
    if _PLAIN.fullmatch(name):
        return name
    return "sha256-" + hashlib.sha256(name.encode()).hexdigest()


def kept(memories: Iterable[Memory]) -> list[Memory]:
    """Those of `memories` that are to be kept: of one id the last. A naive `when` is a ValueError.

    Lone surrogates are written out and NULs left out, as in the other stores.
    """
    last: dict[tuple[str, str], Memory] = {}
    for memory in memories:
        need_aware(memory.when)
        cleaned = _storable(memory)
        last.pop((cleaned.user, cleaned.id), None)
        last[cleaned.user, cleaned.id] = cleaned
    return list(last.values())


def metadata(memory: Memory, written: int) -> dict[str, str]:
    """All of `memory` but its text, and when it was written: what `carried` reads."""
    return {
        "memory_id": memory.id,
        "memory_key": key(memory.id),
        "memory_user": memory.user,
        "talk": memory.talk,
        "sort": memory.sort.value,
        "who": memory.who,
        "when": memory.when.isoformat(),
        "about": memory.about,
        "value": memory.value,
        "source": memory.source,
        "written": str(written),
    }


def carried(name: str, text: str, metadata: Mapping[str, object] | None) -> Carried | None:
    """What `metadata` made of a memory, or None for what was put there by others."""
    if not metadata or "memory_id" not in metadata:
        return None
    field = {key: str(value) for key, value in metadata.items()}
    memory = Memory(
        id=field["memory_id"],
        user=field["memory_user"],
        talk=field["talk"],
        sort=Sort(field["sort"]),
        who=field["who"],
        text=text,
        when=datetime.fromisoformat(field["when"]),
        about=field["about"],
        value=field["value"],
        source=field["source"],
    )
    return Carried(name, memory, int(field["written"]))


def latest(found: Iterable[Carried]) -> list[Carried]:
    """Of each user's memories of one id the one written last, in the order of `found`."""
    found = list(found)
    last: dict[tuple[str, str], int] = {}
    for each in found:
        name = (each.memory.user, each.memory.id)
        last[name] = max(each.written, last.get(name, 0))
    return [each for each in found if each.written == last[each.memory.user, each.memory.id]]


def oldest_first(found: Iterable[Carried]) -> list[Memory]:
    """The memories, by the time they were made; of one time, as they were written."""
    in_order = sorted(latest(found), key=lambda each: (each.memory.when, each.written))
    return [each.memory for each in in_order]


def going(memories: Collection[Memory], ids: Collection[str]) -> set[str]:
    """The ids that go when those of `ids` go, one user's `memories` being all there are.

    With a turn go the facts that it stated and the summary of its talk.
    """
    asked = {storable(each) for each in ids}
    turns = [memory for memory in memories if memory.id in asked and memory.sort is Sort.TURN]
    talks = {turn.talk for turn in turns}
    return {
        memory.id
        for memory in memories
        if memory.id in asked
        or (memory.source and memory.source in asked)
        or (memory.sort is Sort.SUMMARY and memory.talk in talks)
    }


def utc(before: datetime) -> datetime:
    """`before` as UTC. A naive time is a ValueError."""
    need_aware(before)
    return before.astimezone(UTC)


def _storable(memory: Memory) -> Memory:
    return Memory(
        id=storable(memory.id),
        user=storable(memory.user),
        talk=storable(memory.talk),
        sort=memory.sort,
        who=storable(memory.who),
        text=storable(memory.text),
        when=memory.when.astimezone(UTC),
        about=storable(memory.about),
        value=storable(memory.value),
        source=storable(memory.source),
    )
