"""What a profile says of telephone calls: who brings them, and what every call keeps to."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from config.providers import Exotel, Plivo, Telnyx, Twilio
from config.sections import Number, Section
from config.sip import SipChoice
from judgement.numbers import is_destination, is_number

_SIP = re.compile(r"sips?:[^\s<>;?@]+(@[\w.:-]+)?")


def _destination(text: str) -> str:
    if not is_destination(text):
        raise ValueError("must be a number such as +442071838750, or the beginning of some: +44*")
    return text


def _target(text: str) -> str:
    if not is_number(text) and not _SIP.fullmatch(text):
        raise ValueError("must be a number such as +442071838750, or a SIP address")
    return text


class Phone(Section):
    """What every telephone call keeps to, our own line, and the accounts at providers."""

    sip: SipChoice | None = Field(default=None, description="our own line; null: none")
    twilio: Twilio = Field(default=Twilio(), description="an account at Twilio")
    telnyx: Telnyx = Field(default=Telnyx(), description="an account at Telnyx")
    plivo: Plivo = Field(default=Plivo(), description="an account at Plivo")
    exotel: Exotel = Field(default=Exotel(), description="an account at Exotel")
    max_minutes: Number = Field(
        default=30, gt=0, description="longest call; then the agent says goodbye and hangs up"
    )
    silent_seconds: Number = Field(
        default=45, gt=0, description="silence of the caller after which it does the same"
    )
    transfer_to: tuple[Annotated[str, AfterValidator(_target)], ...] = Field(
        default=(),
        description="numbers and SIP addresses that calls may be passed on to, and no others",
    )
    operator: str | None = Field(
        default=None,
        description="one of them, whom a caller reaches who presses 0 or asks for a person",
    )
    may_call: tuple[Annotated[str, AfterValidator(_destination)], ...] = Field(
        default=(),
        description="numbers that the agent may call, each whole or as a beginning, such as +44*; "
        "empty: none",
    )
    machines: Literal["talk", "hang up", "message"] = Field(
        default="hang up", description="what to do when a machine answers a call of ours"
    )
    message: str | None = Field(
        default=None, min_length=1, description="what is left on an answering machine"
    )
    record: bool = Field(
        default=False, description="whether the sound of calls is kept; each caller is told so"
    )
    busy: str = Field(
        default="All our lines are busy. Please call again in a few minutes.",
        min_length=1,
        description="what a caller hears for whom there is no line",
    )

    @model_validator(mode="after")
    def _operator_is_allowed(self) -> Self:
        if self.operator is not None and self.operator not in self.transfer_to:
            raise ValueError("operator must be one of transfer_to")
        return self

    @model_validator(mode="after")
    def _message_is_there(self) -> Self:
        if self.machines == "message" and self.message is None:
            raise ValueError("machines: message needs message, what to say")
        return self
