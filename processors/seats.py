"""How many talks there are at once, and which of them nobody has joined yet."""

import time
from dataclasses import dataclass, field

UNCONNECTED = 14.0  # s in which an offer must become a connection: all of it is gone after 15


class Busy(Exception):
    """There is no seat now. `seconds`: after which to ask again."""

    def __init__(self, seconds: int) -> None:
        """Say when to come back."""
        super().__init__(f"all lines are busy; try again in {seconds} s")
        self.seconds = seconds


@dataclass(slots=True)
class Seat:
    """One talk's place, from when it was asked for."""

    taken: float = field(default_factory=time.monotonic)
    joined: bool = False

    def join(self) -> None:
        """The caller is there."""
        self.joined = True

    def left(self, now: float) -> float:
        """How many seconds the caller still has to join."""
        return max(0.0, UNCONNECTED - (now - self.taken))


class Seats:
    """A seat for each talk, by the id of its session.

    It is taken before anything of the talk is made, and given back when all of it
    is gone. Of those that nobody has joined yet there are `half_open` at most.
    """

    def __init__(self, talks: int = 8, half_open: int = 5) -> None:
        self._talks = talks
        self._half_open = half_open
        self._seats: dict[str, Seat] = {}

    def __len__(self) -> int:
        return len(self._seats)

    @property
    def half_open(self) -> int:
        """How many seats nobody has joined yet."""
        return sum(not seat.joined for seat in self._seats.values())

    @property
    def is_full(self) -> bool:
        """Whether every seat is taken."""
        return len(self._seats) >= self._talks

    def take(self, session: str, *, joined: bool = False) -> Seat:
        """The seat of `session`; a new one unless it has one. Raises `Busy`.

        `joined`: its caller is there already, as on a socket.
        """
        if seat := self._seats.get(session):
            return seat
        self.check(joined=joined)
        seat = self._seats[session] = Seat(joined=joined)
        return seat

    def check(self, *, joined: bool = False) -> None:
        """Whether there is a seat for one more. Raises `Busy`."""
        if self.is_full:
            raise Busy(10)
        if not joined and self.half_open >= self._half_open:
            raise Busy(1)

    def free(self, session: str) -> None:
        """The talk is over. Safe to call twice."""
        self._seats.pop(session, None)
