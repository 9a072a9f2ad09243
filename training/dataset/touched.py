"""Which policy of its persona each row touches most by meaning, as judges are told in a talk."""

import sys
import time
from collections.abc import Iterable, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch

from judgement.moment import Kind, Policy
from judgement.nearest import Nearest
from judgement.rows import moment_of
from judgement.signals import POLICY, POLICY_MATCH
from judgement.words import topic_of
from memory.embedding import Vectors, read_vectors, write_vectors
from memory.minilm import PACKAGE, WeightsMissing
from training.rows import Row

BATCH = 64  # texts at a time
WORDS = 60  # of a text: the last ones, as in a talk


class Remembered:
    """Vectors of texts, each made once and kept in a file between builds.

    The model is that of `memory.embedding`, run by torch in batches: ten times as fast
    for many texts, and the same to a hundredth of a cosine.
    """

    def __init__(self, folder: Path) -> None:
        """The vectors are kept in `folder`. Raises `WeightsMissing`."""
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "vectors.npz"
        self._known = read_vectors(self._file)
        source = _model()
        transformers: Any = import_module("transformers")
        self._tokens: Any = transformers.AutoTokenizer.from_pretrained(source)
        self._model: Any = transformers.AutoModel.from_pretrained(source, dtype=torch.bfloat16)

    async def embed(self, texts: Sequence[str]) -> Vectors:
        """One row of length 1 for each text."""
        self.learn(texts)
        return np.array([self._known[text] for text in texts], np.float32)

    def learn(self, texts: Iterable[str]) -> None:
        """Make the vectors that are not there yet."""
        new = sorted({text for text in texts if text not in self._known}, key=len)
        began = time.monotonic()
        for at in range(0, len(new), BATCH):
            batch = new[at : at + BATCH]
            self._known.update(zip(batch, self._vectors(batch), strict=True))
            if at % (100 * BATCH) == 0 and at:
                rate = at / (time.monotonic() - began)
                print(f"{at} of {len(new)} texts as vectors, {rate:.0f}/s", file=sys.stderr)

    def keep(self) -> None:
        """Write the vectors to the file."""
        write_vectors(self._file, self._known)

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        """The mean over the last `WORDS` words' tokens."""
        shown = [" ".join(text.split()[-WORDS:]) for text in texts]
        tokens = self._tokens(shown, padding=True, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            states = self._model(**tokens).last_hidden_state.float()
        seen = tokens["attention_mask"][..., None].float()
        return torch.nn.functional.normalize((states * seen).sum(1), dim=1).numpy()


def _model() -> str:
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise WeightsMissing(f"the weight package {PACKAGE} is not installed: run `make setup`")
    return str(Path(spec.origin).parent / "model")


async def tell(rows: Iterable[Row], folder: Path) -> int:
    """Put `POLICY` and `POLICY_MATCH` into the signals of pauses with policies; how many.

    `folder` keeps the vectors for the next time.
    """
    moments = [(row, moment_of(row)) for row in rows if _asks(row)]
    if not moments:
        return 0
    vectors = Remembered(folder)
    policies = {policy for _, moment in moments for policy in _policies(moment.persona)}
    vectors.learn({moment.breath for _, moment in moments} | set(map(topic_of, policies)))
    nearest = Nearest(vectors.embed)
    told = 0
    for row, moment in moments:
        found = await nearest.nearest(moment.breath, moment.persona)
        if found:
            match = {POLICY: found[0], POLICY_MATCH: found[1]}
            row["moment"]["signals"] = {**row["moment"].get("signals", {}), **match}
            told += 1
    vectors.keep()
    return told


def _policies(persona: Policy) -> tuple[str, ...]:
    return (*persona.refuse, *persona.deflect)


def _asks(row: Row) -> bool:
    persona = row["moment"].get("persona", {})
    policies = persona.get("refuse") or persona.get("deflect")
    return row["moment"]["kind"] == Kind.PAUSE and bool(policies and row["moment"]["said"].strip())
