"""A stand-in for a Letta server: the archives and passages of its HTTP API, in memory."""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
from aiohttp import web
from aiohttp.test_utils import TestServer
from numpy.typing import NDArray

Vectors = NDArray[np.float32]


@dataclass
class LettaServer:
    """Answers as Letta 0.16 over Postgres does: the nearest passages first, or the oldest.

    Times given are kept; 100 passages come at most; scores are 0, as there.
    An empty text and one of over 8,000 characters is refused, as embedding models do.
    """

    embed: Callable[[Sequence[str]], Awaitable[Vectors]]
    archives: dict[str, dict[str, Any]] = field(default_factory=dict)
    passages: dict[str, dict[str, Any]] = field(default_factory=dict)
    removes_none: bool = False  # but fails to
    keys: set[str] = field(default_factory=set)  # that were sent to list archives with

    def serve(self) -> TestServer:
        """The server, to be started."""
        app = web.Application()
        app.add_routes(
            [
                web.get("/v1/archives/", self._list_archives),
                web.post("/v1/archives/", self._create_archive),
                web.delete("/v1/archives/{archive}", self._delete_archive),
                web.post("/v1/archives/{archive}/passages", self._create_passage),
                web.post("/v1/archives/{archive}/passages/batch", self._create_passages),
                web.delete("/v1/archives/{archive}/passages/{passage}", self._delete_passage),
                web.post("/v1/passages/search", self._search),
            ]
        )
        return TestServer(app)

    async def _list_archives(self, request: web.Request) -> web.Response:
        asked = request.query
        self.keys.add(request.headers.get("Authorization", "").removeprefix("Bearer "))
        found = [
            archive
            for archive in self.archives.values()
            if asked.get("name") in (None, archive["name"])
        ]
        if asked.get("order", "desc") == "desc":
            found.reverse()
        ids = [archive["id"] for archive in found]
        start = ids.index(asked["after"]) + 1 if "after" in asked else 0
        return web.json_response(found[start : start + int(asked.get("limit", 50))])

    async def _create_archive(self, request: web.Request) -> web.Response:
        asked = await request.json()
        archive = {
            "id": f"archive-{uuid.uuid4()}",
            "created_at": datetime.now(UTC).isoformat(),
            "name": asked["name"],
            "description": asked.get("description"),
            "vector_db_provider": "native",
        }
        self.archives[archive["id"]] = archive
        return web.json_response(archive)

    async def _delete_archive(self, request: web.Request) -> web.Response:
        archive = self._archive(request)
        del self.archives[archive]
        for passage in [one for one in self.passages.values() if one["archive_id"] == archive]:
            del self.passages[passage["id"]]
        return web.Response(status=204)

    async def _create_passage(self, request: web.Request) -> web.Response:
        [made] = await self._make(self._archive(request), [await request.json()])
        return web.json_response(made)

    async def _create_passages(self, request: web.Request) -> web.Response:
        asked = await request.json()
        return web.json_response(await self._make(self._archive(request), asked["passages"]))

    async def _make(self, archive: str, asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if not all(one["text"] for one in asked):
            raise web.HTTPBadRequest(text='{"detail": "input cannot be an empty string"}')
        if any(len(one["text"]) > 8000 for one in asked):
            raise web.HTTPBadRequest(text='{"detail": "maximum context length"}')
        vectors = await self.embed([one["text"] for one in asked])
        made = [
            {
                "id": f"passage-{uuid.uuid4()}",
                "archive_id": archive,
                "text": one["text"],
                "embedding": vector.tolist(),
                "metadata": one.get("metadata") or {},
                "tags": one.get("tags"),
                "created_at": one.get("created_at") or datetime.now(UTC).isoformat(),
                "is_deleted": False,
            }
            for one, vector in zip(asked, vectors, strict=True)
        ]
        self.passages |= {one["id"]: one for one in made}
        return made

    async def _delete_passage(self, request: web.Request) -> web.Response:
        passage = self.passages.get(request.match_info["passage"])
        if passage is None or passage["archive_id"] != self._archive(request):
            raise web.HTTPNotFound(text='{"detail": "passage not found"}')
        if self.removes_none:
            raise web.HTTPInternalServerError(text='{"detail": "read-only"}')
        del self.passages[passage["id"]]
        return web.Response(status=204)

    async def _search(self, request: web.Request) -> web.Response:
        asked = await request.json()
        limit = asked.get("limit", 50)
        if not 1 <= limit <= 100:
            raise web.HTTPUnprocessableEntity(text='{"detail": "limit"}')
        found = [one for one in self.passages.values() if one["archive_id"] == asked["archive_id"]]
        found = [one for one in found if _within(one, asked)]
        found.sort(key=lambda one: (datetime.fromisoformat(one["created_at"]), one["id"]))
        if asked.get("query"):
            [query] = await self.embed([asked["query"]])
            found.sort(key=lambda one: -float(np.dot(one["embedding"], query)))
        results = [{"passage": one, "score": 0.0, "metadata": {}} for one in found[:limit]]
        return web.json_response(results)

    def _archive(self, request: web.Request) -> str:
        archive = request.match_info["archive"]
        if archive not in self.archives:
            raise web.HTTPNotFound(text='{"detail": "archive not found"}')
        return archive


def _within(passage: dict[str, Any], asked: dict[str, Any]) -> bool:
    made = datetime.fromisoformat(passage["created_at"])
    since, until = asked.get("start_date"), asked.get("end_date")
    tags = asked.get("tags")
    return (
        (since is None or made >= datetime.fromisoformat(since))
        and (until is None or made <= datetime.fromisoformat(until))
        and (not tags or not set(tags).isdisjoint(passage["tags"] or ()))
    )
