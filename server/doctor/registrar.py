"""The exchange of our own telephone line, asked by registering there for a moment."""

import asyncio
import time
from contextlib import suppress
from ipaddress import ip_address

from baresip import Call, UserAgent
from baresip.errors import BaresipError, RegistrationError

from config.settings import Settings
from config.sip import SipChoice
from processors.sip.call import SipCall
from processors.sip.line import SipLine
from server.doctor.aside import addresses
from server.doctor.finding import Finding, mend, ok

NAME = "registrar"
PATIENCE = 5.0  # s
KEY = "phone.sip."
PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}


async def register(settings: Settings, choice: SipChoice) -> Finding:
    """Register as the agent would, from the same port; a line that closes takes that back."""
    registrar = choice.registrar or ""
    shown = registrar if choice.shown("registrar") == registrar else "the exchange"
    host, _, port = registrar.partition(":")
    found = await _addresses(host, int(port or PORTS[choice.transport]))
    if found and _is_inner(choice.host) and not any(map(_is_inner, found)):
        text = f"{shown} cannot be reached from {choice.shown('listen')}, an address inside this"
        named = _named(settings, "listen")
        return mend(NAME, f"{text} machine: set {named} to the machine's own in your network")
    words = _Words(settings, choice, shown, found)
    try:
        trial = _Trial(choice)
        async with trial:
            seconds = await trial.outcome
    except RegistrationError as error:
        return mend(NAME, words.refused(error) if error.status else words.unreached(error.reason))
    except BaresipError as error:  # of the stack, which repeats no password
        return mend(NAME, f"the line does not open: {error}")
    return ok(NAME, f"{shown} takes the name and password, after {seconds:.2f} s")


class _Trial(SipLine):
    """Our own line, which registers once, tells how long that took, and takes no call."""

    def __init__(self, choice: SipChoice) -> None:
        super().__init__(choice, _nobody)
        self.outcome: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def _register(self, agent: UserAgent) -> None:
        began = time.monotonic()
        try:
            await agent.register(timeout=PATIENCE)
        except BaresipError as error:
            self.outcome.set_exception(error)
        else:
            self.outcome.set_result(time.monotonic() - began)

    async def _take(self, call: Call) -> None:
        await call.reject()


async def _nobody(_: SipCall) -> None:
    """Nobody talks here."""


class _Words:
    """What to change, by how an exchange refuses."""

    def __init__(self, settings: Settings, choice: SipChoice, shown: str, found: list[str]) -> None:
        self._choice, self._shown, self._found = choice, shown, found
        self._by = choice.transport.upper()
        names = ("registrar", "user", "auth_user", "password", "transport", "expires")
        self._named = {each: _named(settings, each) for each in names}

    def refused(self, error: RegistrationError) -> str:
        """By the status of an answer."""
        named, answer = self._named, f"{self._shown} answers {error.status} {_plain(error.reason)}"
        match error.status:
            case 401 | 403 | 407 if self._choice.password is None:
                return f"{answer}: it wants a password: set {named['password']}"
            case 401 | 407:
                return f"{answer}: {self._account}"
            case 403:
                return (
                    f"{answer}: {self._account}; if they agree, the exchange forbids this "
                    "machine's address, or one telephone more under that number"
                )
            case 404 | 604:
                return f"{answer}: it knows no such extension: mend {named['user']}"
            case 423:
                return f"{answer}: raise {named['expires']}, seconds of a registration"
            case _:
                return f"{answer}: its log says why; is {named['registrar']} the right exchange?"

    @property
    def _account(self) -> str:
        named = self._named
        user = named["auth_user" if self._choice.auth_user else "user"]
        return f"compare {user} and {named['password']} with the extension there"

    def unreached(self, reason: str) -> str:
        """By what the network says, "" where nobody answered."""
        named = self._named
        where = f"compare {named['registrar']} and {named['transport']} with the exchange's"
        if not self._found:
            return f"{self._shown} has no address: mend {named['registrar']}, or its DNS record"
        if not reason:
            return (
                f"{self._shown} does not answer by {self._by} within {PATIENCE:.0f} s: {where} "
                f"host, port ({PORTS[self._choice.transport]} where none is given) and protocol, "
                "and look at the firewalls between"
            )
        if "refused" in reason:
            return f"nothing listens at {self._shown} by {self._by}: {where} port and protocol"
        text = f"{self._shown} cannot be reached by {self._by} ({_plain(reason)})"
        return f"{text}: {where} port and protocol"


def _named(settings: Settings, key: str) -> str:
    """A key, with the variables that its value comes from."""
    origin = settings.origins.get(f"{KEY}{key}")
    names = ", ".join((*origin.used, *origin.unset)) if origin else ""
    return f"{KEY}{key} ({names})" if names else f"{KEY}{key}"


async def _addresses(host: str, port: int) -> list[str]:
    with suppress(OSError):
        return await addresses(host, port)
    return []


def _is_inner(address: str) -> bool:
    return ip_address(address).is_loopback


def _plain(text: str) -> str:
    return "".join(each for each in text if each.isprintable())[:60]
