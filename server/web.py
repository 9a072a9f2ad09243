"""The page and what it asks for beside a talk: who can be talked to, and finished talks."""

import re
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel
from starlette.background import BackgroundTask
from starlette.types import Scope

from judgement.decision import Action
from judgement.persona import Persona
from memory.talks import owner_of
from processors.recorder import mark_row
from processors.sample import SAMPLE
from server.gate import visitor_of

DIST = Path(__file__).parent / "client" / "dist"

_TALK = re.compile(r"[0-9a-f-]{36}")
_PARTS = ("audio.wav", "rows.jsonl")
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "connect-src 'self'",
        "media-src 'self' blob:",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_PAGE_HEADERS = _HEADERS | {
    "Content-Security-Policy": _POLICY,
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Cache-Control": "no-store",
}
# Names of assets carry no hash: a browser asks each time whether they changed.
_ASSET_HEADERS = _HEADERS | {"Cache-Control": "no-cache"}
_DATA_HEADERS = _HEADERS | {"Cache-Control": "no-store"}


class Profiled(Protocol):
    """Of the settings, what the page shows."""

    @property
    def profile(self) -> str: ...


class Mark(BaseModel):
    """What a person thinks of decision number `id`, counted from 1."""

    id: int
    right: bool
    should: Action | None = None


class _Assets(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers.update(_ASSET_HEADERS)
        return response


def mount(
    app: FastAPI,
    settings: Profiled,
    *,
    personas: Callable[[], Mapping[str, Persona]],
    persona: Persona,
    talks_folder: Path,
    remembers: bool,
    sample: Path = SAMPLE,
) -> None:
    """Add the page's routes to `app`.

    To be called before Pipecat's runner sets up its own: of two routes for `/`
    the first one answers. `persona` is who a talk begins with unless another is
    chosen; each talk lies in its own folder of `talks_folder`, named by its id.
    `remembers` is whether anything is kept of users who consent.
    """
    router = APIRouter()

    @router.get("/", include_in_schema=False)
    def page() -> FileResponse:
        return FileResponse(DIST / "index.html", headers=_PAGE_HEADERS)

    @router.get("/api/profile")
    def profile() -> JSONResponse:
        known = {persona.name: persona} | dict(personas())
        told = {
            "profile": settings.profile,
            "personas": [_told(each) for each in known.values()],
            "persona": persona.name,
            "proactivity": persona.proactivity,
            "sample": sample.is_file(),
            "remembers": remembers,
        }
        return JSONResponse(told, headers=_DATA_HEADERS)

    @router.get("/api/sample.wav")
    def sample_sound() -> Response:
        if not sample.is_file():
            return _missing("There is no sample talk here.")
        return FileResponse(sample, media_type="audio/wav", headers=_ASSET_HEADERS)

    @router.get("/api/talks/{talk}.zip")
    def talk_zip(talk: str, request: Request) -> Response:
        known = _TALK.fullmatch(talk) and _may_have(request, talks_folder / talk)
        if not known or not (parts := _parts(talks_folder / talk)):
            return _missing("There is no talk of that id, or nothing of it yet.")
        packed = _pack(parts)
        return FileResponse(
            packed,
            media_type="application/zip",
            filename=f"talk-{talk}.zip",
            headers=_DATA_HEADERS,
            background=BackgroundTask(packed.unlink),
        )

    @router.post("/api/talks/{talk}/marks")
    def mark_talk(talk: str, mark: Mark, request: Request) -> Response:
        rows = talks_folder / talk / "rows.jsonl"
        known = _TALK.fullmatch(talk) and _may_have(request, talks_folder / talk)
        if not known or not mark_row(rows, mark.id, right=mark.right, should=mark.should):
            return _missing("There is no such decision in a finished talk of that id.")
        return Response(status_code=204, headers=_DATA_HEADERS)

    app.include_router(router)
    app.mount("/assets", _Assets(directory=DIST / "assets"))


def _may_have(request: Request, folder: Path) -> bool:
    """Whether a talk is of who asks: who signed in has their own alone."""
    visitor = visitor_of(request.scope)
    return visitor is None or not visitor.name or owner_of(folder) == visitor.name


def _told(persona: Persona) -> dict[str, str | float]:
    return {
        "name": persona.name,
        "title": persona.title or persona.name,
        "proactivity": persona.proactivity,
    }


def _missing(why: str) -> JSONResponse:
    return JSONResponse({"detail": why}, status_code=404, headers=_DATA_HEADERS)


def _parts(folder: Path) -> list[Path]:
    """The talk's files that hold something."""
    files = (folder / name for name in _PARTS)
    return [file for file in files if file.is_file() and file.stat().st_size]


def _pack(parts: list[Path]) -> Path:
    """A zip of `parts` in a temporary file, which the caller removes."""
    with (
        tempfile.NamedTemporaryFile(suffix=".zip", delete=False) as file,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed,
    ):
        for part in parts:
            packed.write(part, part.name)
    return Path(file.name)
