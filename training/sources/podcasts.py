"""Rows from interviews and talk shows: the Changelog's transcripts, words only.

The end of a turn is a reply. Inside a turn the ends of sentences are silences, the hard
ones; so are the ends of clauses, arbitrary words, and turns that another broke off. There
is no sound, so each pause is imputed (`training.labelling.pauses`) and each time comes from the
number of words.
"""

import random
import re
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from judgement.words import is_backchannel, words_of
from training.labelling.backdrop import Backdrop, backdrop
from training.labelling.chunks import Chunk, chunks, named, past, unit
from training.labelling.pauses import imputed
from training.labelling.timed import HOLLOW
from training.rows import Row

EPISODES = 400
CHUNKS = 10  # stretches of an episode
HELD_OUT = {"practicalai": "test", "gotime": "dev"}  # shows; all others are for training
RATE = 2.8  # words/s
SHORTEST = 3  # words of a turn, and of a part of it
LONG = 60.0  # s from which a turn is also cut while it goes on
PATIENT = 0.5  # proactivity above which nothing is said of such turns
_SPEAKER = re.compile(r"\*\*(.+?):\*\*\s*")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")
_NOTE = re.compile(r"\\?\[[^\]]*\\?\]|https?:\S+|<[^>]*>")
_SENTENCE = re.compile(r"[.?!…]+[\"'”)]*$")
_CLAUSE = re.compile(r"[,;:][\"'”)]*$")


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn as transcribed; `breaks` are word counts at which another said "yeah"."""

    speaker: str
    words: tuple[str, ...]
    breaks: frozenset[int] = frozenset()

    @property
    def text(self) -> str:
        """The words with blanks between them."""
        return " ".join(self.words)


@dataclass(frozen=True, slots=True)
class Cut:
    """A place in a turn, after so many words, and what it means to fall silent there."""

    words: int
    label: str
    how: str


def rows(folder: Path, chance: random.Random, *, episodes: int = EPISODES) -> Iterator[Row]:
    """Rows of about so many episodes of `folder`/changelog_podcasts. Raises `OSError`.

    No speaker is in rows of two splits.
    """
    seed = chance.getrandbits(32)
    chosen = dict(_episodes(folder / "changelog_podcasts" / "transcripts_md.tar.gz", episodes))
    homes = _homes(chosen)
    for name, turns in chosen.items():
        split = _split(name)
        mixed = {person for person, home in homes.items() if home != split}
        rest = random.Random(f"{seed}:{name}")
        for number, row in enumerate(_rows(turns, name, rest, mixed)):
            head = {"id": f"changelog:{name}:{number}", "source": "changelog_podcasts"}
            yield head | {"licence": "CC-BY-SA-4.0", "split": split, "talk": name} | row


def _split(name: str) -> str:
    return HELD_OUT.get(name.partition("/")[0], "train")


def _homes(episodes: Mapping[str, Sequence[Turn]]) -> dict[str, str]:
    """The split in which each speaker is in most episodes: the only one for their rows."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for name, turns in episodes.items():
        for person in {turn.speaker for turn in turns}:
            seen[person][_split(name)] += 1
    return {person: splits.most_common(1)[0][0] for person, splits in seen.items()}


def _episodes(path: Path, count: int) -> Iterator[tuple[str, list[Turn]]]:
    """Some `count` of the archive's 1,844 episodes, the same ones each time."""
    with tarfile.open(path) as archive:
        for member in archive:
            name = member.name.removesuffix(".md")
            file = archive.extractfile(member) if unit(name) < count / 1844 else None
            if file is not None and member.name.endswith(".md"):
                yield name, turns_of(file.read().decode("utf-8", "replace"))


def turns_of(text: str) -> list[Turn]:
    """The turns of a transcript, without what is not speech."""
    turns: list[Turn] = []
    for paragraph in re.split(r"\n\s*\n", text):
        who = _SPEAKER.match(paragraph)
        words = _words(paragraph[who.end() if who else 0 :])
        speaker = who.group(1) if who else turns[-1].speaker if turns else ""
        if words and speaker:
            _add(turns, Turn(speaker, words))
    return turns


def _add(turns: list[Turn], turn: Turn) -> None:
    """Add a turn; one that goes on after a mere "yeah" is one with what came before it."""
    if len(turns) >= 2 and is_backchannel(turns[-1].text) and turns[-2].speaker == turn.speaker:
        turns.pop()
    if turns and turns[-1].speaker == turn.speaker:
        last = turns.pop()
        breaks = last.breaks | {len(last.words)} | {len(last.words) + at for at in turn.breaks}
        turn = Turn(turn.speaker, last.words + turn.words, breaks)
    turns.append(turn)


