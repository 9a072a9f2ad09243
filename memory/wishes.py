"""Standing wishes: how a user wants to be talked to, in this talk and the next."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum, auto
from pathlib import Path

from memory.access import open_access
from memory.database import storable


class WishKind(StrEnum):
    """What is wished for."""

    NO_INTERRUPTIONS = auto()
    INTERRUPTIONS_WELCOME = auto()
    PROACTIVITY = auto()
    CALL_ME = auto()
    AVOID = auto()
    BRIEF = auto()


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish; `name` is what to CALL_ME, the subject to AVOID, the PROACTIVITY from 0 to 1."""

    kind: WishKind
    name: str = ""

    @property
    def about(self) -> str:
        """What it concerns: a later wish about the same replaces it."""
        match self.kind:
            case WishKind.CALL_ME:
                return "name"
            case WishKind.AVOID:
                return f"subject: {self.name}"
            case WishKind.BRIEF:
                return "length"
            case _:
                return "interruptions"

    @property
    def holds_words(self) -> bool:
        """Whether it is kept with the user's consent only."""
        return self.kind in (WishKind.CALL_ME, WishKind.AVOID)

    @property
    def told(self) -> str:
        """The wish as one sentence for the reply model; empty where code alone obeys it."""
        match self.kind:
            case WishKind.CALL_ME:
                return f"The user wants to be called {self.name}."
            case WishKind.AVOID:
                return f"The user does not want to hear about {self.name}: never bring it up."
            case WishKind.BRIEF:
                return "The user wants short answers."
            case _:
                return ""


NO_INTERRUPTIONS = Wish(WishKind.NO_INTERRUPTIONS)
INTERRUPTIONS_WELCOME = Wish(WishKind.INTERRUPTIONS_WELCOME)


def proactive(value: float) -> Wish:
    """The wish for a proactivity from 0 to 1, set by hand."""
    return Wish(WishKind.PROACTIVITY, f"{value:.2f}")


def proactivity_in(wishes: Iterable[Wish]) -> float | None:
    """The proactivity wished for; None where another wish about interruptions, or none, stands."""
    return next((float(each.name) for each in wishes if each.kind is WishKind.PROACTIVITY), None)


class Wishes:
    """Each user's standing wishes, in the file that blocks are kept in.

    Calls may come from any thread and raise `MemoryStoreError` when the file
    fails; from an event loop call them through `asyncio.to_thread`. A wish with
    a name holds a user's words: keep it only with their consent.
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
