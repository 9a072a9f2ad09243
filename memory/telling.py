"""What the reply model is told of memory, in short sentences."""

import re
from datetime import datetime, timedelta

from memory.facts import Facts, spoken_date
from memory.keeper import Keeper
from memory.store import AGENT, USER, Memory, Sort
from memory.terms import words_in

LONGEST = 40  # words of a remembered turn that are told,
OWN = 20  # and of one of the agent's own
LULL = timedelta(minutes=1)  # since the last turn that is worth telling
# A turn with one of these may be about the time, which then is told. A long story is not.
_TIME = frozenset(
    "time date day today tonight tomorrow yesterday week month year morning evening afternoon "
    "night ago days since".split()
)
_SINCE = (
    "how long ago", "how long has", "how long since", "how long was", "how long have", "when did",
    "last talk", "last spoke",
)  # fmt: skip
_STRANGE = re.compile(r"[\x00-\x1f]+")


def told(keeper: Keeper, said: str, now: datetime) -> tuple[str, ...]:
    """What is known that bears on the words `said`, the most pressing first."""
    found: list[str] = []
    if against := keeper.contradiction:
        found.append(against.against(sentence(against.fact, now, keeper.facts)))
    found += [wish.told for wish in keeper.wishes if wish.told]
    for memory in (*keeper.decisions.bearing_on(said), *keeper.recalled):
        found.append(sentence(memory, now, keeper.facts))
    if _is_about_time(said):
        found.append(time_line(keeper.last_seen, now.astimezone(), keeper.last_turn))
    return tuple(dict.fromkeys(_STRANGE.sub(" ", each) for each in found))


def _is_about_time(said: str) -> bool:
    words = words_in(said)
    return not _TIME.isdisjoint(words) or any(each in " ".join(words) for each in _SINCE)


def sentence(memory: Memory, now: datetime, facts: Facts | None = None) -> str:
    """A memory as one sentence: who said or did it, and when it was another day.

    A fact's day is that since when it holds, where `facts` know of a change.
    """
    is_today = memory.when.date() == now.date()
    when = "" if is_today else f" on {spoken_date(memory.when, now)}"
    match memory.sort:
        case Sort.SUMMARY:
            return memory.text
        case Sort.FACT:
            return _dated(memory, now, facts or Facts())
        case Sort.DECISION:
            return f"Earlier{when} you {memory.text[:1].lower()}{memory.text[1:]}"
        case Sort.TURN:
            who = {USER: "The user", AGENT: "You"}.get(memory.who, memory.who)
            longest = OWN if memory.who == AGENT else LONGEST
            text = " ".join(memory.text.split()[:longest])
            return f'{who} said{when}: "{text}"'


def time_line(last_seen: datetime | None, now: datetime, last_turn: datetime | None = None) -> str:
    """The time where the talk is, how long ago the last one was, and the last turn if it was long.

    All aware.
    """
    line = f"It is {now:%A}, {spoken_date(now)}, {now:%H:%M}."
    if last_seen is not None:
        line += f" You last talked {_ago(now - last_seen)}."
    if last_turn is not None and now - last_turn >= LULL:
        line += f" The last turn was {_ago(now - last_turn)}."
    return line


def _dated(fact: Memory, now: datetime, facts: Facts) -> str:
    """A user's fact, with its day where it is from another one or not what it was before."""
    since, has_changed = facts.since(fact), facts.has_changed(fact)
    is_today = since.date() == now.date()
    if fact.who == AGENT or (is_today and not has_changed):
        return fact.text
    day = "today" if is_today else spoken_date(since, now)
    return f"{fact.text.removesuffix('.')} ({'since' if has_changed else 'told'} {day})."


def _ago(passed: timedelta) -> str:
    """Roughly how long ago, as a person says it: "5 minutes ago", "yesterday"."""
    minutes = int(passed.total_seconds() // 60)
    if passed.days >= 2:
        return f"{passed.days} days ago"
    if passed.days == 1:
        return "yesterday"
    count, unit = (minutes // 60, "hour") if minutes >= 60 else (minutes, "minute")
    return f"{count} {unit}{'' if count == 1 else 's'} ago" if count else "just now"
