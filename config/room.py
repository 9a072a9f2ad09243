"""What a profile says of rooms in which several people talk with the agent."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from config.sections import Count, Number, Section


def _spoken(text: str) -> str:
    if not any(letter.isalpha() for letter in text):
        raise ValueError("must be a name that can be said")
    return text.strip()


Name = Annotated[str, AfterValidator(_spoken)]


class Room(Section):
    """Rooms at Daily and LiveKit. Keys come from the environment."""

    provider: Literal["daily", "livekit"] = Field(
        default="daily", description="where a room is made unless `-t` or a request says"
    )
    name: Name = Field(
        default="Repartee",
        description="the agent's name, in the room's list and when it is called",
    )
    called: tuple[Name, ...] = Field(
        default=("assistant", "rep"),
        description="other names that it answers to, also as recognisers mishear it; "
        "the persona's is always one",
    )
    private: bool = Field(
        default=True,
        description="whether only links made here let people in (Daily; LiveKit always does so); "
        "no: the room's address is enough",
    )
    people: Count = Field(
        default=8, ge=1, le=100, description="most people in a room beside the agent"
    )
    minutes: Number = Field(
        default=60, gt=0, le=1440, description="after which a room and all links to it expire"
    )
    alone_seconds: Number = Field(
        default=60, gt=0, le=3600, description="after which the agent leaves when nobody is there"
    )
