"""What a profile says of our own telephone line."""

import ipaddress
import re
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from config.sections import Count, Section

_PLACE = re.compile(r"(?P<host>\d+\.\d+\.\d+\.\d+)(?::(?P<port>\d{1,5}))?")
_PORTS = re.compile(r"(?P<first>\d{4,5})-(?P<last>\d{4,5})")
_WORD = re.compile(r"[\w.+-]+")
_HOST = re.compile(r"[\w.-]+(:\d{1,5})?")

Codec = Literal["opus", "pcmu", "pcma"]


class SipChoice(Section):
    """A telephone line of our own."""

    listen: str = Field(
        default="127.0.0.1:5060",
        description="address and port that wait for calls; 0.0.0.0 for every address",
    )
    user: str = Field(default="repartee", description="the name or number that is called")
    registrar: str | None = Field(
        default=None, description="the exchange to register at, HOST or HOST:PORT; null: none"
    )
    password: SecretStr | None = Field(default=None, description="for the registrar")
    auth_user: str | None = Field(
        default=None, description="name for that password, where it is not `user`"
    )
    expires: Count = Field(default=300, ge=30, le=3600, description="seconds of a registration")
    transport: Literal["udp", "tcp", "tls"] = Field(
        default="udp", description="how the registrar is reached"
    )
    codecs: tuple[Codec, ...] = Field(
        default=("opus", "pcmu", "pcma"), min_length=1, description="the first that both know"
    )
    keys: Literal["rtp", "info"] = Field(
        default="rtp",
        description="how keys are sent; they are heard both ways. A telephone that does not know "
        "`rtp` gets `info`",
    )
    busy: Literal["say", "tone"] = Field(
        default="say",
        description="what a caller gets for whom there is no line: phone.busy in the agent's "
        "voice, or the busy tone (486), at which an exchange tries another of its lines",
    )
    rtp_ports: str = Field(default="20000-20999", description="UDP ports of the sound, two a call")

    @property
    def host(self) -> str:
        """The address of `listen`."""
        return self.listen.partition(":")[0]

    @property
    def port(self) -> int:
        """The port of `listen`."""
        return int(self.listen.partition(":")[2] or 5060)

    @field_validator("listen")
    @classmethod
    def _place(cls, text: str) -> str:
        found = _PLACE.fullmatch(text)
        try:
            ipaddress.IPv4Address(found["host"] if found else "")
        except ValueError:
            raise ValueError("must read ADDRESS:PORT, such as 127.0.0.1:5060") from None
        assert found is not None
        if not 1 <= int(found["port"] or 5060) <= 65535:
            raise ValueError("has a port that does not exist")
        return text

    @field_validator("user", "auth_user")
    @classmethod
    def _word(cls, text: str | None) -> str | None:
        if text is not None and not _WORD.fullmatch(text):
            raise ValueError("must be letters, digits and . _ + - alone")
        return text

    @field_validator("registrar")
    @classmethod
    def _host_only(cls, text: str | None) -> str | None:
        if text is not None and not _HOST.fullmatch(text):
            raise ValueError("must read HOST or HOST:PORT")
        return text

    @field_validator("password")
    @classmethod
    def _quotable(cls, word: SecretStr | None) -> SecretStr | None:
        if word is not None and re.search(r'["\\\x00-\x1f]', word.get_secret_value()):
            raise ValueError("cannot hold quotes, backslashes or control characters")
        return word

    @field_validator("rtp_ports")
    @classmethod
    def _range(cls, text: str) -> str:
        found = _PORTS.fullmatch(text)
        if not found or not 1024 <= int(found["first"]) < int(found["last"]) <= 65535:
            raise ValueError("must read FIRST-LAST, such as 20000-20999")
        return text
