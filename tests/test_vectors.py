"""Meanings in SQLite: found by what means the same, made behind, another model's begun anew."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from memory.sqlite.store import SqliteStore
from memory.store import Memory, Sort
from tests.embeddings import Hashed

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def said(text: str, minutes: int = 0, user: str = "sam") -> Memory:
    name = f"{user} {text}"
    when = NOON + timedelta(minutes=minutes)
    return Memory(name, user, "talk", Sort.TURN, "user", text, when)


async def best(store: SqliteStore, query: str, user: str = "sam") -> list[str]:
    return [memory.text for memory in await store.recall(user, query, limit=2)]


async def codes(store: SqliteStore) -> int:
    return (await store.look(lambda file: file.execute("SELECT count(*) FROM codes").fetchall()))[
        0
    ][0]


async def test_what_means_the_same_is_found_without_a_shared_word(tmp_path: Path):
    store = SqliteStore(tmp_path / "memory.db", Hashed())
    await store.remember(said("our cat sleeps"), said("the weather is grey", 1))
    await store.settled()
    assert (await best(store, "feline"))[0] == "our cat sleeps"
    assert await best(store, "feline", user="ann") == []
    await store.close()


async def test_while_the_model_is_down_words_are_enough(tmp_path: Path, caplog):
    model = Hashed()
    model.is_down = True
    store = SqliteStore(tmp_path / "memory.db", model)
    await store.remember(said("our cat sleeps"))
    assert await best(store, "cat") == ["our cat sleeps"]
    assert caplog.text.count("found by their words alone") == 1
    await store.close()


async def test_vectors_that_are_missing_are_made_by_the_next_store(tmp_path: Path):
    first = SqliteStore(tmp_path / "memory.db")
    await first.remember(said("our cat sleeps"))
    await first.close()
    second = SqliteStore(tmp_path / "memory.db", Hashed())
    await best(second, "anything")
    await second.settled()
    assert await best(second, "feline") == ["our cat sleeps"]
    await second.close()


async def test_another_model_begins_anew(tmp_path: Path):
    first = SqliteStore(tmp_path / "memory.db", Hashed())
    await first.remember(said("our cat sleeps"))
    await first.settled()
    await first.close()
    other = Hashed("other", dimensions=32)
    second = SqliteStore(tmp_path / "memory.db", other)
    await best(second, "anything")
    await second.settled()
    assert "our cat sleeps" in other.asked
    assert await best(second, "feline") == ["our cat sleeps"]
    await second.close()


async def test_no_model_is_asked_for_a_decisions_vector(tmp_path: Path):
    decision = replace(said("refused a discount"), sort=Sort.DECISION)
    for name in ("one", "other"):
        model = Hashed(name)
        store = SqliteStore(tmp_path / "memory.db", model)
        await store.remember(decision, said("tea"))
        await store.settled()
        assert model.asked == ["tea"]
        await store.close()


async def test_a_forgotten_memory_leaves_no_vector(tmp_path: Path):
    store = SqliteStore(tmp_path / "memory.db", Hashed())
    await store.remember(said("our cat sleeps"), said("tea", 1), said("milk", 2))
    await store.settled()
    assert await codes(store) == 3
    assert await store.forget("sam", ["sam tea"]) == 1
    assert await codes(store) == 2
    await store.forget("sam")
    assert await codes(store) == 0
    await store.close()
