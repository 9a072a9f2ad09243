"""Rows from written talk and from disfluent questions: words only, each pause imputed.

- sgd: errands with an assistant; topical_chat: small talk of two people.
- disfl_qa: questions with a hesitation or a repair in them, which must trigger nothing.
A whole message is a reply. One that stops inside is a silence, and a partial is one too.
"""

import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from judgement.words import is_unfinished, words_of
from training.labelling.backdrop import Backdrop, backdrop
from training.labelling.chunks import chunks, past, split_of, unit
from training.labelling.pauses import imputed
from training.rows import Row

DIALOGUES = {"sgd": 260, "topical_chat": 120}
QUESTIONS = 2500
SHORTEST = 4  # words of a question
RATE = 2.8  # words/s
LICENCES = {"sgd": "CC-BY-SA-4.0", "topical_chat": "CDLA-Sharing-1.0", "disfl_qa": "CC-BY-4.0"}
_REPAIR = re.compile(
    r"\b(?:no wait|or wait|wait|no sorry|sorry|scratch that|i mean(?: to say)?|er+|um+|uh+"
    r"|make that|or rather|rather|actually|hold on|i meant|oh no|no no|no|or)\b"
)

Message = tuple[str, str]  # who, user or agent; the text


def rows(folder: Path, chance: random.Random) -> Iterator[Row]:
    """Rows of the three sources in `folder`. Raises `OSError` where one is missing."""
    for source, read in (("sgd", _errands), ("topical_chat", small_talk)):
        talks = sorted(read(folder / source), key=lambda talk: unit(talk[0]))
        for name, messages in talks[: DIALOGUES[source]]:
            yield from _numbered(source, name, _talk(messages, chance))
    questions = sorted(_questions(folder / "disfl_qa"), key=lambda each: unit(each[0]))
    for name, whole, repaired in questions[:QUESTIONS]:
        if len(words_of(whole)) < SHORTEST:
            continue
        yield from _numbered("disfl_qa", name, _question(whole, repaired, chance))


def _numbered(source: str, talk: str, rows: Iterator[Row]) -> Iterator[Row]:
    for number, row in enumerate(rows):
        head = {"id": f"{source}:{talk}:{number}", "source": source, "licence": LICENCES[source]}
        yield head | {"split": split_of(f"{source}:{talk}"), "talk": f"{source}:{talk}"} | row


def _errands(folder: Path) -> Iterator[tuple[str, list[Message]]]:
    for path in sorted(folder.glob("dialogues_*.json")):
        for talk in json.loads(path.read_text(encoding="utf-8")):
            yield (
                f"{path.stem}-{talk['dialogue_id']}",
                [
                    ("user" if turn["speaker"] == "USER" else "agent", turn["utterance"])
                    for turn in talk["turns"]
                ],
            )


def small_talk(folder: Path) -> Iterator[tuple[str, list[Message]]]:
    """Topical-Chat's talks in `folder`, by name."""
    with gzip.open(folder / "valid_freq.json.gz", "rt", encoding="utf-8") as file:
        talks = json.load(file)
    for name, talk in talks.items():
        first = talk["content"][0]["agent"]
        yield (
            name,
            [
                ("agent" if turn["agent"] == first else "user", turn["message"])
                for turn in talk["content"]
            ],
        )


def _questions(folder: Path) -> Iterator[tuple[str, str, str]]:
    found = json.loads((folder / "train.json").read_text(encoding="utf-8"))
    for name, pair in found.items():
        yield name, pair["original"], pair["disfluent"]


def _talk(messages: Sequence[Message], chance: random.Random) -> Iterator[Row]:
    for chunk in chunks([len(text.split()) for _, text in messages]):
        behind = backdrop(chance)
        for at in range(chunk.own, chunk.end):
            who, text = messages[at]
            words = words_of(text)
            if who != "user" or len(words) < 2:
                continue
            before = messages[chunk.start : at]
            yield from _whole(words, before, behind, chance, "a whole message")
            if places := _inside(text):
                cut = words_of(" ".join(text.split()[: chance.choice(places)]))
                yield from _cut(cut, before, behind, chance, "a message that stops inside")


def _inside(text: str) -> list[int]:
    """Numbers of words after which a message surely goes on: at no mark, and not at once."""
    words = text.split()
    return [at for at in range(2, len(words) - 1) if words[at - 1][-1].isalnum()]


def _question(whole: str, repaired: str, chance: random.Random) -> Iterator[Row]:
    """A disfluent question: whole, stopped at its repair, and the fluent one on its own."""
    behind, words = backdrop(chance), words_of(repaired)
    for count in stops(whole, repaired):
        yield from _cut(words[:count], (), behind, chance, "stops at a hesitation or repair")
    yield from _whole(words, (), behind, chance, "a whole question with a repair in it")


def stops(whole: str, repaired: str) -> list[int]:
    """After how many words of the disfluent question its speaker is surely not done.

    That is after the words of repair ("no wait", "i mean"), and before them where what
    was said is unfinished. The words of repair are those that the fluent question lacks.
    """
    words = words_of(repaired)
    text = " ".join(words)
    fluent = f" {' '.join(words_of(whole))} "
    for found in _REPAIR.finditer(text):
        begin, end = (len(text[:at].split()) for at in found.span())
        if f" {found.group()} " in fluent or not 1 <= begin < end < len(words):
            continue
        before = [begin] if is_unfinished(" ".join(words[:begin])) else []
        return [*before, end]
    return []


def _whole(
    words: Sequence[str],
    before: Sequence[Message],
    behind: Backdrop,
    chance: random.Random,
    how: str,
) -> Iterator[Row]:
    for pause in imputed(chance, over=True):
        yield _row("pause", words, before, behind, pause, "reply", f"{how}; pause imputed")


def _cut(
    words: Sequence[str],
    before: Sequence[Message],
    behind: Backdrop,
    chance: random.Random,
    how: str,
) -> Iterator[Row]:
    for pause in imputed(chance):
        yield _row("pause", words, before, behind, pause, "silence", f"{how}; pause imputed")
    yield _row("partial", words, before, behind, 0.0, "silence", f"{how}, while more comes")


def _row(
    kind: str,
    words: Sequence[str],
    before: Sequence[Message],
    behind: Backdrop,
    pause: float,
    label: str,
    how: str,
) -> Row:
    lasted = round(len(words) / RATE + pause, 2)
    moment: dict[str, object] = {
        "kind": kind,
        "history": [past(who, text, lasted) for who, text in before],
        "said": " ".join(words),
        "pause": pause,
        "turn_seconds": lasted,
    }
    return {"moment": moment | dict(behind.fields()), "label": label, "how": how}
