"""Signing in: an invitation becomes a cookie.

`python -m server invite NAME` prints a link. Its page has one button, so that a
mail program that looks at links does not use the invitation up.
"""

import time
from html import escape

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from loguru import logger

from config.access import Access
from memory.invitations import Invitations
from memory.store import MemoryStoreError
from server.gate import COOKIE
from server.pages import HEADERS, page
from server.rates import Rates, TooOften
from server.tokens import BadToken, Tokens


def sign_in(access: Access, tokens: Tokens, rates: Rates, used: Invitations) -> APIRouter:
    """The routes behind an invitation's link."""
    router = APIRouter()

    @router.get("/sign-in/{token}", include_in_schema=False)
    def ask(token: str) -> Response:
        try:
            said = tokens.read("invitation", token)
            name = escape(str(said["user"]))
            if used.is_used(said["id"]):
                raise BadToken("used before")
        except (BadToken, KeyError) as error:
            return _no(error)
        except MemoryStoreError as error:
            return _broken(error)
        return page(f'<form method="post"><button>Sign in as {name}</button></form>')

    @router.post("/sign-in/{token}", include_in_schema=False)
    def enter(token: str, request: Request) -> Response:
        try:
            rates.start(request.client.host if request.client else "")
            said = tokens.read("invitation", token)
            name = said["user"]
            if not used.use(said["id"], said["until"], time.time()):
                raise BadToken("used before")
        except TooOften as error:
            return page(f"<p>{error}.</p>", 429)
        except (BadToken, KeyError) as error:
            return _no(error)
        except MemoryStoreError as error:
            return _broken(error)
        seconds = access.sign_in_hours * 3600
        answer = RedirectResponse("/", 303, HEADERS)
        answer.set_cookie(
            COOKIE,
            tokens.make("page", seconds, user=name),
            max_age=int(seconds),
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return answer

    @router.post("/sign-out", include_in_schema=False)
    def leave() -> Response:
        answer = RedirectResponse("/", 303, HEADERS)
        answer.delete_cookie(COOKIE)
        return answer

    return router


def _no(error: Exception) -> Response:
    why = str(error) if isinstance(error, BadToken) else "no invitation"
    return page(f"<p>This invitation cannot be used: {escape(why)}. Ask for a new one.</p>", 403)


def _broken(error: MemoryStoreError) -> Response:
    logger.error(f"nobody can sign in: {error}")
    return page("<p>Nobody can sign in now: see this server's log.</p>", 503)
