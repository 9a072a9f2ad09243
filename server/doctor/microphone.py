"""Under which addresses a browser gives the page a microphone: https, or localhost."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx

from server.doctor.aside import addresses
from server.doctor.asked import Asked, public_name
from server.doctor.finding import Finding, mend, ok, warn
from server.gate import is_loopback

NAME = "microphone"
PATIENCE = 5.0  # s that the public address has to answer
EVERYWHERE = ("0.0.0.0", "::", "")
HTTPS = "put something that speaks https before it (docs/nat.md) and give its name with --proxy"


async def microphone(asked: Asked) -> list[Finding]:
    """A line for each address at which the page can be opened."""
    found = [*_here(asked), *_origins(asked)]
    if asked.proxy:
        found += await _public(asked)
    return found


def _here(asked: Asked) -> Iterator[Finding]:
    local = f"http://localhost:{asked.port}"
    if asked.is_local:
        other = (
            ""
            if asked.proxy
            else " Another machine cannot reach it: run ssh -L "
            f"{asked.port}:localhost:{asked.port} THIS-MACHINE there and open the same address, "
            f"or {HTTPS}."
        )
        yield ok(NAME, f"{local} on this machine is given one.{other}")
        return
    if asked.host in EVERYWHERE:
        yield ok(NAME, f"{local} on this machine is given one")
    shown = "THIS-MACHINE" if asked.host in EVERYWHERE else asked.host
    yield warn(
        NAME,
        f"http://{_bracketed(shown)}:{asked.port} is given none by any browser, since it is "
        f"neither https nor localhost; only typing works there: {HTTPS}",
    )
    if not asked.locked and not asked.settings.access.open:
        yield mend(
            "access",
            f"the agent does not start with --host {asked.host}: set access.secret, 16 characters "
            "or more, and invite people with `python -m server invite NAME`",
        )


def _origins(asked: Asked) -> Iterator[Finding]:
    for origin in asked.settings.access.origins:
        parts = urlsplit(origin)
        if parts.scheme == "http" and not is_loopback(parts.hostname):
            yield warn(
                NAME, f"a page at {origin} (access.origins) is given none: serve it by https"
            )


async def _public(asked: Asked) -> list[Finding]:
    name = public_name(asked.proxy)
    if not name:
        text = "--proxy takes a public name such as agent.example.com, without a path"
        return [mend(NAME, text)]
    found = [await _reached(f"https://{name}", name.partition(":")[0])]
    if not asked.locked:
        text = (
            f"nobody gets into the page at https://{name} without access.secret; phone "
            "providers do, by their signatures"
        )
        found.append(warn("access", text))
    return found


async def _reached(url: str, host: str) -> Finding:
    """Whether the agent answers at its public address, by a certificate that browsers take."""
    try:
        await addresses(host, 443)
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:
            answer = await client.get(f"{url}/status")
    except httpx.ConnectError as error:
        if "certificate" in str(error).lower():
            return mend(
                NAME,
                f"{url} has a certificate that browsers refuse, and so gives no microphone: get "
                "one for that name (Caddy and certbot do it by themselves)",
            )
        return mend(NAME, f"nothing answers at {url}: is the proxy running, and port 443 open?")
    except OSError:
        return mend(NAME, f"{host} has no address: make a DNS record for it, or mend --proxy")
    except httpx.HTTPError as error:
        return mend(NAME, f"{url} does not answer as it should ({type(error).__name__})")
    if answer.is_success:
        return ok(NAME, f"{url} answers and is given one")
    return warn(
        NAME,
        f"{url} is given one, but answered {answer.status_code} now: is the agent running, and "
        "does the proxy pass everything on to it?",
    )


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
