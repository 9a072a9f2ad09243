"""The same request answered, deflected or refused, as the persona says.

Requests are those of clinc150 and banking77 and our own for topics outside customer
service; personas name topics of topics.json. A persona has a twin that names some of the
topics otherwise or not at all, and is asked the same. About half of what is asked touches
a policy; of the rest, most lies near one. Requests to do harm are refused by everybody.
Cut before they are clear, requests are silences. A family of intents is asked in one
split only, and test's personas name only what is asked in test. In train there are
personas of the worlds in policy_topics/ besides, which hear more that lies near.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from judgement.words import UNFINISHED
from training.labelling.backdrop import fact
from training.labelling.chunks import past
from training.rows import Row
from training.sources.topics import LICENCES, OUTSIDE, Topic, Topics, topics, worlds

PAIRS = {"train": 1000, "dev": 110, "test": 260}  # of personas
OWN_PAIRS = 260  # of each world, in train
MENTIONING = 0.08  # share of personas of one to three topics that people mention
OWN_MENTIONING = 0.5
ASKED = 10  # requests of a pair
MENTIONED = 3  # of them
RATE = 2.7  # words/s
PROACTIVITY = (0.0, 0.2, 0.3, 0.5, 0.5, 0.5, 0.7, 0.8, 1.0)
ABOUT = ("anything about {}", "questions about {}", "help with {}", "requests about {}")
STARTS = (
    "um", "hi", "hey", "so", "okay so", "yeah hi", "hello", "uh", "well", "listen", "hi there",
    "oh and", "sorry", "one more thing", "hello there um", "right so", "yes hello",
    "i've been trying to reach you all morning.", "my daughter told me to call you.",
    "i hope you can hear me.", "thanks, that's good.", "wait, another thing.", "good morning.",
)  # fmt: skip
ANSWERS = (
    "Sure, that's done.", "Of course. Anything else?", "I've had a look, and it's all fine.",
    "That should be in order by tomorrow.", "Yes, that's right.", "One moment. There it is.",
    "I've made a note of that.", "No problem at all.", "Let me see. Yes, that works.",
)  # fmt: skip
DECLINES = (
    "I'm sorry, I can't help with that here.", "I'd rather not go into that.",
    "That's not something I do. What else can I do for you?", "Let's talk about something else.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cast:
    """A persona: what it refuses and deflects."""

    refuse: tuple[Topic, ...]
    deflect: tuple[Topic, ...]

    def answer(self, group: str, harmful: bool) -> str | None:
        """The label of a request; None where a fair reader may say otherwise."""
        refused, deflected = _touched(group, self.refuse), _touched(group, self.deflect)
        if harmful:
            return "refuse" if deflected is False else None
        if refused and deflected is False:
            return "refuse"
        if deflected and refused is False:
            return "deflect"
        return "reply" if refused is False and deflected is False else None

    @property
    def policies(self) -> tuple[Topic, ...]:
        """All topics that it names."""
        return self.refuse + self.deflect


@dataclass(frozen=True, slots=True)
class Ask:
    """A request as it is said."""

    group: str
    said: str


def rows(folder: Path, chance: random.Random) -> Iterator[Row]:
    """Rows of all splits. Raises `FileNotFoundError` where a source is missing."""
    known = topics(folder)
    for split, count in PAIRS.items():
        maker = _Maker(known, split, random.Random(f"{split}:{chance.random()}"))
        yield from _made(maker, split, f"policies:{split}", count)
    for name, world in worlds(known):
        maker = _Maker(world, "train", random.Random(name), mentioning=OWN_MENTIONING)
        yield from _made(maker, "train", f"policies:{name}", OWN_PAIRS)


def _made(maker: "_Maker", split: str, name: str, count: int) -> Iterator[Row]:
    for number in range(count):
        talk = f"{name}:{number}"
        for at, row in enumerate(maker.pair()):
            yield {"id": f"{talk}:{at}", "split": split, "talk": talk} | row


def _touched(group: str, policies: Sequence[Topic]) -> bool | None:
    """Whether a request of `group` touches any; None if that is unclear."""
    if any(group in policy.covers for policy in policies):
        return True
    return None if any(group in policy.unclear for policy in policies) else False


class _Maker:
    """Makes the personas and requests of one split."""

    def __init__(
        self, known: Topics, split: str, chance: random.Random, *, mentioning: float = MENTIONING
    ) -> None:
        self._known, self._chance, self._mentioning = known, chance, mentioning
        self._groups = sorted(g for g in known.asks if known.split(g) == split and known.asks[g])
        mine = frozenset(self._groups)
        self._topics: dict[str, list[Topic]] = {"intent": [], "broad": [], OUTSIDE: []}
        for topic in known.say:
            unseen = topic.say in known.held_out
            if topic.covers & mine and (topic.kind != "broad" or unseen == (split != "train")):
                self._topics[topic.kind].append(topic)

    def pair(self) -> Iterator[Row]:
        """The rows of a persona and its twin."""
        cast = self._mention_cast() if self._chance.random() < self._mentioning else self._cast()
        asks = list(self._asks(cast))
        twin = self._twin(cast)
        proactivity = self._chance.choice(PROACTIVITY)
        history = self._history(cast) if self._chance.random() < 0.3 else []
        facts = [fact(self._chance)] if self._chance.random() < 0.1 else []
        for each in (cast, twin):
            shared = {
                "facts": facts,
                "persona": {
                    "refuse": [topic.say for topic in each.refuse],
                    "deflect": [topic.say for topic in each.deflect],
                    "proactivity": proactivity,
                },
            }
            for ask in asks:
                for row in self._rows(each, ask, history):
                    row["moment"] |= shared
                    yield row

    def _cast(self) -> Cast:
        """1 to 6 refused topics and up to 4 deflected ones, none of which meets another."""
        wanted = self._chance.randint(1, 6), self._chance.choice((0, 1, 1, 2, 2, 3, 4))
        lean = self._chance.choice(((6, 2, 1), (3, 2, 4), (1, 1, 6)))  # intent, broad, outside
        chosen: list[Topic] = []
        for _ in range(40):
            if len(chosen) == sum(wanted):
                break
            kind = self._chance.choices(("intent", "broad", OUTSIDE), lean)[0]
            topic = self._chance.choice(self._topics[kind] or self._topics[OUTSIDE])
            if all(not topic.covers & each.covers for each in chosen):
                chosen.append(topic)
        self._chance.shuffle(chosen)
        refused = [self._worded(each) for each in chosen[: wanted[0]]]
        return Cast(tuple(refused), tuple(self._worded(each) for each in chosen[wanted[0] :]))

    def _mention_cast(self) -> Cast:
        """A persona of one to three topics that people mention without asking."""
        mentioned = [topic for topic in self._topics[OUTSIDE] if self._known.mentions[_only(topic)]]
        chosen = {_only(topic): topic for topic in self._chance.choices(mentioned, k=3)}
        policies = tuple(chosen.values())
        cut = self._chance.randint(0, len(policies))
        return Cast(policies[:cut], policies[cut:])

    def _worded(self, topic: Topic) -> Topic:
        """A topic as it is, or "anything about" it, or its bare name, or together with another."""
        draw = self._chance.random()
        if draw < 0.12 and not topic.say.startswith(("anything", "everything", "questions")):
            return replace(topic, say=self._chance.choice(ABOUT).format(topic.say))
        if 0.12 < draw < 0.2 and topic.kind == "intent":
            return replace(topic, say=_only(topic).partition("/")[2].replace("_", " ").rstrip("?"))
        others = [
            each
            for each in self._topics[topic.kind]
            if each.say != topic.say
            and self._known.domain[min(each.covers)] == self._known.domain[min(topic.covers)]
        ]
        if draw > 0.92 and topic.kind != "broad" and others:
            other = self._chance.choice(others)
            covers, unclear = topic.covers | other.covers, topic.unclear | other.unclear
            return Topic(f"{topic.say} or {other.say}", covers, unclear - covers, topic.kind)
        return topic

    def _twin(self, cast: Cast) -> Cast:
        """The same persona with topics refused that it deflects, the reverse, or neither."""
        kept: tuple[list[Topic], list[Topic]] = ([], [])
        for at, topics_ in enumerate((cast.refuse, cast.deflect)):
            for topic in topics_:
                draw = self._chance.random()
                if draw < 0.75:
                    kept[1 - at if draw < 0.5 else at].append(topic)
        if sorted(kept[0] + kept[1], key=str) == sorted(cast.policies, key=str):
            kept[0][:1] = []
        return Cast(tuple(kept[0]), tuple(kept[1]))

    def _asks(self, cast: Cast) -> Iterator[Ask]:
        touched = [g for g in self._groups if _touched(g, cast.policies)]
        clear = [g for g in self._groups if _touched(g, cast.policies) is False]
        homes = {self._known.domain[group] for policy in cast.policies for group in policy.covers}
        near = [group for group in clear if self._known.domain[group] in homes]
        policies = [p for p in cast.policies if p.covers & set(self._groups)]
        for at in range(ASKED):
            if at < ASKED * 0.55 and touched and policies:
                covers = self._chance.choice(policies).covers & set(self._groups)
                yield self._ask(self._chance.choice(sorted(covers)), before=clear)
            elif mentions := [m for g in touched for m in self._known.mentions.get(g, ())]:
                if at >= ASKED - MENTIONED and len(cast.policies) <= 3 and self._few(cast):
                    yield Ask("", self._chance.choice(mentions))
                elif clear:
                    yield self._ask(self._chance.choice(near or clear))
            elif clear:
                yield self._ask(
                    self._chance.choice((self._chance.random() < 0.7 and near) or clear)
                )

    def _few(self, cast: Cast) -> bool:
        return all(topic.kind == OUTSIDE for topic in cast.policies)

    def _ask(self, group: str, before: Sequence[str] = ()) -> Ask:
        said = self._chance.choice(self._known.asks[group])
        if before and self._chance.random() < 0.04:
            first = self._chance.choice(self._known.asks[self._chance.choice(before)])
            return Ask(group, f"{first.rstrip('.?!')}, and {said}")
        if self._chance.random() < 0.3:
            said = f"{self._chance.choice(STARTS)} {said}"
        if self._chance.random() < 0.08:
            said = f"{said.rstrip('.?!')} {self._chance.choice(('please', 'thanks'))}"
        return Ask(group, said)

    def _history(self, cast: Cast) -> list[tuple[str, str]]:
        """Up to two requests and what the agent said to them."""
        turns: list[tuple[str, str]] = []
        for _ in range(self._chance.randint(1, 2)):
            group = self._chance.choice(self._groups)
            touched = _touched(group, cast.policies)
            if touched is None or group in self._known.harmful:
                continue
            answer = self._chance.choice(DECLINES if touched else ANSWERS)
            turns += [("user", self._chance.choice(self._known.asks[group])), ("agent", answer)]
        return turns

    def _rows(self, cast: Cast, ask: Ask, history: list[tuple[str, str]]) -> Iterator[Row]:
        """The rows of a request: whole, and cut before it is clear."""
        harmful = ask.group in self._known.harmful
        label = cast.answer(ask.group, harmful) if ask.group else "reply"
        if label is None:
            return
        how = {"reply": "no policy of the persona's is touched"}.get(
            label, f"the persona {label}s this"
        )
        if harmful and not _touched(ask.group, cast.refuse):
            how = "asks for help with doing harm, whatever the persona"
        if not ask.group:
            how = "mentions a policy's topic and asks for something else"
        for _ in range(2 if self._chance.random() < 0.25 else 1):
            yield self._row("pause", ask, ask.said, label, how, history)
        words = ask.said.split()
        ends = [n for n in range(2, len(words) - 1) if words[n - 1].lower() in UNFINISHED]
        if ends and self._chance.random() < 0.25:
            cut = " ".join(words[: self._chance.choice(ends)])
            yield self._row("pause", ask, cut, "silence", "cut inside the request", history)
        if len(words) > 4 and self._chance.random() < 0.2:
            cut = " ".join(words[: self._chance.randint(2, len(words) - 1)])
            yield self._row("partial", ask, cut, "silence", "still speaking", history)

    def _row(
        self, kind: str, ask: Ask, said: str, label: str, how: str, history: list[tuple[str, str]]
    ) -> Row:
        seconds = len(said.split()) / RATE
        longest = 0.7 if label == "silence" else 1.2
        pause = round(self._chance.uniform(0.2, longest), 2) if kind == "pause" else 0.0
        source = ask.group.partition("/")[0] or OUTSIDE
        moment = {
            "kind": kind,
            "said": said,
            "pause": pause,
            "turn_seconds": round(seconds, 2),
            "history": _told(history, 0.5 + pause + seconds),
        }
        name = "policies" if source == OUTSIDE else source
        return {
            "source": name, "licence": LICENCES[source], "label": label, "how": how,
            "moment": moment,
        }  # fmt: skip


def _told(history: list[tuple[str, str]], ago: float) -> list[dict[str, object]]:
    turns: list[dict[str, object]] = []
    for who, text in reversed(history):
        turns.insert(0, past(who, text, ago))
        ago += 0.5 + len(text.split()) / RATE
    return turns


def _only(topic: Topic) -> str:
    return min(topic.covers)
