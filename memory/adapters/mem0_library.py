"""mem0 itself: what is used of it, and one that needs nothing but this machine."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from memory.store import MemoryStoreError

os.environ.setdefault("MEM0_TELEMETRY", "False")  # mem0 reads it once, as it is imported
import mem0 as _mem0  # pyright: ignore[reportMissingImports, reportMissingTypeStubs]

mem0: Any = _mem0  # it has no types

Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Awaitable[Vectors]]

_EMBEDDING_SECONDS = 60.0  # for one text, at most
NO_MODEL = {"provider": "openai", "config": {"api_key": "none"}}  # mem0 wants one made; not asked


class Mem0(Protocol):
    """What is used of `mem0.Memory`."""

    vector_store: Any

    def add(
        self,
        messages: list[dict[str, str]],
        *,
        user_id: str,
        agent_id: str,
        metadata: dict[str, str],
        infer: bool,
    ) -> dict[str, Any]:
        """Keep a text: as it is and without a language model, if `infer` is False."""
        ...

    def search(
        self, query: str, *, top_k: int, filters: dict[str, str], threshold: float
    ) -> dict[str, Any]:
        """The closest of those that `filters` let through, best first."""
        ...

    def get_all(self, *, filters: dict[str, str], top_k: int, show_expired: bool) -> dict[str, Any]:
        """Those that `filters` let through, in no order."""
        ...

    def delete(self, memory_id: str) -> object:
        """Remove one, by mem0's own id."""
        ...

    def delete_all(self, user_id: str, agent_id: str) -> object:
        """Remove all of one user's."""
        ...

    def close(self) -> None:
        """Let go of the history."""
        ...


class Embedder:
    """mem0's embedder interface, called off the event loop, over one that runs on it."""

    def __init__(self, embed: Embed) -> None:
        """`loop` is to be that of the call under way."""
        self._embed = embed
        self.loop: asyncio.AbstractEventLoop | None = None

    def embed(self, text: str, memory_action: str | None = None) -> list[float]:
        """The vector of `text`; what it is for makes no difference."""
        return self.embed_batch([text])[0]

    def embed_batch(
        self, texts: Sequence[str], memory_action: str | None = None
    ) -> list[list[float]]:
        """One vector for each text. Raises what the embedding raises."""
        assert self.loop is not None
        vectors = asyncio.run_coroutine_threadsafe(self._vectors(texts), self.loop)
        return vectors.result(_EMBEDDING_SECONDS).tolist()

    async def _vectors(self, texts: Sequence[str]) -> Vectors:
        return await self._embed(texts)


def open_local(path: Path, embedder: Embedder) -> Mem0:
    """mem0 over Qdrant's files in the folder `path`, with no model but `embedder`."""
    if mem0.memory.telemetry.MEM0_TELEMETRY:
        raise MemoryStoreError(
            f"mem0 in {path}: mem0 would report its use to its makers: "
            "set MEM0_TELEMETRY=False in the environment"
        )
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = {
        "path": str(path),
        "collection_name": "memories",
        "embedding_model_dims": len(embedder.embed("how long a vector is")),
        "on_disk": True,
    }
    opened = mem0.Memory.from_config(
        {
            "history_db_path": ":memory:",
            "llm": NO_MODEL,
            "embedder": NO_MODEL,
            "vector_store": {"provider": "qdrant", "config": place},
        }
    )
    opened.embedding_model = embedder
    return opened
