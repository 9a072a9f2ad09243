"""The accounts at phone providers and the exchange of our own line, each asked for itself."""

import asyncio
import time
from collections.abc import Iterator
from urllib.parse import quote

from config.installed import module_file
from config.sections import Section
from processors.streams.call import LineError
from processors.streams.plivo import Plivo
from processors.streams.telnyx import Telnyx
from processors.streams.twilio import Twilio
from server.doctor.aside import aside
from server.doctor.asked import Asked, public_name
from server.doctor.finding import Finding, mend, ok, warn
from server.doctor.ports import sip_trouble

LEAST = 16  # characters of a key that nobody guesses
KEY = "python -c 'import secrets; print(secrets.token_urlsafe(24))'"

# What a call needs: to be asked for it at all, and to believe who asks.
NEEDED = {
    "twilio": ("account_sid", "auth_token"),
    "telnyx": ("api_key", "public_key"),
    "plivo": ("auth_id", "auth_token"),
}


async def phone(asked: Asked) -> list[Finding]:
    """A line for each account that the profile names."""
    given = asked.settings.phone
    accounts = {
        "twilio": (Twilio(given.twilio), given.twilio),
        "telnyx": (Telnyx(given.telnyx), given.telnyx),
        "plivo": (Plivo(given.plivo), given.plivo),
    }
    named = [
        _tried(name, provider, account, asked)
        for name, (provider, account) in accounts.items()
        if any(getattr(account, key) for key in NEEDED[name])
    ]
    found = [*await asyncio.gather(*named), *_exotel(asked)]
    if found and not asked.proxy:
        text = "a provider reaches this machine by its public name: try that with --proxy NAME"
        found.append(warn("phone", text))
    return found


async def exchange(asked: Asked) -> list[Finding]:
    """Whether our own line gets registered, where the profile names an exchange for it."""
    sip = asked.settings.phone.sip
    if sip is None or sip.registrar is None or module_file("baresip") is None:
        return []
    name, held = "registrar", await aside(lambda: sip_trouble(sip))
    if held and held.by_agent:
        text = "not asked, since the agent is running: its log says whether it is registered"
        return [ok(name, text)]
    if held:
        return [warn(name, "not asked, since the line cannot listen: first mend the SIP port")]
    from server.doctor.registrar import register

    return [await register(asked.settings, sip)]


def _exotel(asked: Asked) -> Iterator[Finding]:
    """Exotel is asked for nothing: its key is one of our own, which its applet brings."""
    name, key = "exotel", asked.settings.phone.exotel.key
    if key is None:
        return
    secret, named = key.get_secret_value(), "phone.exotel.key"
    if len(secret) < LEAST:
        text = f"Exotel signs nothing, and {named} can be guessed: take {LEAST} characters or more"
        yield mend(name, f"{text}, as of {KEY}")
    elif quote(secret, safe="") != secret:
        text = (
            f"{named} holds what no address does: write it percent-encoded in the applet, or take"
        )
        yield warn(name, f"{text} one of {KEY}")
    else:
        where = f"https://{public_name(asked.proxy) or 'NAME'}/phone/exotel?key="
        text = f"{named} is set; Exotel cannot be asked for it, only call: its Voicebot applet must"
        yield ok(name, f"{text} have the address {where} and that key")


async def _tried(
    name: str, provider: Twilio | Telnyx | Plivo, account: Section, asked: Asked
) -> Finding:
    missing = [f"phone.{name}.{key}" for key in NEEDED[name] if not getattr(account, key)]
    if missing:
        where = asked.settings.file
        return mend(name, f"not asked: {' and '.join(missing)} is not set in {where}")
    began = time.monotonic()
    try:
        await provider.check()
    except LineError as error:
        return mend(name, str(error))
    return ok(name, f"knows the account, after {time.monotonic() - began:.2f} s")
