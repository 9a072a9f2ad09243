"""What users say to an agent in anger, and what only sounds like it.

- convabuse: turns to two real agents. Abusive if more than 60 % of its annotators say so
  and one of them sees the agent as its target; ordinary if all say that it is not; else left out.
- diasafety ("Offending User"): turns that insult "you", by the words of `STRONG` and `MILD`.
- affronts.json: our own, spoken to an agent, with ordinary turns that curse or complain.

One convention everywhere: abuse is refused if it is strong (a mean severity of at least
1.6 of 3; an obscenity, a slur or a threat aimed at the agent) or comes again after abuse
in the user's turn before; other abuse is deflected. What is not abuse gets a reply, curses
at things and other people too. No policy is needed for any of it.
"""

import csv
import json
import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from judgement.words import UNFINISHED, is_backchannel
from training.labelling.chunks import split_of
from training.rows import Row
from training.sources.material import OWN, Said, Scene, load, numbered
from training.sources.unrelated import personas

SEVERE = 1.6  # of 3: mean over those who call it abuse
AGREED = 0.6  # share of annotators, to be exceeded
LONGEST = 40  # words
PERSONAS = {"refuse": 3, "deflect": 5, "reply": 1}  # that hear each turn
_SEVERITY = re.compile(r"_is_abuse\.(-?\d)$")
_YOU = r"\b(?:you|u|ur|you're|youre|you are|your)\b"
_OBSCENE = (
    r"(?:cunt|bitch|fagg?ot|motherfucker|prick|twat|whore|piece of shit|asshole|arsehole|"
    r"dickhead|bellend|bastard|slut|cocksucker|fucking? (?:idiot|moron|loser|stupid|dumb))"
)
STRONG = re.compile(
    rf"\bf+u+c+k+ ?(?:you|u|off|urself|yourself)\b|\bshut the fuck up\b|\bsuck my\b|"
    rf"\bi(?:'ll| will) (?:kill|hurt) you\b|{_YOU}[^.?!,]{{0,25}}\b{_OBSCENE}\b|\bkill yourself\b"
)
MILD = re.compile(
    r"\b(?:you are|you're|youre|ur|you)(?: (?:a|an|such|so|just|really|pretty|the|one|all|all just|"
    r"clearly|fat|little|total|complete|sad))* "
    r"(?:idiots?|morons?|stupid|dumb|pathetic|losers?|liar|clown|ridiculous|useless|snowflake|"
    r"fool|sissy|troll|disgusting|coward)\b|^shut up\b|\b(?:you|u) suck\b"
)
_BARE = re.compile(
    r"^(?:stupid|dumb|an?|the|such|little|fat|ugly| )*(?:idiot|moron|bitch|loser)s?\b"
)


@dataclass(frozen=True, slots=True)
class Heard:
    """One turn and how it is to be met."""

    source: str
    licence: str
    talk: str
    said: str
    label: str
    how: str
    history: tuple[Said, ...] = ()


def rows(folder: Path, chance: random.Random) -> Iterator[Row]:
    """Rows of the three sources. Raises `FileNotFoundError` where one is missing."""
    yield from numbered(
        row
        for read in (_convabuse(folder), _diasafety(folder), _own())
        for heard in read
        for row in _heard(heard, chance)
    )


def _heard(heard: Heard, chance: random.Random) -> Iterator[Row]:
    """The turn at a pause, to one persona or several; now and then cut, too."""
    split = split_of(heard.talk)
    count = PERSONAS[heard.label]
    words = heard.said.split()
    for refuse, deflect, eager in list(personas(split, count + 1, chance))[-count:]:
        if chance.random() < 0.3:
            refuse, deflect = (), ()
        scene = Scene(
            heard.source, heard.talk, split, heard.licence, eager, heard.history,
            refuse=refuse, deflect=deflect,
        )  # fmt: skip
        pause = round(chance.uniform(0.25, 1.3), 2)
        yield scene.row("pause", heard.said, heard.label, heard.how, pause=pause)
        ends = [at for at in range(2, len(words)) if words[at - 1].lower() in UNFINISHED]
        if ends and chance.random() < 0.3:
            said, pause = " ".join(words[: chance.choice(ends)]), round(chance.uniform(0.2, 0.7), 2)
            yield scene.row("pause", said, "silence", "cut inside the turn", pause=pause)
        if len(words) > 4 and chance.random() < 0.2:
            yield scene.partial(
                words, chance.randint(2, len(words) - 1), "silence", "still speaking"
            )


def _convabuse(folder: Path) -> Iterator[Heard]:
    for part in ("train", "valid"):
        path = folder / f"convabuse/ConvAbuseEMNLP{part}.csv"
        with path.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                said = _clean(row["user"])
                if said and len(said.split()) <= LONGEST and (met := _met(row)):
                    talk = f"convabuse:{row['conv_id'].partition('.')[0]}"
                    yield Heard("convabuse", "CC-BY-4.0", talk, said, *met, _before(row))


def _met(row: Mapping[str, str]) -> tuple[str, str] | None:
    """The label by the annotators' votes, and why; None where they do not agree."""
    votes = [
        int(found[1])
        for column, value in row.items()
        if (found := _SEVERITY.search(column)) and value.startswith("1")
    ]
    abuse = [-vote for vote in votes if vote < 0]
    if votes and all(vote == 1 for vote in votes):
        asked = row["agent"].rstrip().endswith("?")
        bare = is_backchannel(row["user"]) and not asked
        return None if bare else ("reply", f"none of {len(votes)} annotators calls it abuse")
    aimed = any(value.startswith("1") for name, value in row.items() if "target.system" in name)
    if not abuse or not aimed or len(abuse) / len(votes) <= AGREED:
        return None
    severity = sum(abuse) / len(abuse)
    again = _abusive(row["prev_user"])
    strong = severity >= SEVERE or bool(STRONG.search(row["user"].lower()))
    label = "refuse" if strong or again else "deflect"
    more = ", again" if again else ""
    return label, f"{len(abuse)} of {len(votes)} call it abuse, severity {severity:.1f}{more}"


def _abusive(text: str) -> bool:
    said = text.lower()
    return bool(STRONG.search(said) or MILD.search(said) or _BARE.search(said))


def _before(row: Mapping[str, str]) -> tuple[Said, ...]:
    turns = (("agent", "prev_agent"), ("user", "prev_user"), ("agent", "agent"))
    found = [(who, _clean(row[column])) for who, column in turns]
    return tuple((who, text) for who, text in found if text not in ("", "_"))


def _diasafety(folder: Path) -> Iterator[Heard]:
    said = {
        _clean(each["context"]): None
        for part in ("train", "val")
        for each in json.loads((folder / f"diasafety/{part}.json").read_text(encoding="utf-8"))
        if each["category"] == "Offending User"
    }
    for text in said:
        lower = text.lower().replace("’", "'")
        label = "refuse" if STRONG.search(lower) else "deflect" if MILD.search(lower) else ""
        if label and len(text.split()) <= LONGEST:
            talk = f"diasafety:offending:{text[-40:]}"
            yield Heard("diasafety", "Apache-2.0", talk, text, label, f"insults the agent: {label}")


def _own() -> Iterator[Heard]:
    for kind, label in (("strong", "refuse"), ("mild", "deflect"), ("ordinary", "reply")):
        for number, text in enumerate(load("affronts")[kind]):
            how = f"{kind}: written for this"
            yield Heard("affronts", OWN, f"affronts:{kind}-{number}", text, label, how)


def _clean(text: str) -> str:
    return " ".join(text.replace("&gt;", "").replace("<URL>", "").split())
