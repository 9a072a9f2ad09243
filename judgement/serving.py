"""The local model server: llama.cpp in this process, OpenAI-compatible over HTTP.

One server writes the replies, another answers the judge's questions; the base model is
in memory once for both. Each talk has a slot of the judge's server, whose cache holds
the talk so far.
"""

import importlib.util
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import xllamacpp as _xllamacpp  # pyright: ignore[reportMissingTypeStubs]

from judgement.prompt import LABELS

xllamacpp: Any = _xllamacpp  # it has no types

UBATCH = 256  # tokens read at once: the fewer, the less memory


class ModelMissing(Exception):
    """The model file is not there; the text says where it was looked for and what to do."""


def packaged_model(package: str) -> Path:
    """The GGUF file inside a weight package, found without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModelMissing(f"the weight package {package} is not installed: run `make setup`")
    files = sorted(Path(spec.origin).parent.glob("*.gguf"))
    if not files:
        raise ModelMissing(f"the weight package {package} holds no .gguf file")
    return files[0]


class LocalServer:
    """A running server. Listens on a free port of the loopback address only.

    Several on one model file hold its weights once: they map the same file. A
    server with an adapter answers the judge's questions alone, since llama.cpp
    lets a request with an adapter wait until every reply without one is over.
    """

    def __init__(
        self,
        model: Path,
        *,
        slots: int = 4,
        context: int = 8192,
        threads: int = 1,
        adapters: Sequence[Path] = (),
    ) -> None:
        """Load `model` and listen: about a second. `context` tokens are shared by the slots.

        Every answer is given with all `adapters`, which must fit (see
        `judgement.artefact`): a wrong one ends the process.
        """
        if not model.is_file():
            raise ModelMissing(f"there is no model file at {model}")
        params = xllamacpp.CommonParams()
        params.model.path = str(model)
        params.hostnames = ["127.0.0.1"]
        params.port = 0
        params.n_parallel = slots
        params.n_ctx = context
        params.n_ubatch = min(UBATCH, context)
        params.cpuparams.n_threads = threads
        params.cpuparams_batch.n_threads = threads
        params.cpuparams.poll = params.cpuparams_batch.poll = 0  # don't spin: others need the cores
        params.cache_ram_mib = 128  # by default it keeps old prompts in up to 8 GB
        params.verbosity = 0
        params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(each)) for each in adapters]
        self._server = xllamacpp.Server(params)
        self._slots = itertools.cycle(range(slots))

    @property
    def url(self) -> str:
        """The base address of its OpenAI-compatible API."""
        return f"{self._server.listening_address}/v1"

    def slot(self) -> int:
        """A slot for one use in one talk; they go round when there are more talks."""
        return next(self._slots)

    async def warm(self, instruction: str) -> None:
        """Answer once with `instruction` before it, so that a talk finds it in the cache."""
        messages = [
            {"role": "system", "content": instruction},
            {"role": "user", "content": "Hello."},
        ]
        async with httpx.AsyncClient(base_url=self.url, timeout=60) as client:
            asked = {"messages": messages, "max_tokens": 1}
            (await client.post("/chat/completions", json=asked)).raise_for_status()

    async def label_tokens(self) -> dict[str, int]:
        """The token of each label that is a single token in this model."""
        tokens: dict[str, int] = {}
        async with httpx.AsyncClient(base_url=self._server.listening_address) as client:
            for label in LABELS.values():
                answer = await client.post("/tokenize", json={"content": label})
                ids = answer.raise_for_status().json()["tokens"]
                if len(ids) == 1:
                    tokens[label] = ids[0]
        return tokens
