"""What was decided in the talks of users who consented, for a judge to learn from.

One file a talk, `FOLDER/TALK.jsonl`. Its first line names talk and user; then, in
the order of the sound, come decisions (rows with the decision beside the moment),
what was heard of the floor (`{"at": 3.2, "event": "agent_starts"}`) and what a
person thinks of a decision (`{"mark": 7, "right": false, "should": "silence"}`).
"""

import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast


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
    return [path for path, owner in _owners(folder) if owner == user]


def forget(folder: Path, user: str) -> int:
    """Remove the talks of `user`; how many there were. Raises `OSError`."""
    paths = talks_of(folder, user)
    for path in paths:
        path.unlink(missing_ok=True)
    return len(paths)


def _owners(folder: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.glob("*.jsonl")):
        with path.open(encoding="utf-8", errors="replace") as file:
            first = file.readline()
        try:
            head: Any = json.loads(first)
        except ValueError:
            continue
        if isinstance(head, dict):
            yield path, str(cast(dict[str, Any], head).get("user", ""))
