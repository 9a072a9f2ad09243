"""The accounts at Daily and LiveKit, each asked for itself where rooms are wanted."""

import asyncio
import os
import re
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import httpx

from config.check import TRANSPORTS
from config.installed import module_file
from processors.rooms.daily import API
from server.doctor.asked import Asked
from server.doctor.finding import Finding, mend, ok, warn

PATIENCE = 5.0  # s
MOMENT = timedelta(minutes=1)  # that a question of ours is good
DAILY, LIVEKIT = "https://dashboard.daily.co, Developers", "the project's Settings, Keys"
_URL = re.compile(r"(?P<scheme>wss?|https?)://(?P<place>[\w.-]+(:\d{1,5})?)(/.*)?")
PAIR = "LIVEKIT_API_KEY and LIVEKIT_API_SECRET"


async def rooms(asked: Asked) -> list[Finding]:
    """A line for each provider that `-t`, the environment or the profile names."""
    tries = {"daily": _daily, "livekit": _livekit}
    found: list[Finding] = []
    asking: list[Any] = []
    for name, ask in tries.items():
        lacks = list(_lacks(name, os.environ))
        if lacks:
            found += _unasked(asked, name, lacks)
        else:
            asking.append(ask(os.environ))
    return found + await asyncio.gather(*asking)


def _lacks(name: str, environ: Mapping[str, str]) -> Iterator[str]:
    return (each for each in TRANSPORTS[name].variables if not environ.get(each))


def _unasked(asked: Asked, name: str, lacks: list[str]) -> Iterator[Finding]:
    """What is missing of a provider, where anything says that there shall be rooms there."""
    missing = f"not asked: {' and '.join(lacks)} is not set"
    if asked.transport == name or len(lacks) < len(TRANSPORTS[name].variables):
        yield mend(name, f"{missing}: export it (docs/rooms.md)")
    elif "room" in asked.settings.model_fields_set and asked.settings.room.provider == name:
        yield warn(name, f"{missing}, which only rooms need: for `-t {name}` export it")


async def _daily(environ: Mapping[str, str]) -> Finding:
    name, key = "daily", environ["DAILY_API_KEY"]
    if not (key.isascii() and key.isprintable()):
        text = "DAILY_API_KEY holds what no key does: copy it again from"
        return mend(name, f"{text} {DAILY}")
    where = "DAILY_API_URL" if environ.get("DAILY_API_URL") else "api.daily.co"
    url = f"{environ.get('DAILY_API_URL') or API}/"
    return await _told(name, where, "GET", url, key, _of_daily)


def _of_daily(answer: httpx.Response, seconds: float) -> Finding:
    name = "daily"
    match answer.status_code:
        case 200 if domain := (_object(answer) or {}).get("domain_name"):
            text = f"knows the key in DAILY_API_KEY, of {_plain(domain)}.daily.co"
            return ok(name, f"{text}, after {seconds:.2f} s")
        case 200 | 404:
            text = "what answers is not Daily's API: unset DAILY_API_URL, or mend it"
            return mend(name, text)
        case 401 | 403:
            text = "does not know the key in DAILY_API_KEY: copy it again from"
            return mend(name, f"{text} {DAILY}")
        case status:
            return _refused(name, status)


async def _livekit(environ: Mapping[str, str]) -> Finding:
    name, needs = "livekit", TRANSPORTS["livekit"]
    if missing := [each for each in needs.modules if module_file(each) is None]:
        return mend(name, f"not asked: {missing[0]} is not installed: {needs.install}")
    from livekit.api import AccessToken, VideoGrants  # an extra

    url, key, secret = (environ[each] for each in needs.variables)
    found = _URL.fullmatch(url)
    if not found:
        return mend(name, "LIVEKIT_URL must read wss://NAME.livekit.cloud, or ws://HOST:7880")
    grants = VideoGrants(room_list=True)
    with warnings.catch_warnings(action="ignore"):  # of a secret that is short, as of test servers
        token = AccessToken(key, secret).with_grants(grants).with_ttl(MOMENT).to_jwt()
    scheme = "https" if found["scheme"] in ("wss", "https") else "http"
    rooms = f"{scheme}://{found['place']}/twirp/livekit.RoomService/ListRooms"
    return await _told(name, "LIVEKIT_URL", "POST", rooms, token, _of_livekit, json={})


def _of_livekit(answer: httpx.Response, seconds: float) -> Finding:
    name = "livekit"
    match answer.status_code:
        case 200 if (told := _object(answer)) is not None:
            many = len(told.get("rooms", []))
            text = f"knows {PAIR}, {many} rooms are open"
            return ok(name, f"{text}, after {seconds:.2f} s")
        case 401 | 403:
            return mend(name, _denied(answer.text))
        case 200 | 404 | 405:
            text = "there is no LiveKit server at LIVEKIT_URL: compare it with the project's"
            return mend(name, text)
        case status:
            return _refused(name, status)


def _denied(why: str) -> str:
    """What to change, by what LiveKit's server says of a token. It may repeat the token."""
    if "invalid API key" in why:
        return f"does not know LIVEKIT_API_KEY: copy it from {LIVEKIT}, those of LIVEKIT_URL"
    if "(exp)" in why or "(nbf)" in why:
        return "takes our token for expired or not yet good: set this machine's clock (timedatectl)"
    if "cryptographic" in why:
        text = "LIVEKIT_API_SECRET is not the one of LIVEKIT_API_KEY"
        return f"{text}: copy both from {LIVEKIT}, or make a new pair"
    return f"does not take {PAIR}: copy both from {LIVEKIT}, those of LIVEKIT_URL"


async def _told(
    name: str,
    where: str,
    method: str,
    url: str,
    token: str,
    read: Callable[[httpx.Response, float], Finding],
    **request: Any,
) -> Finding:
    """What `read` makes of the answer; `where` is how the address is called in words."""
    headers = {"Authorization": f"Bearer {token}"}
    own = where.isupper()  # a variable
    more = f"{where} right, and a server of your own running" if own else "and port 443 open"
    began = time.monotonic()
    try:
        async with httpx.AsyncClient(timeout=PATIENCE) as http:
            answer = await http.request(method, url, headers=headers, **request)
    except httpx.TimeoutException:
        text = f"{where} does not answer within {PATIENCE:.0f} s: is the network slow, or a"
        return mend(name, f"{text} firewall on the way?")
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        text = f"nothing answers at {where} ({type(error).__name__}): is the network up, {more}?"
        return mend(name, text)
    return read(answer, time.monotonic() - began)


def _refused(name: str, status: int) -> Finding:
    if status == 429:
        return warn(name, "asks to wait (429), and so says nothing of the key: try in a minute")
    return mend(name, f"answered {status}: try again, then look at the provider's status page")


def _object(answer: httpx.Response) -> Mapping[str, Any] | None:
    try:
        found = answer.json()
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _plain(text: object) -> str:
    return "".join(each for each in str(text) if each.isalnum() or each in "-_.")[:60]
