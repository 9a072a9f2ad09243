"""Standing wishes: how a user wants to be talked to, in this talk and the next."""

from dataclasses import dataclass
from enum import StrEnum, auto
from pathlib import Path

from memory.access import open_access
from memory.database import storable


class WishKind(StrEnum):
    """What is wished for."""

    NO_INTERRUPTIONS = auto()
    INTERRUPTIONS_WELCOME = auto()
    CALL_ME = auto()


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish; `name` goes with CALL_ME only."""

    kind: WishKind
    name: str = ""

    @property
    def about(self) -> str:
        """What it concerns: a later wish about the same replaces it."""
        return "name" if self.kind is WishKind.CALL_ME else "interruptions"


NO_INTERRUPTIONS = Wish(WishKind.NO_INTERRUPTIONS)
INTERRUPTIONS_WELCOME = Wish(WishKind.INTERRUPTIONS_WELCOME)


class Wishes:
    """Each user's standing wishes, in the file that blocks are kept in.

    Calls may come from any thread and raise `MemoryStoreError` when the file
    fails; from an event loop call them through `asyncio.to_thread`. A name is
    a user's words: keep CALL_ME only with their consent.
    """

    def __init__(self, path: str | Path) -> None:
        """The file is made at the first call."""
        self._database = open_access(path)

    def get(self, user: str) -> tuple[Wish, ...]:
        """The user's wishes, at most one about each thing."""
        with self._database.transaction() as access:
            found = access.execute(
                "SELECT kind, name FROM wishes WHERE user = ?", (storable(user),)
            )
            return tuple(Wish(WishKind(kind), name) for kind, name in found)

    def set(self, user: str, wish: Wish) -> None:
        """Keep `wish` in place of any about the same."""
        with self._database.transaction(write=True) as access:
            access.execute(
                "INSERT OR REPLACE INTO wishes (user, about, kind, name) VALUES (?, ?, ?, ?)",
                (storable(user), wish.about, wish.kind, wish.name),
            )

    def forget(self, user: str) -> int:
        """Remove the user's wishes; how many there were."""
        with self._database.transaction(write=True) as access:
            removed = access.execute(
                "DELETE FROM wishes WHERE user = ?", (storable(user),)
            ).rowcount
        self._database.tidy()
        return removed

    def close(self) -> None:
        """Let go of the file. Safe to call twice."""
        self._database.close()
