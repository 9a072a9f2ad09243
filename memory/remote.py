"""A sentence model behind an OpenAI-compatible address."""

from collections.abc import Sequence

import numpy as np
from openai import AsyncOpenAI, OpenAIError

from memory.embedding import EmbeddingError, Vectors


class RemoteEmbedder:
    """An `Embedding` of a server's model, whose name and dimensions the profile gives."""

    def __init__(self, client: AsyncOpenAI, model: str, dimensions: int) -> None:
        """`client` belongs to the caller."""
        self.name = model
        self.dimensions = dimensions
        self._client = client

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """One row of length 1 for each text. Raises `EmbeddingError`."""
        try:
            answer = await self._client.embeddings.create(
                model=self.name, input=list(texts), encoding_format="float"
            )
        except OpenAIError as error:
            raise EmbeddingError(f"{self._client.base_url} {self.name}: {error}") from error
        rows = np.array([row.embedding for row in answer.data], np.float32)
        if rows.shape != (len(texts), self.dimensions):
            shape = f"{rows.shape[0]} vectors of {rows.shape[-1]}"
            raise EmbeddingError(
                f"{self.name} gave {shape}, not {len(texts)} of {self.dimensions}: "
                "see memory.embedding.dimensions"
            )
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
