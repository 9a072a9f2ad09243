"""The adapter that a talk's judge is: put a new one in its place, or the previous one back."""

import json
import os
import shutil
import tempfile
from pathlib import Path

import judgement

ADAPTER = Path(judgement.__file__).parent / "adapter"
PARTS = ("judge.gguf", "judge.json")


class CannotInstall(Exception):
    """An adapter that cannot be put in place: the text names the file and what to do."""


def adapter_in(path: Path) -> Path:
    """The folder of the adapter at `path`, its folder or its .gguf. Raises `CannotInstall`."""
    folder = path.parent if path.name == PARTS[0] else path
    for part in PARTS:
        if not (folder / part).is_file():
            raise CannotInstall(
                f"{folder / part}: there is no such file; an adapter to install is a folder with "
                f"{' and '.join(PARTS)}, as training.export writes it"
            )
    with (folder / PARTS[0]).open("rb") as file:
        if file.read(4) != b"GGUF":
            raise CannotInstall(f"{folder / PARTS[0]} is no GGUF file")
    try:
        about = json.loads((folder / PARTS[1]).read_text(encoding="utf-8"))
    except ValueError as error:
        raise CannotInstall(f"{folder / PARTS[1]}: not JSON: {error}") from error
    if not isinstance(about, dict):
        raise CannotInstall(f"{folder / PARTS[1]}: a JSON object is expected")
    return folder


def install(new: Path, target: Path = ADAPTER) -> None:
    """Put the adapter in the folder `new` into `target`; what was there goes to `.previous`.

    All is copied beside before anything is moved: if it fails, all stays as it
    was. Raises `CannotInstall` or `OSError`.
    """
    folder = adapter_in(new)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        if target.is_dir():
            shutil.copytree(target, beside, dirs_exist_ok=True)
        for part in PARTS:
            shutil.copyfile(folder / part, beside / part)
        beside.chmod(0o755)
        _take_place(beside, target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def undo(target: Path = ADAPTER) -> None:
    """Exchange `target` and its `.previous`: a second undo takes back the first."""
    previous = previous_of(target)
    if not previous.is_dir():
        raise CannotInstall(f"{previous}: there is no previous adapter to go back to")
    _take_place(previous, target)


def previous_of(target: Path) -> Path:
    """Where the adapter before that in `target` is kept."""
    return target.with_name(f"{target.name}.previous")


def _take_place(coming: Path, target: Path) -> None:
    """Rename `coming` to `target` and what was there to `.previous`, or leave all as it was."""
    previous = previous_of(target)
    if not target.is_dir():
        os.rename(coming, target)
        return
    aside = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    os.rename(target, aside / "old")
    try:
        os.rename(coming, target)
    except OSError:
        os.rename(aside / "old", target)
        aside.rmdir()
        raise
    if previous.is_dir():
        os.rename(previous, aside / "older")
    os.rename(aside / "old", previous)
    shutil.rmtree(aside, ignore_errors=True)
