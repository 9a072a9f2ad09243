"""Memories on their way to a store elsewhere."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from memory.outbox import Outboxed
from memory.store import Memory, MemoryStoreError, Sort
from memory.volatile import VolatileStore
from tests.embeddings import Hashed

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def said(text: str, minutes: int = 0, user: str = "sam") -> Memory:
    return Memory(text, user, "talk", Sort.TURN, "user", text, NOON + timedelta(minutes=minutes))


class Elsewhere(VolatileStore):
    """A store that is down on demand."""

    is_down = False

    async def remember(self, *memories: Memory) -> None:
        if self.is_down:
            raise MemoryStoreError("no route to host")
        await super().remember(*memories)


def outboxed(store: Elsewhere, folder: Path) -> Outboxed:
    return Outboxed(store, folder / "outbox.db", delays=(0.01,))


async def test_what_is_said_while_the_store_is_down_reaches_it_in_order(tmp_path: Path):
    store = Elsewhere()
    store.is_down = True
    box = outboxed(store, tmp_path)
    for minutes in range(120):
        await box.remember(said(f"word{minutes}", minutes))
    assert len(await box.everything("sam")) == 120 and await store.everything("sam") == []
    assert await box.last_seen("sam") == NOON + timedelta(minutes=119)
    store.is_down = False
    assert await box.delivered() == 0
    assert [memory.text for memory in await store.everything("sam")][:2] == ["word0", "word1"]
    await box.close()


async def test_decisions_that_wait_are_told_too(tmp_path: Path):
    store = Elsewhere()
    box = outboxed(store, tmp_path)
    made = [replace(said(f"word{each}", each), sort=Sort.DECISION) for each in range(3)]
    await box.remember(made[0])
    await box.delivered()
    store.is_down = True
    await box.remember(*made[1:], said("tea"))
    assert await box.decisions("sam") == made[::-1]
    assert await box.decisions("sam", limit=2) == made[:0:-1]
    await box.close()


async def test_a_recall_asks_the_store_for_as_much_and_as_relevant(tmp_path: Path):
    store = Elsewhere(Hashed())
    box = outboxed(store, tmp_path)
    await box.remember(said("tea with milk"), said("coffee with milk"))
    await box.delivered()
    await store.settled()
    assert len(await box.recall("sam", "anything")) == 2
    assert len(await box.recall("sam", "anything", limit=1)) == 1
    assert await box.recall("sam", "anything", relevant=True) == []
    await box.close()


def all_bytes(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def _held(store: Elsewhere, count: int) -> bool:
    return len(await store.everything("sam")) == count


async def test_the_next_process_delivers_what_was_left(tmp_path: Path):
    down = Elsewhere()
    down.is_down = True
    first = outboxed(down, tmp_path)
    await first.remember(said("tea"), said("milk", 1))
    await first.close()
    store = Elsewhere()
    second = outboxed(store, tmp_path)
    assert await second.delivered() == 0
    assert await _held(store, 2)
    await second.close()


async def test_forgetting_empties_the_outbox_too(tmp_path: Path):
    store = Elsewhere()
    store.is_down = True
    box = outboxed(store, tmp_path)
    await box.remember(said("secretword"), said("other", 1), said("tea", user="ann"))
    assert await box.forget("sam", ["other"]) == 1
    assert await box.forget("sam") == 1
    assert await box.everything("sam") == []
    assert len(await box.everything("ann")) == 1
    assert b"secretword" not in all_bytes(tmp_path)
    await box.close()


async def test_a_naive_time_is_refused_before_it_waits(tmp_path: Path):
    box = outboxed(Elsewhere(), tmp_path)
    with pytest.raises(ValueError, match="aware"):
        await box.remember(replace(said("tea"), when=datetime(2026, 3, 1)))
    await box.close()
    with pytest.raises(MemoryStoreError, match="closed"):
        await box.remember(said("tea"))
