"""What a persona's policies may be about, and which requests touch them: topics.json.

A group is what people ask alike: an intent ("clinc150/pin_change") or a topic of our own
("outside/gambling"). Wordings were written by hand as a persona's author would write them.
Families hold intents that some wordings of each other cover too; what a fair reader might
file under either is `unclear` and is never asked of a persona that names only the other,
unless `apart` says that the two are told apart. A topic that is `broad` covers several.

policy_topics/ holds several hundred more, for train only: each file is a world of its own,
since only within a file it is known which topics are hard to tell apart. Their "near" are
requests that share words or the field and are not covered.
"""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.labelling.chunks import split_of

OUTSIDE = "outside"
LICENCES = {"clinc150": "CC-BY-3.0", "banking77": "CC-BY-4.0", OUTSIDE: "Apache-2.0"}
LONGEST = 35  # words of a request

Groups = frozenset[str]


@dataclass(frozen=True, slots=True)
class Topic:
    """One wording of a policy, the groups that touch it, and those that may."""

    say: str
    covers: Groups
    unclear: Groups
    kind: str  # intent, broad or outside


@dataclass(frozen=True, slots=True)
class Topics:
    """All topics, and the requests of each group."""

    say: Sequence[Topic]
    held_out: frozenset[str]  # wordings that train does not use
    family: Mapping[str, str]  # of a group
    domain: Mapping[str, str]  # of a group
    harmful: Groups
    asks: Mapping[str, Sequence[str]]
    mentions: Mapping[str, Sequence[str]]
    only: str = ""  # the one split that all groups are in, if they are

    def split(self, group: str) -> str:
        """The split of a group's family: nothing of it is asked in another."""
        return self.only or split_of(f"family:{self.family[group]}")


def topics(folder: Path) -> Topics:
    """The topics with the requests in `folder`. Raises `FileNotFoundError`, `KeyError`."""
    given = json.loads(Path(__file__).with_name("topics.json").read_text(encoding="utf-8"))
    family, domain = _homes(given)
    known = _Known(family, _unclear(given), {frozenset(pair) for pair in _pairs(given["apart"])})
    own = given[OUTSIDE]
    asks = _requests(folder, set(given["doubtful"]))
    asks |= {f"{OUTSIDE}/{name}": topic["ask"] for name, topic in own.items()}
    broad = list(_broad(given, known))
    return Topics(
        say=[*_intents(given, known), *broad, *_outside(own, known)],
        held_out=frozenset(topic["say"][-1] for topic in given["broad"]),
        family=family,
        domain=domain,
        harmful=frozenset(f"{OUTSIDE}/{name}" for name in own if own[name]["harmful"]),
        asks={group: asks[group] for group in family},
        mentions={f"{OUTSIDE}/{name}": own[name]["mention"] for name in own},
    )


def worlds(known: Topics) -> Iterator[tuple[str, Topics]]:
    """The name and the topics of each file of policy_topics. Raises `KeyError`.

    What `known` holds out is in none: neither a topic with one of its wordings nor a request.
    """
    says = {each.say for each in known.say if any(known.split(g) != "train" for g in each.covers)}
    asks = {
        said for group, each in known.asks.items() if known.split(group) != "train" for said in each
    }
    for path in sorted(Path(__file__).with_name("policy_topics").glob("*.json")):
        given = json.loads(path.read_text(encoding="utf-8"))["topics"]
        own = {
            each["topic"]: each
            | {key: [said for said in each[key] if said not in asks] for key in ("ask", "near")}
            for each in given
            if says.isdisjoint(each["say"])
        }
        yield path.stem, _world(path.stem, own)


def _world(name: str, own: Mapping[str, Any]) -> Topics:
    group = {topic: f"{OUTSIDE}/{name}/{topic}" for topic in own}
    family = {each: each for each in group.values()}
    unclear = _unclear(
        {
            "families": {},
            OUTSIDE: {
                group[topic]: {
                    "unclear": [group[it] for it in each.get("unclear", ()) if it in own]
                }
                for topic, each in own.items()
            },
        }
    )
    known = _Known(family, unclear, set())
    says = [
        Topic(say, frozenset((group[topic],)), known.near(group[topic]), OUTSIDE)
        for topic, each in own.items()
        for say in each["say"]
    ]
    return Topics(
        say=says,
        held_out=frozenset(),
        family=family,
        domain=dict.fromkeys(family, name),
        harmful=frozenset(),
        asks={group[topic]: each["ask"] for topic, each in own.items()},
        mentions={group[topic]: each["near"] for topic, each in own.items()},
        only="train",
    )


