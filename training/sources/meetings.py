"""Rows from 70 h of meetings: ICSI's, with MRDA's dialogue acts.

Speech with its times and dialogue acts with theirs come as two files: here each stretch
of speech gets the acts that it holds. Splits go by series of meetings, since people come
back: no speaker of a test row is in a row for training or dev.
"""

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from zlib import crc32

from training.annotate import Origin, rows_of
from training.labelling.timed import GOES_ON, Utterance, between, read
from training.rows import Row

ORIGIN = Origin("icsi_mrda", "CC-BY-4.0")
HELD_OUT = {"Bed": "test", "Bns": "dev"}  # series of meetings; all others are for training
LONGEST = 60.0  # s of a dialogue act
CUT = 3  # letters of a cut word that a recogniser still writes


def rows(folder: Path, chance: random.Random) -> Iterator[Row]:
    """Rows of all meetings in `folder`/icsi_mrda. Raises `TalkError` and `OSError`."""
    seed = chance.getrandbits(32)
    talks = list(meetings(folder / "icsi_mrda"))
    people: dict[str, set[str]] = defaultdict(set)
    for talk in talks:
        people[split_of(talk)] |= {each.speaker for each in talk}
    for talk in talks:
        split = split_of(talk)
        others = set[str]().union(*(people[each] for each in people if each != split))
        mixed = set[str]() if split == "train" else others
        yield from rows_of(
            talk, ORIGIN, random.Random(seed ^ crc32(talk[0].talk.encode())),
            split=split, without=mixed,
        )  # fmt: skip


def split_of(talk: Sequence[Utterance]) -> str:
    """The split that a meeting's series belongs to."""
    return HELD_OUT.get(talk[0].talk[:3], "train")


def meetings(folder: Path) -> Iterator[list[Utterance]]:
    """Each meeting's speech with its acts."""
    acts = {talk[0].talk: talk for talk in read(folder / "normalized_da.jsonl.gz", clean)}
    for talk in read(folder / "normalized_ipus.jsonl.gz", clean):
        yield with_acts(talk, acts.get(talk[0].talk, []))


def clean(text: str) -> str:
    """The transcriber's spelling as a recogniser would write it."""
    bare = text.replace("<", "").replace(">", "").replace("mm-hmm", "mhm")
    words = bare.replace("o_k", "okay").replace("_", "").split()
    return " ".join(word.rstrip("-") for word in words if not word.endswith("-") or len(word) > CUT)


def with_acts(speech: Sequence[Utterance], acts: Sequence[Utterance]) -> list[Utterance]:
    """The speech, each with the acts of the same speaker during it."""
    by_speaker: dict[str, list[Utterance]] = defaultdict(list)
    for each in acts:
        by_speaker[each.speaker].append(each)
    return [replace(each, acts=_acts(each, by_speaker[each.speaker])) for each in speech]


def _acts(speech: Utterance, acts: Sequence[Utterance]) -> str:
    during = [
        each
        for each in between(acts, speech.begin - LONGEST, speech.end - 0.02)
        if each.end > speech.begin + 0.02 and each.acts
    ]
    if not during:
        return ""
    held = "|".join(_held(each, speech) for each in during)
    return f"{held}|{GOES_ON}" if during[-1].end > speech.end + 0.1 else held


def _held(act: Utterance, speech: Utterance) -> str:
    """Of "fh|s" only the part that is within the speech."""
    parts = act.acts.split("|")
    if act.end > speech.end + 0.1:
        parts = parts[:1]
    elif act.begin < speech.begin - 0.1:
        parts = parts[-1:]
    return "|".join(parts)
