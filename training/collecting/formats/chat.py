"""CHAT (.cha), as TalkBank writes it: `*SP1:` lines with begin_end in ms between two U+0015.

What was really said is kept: repeats, self-repairs, fillers and shortened words.
An utterance without a time cannot be placed and is left out. See the CHAT manual,
https://talkbank.org/0info/manuals/CHAT.html.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from training.collecting.formats.text import text_of
from training.collecting.stretches import FormatError, Found, Said

_LINE = re.compile(r"\*([^:\s]+):\s*(.*)", re.DOTALL)
_TIME = re.compile(
    r'\x15(?:%(?:snd|mov):"[^"]*"_)?(\d+)_(\d+)(?:-)?\x15|%(?:snd|mov):"[^"]*"_(\d+)_(\d+)'
)
_NOT_SAID = (
    r"\x15[^\x15]*\x15",  # a picture or a time
    r"\[[^\]]*\]",  # codes: [/], [//], [: target], [=! laughing]
    r"&=\S+|&\*\S+|&\{\S+|&\}\S+",  # laughs and the like, a word of another speaker, long events
    r"\(\.+\)|\(\d*:?\d+\.?\d*\)",  # pauses: (.), (..), (1.5)
    r"(?<!\S)\+\S*",  # terminators and linkers: +..., +/., +^
    r"(?<!\S)(?:xxx|yyy|www|0\S*)(?!\S)",  # not understood, left out
    r"[<>\"“”„‡]",
)
_DROP = re.compile("|".join(_NOT_SAID))
_LEAD = re.compile(r"(?<!\S)&[-+~]?")  # &-um, &+fr
_TAIL = re.compile(r"@\S*")  # mm@i, gato@s:spa
_INSIDE = re.compile(r"(?<=\w)[:^](?=\w|\W|$)|[()]")  # no:, (be)cause
_OTHER = re.compile(r"[^\w\s'’.,?!-]")  # marks of intonation and overlap


def read(path: Path, talk: str) -> Found:
    """The utterances of `path` that have a time. Raises `FormatError` where none has."""
    said: list[Said] = []
    left_out: list[str] = []
    for number, speaker, text in _utterances(text_of(path)):
        found = _stretches(talk, speaker, text)
        said += found
        if not found and words_of(text):
            left_out.append(f"{path}:{number}: {speaker}'s words have no time")
    if not said:
        raise FormatError(f"{path}: no line such as *SP1:\\twords . U+0015 begin_end U+0015")
    return Found(said, left_out)


def _utterances(text: str) -> Iterator[tuple[int, str, str]]:
    """(line, speaker, text) of each main line, continued over lines that begin with a tab."""
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if not line.startswith("*"):
            continue
        after = at + 1
        while after < len(lines) and lines[after].startswith(("\t", " ")):
            after += 1
        if main := _LINE.match(" ".join(lines[at:after])):
            yield at + 1, main[1], main[2]


def _stretches(talk: str, speaker: str, text: str) -> list[Said]:
    """The parts of an utterance: a time belongs to the words before it."""
    said: list[Said] = []
    start = 0
    for time in _TIME.finditer(text):
        begin, end = (int(each) / 1000 for each in time.groups() if each is not None)
        words = words_of(text[start : time.start()])
        start = time.end()
        if words and end > begin:
            said.append(Said(talk, speaker, begin, end, words))
    return said


def words_of(text: str) -> str:
    """The words of a main line as they were said, without CHAT's marks."""
    bare = _TIME.sub(" ", text)
    for pattern, by in ((_DROP, " "), (_LEAD, ""), (_TAIL, ""), (_INSIDE, ""), (_OTHER, " ")):
        bare = pattern.sub(by, bare)
    words = re.sub(r"\s+(?=[.,?!])", "", " ".join(bare.replace("_", " ").split()))
    return words if re.search(r"\w", words) else ""
