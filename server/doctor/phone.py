"""The accounts at phone providers, each asked for itself."""

import asyncio
import time

from config.sections import Section
from processors.streams.call import LineError
from processors.streams.plivo import Plivo
from processors.streams.telnyx import Telnyx
from processors.streams.twilio import Twilio
from server.doctor.asked import Asked
from server.doctor.finding import Finding, mend, ok, warn

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
    found = await asyncio.gather(*named)
    if found and not asked.proxy:
        text = "a provider reaches this machine by its public name: try that with --proxy NAME"
        found.append(warn("phone", text))
    return found


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
