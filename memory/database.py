"""One SQLite file: opened when needed, opened again after trouble, errors that say what to do."""

import os
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from memory.engine import load_vectors, sqlite3
from memory.store import MemoryStoreError

Step = str | Callable[[sqlite3.Connection], None]  # a script, or what a script cannot say

DAMAGED = ("SQLITE_NOTADB", "SQLITE_CORRUPT")  # and not SQLITE_CORRUPT_VTAB
MAPPED = 1 << 30  # bytes of a file that are read without being copied

# What to do about an error of SQLite's, by the beginning of its name.
ADVICE = {
    "SQLITE_NOTADB": "it is not a database: move it away, or name another file",
    "SQLITE_CORRUPT": "it is damaged: put back a copy, or move it away to begin anew",
    "SQLITE_READONLY": "it may not be written: give this account the right to its file and folder",
    "SQLITE_CANTOPEN": "it cannot be opened: see that it is a file, in a folder open to writing",
    "SQLITE_BUSY": "another process holds it locked: end that one, or try again",
    "SQLITE_LOCKED": "another process holds it locked: end that one, or try again",
    "SQLITE_FULL": "the disk is full: make room",
    "SQLITE_IOERR": "reading or writing failed: look after the disk",
}


class Database:
    """A connection with transactions, for any thread, one at a time.

    `versions` are the steps that bring the file from each version of its
    schema to the next. A path of None is a database in this process's memory.
    Everything raises `MemoryStoreError`, with the path and the next step.
    """

    def __init__(
        self,
        path: Path | None,
        versions: Sequence[Step],
        *,
        busy: float = 5.0,
        every_write_to_disk: bool = False,
        vectors: bool = False,
        begin_anew: bool = False,
    ) -> None:
        """Wait `busy` seconds for other processes; `vectors` are there with sqlite-vec.

        With `begin_anew` a damaged file is moved aside, never removed, and the
        next transaction has a new one.

        A committed write survives the end of the process in any case; with
        `every_write_to_disk` it survives a power cut as well, some
        milliseconds later.
        """
        self._path = path
        self._versions = versions
        self._busy = busy
        self._synchronous = "FULL" if every_write_to_disk else "NORMAL"
        self._vectors = vectors
        self._begin_anew = begin_anew
        self._lock = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None  # which file is open: device and inode
        self._closed = False

    @contextmanager
    def transaction(self, *, write: bool = False) -> Generator[sqlite3.Connection, None, None]:
        """All of what is done inside, or nothing."""
        with self._lock:
            try:
                connection = self._open()
                connection.execute("BEGIN IMMEDIATE" if write else "BEGIN")
                yield connection
                connection.execute("COMMIT")
            except sqlite3.Error as error:
                self._abandon()
                raise self._explained(error) from error
            except BaseException:
                self._abandon()
                raise

    def tidy(self) -> None:
        """Move all that was committed, and all that was removed, out of the write-ahead log."""
        with self._lock:
            try:
                self._open().execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except sqlite3.Error as error:
                raise self._explained(error) from error

    def close(self) -> None:
        """Let go of the file for good. Safe to call twice."""
        with self._lock:
            self._closed = True
            self._let_go()

    def _open(self) -> sqlite3.Connection:
        if self._closed:
            raise MemoryStoreError(f"{self._name}: closed")
        if self._connection is not None and self._file != _identity(self._path):
            self._let_go()  # the file was removed or replaced under us
        if self._connection is None:
            self._connection = self._connect()
            self._file = _identity(self._path)
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        if self._path is not None:
            self._create_private(self._path)
        connection = sqlite3.connect(
            self._path or ":memory:",
            timeout=self._busy,
            isolation_level=None,
            check_same_thread=False,  # the lock sees to it
        )
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _create_private(self, path: Path) -> None:
        """The folder, and a file that only this account may read, where they are missing."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDONLY, 0o600))
        except OSError as error:
            step = ADVICE["SQLITE_CANTOPEN"]
            raise MemoryStoreError(f"{path}: {step} ({error.strerror})") from error

    def _prepare(self, connection: sqlite3.Connection) -> None:
        _in_wal_mode(connection, self._busy)
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute(f"PRAGMA mmap_size = {MAPPED}")
        if self._vectors:
            load_vectors(connection)
        if _version(connection) == len(self._versions):
            return
        connection.execute("BEGIN IMMEDIATE")
        version = _version(connection)  # another process may have been first
        if version > len(self._versions):
            connection.execute("ROLLBACK")
            raise MemoryStoreError(
                f"{self._name}: written by a newer Repartee (schema {version}, this one knows "
                f"{len(self._versions)}): update Repartee, or name another file"
            )
        for step in self._versions[version:]:
            _take(step, connection)
        connection.execute(f"PRAGMA user_version = {len(self._versions)}")
        connection.execute("COMMIT")

    def _abandon(self) -> None:
        """Undo what was begun; a file is opened afresh next time."""
        if self._path is not None:
            self._let_go()
        elif self._connection is not None:
            self._connection.rollback()

    def _let_go(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _name(self) -> str:
        return str(self._path or "memory in this process")

    def _explained(self, error: sqlite3.Error) -> MemoryStoreError:
        # Errors that Python's module raises itself, not SQLite, have no name.
        code = str(getattr(error, "sqlite_errorname", ""))
        if self._begin_anew and code in DAMAGED and self._path is not None:
            self._let_go()
            return MemoryStoreError(f"{self._path}: {_moved_aside(self._path)} ({error})")
        steps = [step for name, step in ADVICE.items() if code.startswith(name)]
        what = f"{steps[0]} ({error})" if steps else str(error)
        return MemoryStoreError(f"{self._name}: {what}")


def _moved_aside(path: Path) -> str:
    """Give a damaged file and its log another name; what was done, in words."""
    aside = path.with_name(f"{path.name}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}")
    try:
        for suffix in ("", "-wal", "-shm"):
            part = path.with_name(path.name + suffix)
            if part.exists():
                part.rename(aside.with_name(aside.name + suffix))
    except OSError as error:
        return f"it is damaged and cannot be moved aside: {error.strerror}"
    return f"it was damaged and is now {aside.name}: a new one begins"


def storable(text: str) -> str:
    """`text` without what SQLite cannot hold: lone surrogates written out, NULs left out."""
    return text.encode("utf-8", "backslashreplace").decode().replace("\0", "")


def _take(step: Step, connection: sqlite3.Connection) -> None:
    if not isinstance(step, str):
        step(connection)
        return
    for statement in step.split(";\n"):
        connection.execute(statement)


def _identity(path: Path | None) -> tuple[int, int] | None:
    try:
        found = path.stat() if path else None
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if found else None


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _in_wal_mode(connection: sqlite3.Connection, patience: float) -> None:
    """Set the mode; SQLite does not wait for others here, so this does, `patience` seconds."""
    until = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            busy = str(error.sqlite_errorname).startswith("SQLITE_BUSY")
            if not busy or time.monotonic() > until:
                raise
            time.sleep(0.01)
