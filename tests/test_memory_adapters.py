"""What mem0 and Letta hold of what every memory store promises."""

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
import pytest
from aiohttp import web
from aiohttp.test_utils import unused_port
from numpy.typing import NDArray

from memory.store import Memory, MemoryStore, MemoryStoreError, Sort
from tests.letta_server import LettaServer

os.environ.setdefault("MEM0_DIR", f"{tempfile.gettempdir()}/mem0")  # it makes one when imported

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DIMENSIONS = 64


async def embed(texts: Sequence[str]) -> NDArray[np.float32]:
    """Hashed words, counted: texts that share words lie close together."""
    rows = np.zeros((len(texts), DIMENSIONS), np.float32)
    for row, text in zip(rows, texts, strict=True):
        for word in text.lower().split():
            row[crc32(word.strip(".,?").encode()) % DIMENSIONS] += 1
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)


def said(text: str, *, id: str = "", user: str = "sam", minutes: int = 0, **more: str):
    when = NOON + timedelta(minutes=minutes)
    sort = Sort(more.pop("sort", Sort.TURN))
    talk = more.pop("talk", "talk")
    return Memory(id or f"{user} {text} {minutes}", user, talk, sort, "user", text, when, **more)


def adapter(library: str) -> Any:
    """The module of an adapter, which is to import the library first. Skips where it is missing."""
    name = {"mem0": "mem0", "letta": "letta_client"}[library]
    if find_spec(name) is None:
        pytest.skip(f"{name} is not installed")
    return import_module(f"memory.adapters.{library}")


def mem0_store(folder: Path, **settings: Any) -> MemoryStore:
    return adapter("mem0").Mem0Store.local(folder / "mem0", embed, **settings)


def letta_store(port: int, prefix: str = "repartee") -> MemoryStore:
    module = adapter("letta")
    client = module.AsyncLetta(base_url=f"http://127.0.0.1:{port}", max_retries=0)
    return module.LettaStore(client, prefix=prefix)


class Letta(NamedTuple):
    """A stand-in that runs."""

    server: LettaServer
    port: int


@pytest.fixture
async def letta() -> AsyncIterator[Letta]:
    server = LettaServer(embed)
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


async def texts(store: MemoryStore, query: str, *, user: str = "sam", limit: int = 3):
    return [memory.text for memory in await store.recall(user, query, limit=limit)]


async def test_a_memory_comes_back_as_it_was(store: MemoryStore):
    fact = said("The meeting is on Thursday.", sort="fact", about="meeting", value="Thursday")
    await store.remember(fact)
    assert await store.recall("sam", "when is the meeting?") == [fact]
    assert await store.everything("sam") == await store.facts("sam") == [fact]


async def test_a_time_comes_back_as_utc(store: MemoryStore):
    east = datetime(2026, 3, 1, 14, 0, 0, 123456, timezone(timedelta(hours=2)))
    await store.remember(Memory("a", "sam", "talk", Sort.TURN, "user", "a late train", east))
    [found] = await store.recall("sam", "train")
    assert found.when == east and found.when.tzinfo is UTC


async def test_a_naive_time_is_refused_and_nothing_is_kept(store: MemoryStore):
    naive = Memory("a", "sam", "talk", Sort.TURN, "user", "x", datetime(2026, 3, 1))
    with pytest.raises(ValueError, match="aware"):
        await store.remember(said("tea"), naive)
    with pytest.raises(ValueError, match="aware"):
        await store.expire(datetime(2026, 3, 1))
    assert await store.everything("sam") == []


async def test_the_same_id_twice_keeps_the_later_one(store: MemoryStore):
    await store.remember(said("I live in Leeds.", id="*"), said("I work in Bath.", id="work"))
    await store.remember(said("I live in York.", id="*", minutes=-5))
    found = await texts(store, "live")
    assert found[0] == "I live in York." and "I live in Leeds." not in found
    assert [memory.id for memory in await store.everything("sam")] == ["*", "work"]
    await store.remember(said("Bath.", id="new"), said("Hull.", id="new"))
    assert "Bath." not in await texts(store, "bath")


async def test_another_users_memories_are_never_recalled(store: MemoryStore):
    await store.remember(said("My cat is called Rex.", user="ann"))
    for user in ("sam", "*", "ann ", ""):
        assert await texts(store, "my cat", user=user) == []
        assert await store.last_seen(user) is None
        assert await store.everything(user) == []
        assert await store.facts(user) == []
        assert await store.forget(user) == 0
        assert await store.forget(user, ["ann My cat is called Rex. 0"]) == 0
    assert await texts(store, "my cat", user="ann") == ["My cat is called Rex."]


async def test_what_shares_more_words_comes_first_and_of_equals_the_newer(store: MemoryStore):
    await store.remember(said("The train was late again."))
    for minutes in (2, 3, 1):
        await store.remember(said("The train to Leeds leaves at nine.", minutes=minutes))
    found = await store.recall("sam", "when does the Leeds train leave", limit=4)
    assert [memory.when.minute for memory in found] == [3, 2, 1, 0]


