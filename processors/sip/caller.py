"""Who calls, as their telephone or the exchange says."""

import re

_ADDRESS = re.compile(
    r"(?:sips?:(?P<user>[^@;>]*)@(?P<host>[^:;>]+)|tel:(?P<number>[^;>]*))", re.IGNORECASE
)
_NUMBER = re.compile(r"\+?\d[\d().-]*")
_SAID = re.compile(r"[\w.@+-]{1,64}")
_NOBODY = ("anonymous", "unknown", "unavailable", "restricted", "private")


def identity(*said: str | None) -> str:
    """The user behind the first address that names one: a number, or name@host; else "".

    A number is the same person at every exchange, a name only at its own host.
    """
    for address in said:
        found = _ADDRESS.search(address or "")
        if found is None:
            continue
        user, host = found["user"] or found["number"], found["host"] or ""
        if user.lower() in ("", *_NOBODY) or host.lower() == "anonymous.invalid":
            continue
        is_number = _NUMBER.fullmatch(user)
        name = re.sub(r"[^\d+]", "", user) if is_number else f"{user}@{host}"
        if _SAID.fullmatch(name):
            return name
    return ""


def exchange(address: str | None) -> str:
    """Where an address leads to, `HOST` or `HOST:PORT`; "" where it names none."""
    found = re.search(r"sips?:(?:[^@;>]*@)?([\w.-]+(?::\d+)?)", address or "", re.IGNORECASE)
    return found[1] if found else ""


def shown(user: str) -> str:
    """The user for a log line: a caller is not told whole."""
    return f"…{user[-3:]}" if _NUMBER.fullmatch(user) else user.partition("@")[0] or "somebody"