def _words(text: str) -> tuple[str, ...]:
    spoken = _NOTE.sub(" ", _LINK.sub(r"\1", text))
    spoken = re.sub(r"[*`\\#>]|(?<!\w)_|_(?!\w)", "", spoken)
    return tuple(word for word in spoken.split())


def _rows(
    turns: Sequence[Turn], name: str, chance: random.Random, without: AbstractSet[str]
) -> Iterator[Row]:
    all_of_them = chunks([len(turn.words) for turn in turns[:-1]])
    for chunk in chance.sample(all_of_them, min(CHUNKS, len(all_of_them))):
        people = [turn.speaker for turn in turns[chunk.start : chunk.end]]
        if without & set(people):
            continue
        for user in sorted(set(people), key=people.count)[-2:]:
            agent = max((each for each in people if each != user), key=people.count, default="")
            names = named(name, [turn.speaker for turn in turns], user=user, agent=agent)
            yield from _stretch(turns, chunk, names, chance)


def _stretch(
    turns: Sequence[Turn], chunk: Chunk, names: dict[str, str], chance: random.Random
) -> Iterator[Row]:
    behind = backdrop(chance)
    for at in range(chunk.own, chunk.end):
        turn = turns[at]
        if names[turn.speaker] != "user" or len(turn.words) < SHORTEST:
            continue
        for cut in cuts(turn, turns[at + 1], chance):
            for pause in imputed(chance, over=cut.label == "reply"):
                moment = _moment("pause", turns, chunk.start, at, names, cut.words, pause)
                yield _row(moment, behind, cut.label, cut.how)
        for words in _along(turn, behind, chance):
            moment = _moment("partial", turns, chunk.start, at, names, words, 0.0)
            yield _row(moment, behind, "silence", "ordinary speech, cut while it went on")


def cuts(turn: Turn, following: Turn, chance: random.Random) -> list[Cut]:
    """Where to fall silent in `turn`: at its end, if that is clear, and at some places inside."""
    size = len(turn.words)
    inside = [at for at in range(1, size) if at not in turn.breaks and _says(turn.words[:at])]
    found: list[Cut] = []
    for how, places, count in (
        ("the end of a sentence", _ends(turn, inside, _SENTENCE), 1),
        ("the end of a clause", _ends(turn, inside, _CLAUSE), chance.randint(0, 1)),
        ("a word", inside, chance.randint(0, 1)),
    ):
        picked = chance.sample(places, min(count, len(places)))
        found += [Cut(at, "silence", f"{how} inside a turn") for at in picked]
    if turn.words[-1].endswith(("--", "-", ",", "–")):
        found.append(Cut(size, "silence", "broken off by another before it was over"))
    elif not turn.words[-1].rstrip("\"'”").endswith(("...", "…")) and _takes(following):
        found.append(Cut(size, "reply", "the end of a turn"))
    unique = {cut.words: cut for cut in found}
    return [
        Cut(cut.words, cut.label, f"{cut.how}; pause imputed") for _, cut in sorted(unique.items())
    ]


def _takes(turn: Turn) -> bool:
    return len(turn.words) >= SHORTEST and not is_backchannel(turn.text)


def _says(words: Sequence[str]) -> bool:
    """Whether there is more than "yeah so": whoever stops there may well be done."""
    return len(words) >= SHORTEST and not set(words_of(" ".join(words))) <= HOLLOW


def _ends(turn: Turn, places: Sequence[int], mark: re.Pattern[str]) -> list[int]:
    return [at for at in places if mark.search(turn.words[at - 1])]


def _along(turn: Turn, behind: Backdrop, chance: random.Random) -> list[int]:
    """Word counts at which a turn is looked at while it goes on."""
    size = len(turn.words)
    found = [chance.randint(4, size - 1)] if size > 5 and chance.random() < 0.4 else []
    if size > LONG * RATE:
        found += [chance.randint(20, size - 1) for _ in range(4)]
    patient = behind.proactivity <= PATIENT
    return sorted({at for at in found if patient or at < LONG * RATE})


def _moment(
    kind: str,
    turns: Sequence[Turn],
    start: int,
    at: int,
    names: dict[str, str],
    words: int,
    pause: float,
) -> dict[str, object]:
    said = turns[at].words[:words]
    ago = len(said) / RATE + pause
    history = [past(names[each.speaker], each.text, ago) for each in turns[start:at]]
    return {
        "kind": kind,
        "history": history,
        "said": " ".join(words_of(" ".join(said))),
        "pause": pause,
        "turn_seconds": round(len(said) / RATE + pause, 2),
    }


def _row(moment: dict[str, object], behind: Backdrop, label: str, how: str) -> Row:
    return {"moment": moment | dict(behind.fields()), "label": label, "how": how}
