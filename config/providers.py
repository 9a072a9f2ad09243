"""What a profile says of the accounts at phone providers."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from config.sections import Address, Section
from judgement.numbers import is_number


def _number(text: str) -> str:
    if not is_number(text):
        raise ValueError("must be a number with its country code, such as +442071838750")
    return text


PhoneNumber = Annotated[str, AfterValidator(_number)]


class Twilio(Section):
    """An account at Twilio."""

    account_sid: str | None = Field(default=None, min_length=1, description="of the account, AC...")
    auth_token: SecretStr | None = Field(
        default=None, description="its primary auth token: signs every request of Twilio's"
    )
    number: PhoneNumber | None = Field(default=None, description="that outbound calls come from")
    api: Address = Field(default="https://api.twilio.com", description="where its API is")


class Telnyx(Section):
    """An account at Telnyx."""

    api_key: SecretStr | None = Field(default=None, description="of the account")
    public_key: str | None = Field(
        default=None, min_length=1, description="that its webhooks are signed for, in base64"
    )
    account_sid: str | None = Field(
        default=None, min_length=1, description="the account's id, for outbound calls"
    )
    application_sid: str | None = Field(
        default=None, min_length=1, description="of the TeXML application, for outbound calls"
    )
    number: PhoneNumber | None = Field(default=None, description="that outbound calls come from")
    api: Address = Field(default="https://api.telnyx.com", description="where its API is")


class Plivo(Section):
    """An account at Plivo."""

    auth_id: str | None = Field(default=None, min_length=1, description="of the account")
    auth_token: SecretStr | None = Field(
        default=None, description="of the account: signs every request of Plivo's"
    )
    api: Address = Field(default="https://api.plivo.com", description="where its API is")


class Exotel(Section):
    """An account at Exotel, which signs nothing."""

    key: SecretStr | None = Field(
        default=None, description="a secret of your own that the applet's address ends in"
    )
