"""What was decided in the talks of users who consented, for a judge to learn from.

One file a talk, `FOLDER/TALK.jsonl`. Its first line names talk and user; then, in
the order of the sound, come decisions (rows with the decision beside the moment),
what was heard of the floor (`{"at": 3.2, "event": "agent_starts"}`), how often the judge
was asked from then on (`{"at": 4.1, "asking_every": 0.5}`: seconds) and what a person
thinks of a decision (`{"mark": 7, "right": false, "should": "silence"}`).

Beside them lie recordings, of every talk and for a short while: folders `FOLDER/TALK`,
with a file in each that names the user.
"""

import json
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, cast

OWNER = "owner.json"  # in the folder of a recording: whose it is


class Removed(NamedTuple):
    """How many kept talks and recordings of a user were removed."""

    talks: int
    recordings: int


class KeptTalk:
    """A talk's file. It comes into being with the first line that is added."""

    def __init__(self, folder: Path, talk: str, user: str) -> None:
        self.path = kept_path(folder, talk)
        self._talk = talk
        self._user = user

    def add(self, line: Mapping[str, Any]) -> None:
        """Write one line. Raises `OSError`."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not self.path.exists():
            append(self.path, self._head())
        append(self.path, line)

    def _head(self) -> dict[str, str]:
        began = datetime.now(UTC).isoformat(timespec="seconds")
        return {"talk": self._talk, "user": self._user, "began": began}


def kept_path(folder: Path, talk: str) -> Path:
    """Where a talk is kept."""
    return folder / f"{talk}.jsonl"


def append(path: Path, line: Mapping[str, Any]) -> None:
    """Add one line to `path`, in one piece: a disk that fills up loses it whole.

    Raises `OSError`.
    """
    data = (json.dumps(line, ensure_ascii=False) + "\n").encode()
    with path.open("ab", buffering=0) as file:
        before = file.seek(0, os.SEEK_END)
        try:
            written = file.write(data)
        except OSError:
            written = 0
        if written != len(data):
            file.truncate(before)
            raise OSError(f"{path}: the disk takes no more")


def talks_of(folder: Path, user: str) -> list[Path]:
    """The files of `user`'s talks."""
    return [path for path in sorted(folder.glob("*.jsonl")) if _owner(path) == user]


def recordings_of(folder: Path, user: str) -> list[Path]:
    """The folders of what was recorded of `user`'s talks."""
    return [path.parent for path in sorted(folder.glob(f"*/{OWNER}")) if _owner(path) == user]


def write_owner(recording: Path, user: str) -> None:
    """Note in the folder of a recording, which is there, whose it is. Raises `OSError`."""
    if not (recording / OWNER).exists():
        append(recording / OWNER, {"user": user})


def owner_of(recording: Path) -> str | None:
    """Whose the recording in a folder is; None where nobody's name is noted."""
    return _owner(recording / OWNER)


def forget(folder: Path, user: str) -> Removed:
    """Remove the talks and recordings of `user`; how many there were. Raises `OSError`."""
    talks, recordings = talks_of(folder, user), recordings_of(folder, user)
    for path in talks:
        path.unlink(missing_ok=True)
    for path in recordings:
        with suppress(FileNotFoundError):  # it was old, and is swept away at this moment
            shutil.rmtree(path)
    return Removed(len(talks), len(recordings))


def _owner(path: Path) -> str | None:
    """The user that the first line of a file names; None where it names none."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            head: Any = json.loads(file.readline())
    except (FileNotFoundError, ValueError):
        return None
    return cast(dict[str, Any], head).get("user") if isinstance(head, dict) else None
