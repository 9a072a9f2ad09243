"""Every service that a profile names beyond this machine, asked for real."""

import asyncio
import time

import httpx
from pydantic import SecretStr

from config.finding import Line, plain_url
from config.probe import probe
from config.sections import HIDDEN
from config.settings import Settings
from server.doctor.asked import Asked
from server.doctor.finding import Finding, mend, ok

PATIENCE = 5.0  # s


async def services(asked: Asked) -> list[Finding]:
    """A line for each: key, voice, model, and how long the first word took."""
    settings = asked.settings
    lines, judge, embedding = await asyncio.gather(
        probe(settings), _judge(settings), _embedding(settings)
    )
    return [_found(line) for line in [*lines, *judge, *embedding]]


def _found(line: Line) -> Finding:
    return ok(line.part, line.text) if line.ok else mend(line.part, line.text)


async def _judge(settings: Settings) -> list[Line]:
    judge = settings.judge
    if judge.kind == "rules" or judge.url is None:
        return []
    shown = "" if judge.shown("url") == HIDDEN else plain_url(judge.url)
    return [await _models("judge", judge.url, judge.api_key, shown)]


async def _embedding(settings: Settings) -> list[Line]:
    embedding = settings.memory.embedding
    if isinstance(embedding, str):
        return []
    shown = "" if embedding.shown("url") == HIDDEN else plain_url(embedding.url)
    return [await _models("memory", embedding.url, embedding.api_key, shown)]


async def _models(part: str, url: str, key: SecretStr | None, shown: str) -> Line:
    """Whether an OpenAI-compatible server lists its models for that key."""
    where = shown or "its server"
    base = url.rstrip("/")
    address = f"{base}/models" if base.endswith("/v1") else f"{base}/v1/models"
    headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key else {}
    began = time.monotonic()
    try:
        async with httpx.AsyncClient(timeout=PATIENCE) as client:
            answer = await client.get(address, headers=headers)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        text = f"nothing answers at {where}: is it running, and is {part}'s url right?"
        return Line(part, text, ok=False)
    if answer.status_code in (401, 403):
        return Line(part, f"{where} does not accept the api_key of {part}", ok=False)
    if answer.is_error and answer.status_code != 404:  # some list none
        return Line(part, f"{where} answers with HTTP {answer.status_code}", ok=False)
    return Line(part, f"{where} answered after {time.monotonic() - began:.2f} s")
