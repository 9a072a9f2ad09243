"""The ladder from a warning to a lasting block: an access decision, never a judge's."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum, auto
from pathlib import Path

from memory.access import open_access
from memory.database import storable
from memory.engine import sqlite3

WARNINGS_LAST = timedelta(days=1)
FOREVER = datetime.max.replace(tzinfo=UTC)


class Rung(StrEnum):
    """How far up the ladder."""

    WARNED = auto()
    BLOCKED = auto()
    LASTING = auto()


@dataclass(frozen=True, slots=True)
class Step:
    """What an affront led to: `left` warnings remain, or no access before `until`."""

    rung: Rung
    left: int = 0
    until: datetime | None = None  # set on BLOCKED and LASTING


@dataclass(frozen=True, slots=True)
class Block:
    """A block in force. `times` counts the user's blocks, this one among them."""

    user: str
    until: datetime
    times: int


def utc_now() -> datetime:
    """The time of day, aware."""
    return datetime.now(UTC)


class Blocks:
    """Who may not talk, and until when, kept over restarts.

    The first `warnings` affronts of a day are warned of; the next one blocks
    for `minutes`, and the ladder begins again. After `lasting_after` such
    blocks the next one lasts until an operator lifts it.

    Every call takes about a millisecond, may come from any thread, and raises
    `MemoryStoreError` when the file fails. From an event loop call it through
    `asyncio.to_thread`: another process may hold the file for up to 2 s.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        warnings: int = 2,
        minutes: float = 10,
        lasting_after: int = 3,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        """`now` gives aware times."""
        self._database = open_access(path)
        self._warnings = warnings
        self._length = timedelta(minutes=minutes)
        self._lasting_after = lasting_after
        self._now = now

    def affront(self, user: str) -> Step:
        """Count an affront; during a block it changes nothing."""
        now = self._now()
        with self._database.transaction(write=True) as access:
            block = _block(access, user)
            if block is not None and block.until > now:
                return _step(block.until)
            warned = self._warn(access, user, now)
            if warned <= self._warnings:
                return Step(Rung.WARNED, left=self._warnings - warned)
            return _step(self._block(access, user, now, 1 + (block.times if block else 0)))

    def until(self, user: str) -> datetime | None:
        """When the user's block ends: None where there is none, `FOREVER` where it lasts."""
        with self._database.transaction() as access:
            block = _block(access, user)
        return block.until if block is not None and block.until > self._now() else None

    def lift(self, user: str) -> bool:
        """Begin anew with the user, warnings included; whether a block was in force."""
        with self._database.transaction(write=True) as access:
            block = _block(access, user)
            access.execute("DELETE FROM affronts WHERE user = ?", (storable(user),))
            access.execute("DELETE FROM blocks WHERE user = ?", (storable(user),))
        return block is not None and block.until > self._now()

    def listing(self) -> list[Block]:
        """The blocks in force, those that end first at the front."""
        with self._database.transaction() as access:
            found = access.execute("SELECT user, until, times FROM blocks").fetchall()
        blocks = [Block(user, _from(until), times) for user, until, times in found]
        in_force = [block for block in blocks if block.until > self._now()]
        return sorted(in_force, key=lambda block: (block.until, block.user))

    def close(self) -> None:
        """Let go of the file. Safe to call twice."""
        self._database.close()

    def _warn(self, access: sqlite3.Connection, user: str, now: datetime) -> int:
        """Add an affront; how many still count."""
        old = (now - WARNINGS_LAST).timestamp()
        access.execute("DELETE FROM affronts WHERE made <= ?", (old,))
        access.execute("INSERT INTO affronts VALUES (?, ?)", (storable(user), now.timestamp()))
        found = access.execute("SELECT count(*) FROM affronts WHERE user = ?", (storable(user),))
        return int(found.fetchone()[0])

    def _block(self, access: sqlite3.Connection, user: str, now: datetime, times: int) -> datetime:
        until = FOREVER if times > self._lasting_after else now + self._length
        access.execute("DELETE FROM affronts WHERE user = ?", (storable(user),))
        access.execute(
            "INSERT OR REPLACE INTO blocks (user, times, until) VALUES (?, ?, ?)",
            (storable(user), times, None if until == FOREVER else until.timestamp()),
        )
        return until


def _block(access: sqlite3.Connection, user: str) -> Block | None:
    found = access.execute(
        "SELECT until, times FROM blocks WHERE user = ?", (storable(user),)
    ).fetchone()
    return Block(user, _from(found[0]), found[1]) if found else None


def _from(until: float | None) -> datetime:
    return FOREVER if until is None else datetime.fromtimestamp(until, UTC)


def _step(until: datetime) -> Step:
    return Step(Rung.LASTING if until == FOREVER else Rung.BLOCKED, until=until)
