"""What phone providers ask over HTTP: each signs its question, or it is refused."""

import hmac
import json
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response, WebSocket
from loguru import logger

from server import signatures
from server.address import public_url
from server.entry import Refused
from server.gate import deny
from server.phone import Exchange


def webhooks(exchange: Exchange, default: str | None) -> APIRouter:
    """The routes of phone providers; `default` is whose webhook is at `/` as well."""
    router = APIRouter()

    @router.api_route("/phone/{name}", methods=["GET", "POST"])
    async def webhook(name: str, request: Request) -> Response:
        form = await signed(exchange, name, request)
        answer = exchange.answer(name, request, form)
        return Response(answer.text, media_type=answer.media_type)

    if default in exchange.providers:

        @router.post("/")
        async def root(request: Request) -> Response:
            return await webhook(default or "", request)

    @router.post("/phone/{name}/machine")
    async def machine(name: str, request: Request) -> Response:
        exchange.machine(request, await signed(exchange, name, request))
        return Response(status_code=204)

    @router.post("/phone/plivo/through/{token}")
    async def through(token: str, request: Request) -> Response:
        await signed(exchange, "plivo", request)
        answer = exchange.through(token)
        return Response(answer.text, media_type=answer.media_type)

    @router.post("/calls")
    async def place(request: Request) -> dict[str, str]:
        try:
            asked = json.loads(await request.body())
            to, name = str(asked["to"]), str(asked.get("provider") or default or "twilio")
            digits = str(asked.get("digits") or "")
        except (ValueError, RecursionError, TypeError, KeyError, AttributeError) as error:
            raise Refused(400, 'A call is asked for with {"to": "+442071838750"}.') from error
        exchange.entry.welcome(request)
        await exchange.dial(request, name, to, digits)
        return {"status": "ringing", "to": to}

    @router.websocket("/ws")
    @router.websocket("/ws/{token}")
    async def stream(socket: WebSocket, token: str = "") -> None:
        try:
            await exchange.stream(socket, token)
        except Refused as error:
            await deny(socket, error.status, error.why, **error.headers)

    return router


async def signed(exchange: Exchange, name: str, request: Request) -> dict[str, str]:
    """What a provider says in a request that it signed. Raises `Refused`."""
    if name not in exchange.providers:
        raise Refused(404, f"There is no provider {name!r} here.")
    body = await request.body()
    try:
        form = parse_qsl(body.decode(), keep_blank_values=True)
    except (UnicodeDecodeError, ValueError) as error:
        raise Refused(400, "The request is no form.") from error
    if not _is_signed(exchange, name, request, form, body):
        logger.warning(f"a request in the name of {name} was not signed by it")
        raise Refused(403, "The signature is wrong or missing.")
    if request.method == "GET" or name == "exotel":
        form += request.query_params.items()
    return dict(form)


def _is_signed(
    exchange: Exchange, name: str, request: Request, form: list[tuple[str, str]], body: bytes
) -> bool:
    url, phone = public_url(request, exchange.proxy), exchange.phone
    match name:
        case "twilio" if key := phone.twilio.auth_token:
            return signatures.twilio(url, form, request.headers, key.get_secret_value())
        case "telnyx" if phone.telnyx.public_key:
            return signatures.telnyx(body, request.headers, phone.telnyx.public_key)
        case "plivo" if key := phone.plivo.auth_token:
            asked = (request.method, url, form)
            return signatures.plivo(*asked, request.headers, key.get_secret_value())
        case "exotel" if key := phone.exotel.key:
            given = request.query_params.get("key", "").encode()
            return hmac.compare_digest(given, key.get_secret_value().encode())
        case _:
            return False
