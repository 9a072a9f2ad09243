"""What the store in Postgres keeps, forgets and finds: its rows and its vectors."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import numpy as np
import pytest

from memory.keeper import Keeper
from memory.outbox import Outboxed
from memory.postgres import holdings
from memory.store import Sort
from tests.embeddings import Hashed
from tests.memories import NOON, said, texts
from tests.postgres import PASSWORD, Server, postgres  # noqa: F401
from tests.postgres_place import Held, Place, counted, sam_and_ann

OF_USERS = ("users", "memories", "words", "meanings", "waiting")


@pytest.fixture
async def place(postgres: Server) -> AsyncIterator[Place]:  # noqa: F811
    place = Place(postgres)
    yield place
    await place.close()


async def test_what_is_forgotten_leaves_no_row(place: Place):
    await sam_and_ann(place)
    assert await place.store().forget("ann") == 1
    for table in OF_USERS[:-1]:
        assert place.all_rows(table) == place.rows(table, user="sam") > 0
    assert place.all_rows("waiting") == 0


async def test_with_a_turn_go_its_facts_and_its_talks_summary(place: Place):
    store = place.store(Hashed())
    await store.remember(
        said("we meet on Thursday", id="turn"),
        said("the meeting is on Thursday", sort=Sort.FACT, id="fact", source="turn"),
        said("a talk about Thursday", sort=Sort.SUMMARY, id="summary"),
        said("a talk about tea", sort=Sort.SUMMARY, id="other", talk="another"),
        said("a cup of tea", id="tea", minutes=1),
    )
    await store.settled()
    assert await store.forget("ann", ["turn"]) == 0
    assert await store.forget("sam", ["turn"]) == 3
    assert {memory.id for memory in await store.everything("sam")} == {"other", "tea"}
    left = await texts(store, "Thursday", limit=9)
    assert sorted(left) == ["a cup of tea", "a talk about tea"]
    assert place.all_rows("meanings") == place.all_rows("memories") == 2
    assert place.all_rows("words") == 4


async def test_a_replaced_memory_leaves_nothing_of_the_first(place: Place):
    store = place.store(Hashed())
    await store.remember(said("Leeds", id="home"), said("York", id="home"))
    await store.remember(said("Bath", id="home"))
    await store.settled()
    assert [memory.text for memory in await store.everything("sam")] == ["Bath"]
    assert [place.all_rows(table) for table in OF_USERS] == [1, 1, 1, 1, 0]


async def test_two_users_may_use_the_same_id(place: Place):
    store = place.store()
    await store.remember(said("Leeds", id="home"), said("York", id="home", user="ann"))
    assert await texts(store, "Leeds") == ["Leeds"]
    assert await texts(store, "York", user="ann") == ["York"]


async def test_expiry_removes_everybodys_old_memories_and_whom_none_is_left_of(place: Place):
    store = place.store()
    for user in ("sam", "ann"):
        await store.remember(*(said("tea", user=user, minutes=i) for i in range(3)))
    await store.remember(said("milk", minutes=5))
    assert await store.expire(NOON + timedelta(minutes=4)) == 6
    assert await texts(store, "tea milk") == ["milk"]
    assert [place.all_rows(table) for table in ("users", "memories", "words")] == [1, 1, 1]
    with pytest.raises(ValueError, match="aware"):
        await store.expire(datetime(2026, 3, 1))


async def test_how_many_a_user_has_is_always_known(place: Place):
    store = place.store()
    await asyncio.gather(*(store.remember(said("tea", id=str(i % 7))) for i in range(30)))
    await store.forget("sam", ["1", "2", "none"])
    with place.connect(user="sam") as connection:
        assert connection.execute("SELECT memories FROM users").fetchone() == (5,)
        assert counted(connection, "memories") == 5


async def test_remembering_and_forgetting_at_once_leaves_no_stray_row(place: Place):
    store = place.store(Hashed())
    for turn in range(5):
        await asyncio.gather(
            *(store.remember(said(f"tea {i}")) for i in range(10)),
            *(store.forget("sam") for _ in range(3)),
            *(store.forget("sam", [f"tea {i} 0"]) for i in range(3)),
            store.expire(NOON + timedelta(minutes=turn % 2)),
        )
    await store.settled()
    await store.forget("sam")
    assert [place.all_rows(table) for table in OF_USERS] == [0] * 5


async def test_a_word_longer_than_an_index_takes_is_kept_and_found(place: Place):
    store = place.store()
    chance = np.random.default_rng(1)
    word = "".join(chr(each) for each in chance.integers(0x4E00, 0x9F00, 9000))
    await store.remember(said(word, id="long"))
    assert await texts(store, word) == [word]


# Meaning


async def test_what_means_the_same_is_found_without_a_common_word(place: Place):
    store = place.store(Hashed())
    await store.remember(said("the hound sleeps"), said("the kettle boils", minutes=1))
    await store.settled()
    assert (await texts(store, "dog"))[0] == "the hound sleeps"


async def test_the_index_finds_the_few_of_one_among_the_many_of_others(
    place: Place, monkeypatch: pytest.MonkeyPatch
):
    store = place.store(Hashed())
    for user in ("ann", "bob"):
        await store.remember(*(said(f"dog {i}", user=user, minutes=i) for i in range(200)))
    await store.remember(said("the tram"), said("the hound"), said("the kettle"))
    await store.settled()
    exact = await texts(store, "dog")
    assert exact[0] == "the hound" and len(exact) == 3
    monkeypatch.setattr(holdings, "INDEXED_FROM", 0)
    place.dsn += quote(" -c enable_sort=off")  # so few rows would be sorted, not looked up
    assert await texts(place.store(Hashed()), "dog") == exact


async def test_another_model_makes_all_vectors_anew(place: Place):
    first = place.store(Hashed())
    await first.remember(said("the hound sleeps"), said("the hound barks", user="ann"))
    await first.settled()
    other = Hashed("other", 128)
    second = place.store(other)
    await second.recall("sam", "dog")
    await second.settled()
    assert (await texts(second, "dog"))[0] == "the hound sleeps"
    assert len(other.asked) == 2 + 2
    assert place.all_rows("meanings") == 2


async def test_no_model_is_asked_for_a_decisions_vector(place: Place):
    decision = said("refused a discount", sort=Sort.DECISION)
    for name in ("one", "other"):
        model = Hashed(name)
        store = place.store(model)
        await store.remember(decision, said("tea"))
        await store.settled()
        assert model.asked == ["tea"]


async def test_vectors_of_two_models_are_never_mixed(place: Place):
    first, second = Hashed(), Hashed("other")
    old, new = place.store(first), place.store(second)
    await old.remember(said("the hound sleeps"))
    await old.settled()
    await new.recall("sam", "dog")
    await new.settled()
    made = len(first.asked)
    await old.remember(said("the hound barks"))
    await old.settled()
    assert len(first.asked) == made  # they wait for the store with the model in use
    assert await texts(old, "dog") == []  # nor compared
    assert (await texts(old, "barks"))[0] == "the hound barks"
    await new.recall("sam", "dog")
    await new.settled()
    assert await texts(new, "dog")


async def test_the_model_may_change_while_memories_come_and_go(
    place: Place, caplog: pytest.LogCaptureFixture
):
    stores = [place.store(Hashed(name)) for name in ("first", "second", "third")]
    for store in stores:
        await asyncio.gather(
            store.recall("sam", "tea"),
            *(each.remember(said(f"tea {i}", id=str(i % 6))) for i in range(10) for each in stores),
            *(each.forget("sam", [str(i)]) for i in range(6) for each in stores),
        )
    await asyncio.gather(*(each.settled() for each in stores))
    assert not caplog.records
    assert place.all_rows("meanings") == place.all_rows("memories")


async def test_two_stores_share_the_making_of_vectors(place: Place):
    embeddings = [Hashed(), Hashed()]
    stores = [place.store(each) for each in embeddings]
    for i in range(20):
        await stores[i % 2].remember(said(f"cup {i}"))
    for store in stores:
        await store.settled()
    made = [text for each in embeddings for text in each.asked]
    assert sorted(made) == sorted(f"cup {i}" for i in range(20))


async def test_a_vector_that_comes_after_the_forgetting_is_not_kept(place: Place):
    embedding = Held()
    store = place.store(embedding)
    await store.remember(said("my secret"))
    async with asyncio.timeout(5):
        await embedding.is_asked.wait()
    assert await store.forget("sam") == 1
    embedding.free.set()
    await store.settled()
    assert [place.all_rows(table) for table in OF_USERS] == [0] * 5


DOWN = 30.0  # s


@pytest.mark.slow
async def test_a_talk_goes_on_while_the_server_is_down_for_half_a_minute(
    place: Place, tmp_path: Path
):
    """What is said meanwhile is written when it is back, and nobody waits."""
    store = Outboxed(place.store(), tmp_path / "outbox.db", delays=(0.5,))
    keeper = Keeper(store, "sam", "talk", consent=True)
    await keeper.start()
    keeper.heard("user", "before the fall", NOON)
    await keeper.settled()
    place.server.stop()
    try:
        end = asyncio.get_running_loop().time() + DOWN
        spoken = 0
        while (began := asyncio.get_running_loop().time()) < end:
            keeper.heard("user", f"number {spoken}", NOON + timedelta(seconds=spoken))
            keeper.saying(f"and then number {spoken}")
            assert asyncio.get_running_loop().time() - began < 0.05
            spoken += 1
            await asyncio.sleep(0.25)
    finally:
        place.server.start()
    await keeper.close()
    assert await store.delivered() == 0
    turns = [each.text for each in await store.everything("sam") if each.sort is Sort.TURN]
    assert len(turns) == spoken + 1
    await store.close()
