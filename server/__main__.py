"""python -m server invite NAME     a link with which somebody signs in
python -m server call NUMBER     have the running agent call somebody
python -m server join [ROOM]     send the running agent into a room, a new one if none is named
python -m server doctor          what keeps people from talking here, and what to do about it
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import httpx

from config.settings import PROFILES, Settings, SettingsError, load
from server.doctor import add_arguments, doctor
from server.tokens import Tokens

HERE = "http://localhost:7860"
MOMENT = 60.0  # s that a sign-in of this program's own is good


def main(arguments: list[str] | None = None) -> None:
    """Do one of the above."""
    parser = argparse.ArgumentParser(
        prog="python -m server", description="Invite people, place calls, look what is wrong."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    invite = commands.add_parser("invite", help="print a link with which somebody signs in")
    invite.add_argument("name", help="whose talks and memories they will be")
    invite.add_argument("--hours", type=float, default=24.0, help="how long the link is good")
    invite.add_argument("--bearer", action="store_true", help="print a token for a program instead")
    invite.set_defaults(do=_invite)

    call = commands.add_parser("call", help="have the running agent call somebody")
    call.add_argument("number", help="with its country code: +442071838750")
    call.add_argument("--provider", choices=["twilio", "telnyx"], default="twilio")
    call.add_argument("--digits", default="", help="keys to press once somebody is there")
    call.set_defaults(do=_call)

    join = commands.add_parser("join", help="send the running agent into a room")
    join.add_argument(
        "room", nargs="?", help="Daily: its address; LiveKit: its name; a new one if left out"
    )
    join.add_argument("--provider", choices=["daily", "livekit"], help="default: the profile's")
    join.add_argument("--people", nargs="+", default=["Guest"], help="who gets a link to it")
    join.set_defaults(do=_join)

    look = commands.add_parser("doctor", help="what keeps people from talking here, and what to do")
    add_arguments(look)
    look.set_defaults(do=None)

    for each in (invite, call, join):
        name = "cloud.yaml" if each is join else "phone.yaml"
        each.add_argument("--config", type=Path, default=PROFILES / name, help="profile")
        each.add_argument("--url", default=HERE, help=f"where the agent is (default: {HERE})")
    given = parser.parse_args(arguments)
    if given.do is None:
        sys.exit(doctor(given))
    try:
        given.do(load(given.config, allow_unset=True), given)
    except SettingsError as error:
        sys.exit(str(error))


def _invite(settings: Settings, given: argparse.Namespace) -> None:
    tokens = _tokens(settings)
    if tokens is None:
        raise settings.error("access.secret", "this key is missing; sign-ins are signed with it")
    if given.hours <= 0:
        sys.exit("--hours must be more than 0")
    seconds = given.hours * 3600
    if given.bearer:
        print(tokens.make("page", seconds, user=given.name))
    else:
        print(f"{given.url}/sign-in/{tokens.make('invitation', seconds, user=given.name)}")


def _call(settings: Settings, given: argparse.Namespace) -> None:
    asked = {"to": given.number, "provider": given.provider, "digits": given.digits}
    _ask(settings, f"{given.url}/calls", asked)
    print(f"{given.number} rings.")


def _join(settings: Settings, given: argparse.Namespace) -> None:
    asked = {"transport": given.provider or settings.room.provider, "people": given.people}
    asked |= {"room": given.room} if given.room else {}
    told = _ask(settings, f"{given.url}/start", asked).json()
    print(f"{settings.room.name} is on the way into {told['room']}.")
    for who, link in told["links"].items():
        print(f"{who}: {link}")


def _ask(settings: Settings, url: str, asked: dict[str, Any]) -> httpx.Response:
    """What the running agent answers its operator. Ends the program where it says no."""
    tokens = _tokens(settings)
    token = tokens and tokens.make("page", MOMENT, user="operator")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        answer = httpx.post(url, json=asked, headers=headers, timeout=30)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        start = f"start the agent (python bot.py --config {settings.file} --proxy NAME)"
        sys.exit(f"Nothing answers at {url}: {error}.\nFirst {start}, or give its --url.")
    if answer.status_code == 401:
        sys.exit(
            f"The agent at {url} does not know this sign-in: give the --config that it runs "
            "with, and the same access.secret in the environment."
        )
    if answer.is_error:
        sys.exit(_why(answer))
    return answer


def _tokens(settings: Settings) -> Tokens | None:
    secret = settings.access.secret
    return Tokens(secret.get_secret_value()) if secret else None


def _why(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"{answer.request.url} answered {answer.status_code}"


if __name__ == "__main__":
    main()
