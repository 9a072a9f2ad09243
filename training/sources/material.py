"""Real talk, and the rows of a turn, for the sources that are built from templates.

A template alone sounds like a template: what comes before, around and after it is taken
from chats, errands and podcasts, always from talks of the row's own split.
"""

import gzip
import json
import random
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from judgement.signals import NO_INTERRUPTIONS
from training.labelling.backdrop import POLICIES
from training.labelling.chunks import past, split_of, unit
from training.rows import Row
from training.sources.podcasts import HELD_OUT, turns_of

OWN = "Apache-2.0"  # licence of the templates
RATE = 2.7  # words a second
PROACTIVITY = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.5, 0.5, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
SHARE = 0.3  # of the podcasts' episodes
CHANGELOG = "CC-BY-SA-4.0"

Said = tuple[str, str]  # who, text


@dataclass(frozen=True, slots=True)
class Talk:
    """One real talk; `turns` are of "user" and "agent", or of people by name."""

    name: str
    licence: str
    turns: tuple[Said, ...]
    show: str = ""  # of a podcast: whole shows are held out

    @property
    def split(self) -> str:
        """The split of the talk, the same for every source that draws on it."""
        return HELD_OUT.get(self.show, "train") if self.show else split_of(self.name)


@dataclass(frozen=True, slots=True)
class Scene:
    """What the rows of a turn have in common."""

    source: str
    talk: str
    split: str
    licence: str = OWN
    proactivity: float = 0.5
    history: tuple[Said, ...] = ()
    facts: tuple[str, ...] = ()
    refuse: tuple[str, ...] = ()
    deflect: tuple[str, ...] = ()
    signals: Mapping[str, float | str | bool] = field(default_factory=dict[str, Any])

    def row(
        self, kind: str, said: str, label: str, how: str, *, pause: float = 0.0,
        seconds: float | None = None,
    ) -> Row:  # fmt: skip
        """A row without its id; a turn lasts `RATE` words a second unless said otherwise."""
        lasted = len(said.split()) / RATE if seconds is None else seconds
        history, ago = list[dict[str, Any]](), 0.4 + pause + lasted
        for who, text in reversed(self.history):
            history.insert(0, past(who, text, ago))
            ago += 0.5 + len(text.split()) / RATE
        return {
            "source": self.source,
            "licence": self.licence,
            "split": self.split,
            "talk": self.talk,
            "how": how,
            "moment": {
                "kind": kind,
                "history": history,
                "said": said,
                "pause": pause,
                "turn_seconds": round(lasted, 1),
                "facts": list(self.facts),
                "signals": dict(self.signals),
                "persona": {
                    "refuse": list(self.refuse),
                    "deflect": list(self.deflect),
                    "proactivity": self.proactivity,
                },
            },
            "label": label,
        }

    def partial(self, words: Sequence[str], cut: int, label: str, how: str) -> Row:
        """The user is still speaking and has said the first `cut` of `words`."""
        return self.row("partial", " ".join(words[:cut]), label, how)


def numbered(rows: Iterable[Row]) -> Iterator[Row]:
    """`rows` with ids that count each talk's rows; what was said twice in a scene once."""
    counts: dict[str, int] = {}
    seen: set[str] = set()
    for row in rows:
        key = json.dumps((row["moment"], row["label"]), sort_keys=True)
        if key in seen:
            continue
        seen.add(key)
        number = counts[row["talk"]] = counts.get(row["talk"], 0) + 1
        yield {"id": f"{row['talk']}:{number}"} | row


def willing(scene: Scene, least: float, how: str) -> tuple[str, str]:
    """The label of a moment that calls for cutting in, by the persona's proactivity."""
    if scene.signals.get(NO_INTERRUPTIONS):
        return "silence", f"{how}, but the user wished not to be interrupted"
    if scene.proactivity <= 0 or scene.proactivity < least:
        return "silence", f"{how}, but proactivity is {scene.proactivity}"
    return "interrupt", how


def scene(source: str, talk: str, split: str, chance: random.Random) -> Scene:
    """A scene with a persona drawn at random: half have policies, some wish for no cutting in."""
    count = chance.choice((0, 0, 0, 1, 2, 4))
    policies = chance.sample(POLICIES, count)
    refused = chance.randint(0, count)
    return Scene(
        source, talk, split, proactivity=chance.choice(PROACTIVITY),
        refuse=tuple(policies[:refused]), deflect=tuple(policies[refused:]),
        signals={NO_INTERRUPTIONS: True} if chance.random() < 0.03 else {},
    )  # fmt: skip


def leant(scene: Scene, talk: Talk, history: Sequence[Said] = ()) -> Scene:
    """`scene` with `history` and words of a real talk, whose licence its rows then name."""
    both = OWN if talk.licence == OWN else f"{OWN} and {talk.licence}"
    return replace(scene, licence=both, history=tuple(history))


