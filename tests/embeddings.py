"""A sentence model for tests: words hashed into few dimensions, and one that is down."""

import hashlib
from collections.abc import Sequence

import numpy as np

from memory.embedding import EmbeddingError, Vectors
from memory.terms import terms_in

# What means the same to this model.
SAME = {"feline": "cat", "purchas": "buy", "automobil": "car", "hound": "dog", "tram": "train"}


class Hashed:
    """Vectors of a text's terms; `SAME` words count as one. It can be down."""

    def __init__(self, name: str = "hashed", dimensions: int = 64) -> None:
        self.name = name
        self.dimensions = dimensions
        self.is_down = False
        self.asked: list[str] = []

    async def embed(self, texts: Sequence[str]) -> Vectors:
        if self.is_down:
            raise EmbeddingError("the model is down")
        self.asked += texts
        return np.array([self._vector(text) for text in texts])

    def _vector(self, text: str) -> Vectors:
        vector = np.full(self.dimensions, 1e-3, np.float32)
        for term in terms_in(text):
            seed = int(hashlib.sha256(SAME.get(term, term).encode()).hexdigest()[:8], 16)
            vector += np.random.default_rng(seed).standard_normal(self.dimensions)
        return (vector / np.linalg.norm(vector)).astype(np.float32)
