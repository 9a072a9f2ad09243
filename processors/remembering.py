"""The memory that a profile names: the sentence model, and the store that every talk writes to."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from openai import AsyncOpenAI

from config.environment import revealed
from config.memory import EmbeddingServer
from config.settings import Settings
from memory.embedding import Embedder, Embedding
from memory.extraction import FactFinder
from memory.minilm import PACKAGE, WeightsMissing, gguf_file
from memory.outbox import Outboxed
from memory.paths import OUTBOX
from memory.remote import RemoteEmbedder
from memory.sqlite.store import SqliteStore
from memory.store import MemoryStore
from memory.volatile import VolatileStore

LETTA_SECONDS = 10.0  # that a Letta server may take to answer


def build_embedding(settings: Settings) -> Embedding | None:
    """The model of the profile; loads it if it is in this process. Raises `SettingsError`."""
    match settings.memory.embedding:
        case "none":
            return None
        case "minilm":
            try:
                return Embedder(gguf_file(PACKAGE, models_folder(settings)))
            except WeightsMissing as error:
                raise settings.error("memory.embedding", str(error)) from error
        case EmbeddingServer() as server:
            key = server.api_key.get_secret_value() if server.api_key else "none"
            url = server.url.rstrip("/").removesuffix("/v1") + "/v1"
            client = AsyncOpenAI(base_url=url, api_key=key, timeout=5, max_retries=1)
            return RemoteEmbedder(client, server.model, server.dimensions)


def build_store(settings: Settings, embedding: Embedding | None) -> MemoryStore:
    """The store of the profile; nothing is opened yet. Raises `SettingsError`."""
    choice = settings.memory
    match choice.store:
        case "sqlite":
            return SqliteStore(Path(choice.path), embedding, begin_anew=True)
        case "postgres":
            return _outboxed(settings, _postgres(settings, embedding))
        case "mem0":
            return _outboxed(settings, _mem0(settings, embedding))
        case "letta":
            return _outboxed(settings, _letta(settings))
        case "none":
            return VolatileStore(embedding)


def _outboxed(settings: Settings, store: MemoryStore) -> MemoryStore:
    return Outboxed(store, Path(settings.memory.path).with_name(OUTBOX))


def _postgres(settings: Settings, embedding: Embedding | None) -> MemoryStore:
    with _installed_by(settings, "scale"):
        from memory.postgres.store import PostgresStore
    assert settings.memory.dsn is not None
    return PostgresStore(settings.memory.dsn.get_secret_value(), embedding)


def _mem0(settings: Settings, embedding: Embedding | None) -> MemoryStore:
    """Over what the profile configures, or else over files and the profile's sentence model."""
    with _installed_by(settings, "mem0"):
        from memory.adapters.mem0 import Mem0Store
    if settings.memory.mem0:
        return Mem0Store(revealed(settings.memory.mem0))
    assert embedding is not None
    return Mem0Store.local(Path(settings.memory.path).with_name("mem0"), embedding.embed)


def _letta(settings: Settings) -> MemoryStore:
    with _installed_by(settings, "letta"):
        from memory.adapters.letta import AsyncLetta, LettaStore
    server = settings.memory.letta
    assert server is not None
    key = server.api_key.get_secret_value() if server.api_key else None
    url = server.url.rstrip("/")
    # The outbox tries again by itself.
    client = AsyncLetta(base_url=url, api_key=key, timeout=LETTA_SECONDS, max_retries=0)
    return LettaStore(client, embedding=server.embedding)


@contextmanager
def _installed_by(settings: Settings, extra: str) -> Generator[None, None, None]:
    """Say how to install what an import inside lacks."""
    try:
        yield
    except ImportError as error:
        reason = f"{error}: pip install -e '.[{extra}]'"
        raise settings.error("memory.store", reason) from error


def models_folder(settings: Settings) -> Path:
    """Where what is made of weight packages is kept."""
    return Path(settings.memory.path).parent / "models"


def build_finder(settings: Settings, server_url: str | None) -> FactFinder | None:
    """What asks the reply model for facts, where the profile wants that. Raises `SettingsError`."""
    if settings.memory.extract == "patterns":
        return None
    arguments = revealed(settings.llm.args)
    model = revealed(settings.llm.settings).get("model", "local")
    url = arguments.get("base_url") or server_url
    if settings.llm.service not in ("llama", "openai", "ollama", "vllm"):
        reason = "llm needs an llm that is llama, openai, ollama or vllm"
        raise settings.error("memory.extract", reason)
    client = AsyncOpenAI(base_url=url, api_key=arguments.get("api_key", "none"), max_retries=1)
    return FactFinder(client, str(model))
