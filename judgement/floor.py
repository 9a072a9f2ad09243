"""Who holds the floor, as a table."""

from enum import StrEnum, auto


class Floor(StrEnum):
    """Who makes sound now."""

    OPEN = auto()
    USER = auto()
    AGENT = auto()
    BOTH = auto()


class Event(StrEnum):
    """What changes the floor."""

    USER_STARTS = auto()
    USER_STOPS = auto()
    AGENT_STARTS = auto()
    AGENT_STOPS = auto()


def _row(user_starts: Floor, user_stops: Floor, agent_starts: Floor, agent_stops: Floor):
    return dict(zip(Event, (user_starts, user_stops, agent_starts, agent_stops), strict=True))


#                       user starts  user stops   agent starts  agent stops
NEXT: dict[Floor, dict[Event, Floor]] = {
    Floor.OPEN: _row(Floor.USER, Floor.OPEN, Floor.AGENT, Floor.OPEN),
    Floor.USER: _row(Floor.USER, Floor.OPEN, Floor.BOTH, Floor.USER),
    Floor.AGENT: _row(Floor.BOTH, Floor.AGENT, Floor.AGENT, Floor.OPEN),
    Floor.BOTH: _row(Floor.BOTH, Floor.AGENT, Floor.BOTH, Floor.USER),
}