def held_out(items: Sequence[str], split: str) -> list[str]:
    """The wordings that a split may use: every sixth is for test, the next for dev."""
    part = {0: "test", 1: "dev"}
    return [item for at, item in enumerate(items) if part.get(at % 6, "train") == split]


def load(name: str) -> Any:
    """The template data of a source: `name`.json in this folder."""
    path = Path(__file__).with_name(f"{name}.json")
    return json.loads(path.read_text(encoding="utf-8"))


def by_split(talks: Iterable[Talk]) -> dict[str, list[Talk]]:
    """Talks by their split, in the order of their names."""
    found: dict[str, list[Talk]] = {"train": [], "dev": [], "test": []}
    for talk in sorted(talks, key=lambda each: each.name):
        found[talk.split].append(talk)
    return found


def chats(folder: Path) -> list[Talk]:
    """All of topical_chat, SGD and MemoryBank, the second speaker of a chat as the user."""
    return [*topical(folder), *errands(folder), *companions(folder)]


def topical(folder: Path) -> Iterator[Talk]:
    """Small talk between two people who read the same articles."""
    with gzip.open(folder / "topical_chat/valid_freq.json.gz", "rt", encoding="utf-8") as file:
        read: Mapping[str, Any] = json.load(file)
    names = {"agent_1": "agent", "agent_2": "user"}
    for name, chat in read.items():
        turns = [(names[each["agent"]], str(each["message"])) for each in chat["content"]]
        yield Talk(f"topical_chat:{name}", "CDLA-Sharing-1.0", tuple(turns))


def errands(folder: Path) -> Iterator[Talk]:
    """Dialogues in which a user books or looks for something."""
    names = {"USER": "user", "SYSTEM": "agent"}
    for name, turns in errand_turns(folder):
        said = tuple((names[each["speaker"]], str(each["utterance"])) for each in turns)
        yield Talk(name, "CC-BY-SA-4.0", said)


def errand_turns(folder: Path) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """SGD's dialogues as they are, by name."""
    for path in (folder / "sgd/dialogues_001.json", folder / "sgd/dialogues_002.json"):
        for dialogue in json.loads(path.read_text(encoding="utf-8")):
            yield f"sgd:{dialogue['dialogue_id']}", dialogue["turns"]


def companions(folder: Path) -> Iterator[Talk]:
    """Users who tell a companion of their days: one talk a user."""
    path = folder / "memorybank/eval_data/en/memory_bank_en.json"
    users: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    for name, user in users.items():
        days = cast("Mapping[str, list[Mapping[str, str]]]", user["history"])
        turns: list[Said] = []
        for exchange in (each for day in days.values() for each in day):
            turns += [("user", exchange["query"]), ("agent", exchange["response"])]
        yield Talk(f"memorybank:{name.strip()}", "MIT", tuple(turns))


def episodes(folder: Path) -> Iterator[Talk]:
    """`SHARE` of the podcasts' episodes, people by name, stage directions left out."""
    with tarfile.open(folder / "changelog_podcasts/transcripts_md.tar.gz") as archive:
        for member in archive:
            name = member.name.removesuffix(".md")
            if name == member.name or unit(f"share:{name}") > SHARE:
                continue
            if file := archive.extractfile(member):
                said = turns_of(file.read().decode("utf-8", "replace"))
                turns = tuple((turn.speaker, turn.text) for turn in said)
                yield Talk(name, CHANGELOG, turns, show=name.partition("/")[0])


def exchanges(talk: Talk, words: int) -> Iterator[tuple[list[Said], str]]:
    """A person's turns of at least `words` words after another's, with up to three before.

    Who speaks is the user, and whoever spoke before is the agent.
    """
    for at in range(1, len(talk.turns)):
        who, said = talk.turns[at]
        if len(said.split()) >= words and talk.turns[at - 1][0] != who:
            before = talk.turns[max(0, at - 3) : at]
            yield [("user" if name == who else "agent", text) for name, text in before], said


def sentences(text: str) -> list[str]:
    """`text` at its full stops, question marks and exclamation marks."""
    return [each for each in re.split(r"(?<=[.!?])\s+", text.strip()) if each]


def content(text: str) -> set[str]:
    """The words of `text` that carry meaning, without their endings: what two texts may share."""
    words = re.findall(r"[a-z']+", text.lower())
    return {word[:5] for word in words if len(word) > 3} - _COMMON


_COMMON = {
    word[:5]
    for word in """user user's about also always another anything because been before being best
    better both came come could days does doing don't down each even ever every from going good
    great have here i'm into it's just know last like long look made make many more most much
    need never next nothing only other over people play really said same since some something
    still such sure take than that that's their them then there these they thing things think
    this those time today told very want well went were what when where which while will with
    work would year years your""".split()
}
