"""Which talks there are to collect: files and folders to sources, one a talk or a file of talks."""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from training.collecting.formats import READERS, rttm
from training.collecting.recordings import SUFFIXES
from training.collecting.stretches import FormatError

_SIDE = re.compile(
    r"^(.+?)[_. -]((?:left|right|agent|caller|callee|customer|client|user|bot|inbound|outbound)"
    r"|(?:ch|channel|side|spk|speaker)?[_-]?(?:[0-9]|[ab]))$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Source:
    """One transcript, one recording, or a recording a side; with an RTTM that tells who speaks."""

    talk: str
    files: tuple[Path, ...]
    speakers: tuple[str, ...] = ()  # of each file, where each is a speaker's own
    turns: Path | None = None

    @property
    def heard(self) -> bool:
        """Whether it is sound, not a transcript."""
        return suffix(self.files[0]) not in READERS

    def identity(self, *settings: str | None) -> str:
        """The same for the same files, unchanged, under the same settings."""
        files = (*self.files, *([self.turns] if self.turns else []))
        stats = [(str(f.resolve()), f.stat().st_size, f.stat().st_mtime_ns) for f in files]
        text = repr((self.talk, self.speakers, stats, settings))
        return hashlib.sha256(text.encode()).hexdigest()[:24]


def suffix(path: Path) -> str:
    """The end of the name that tells the format, as `READERS` and `SUFFIXES` have it."""
    double = "".join(path.suffixes[-2:]).lower()
    return double if double in READERS else path.suffix.lower()


def sources(paths: Iterable[Path], sides: Iterable[Sequence[Path]] = ()) -> list[Source]:
    """All talks in `paths`, files and folders, and those of `sides`, a file a speaker.

    Where a talk has a transcript and a recording of the same name, the
    transcript is taken. Raises `FormatError` for a path that is missing or of no known kind.
    """
    given = [_given(files) for files in sides]
    taken = {file.resolve() for source in given for file in source.files}
    files = {file.resolve(): (name, file) for path in paths for name, file in _files(path)}
    found = sorted(pair for place, pair in files.items() if place not in taken)
    for name, group in groupby(found, key=lambda pair: pair[0]):
        given += _of_one_name(name, [file for _, file in group])
    return _with_sides(given)


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    """(name of the talk, file) for each file at `path` or anywhere below it."""
    if path.is_dir():
        for folder, folders, names in os.walk(path):
            folders[:] = [each for each in folders if not each.startswith(".")]
            for file in (Path(folder, name) for name in names if not name.startswith(".")):
                if suffix(file) in READERS or suffix(file) in SUFFIXES:
                    yield _stem(str(file.relative_to(path)), suffix(file)), file
    elif not path.exists():
        raise FormatError(f"{path} does not exist")
    elif suffix(path) in READERS or suffix(path) in SUFFIXES:
        yield _stem(path.name, suffix(path)), path
    else:
        known = " ".join(sorted([*READERS, *SUFFIXES]))
        raise FormatError(f"{path}: of no known kind; known are {known}")


def _stem(name: str, end: str) -> str:
    return name[: -len(end)]


def _of_one_name(name: str, files: list[Path]) -> list[Source]:
    """One source of all that bears one name: words go before turns, turns before sound."""
    written = [file for file in files if suffix(file) in READERS]
    sounds = [file for file in files if suffix(file) in SUFFIXES]
    turns = next((file for file in written if sounds and _only_turns(file)), None)
    words = [file for file in written if file != turns]
    if words:
        return [Source(name, (file,)) for file in words[:1]]
    return [Source(name, (file,), turns=turns) for file in sounds[:1]]


def _only_turns(path: Path) -> bool:
    try:
        return path.suffix.lower() == ".rttm" and not rttm.has_words(path)
    except FormatError:
        return False


def _with_sides(found: list[Source]) -> list[Source]:
    """`found` with recordings such as NAME_left and NAME_right as one talk."""
    groups: dict[str, list[tuple[str, Source]]] = {}
    for source in found:
        parts = _SIDE.match(source.talk) if _may_be_side(source) else None
        talk, side = (parts[1], parts[2]) if parts else (source.talk, "")
        groups.setdefault(talk, []).append((side, source))
    done: list[Source] = []
    for talk, group in groups.items():
        if len(group) > 1 and all(side for side, _ in group):
            files = tuple(source.files[0] for _, source in group)
            done.append(Source(talk, files, tuple(side for side, _ in group)))
        else:
            done += [source for _, source in group]
    return done


def _may_be_side(source: Source) -> bool:
    return source.heard and len(source.files) == 1 and source.turns is None


def _given(files: Sequence[Path]) -> Source:
    """A talk whose sides were named: its name is what the files' names begin with."""
    for file in files:
        if not file.is_file():
            raise FormatError(f"{file} does not exist")
    stems = [file.stem for file in files]
    common = os.path.commonprefix(stems)
    ends = tuple(stem[len(common) :] or stem for stem in stems)
    if len(set(ends)) < len(ends):
        ends = tuple(str(number) for number, _ in enumerate(ends, 1))
    return Source(common.rstrip("_-. ") or "+".join(stems), tuple(files), ends)
