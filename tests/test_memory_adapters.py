"""What mem0 and Letta promise, and cannot, besides what every memory store does."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port

from memory.embedding import Vectors
from memory.store import MemoryStore, MemoryStoreError
from tests.embeddings import Hashed
from tests.letta_server import LettaServer
from tests.libraries import adapter, letta_store, mem0_store
from tests.memories import NOON, said, texts


class Letta(NamedTuple):
    """A stand-in that runs."""

    server: LettaServer
    port: int


@pytest.fixture
async def letta() -> AsyncIterator[Letta]:
    server = LettaServer(Hashed().embed)
    async with server.serve() as served:
        assert served.port is not None
        yield Letta(server, served.port)


@pytest.fixture(params=["mem0", "letta"])
async def store(
    request: pytest.FixtureRequest, tmp_path: Path, letta: Letta
) -> AsyncIterator[MemoryStore]:
    store = mem0_store(tmp_path) if request.param == "mem0" else letta_store(letta.port)
    yield store
    await store.close()


async def test_an_id_that_is_there_twice_in_one_call_is_as_new_as_the_later(store: MemoryStore):
    await store.remember(said("w", id="w"))
    await store.remember(said("x", id="a"), said("y", id="b"), said("z", id="a"), said("x", id="c"))
    assert [memory.text for memory in await store.everything("sam")] == ["w", "y", "z", "x"]


async def test_mem0_keeps_what_it_has_acknowledged(tmp_path: Path):
    for minutes in range(2):
        store = mem0_store(tmp_path)
        await store.remember(said("tea", minutes=minutes))
        await store.close()
    store = mem0_store(tmp_path)
    assert len(await store.everything("sam")) == 2
    await store.close()


async def test_a_failed_call_leaves_nothing_in_mem0(tmp_path: Path):
    async def picky(texts: Sequence[str]) -> Vectors:
        if "milk" in texts:
            raise ConnectionError("the model is away")
        return await Hashed().embed(texts)

    store = adapter("mem0").Mem0Store.local(tmp_path, picky)
    await store.remember(said("water", id="a"))
    with pytest.raises(MemoryStoreError, match="remembering failed: .*the model is away"):
        await store.remember(said("tea", id="a"), said("milk"))
    assert [memory.text for memory in await store.everything("sam")] == ["water"]
    await store.close()


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # Qdrant's, of the lock
async def test_a_folder_that_another_holds_is_named_and_read_when_it_is_free(tmp_path: Path):
    first, other = mem0_store(tmp_path), mem0_store(tmp_path)
    await first.remember(said("tea"))
    with pytest.raises(MemoryStoreError, match=f"mem0 in {tmp_path}/mem0: listing failed"):
        await other.everything("sam")
    await first.close()
    assert len(await other.everything("sam")) == 1
    await other.close()


async def test_memories_that_others_put_into_mem0_are_left_alone(tmp_path: Path):
    module = adapter("mem0")
    none = {"provider": "openai", "config": {"api_key": "none"}}
    place = {"path": f"{tmp_path}", "embedding_model_dims": 10}
    made = module.mem0.Memory.from_config(
        {
            "history_db_path": ":memory:",
            "llm": none,
            "embedder": none,
            "vector_store": {"provider": "qdrant", "config": place},
        }
    )
    made.embedding_model = import_module("mem0.embeddings.mock").MockEmbeddings()
    made.add("theirs", user_id="sam", infer=False)
    made.add("theirs", user_id="sam", agent_id="repartee", infer=False)
    store = module.Mem0Store(made)
    await store.remember(said("ours"))
    assert await texts(store, "any", limit=9) == ["ours"]
    assert await store.expire(NOON + timedelta(days=1)) == 1
    assert len(made.get_all(filters={"user_id": "sam"})["results"]) == 2
    await store.close()


async def test_a_list_that_may_be_cut_short_is_an_error(tmp_path: Path):
    store = mem0_store(tmp_path, most=2)
    for _ in range(3):
        await store.remember(said("tea"))  # the same id: one is left
    assert await store.everything("sam") == [said("tea")]
    await store.remember(said("milk"))
    with pytest.raises(MemoryStoreError, match="2 memories or more"):
        await store.everything("sam")
    await store.close()


async def test_nothing_local_is_reported_to_the_makers_of_mem0(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    module = adapter("mem0")
    telemetry = import_module("mem0.memory.telemetry")
    assert not telemetry.MEM0_TELEMETRY
    monkeypatch.setattr(telemetry, "MEM0_TELEMETRY", True)  # as if imported by others before
    store = module.Mem0Store.local(tmp_path, Hashed().embed)
    with pytest.raises(MemoryStoreError, match="set MEM0_TELEMETRY=False"):
        await store.remember(said("tea"))
    await store.close()


async def test_a_vector_store_that_is_down_is_named():
    module = adapter("mem0")
    away = import_module("qdrant_client").QdrantClient(
        host="127.0.0.1", port=unused_port(), check_compatibility=False
    )
    place = {"provider": "qdrant", "config": {"client": away, "path": "unused"}}
    none = {"provider": "openai", "config": {"api_key": "none"}}
    store = module.Mem0Store({"llm": none, "embedder": none, "vector_store": place})
    with pytest.raises(MemoryStoreError, match="mem0 over qdrant: recalling failed"):
        await store.recall("sam", "tea")
    await store.close()


async def test_a_letta_server_that_is_down_is_named():
    store = letta_store(unused_port())
    calls = [
        store.remember(said("tea")),
        store.recall("sam", "tea"),
        store.facts("sam"),
        store.everything("sam"),
        store.last_seen("sam"),
        store.forget("sam"),
        store.expire(NOON),
    ]
    for call in calls:
        with pytest.raises(MemoryStoreError, match=r"Letta at http://127.0.0.1.* no answer"):
            await call
    await store.close()


async def test_what_a_letta_server_refuses_is_told(letta: Letta):
    store = letta_store(letta.port)
    await store.remember(said("tea"))

    async def broken(texts: Sequence[str]) -> Vectors:
        raise web.HTTPInternalServerError(text='{"detail": "the model is away"}')

    letta.server.embed = broken
    with pytest.raises(MemoryStoreError, match="remembering failed: .*500.*model is away"):
        await store.remember(said("milk"))
    assert [memory.text for memory in await store.everything("sam")] == ["tea"]
    await store.close()


async def test_letta_stores_of_other_prefixes_and_processes_share_a_server(letta: Letta):
    one, two = letta_store(letta.port), letta_store(letta.port)
    other = letta_store(letta.port, "repartee/other")
    await one.remember(said("tea", id="a"))
    await other.remember(said("milk", id="a"))
    await two.remember(said("water", id="a"))
    assert [memory.text for memory in await one.everything("sam")] == ["water"]
    assert len(letta.server.passages) == 2
    assert await one.expire(NOON + timedelta(days=1)) == 1
    assert [memory.text for memory in await other.everything("sam")] == ["milk"]
    for store in (one, two, other):
        await store.close()


async def test_of_an_id_that_two_processes_kept_the_later_is_told(letta: Letta):
    one, two = letta_store(letta.port), letta_store(letta.port)
    await two.remember(said("milk", id="b"))
    await one.remember(said("cold tea", id="a"))
    await two.remember(said("hot tea", id="a"))  # not knowing of the cold
    for store in (one, two):
        assert await texts(store, "cold tea") == ["hot tea", "milk"]
        assert [memory.text for memory in await store.everything("sam")] == ["milk", "hot tea"]
    assert await one.forget("sam", ["a"]) == 1
    assert [memory.text for memory in await two.everything("sam")] == ["milk"]
    await one.close()
    await two.close()


async def test_an_earlier_passage_that_could_not_be_removed_goes_the_next_time(letta: Letta):
    store = letta_store(letta.port)
    await store.remember(said("cold tea", id="a"))
    letta.server.removes_none = True
    with pytest.raises(MemoryStoreError, match="remembering failed: .*read-only"):
        await store.remember(said("hot tea", id="a"))
    assert [memory.text for memory in await store.everything("sam")] == ["hot tea"]
    letta.server.removes_none = False
    await store.remember(said("green tea", id="a"))
    assert [passage["text"] for passage in letta.server.passages.values()] == ["green tea"]
    await store.close()


async def test_more_passages_than_a_page_are_all_told_and_forgotten(letta: Letta):
    store = letta_store(letta.port)
    many = [said(f"cup {number}") for number in range(350)]  # all of one instant
    await store.remember(*many)
    assert await store.everything("sam") == many
    assert await store.forget("sam", ["sam cup 7 0", "sam cup 349 0"]) == 2
    assert await store.expire(NOON + timedelta(microseconds=1)) == 348
    await store.close()


async def test_two_archives_of_one_user_are_told_as_one(letta: Letta):
    store = letta_store(letta.port)
    await store.remember(said("tea"), said("milk", minutes=1))
    [archive] = letta.server.archives.values()
    letta.server.archives["archive-2"] = {**archive, "id": "archive-2"}
    next(iter(letta.server.passages.values()))["archive_id"] = "archive-2"
    assert await texts(store, "milk") == ["milk", "tea"]
    assert [memory.text for memory in await store.everything("sam")] == ["tea", "milk"]
    assert await store.forget("sam") == 2
    assert letta.server.archives == letta.server.passages == {}
    await store.close()
