"""What the reply model is told of memory, in short sentences."""

import re
from datetime import datetime

from memory.facts import spoken_date
from memory.keeper import AGENT, USER, Keeper
from memory.store import Memory, Sort
from memory.terms import words_in

LONGEST = 40  # words of a remembered turn that are told
# A turn with one of these may be about the time, which then is told.
_TIME = frozenset(
    "time date day today tonight tomorrow yesterday week month year late early morning evening "
    "afternoon night ago when last now soon days hours since long".split()
)
_STRANGE = re.compile(r"[\x00-\x1f]+")


def told(keeper: Keeper, said: str, now: datetime) -> tuple[str, ...]:
    """What is known that bears on the words `said`, the most pressing first."""
    found = [keeper.contradiction.text] if keeper.contradiction else []
    found += [wish.told for wish in keeper.wishes if wish.told]
    found += [sentence(memory, now) for memory in keeper.recalled]
    if not _TIME.isdisjoint(words_in(said)):
        found.append(time_line(keeper.last_seen, now.astimezone()))
    return tuple(dict.fromkeys(_STRANGE.sub(" ", each) for each in found))


def sentence(memory: Memory, now: datetime) -> str:
    """A memory as one sentence: who said it, and when it was another day."""
    when = f" on {spoken_date(memory.when)}" if memory.when.date() != now.date() else ""
    if memory.sort is not Sort.TURN:
        return memory.text
    who = {USER: "The user", AGENT: "You"}.get(memory.who, memory.who)
    text = " ".join(memory.text.split()[:LONGEST])
    return f'{who} said{when}: "{text}"'


def time_line(last_seen: datetime | None, now: datetime) -> str:
    """The time where the talk is, and how long ago the last one was."""
    line = f"It is {now:%A}, {spoken_date(now)}, {now:%H:%M}."
    if last_seen is None:
        return line
    days = (now - last_seen).days
    ago = {0: "today", 1: "yesterday"}.get(days, f"{days} days ago")
    return f"{line} You last talked {ago}."
