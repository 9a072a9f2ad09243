"""Who may call as a profile says it, and what its phone providers lack."""

from collections.abc import Iterator

from config.finding import Line
from config.installed import module_file
from config.phone import Phone
from config.services import PHONE
from config.settings import Settings

PROVIDERS = {
    "twilio": ("account_sid", "auth_token"),
    "telnyx": ("api_key", "public_key"),
    "plivo": ("auth_id", "auth_token"),
    "exotel": ("key",),
}
# What placing calls needs beside that.
DIALLERS = {"twilio": ("number",), "telnyx": ("account_sid", "application_sid", "number")}


def check_access(settings: Settings) -> Iterator[Line]:
    """A line for who gets in."""
    access = settings.access
    yield from _unset(settings, "access", "access.secret")
    if access.open:
        yield Line("access", "open: anyone who reaches the port may talk")
    elif access.secret:
        yield Line("access", f"by invitation, {access.shown('talks')} talks at once")
    else:
        yield Line("access", f"this machine's own page, {access.shown('talks')} talks at once")


def check_phone(settings: Settings, transport: str) -> Iterator[Line]:
    """A line for each provider that the profile knows, or that `transport` needs."""
    phone = settings.phone
    yield from _unset(settings, "phone", "phone.")
    for name, keys in PROVIDERS.items():
        account = getattr(phone, name)
        missing = [key for key in keys if getattr(account, key) is None]
        if len(missing) < len(keys) or name == transport:
            for key in missing:
                yield Line("phone", f"phone.{name}.{key} is missing from the profile", ok=False)
            if not missing:
                yield Line("phone", f"{name}: {_can(settings, name)}")


def check_line(settings: Settings) -> Iterator[Line]:
    """Lines for our own telephone line, and for what every call may do."""
    phone, sip = settings.phone, settings.phone.sip
    if sip is None:
        return
    where = f"registered at {sip.shown('registrar')}" if sip.registrar else "no registrar"
    codecs = ", ".join(sip.codecs)
    yield Line(
        "phone",
        f"sip:{sip.shown('user')} at {sip.shown('listen')}, {where}, {codecs}",
    )
    if module_file("baresip") is None:
        yield Line("phone", f"the package baresip is not installed: {PHONE}", ok=False)
    yield _outward(phone)


def _can(settings: Settings, name: str) -> str:
    """What a provider's account is enough for."""
    phone = settings.phone
    account = getattr(phone, name)
    needed = DIALLERS.get(name)
    if needed is None or not phone.may_call:
        return "is answered"
    lacks = [key for key in needed if getattr(account, key) is None]
    if lacks:
        return f"is answered; phone.{name}.{' and '.join(lacks)} would be needed to place calls"
    return "is answered, and places calls"


def _unset(settings: Settings, part: str, start: str) -> Iterator[Line]:
    for key, origin in settings.origins.items():
        if key.startswith(start):
            for name in origin.unset:
                yield Line(part, f"{name} is not set, for {key}", ok=False)


def _outward(phone: Phone) -> Line:
    """Where calls may go from here, and what is kept of them."""
    targets = f"calls may go on to {', '.join(phone.transfer_to)}" if phone.transfer_to else ""
    operator = f"0 calls {phone.operator}" if phone.operator else ""
    kept = "calls are recorded, and told so" if phone.record else "calls are not recorded"
    return Line("phone", ", ".join(filter(None, (targets or "no transfers", operator, kept))))


def check_ice(settings: Settings) -> Iterator[Line]:
    """A line for the servers through which callers are reached, and for what they lack."""
    yield from _unset(settings, "webrtc", "webrtc.")
    servers = settings.webrtc.ice_servers
    if servers:
        relays = sum(each.relays for each in servers)
        yield Line("webrtc", f"{len(servers) - relays} STUN and {relays} TURN servers")
    else:
        yield Line("webrtc", "no STUN or TURN server: for callers on this machine or network")
