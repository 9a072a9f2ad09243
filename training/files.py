"""Files written whole or not at all."""

import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Replace `path` by `text` in one step, with its folder. Raises `OSError`, leaving `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(beside).chmod(0o644)
        os.replace(beside, path)
    finally:
        Path(beside).unlink(missing_ok=True)


@contextmanager
def all_or_nothing(folder: Path) -> Generator[Path, None, None]:
    """An empty folder beside `folder`; what was put there goes to `folder` if the block ends well.

    Files of `folder` that were not written anew stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder, prefix=".unfinished.") as beside:
        yield Path(beside)
        for file in sorted(Path(beside).iterdir()):
            os.replace(file, folder / file.name)
