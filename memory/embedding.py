"""Sentences as vectors: what means the same lies close together."""

import asyncio
import json
import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import xllamacpp as _xllamacpp  # pyright: ignore[reportMissingTypeStubs]
from numpy.typing import NDArray

xllamacpp: Any = _xllamacpp  # it has no types

Vectors = NDArray[np.float32]
_TOKENS = 512  # that the model can read at once
_WORDS = 60  # the last of a text that are read: a request stands at its end


def read_vectors(file: Path) -> dict[str, Vectors]:
    """What `write_vectors` left there; nothing where it cannot be read, as it can be made again."""
    try:
        with file.open("rb") as source, np.load(source) as kept:
            texts = json.loads(kept["texts"].tobytes())
            return dict(zip(texts, kept["vectors"], strict=True))
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return {}


def write_vectors(file: Path, vectors: Mapping[str, Vectors]) -> None:
    """Keep the vectors of texts in `file`, replacing it whole."""
    unfinished = file.with_suffix(f".{os.getpid()}.npz")
    texts = np.frombuffer(json.dumps(list(vectors)).encode(), np.uint8)
    np.savez(unfinished, texts=texts, vectors=np.array(list(vectors.values())))
    unfinished.replace(file)


class EmbeddingError(Exception):
    """The model gave no vectors."""


class Embedding(Protocol):
    """A sentence model. Vectors of models of different names are not compared."""

    @property
    def name(self) -> str:
        """Which model it is."""
        ...

    @property
    def dimensions(self) -> int:
        """The length of a vector: a multiple of 8."""
        ...

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """One row of length 1 for each text. Raises `EmbeddingError`."""
        ...


class Embedder:
    """A sentence model in this process: llama.cpp, one thread, no port asked."""

    name = "all-MiniLM-L6-v2"
    dimensions = 384

    def __init__(self, model: Path) -> None:
        """Load the GGUF file `model`: a fraction of a second."""
        params = xllamacpp.CommonParams()
        params.model.path = str(model)
        params.embedding = True
        params.hostnames = ["127.0.0.1"]
        params.port = 0
        params.n_parallel = 1
        params.n_ctx = params.n_batch = params.n_ubatch = _TOKENS
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
        params.cpuparams.poll = params.cpuparams_batch.poll = 0
        params.cache_ram_mib = 0
        params.verbosity = 0
        self._server = xllamacpp.Server(params)

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """One row of length 1 for each text, off the event loop. Raises `EmbeddingError`."""
        return await asyncio.to_thread(self._embed, texts)

    def _embed(self, texts: Sequence[str]) -> Vectors:
        asked = {"input": [" ".join(text.split()[-_WORDS:]) for text in texts]}
        answer = self._server.handle_embeddings(asked)
        if "data" not in answer:
            raise EmbeddingError(json.dumps(answer.get("error", answer)))
        rows = np.array([row["embedding"] for row in answer["data"]], np.float32)
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)