@pytest.mark.parametrize("limit", [0, 1, 3, -1])
async def test_no_more_come_back_than_asked_for(store: MemoryStore, limit: int):
    await store.remember(*(said("tea", minutes=minutes) for minutes in range(5)))
    assert len(await texts(store, "tea", limit=limit)) == max(limit, 0)


@pytest.mark.parametrize("query", ["", " ", '"', "tea*", "t\0ea tea", "\ud800 tea", "tea " * 5000])
async def test_no_query_breaks_the_search(store: MemoryStore, query: str):
    await store.remember(said("a cup of tea"))
    assert await texts(store, query) in (["a cup of tea"], [])


@pytest.mark.parametrize("text", ["a lone \ud800 surrogate", "a \0 zero", "", " ", "🙂" * 10000])
async def test_odd_texts_and_users_are_kept(store: MemoryStore, text: str):
    await store.remember(said(text, id=f"{text}!", user=text), said("other"))
    [found] = await store.everything(text)
    assert found.text.startswith(text[:2]) and len(found.text) >= len(text) - 1
    assert await store.forget(text, [f"{text}!"]) == 1
    assert await store.everything(text) == []


async def test_everything_is_told_oldest_first(store: MemoryStore):
    for minutes in (2, 1, 3):
        await store.remember(said(str(minutes), minutes=minutes))
    assert [memory.text for memory in await store.everything("sam")] == ["1", "2", "3"]


async def test_of_one_instant_what_was_kept_first_is_told_first(store: MemoryStore):
    many = [said(f"cup {number}") for number in range(12)]
    await store.remember(*many[:6])
    await store.remember(*many[6:])
    assert await store.everything("sam") == many
    await store.remember(said("x", id="a"), said("y", id="b"), said("z", id="a"), said("x", id="c"))
    assert [memory.text for memory in await store.everything("sam")][12:] == ["y", "z", "x"]


async def test_a_user_was_last_seen_at_their_newest_memory(store: MemoryStore):
    assert await store.last_seen("sam") is None
    await store.remember(said("later", minutes=5))
    await store.remember(said("earlier"))
    assert await store.last_seen("sam") == NOON + timedelta(minutes=5)


async def test_forgetting_removes_one_user_and_counts(store: MemoryStore):
    await store.remember(*(said("tea", minutes=minutes) for minutes in range(3)))
    await store.remember(said("tea", user="ann"))
    assert await store.forget("sam") == 3
    assert await store.forget("sam") == 0
    assert await texts(store, "tea") == []
    assert await texts(store, "tea", user="ann") == ["tea"]
    await store.remember(said("milk"))
    assert await texts(store, "milk") == ["milk"]


async def test_with_a_turn_go_its_facts_and_the_summary_of_its_talk(store: MemoryStore):
    await store.remember(
        said("My meeting is on Thursday.", id="turn"),
        said("It will be long.", id="other turn"),
        said("The meeting is on Thursday.", id="fact", sort="fact", source="turn"),
        said("The user has a cat.", id="other fact", sort="fact", source="gone"),
        said("They spoke of a meeting.", id="summary", sort="summary"),
        said("They spoke of a cat.", id="other summary", sort="summary", talk="before"),
    )
    assert [memory.id for memory in await store.facts("sam")] == ["fact", "other fact"]
    assert await store.forget("sam", ["turn", "unknown"]) == 3
    left = [memory.id for memory in await store.everything("sam")]
    assert left == ["other turn", "other fact", "other summary"]
    assert await store.forget("sam", ["gone"]) == 1  # its fact is still there
    assert await store.forget("sam", []) == 0


async def test_what_is_older_expires_for_every_user(store: MemoryStore):
    await store.remember(said("tea"), said("milk", minutes=1), said("tea", user="a b"))
    assert await store.expire(NOON) == 0
    assert await store.expire(NOON + timedelta(microseconds=1)) == 2
    assert [memory.text for memory in await store.everything("sam")] == ["milk"]
    await store.remember(said("tea"))
    assert len(await store.everything("sam")) == 2


async def test_a_closed_store_raises_and_closes_twice(store: MemoryStore):
    await store.remember(said("tea"))
    await store.close()
    await store.close()
    for asked in (store.recall("sam", "tea"), store.remember(), store.expire(NOON)):
        with pytest.raises(MemoryStoreError, match="closed"):
            await asked


async def test_calls_at_once_are_all_answered(store: MemoryStore):
    await asyncio.gather(*(store.remember(said("tea", minutes=i)) for i in range(20)))
    assert len(await store.everything("sam")) == 20


async def test_mem0_keeps_what_it_has_acknowledged(tmp_path: Path):
    for minutes in range(2):
        store = mem0_store(tmp_path)
        await store.remember(said("tea", minutes=minutes))
        await store.close()
    store = mem0_store(tmp_path)
    assert len(await store.everything("sam")) == 2
    await store.close()


async def test_a_failed_call_leaves_nothing_in_mem0(tmp_path: Path):
    async def picky(texts: Sequence[str]) -> NDArray[np.float32]:
        if "milk" in texts:
            raise ConnectionError("the model is away")
        return await embed(texts)

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
    store = module.Mem0Store.local(tmp_path, embed)
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

    async def broken(texts: Sequence[str]) -> NDArray[np.float32]:
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
