"""What a profile says of who may talk, and how many at once."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from config.sections import Count, Number, Section

LEAST_SECRET = 16  # characters


def _long_enough(secret: SecretStr | None) -> SecretStr | None:
    if secret is not None and len(secret.get_secret_value()) < LEAST_SECRET:
        raise ValueError(f"must have at least {LEAST_SECRET} characters")
    return secret


def _origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or text != _plain(text):
        raise ValueError("must read https://host or https://host:port, without a path")
    return text


def _plain(text: str) -> str:
    parts = urlsplit(text)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}".lower()


class Access(Section):
    """Who may talk, and how many at once."""

    secret: Annotated[SecretStr | None, AfterValidator(_long_enough)] = Field(
        default=None,
        description="what sign-ins are signed with, 16 characters or more; null: this machine's "
        "own page needs no sign-in, and nobody else gets in but callers that a phone provider "
        "vouches for",
    )
    open: bool = Field(
        default=False,
        description="whether anyone who reaches the port may talk, without a sign-in",
    )
    origins: tuple[Annotated[str, AfterValidator(_origin)], ...] = Field(
        default=(),
        description="pages of other hosts that may use this server, as https://host",
    )
    sign_in_hours: Number = Field(
        default=12, gt=0, description="how long a browser stays signed in"
    )
    token_seconds: Number = Field(
        default=60, gt=0, le=600, description="how long a token for one talk is good"
    )
    talks: Count = Field(
        default=8, ge=1, description="talks at once; one more is told that all lines are busy"
    )
    half_open: Count = Field(
        default=5, ge=1, description="talks at once that were asked for and have no caller yet"
    )
    starts_a_minute: Count = Field(
        default=30, ge=1, description="starts from one address; this machine's own are not counted"
    )
    talks_an_hour: Count = Field(default=60, ge=1, description="talks of one caller")
    max_message: Count = Field(
        default=65_536, ge=1024, description="bytes of one message; a longer one is dropped"
    )