def _homes(given: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """The family and the domain of each group."""
    family, domain = dict[str, str](), dict[str, str]()
    for name, each in given["families"].items():
        for group in each["intents"]:
            family[group], domain[group] = name, each["domain"]
    for name in given[OUTSIDE]:
        family[f"{OUTSIDE}/{name}"], domain[f"{OUTSIDE}/{name}"] = name, OUTSIDE
    return family, domain


def _unclear(given: Mapping[str, Any]) -> dict[str, set[str]]:
    """Families that are hard to tell from each family, both ways."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, each in [*given["families"].items(), *given[OUTSIDE].items()]:
        for other in each["unclear"]:
            found[name].add(other)
            found[other].add(name)
    return found


def _pairs(lists: Iterable[Sequence[str]]) -> list[tuple[str, str]]:
    return [(one, other) for each in lists for one in each for other in each if one < other]


class _Known:
    """Families by name, and what is unclear about a group."""

    def __init__(
        self,
        family: Mapping[str, str],
        unclear: Mapping[str, set[str]],
        apart: set[frozenset[str]],
    ) -> None:
        self.family, self.unclear, self.apart = family, unclear, apart
        self.members: dict[str, set[str]] = defaultdict(set)
        for group, name in family.items():
            self.members[name].add(group)
            self.members[group].add(group)

    def groups(self, names: Iterable[str]) -> Groups:
        """The groups of families or groups. Raises `KeyError` for a name that is neither."""
        missing = [name for name in names if name not in self.members]
        if missing:
            raise KeyError(f"topics.json: no family and no group is called {missing[0]!r}")
        return frozenset(group for name in names for group in self.members[name])

    def near(self, group: str) -> Groups:
        """Groups that a wording of `group` may cover too."""
        name = self.family[group]
        siblings = (
            other
            for other in self.members[name]
            if other != group and frozenset((group, other)) not in self.apart
        )
        return frozenset(siblings) | self.groups(sorted(self.unclear.get(name, ())))


def _intents(given: Mapping[str, Any], known: _Known) -> Iterable[Topic]:
    for each in given["families"].values():
        for group, wordings in each["intents"].items():
            for say in wordings:
                yield Topic(say, frozenset((group,)), known.near(group), "intent")


def _broad(given: Mapping[str, Any], known: _Known) -> Iterable[Topic]:
    for each in given["broad"]:
        covers = known.groups(each["covers"])
        strange = {
            other
            for group in covers
            for other in known.groups(sorted(known.unclear.get(known.family[group], ())))
            if other.startswith(OUTSIDE)
        }
        unclear = (known.groups(each["unclear"]) | strange) - covers
        for say in each["say"]:
            yield Topic(say, covers, unclear, "broad")


def _outside(own: Mapping[str, Any], known: _Known) -> Iterable[Topic]:
    for name, each in own.items():
        group = f"{OUTSIDE}/{name}"
        for say in each["say"]:
            yield Topic(say, frozenset((group,)), known.near(group), OUTSIDE)


def _requests(folder: Path, doubtful: set[int]) -> dict[str, Sequence[str]]:
    """What people really asked, by intent; `doubtful` are lines whose label looks wrong."""
    found: dict[str, list[str]] = defaultdict(list)
    clinc = json.loads((folder / "clinc150/data_full.json").read_text(encoding="utf-8"))
    for part in ("train", "val", "test"):
        for text, intent in clinc.get(part, ()):
            found[f"clinc150/{intent}"].append(text)
    with (folder / "banking77/train.csv").open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            if number not in doubtful:
                found[f"banking77/{row['category']}"].append(" ".join(row["text"].split()))
    return defaultdict(
        list,
        {
            group: [text for text in dict.fromkeys(texts) if 2 <= len(text.split()) <= LONGEST]
            for group, texts in found.items()
        },
    )
