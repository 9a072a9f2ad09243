"""What a room at Daily or LiveKit needs."""

from collections.abc import Iterator

from config.finding import Line
from config.settings import Settings


def check_room(settings: Settings, transport: str) -> Iterator[Line]:
    """A line for the rooms, where they are asked for."""
    if transport not in ("daily", "livekit"):
        return
    room = settings.room
    called = ", ".join((room.shown("name"), *room.called))
    doors = "its address is enough" if not room.private else "by links made here"
    yield Line(
        "room",
        f"{called}; up to {room.shown('people')} people, {doors}, for {room.shown('minutes')} min; "
        f"left after {room.shown('alone_seconds')} s alone",
    )
