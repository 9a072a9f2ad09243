"""What every memory store promises."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from memory.sqlite.store import SqliteStore
from memory.store import Memory, MemoryStore, MemoryStoreError, Sort
from memory.volatile import VolatileStore
from tests.embeddings import Hashed
from tests.letta_server import LettaServer
from tests.libraries import letta_store, mem0_store
from tests.memories import NOON, said, texts
from tests.postgres import Server, postgres  # noqa: F401 - a fixture

OURS = ["sqlite", "volatile", "postgres"]  # they search by words, in an order of our own


@pytest.fixture(params=[*OURS, "mem0", "letta"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[MemoryStore]:
    async with AsyncExitStack() as stack:
        store = await made(request, tmp_path, stack)
        yield store
        await store.close()


@pytest.fixture(params=OURS)
async def with_model(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SqliteStore]:
    """One of ours that has a sentence model."""
    async with AsyncExitStack() as stack:
        store = await made(request, tmp_path, stack, Hashed())
        yield store  # pyright: ignore[reportReturnType] - any of ours has `settled`
        await store.close()


async def made(
    request: pytest.FixtureRequest,
    folder: Path,
    stack: AsyncExitStack,
    model: Hashed | None = None,
) -> MemoryStore:
    match request.param:
        case "sqlite":
            return SqliteStore(folder / "memory.db", model)
        case "volatile":
            return VolatileStore(model)
        case "mem0":
            return mem0_store(folder)
        case "letta":
            served = await stack.enter_async_context(LettaServer(Hashed().embed).serve())
            assert served.port is not None
            return letta_store(served.port)
        case _:
            server: Server = request.getfixturevalue("postgres")
            from memory.postgres.store import PostgresStore

            return PostgresStore(server.dsn(schema=server.new_schema()), model)


of_ours = pytest.mark.parametrize("store", OURS, indirect=True)


FACT = said("The meeting is on Thursday.", sort=Sort.FACT, about="meeting", value="Thursday")


@pytest.mark.parametrize("memory", [said("The meeting is long."), FACT])
async def test_a_memory_comes_back_as_it_was(store: MemoryStore, memory: Memory):
    await store.remember(memory)
    assert await store.recall("sam", "when is the meeting?") == [memory]
    assert await store.everything("sam") == [memory]
    assert await store.facts("sam") == ([memory] if memory is FACT else [])


async def test_a_time_comes_back_as_utc(store: MemoryStore):
    east = datetime(2026, 3, 1, 14, 0, 0, 123456, timezone(timedelta(hours=2)))
    await store.remember(Memory("a", "sam", "talk", Sort.TURN, "user", "a late train", east))
    [found] = await store.recall("sam", "train")
    assert found.when == east and found.when.tzinfo is UTC


async def test_a_naive_time_is_refused_and_nothing_is_kept(store: MemoryStore):
    naive = Memory("a", "sam", "talk", Sort.TURN, "user", "x", datetime(2026, 3, 1))
    with pytest.raises(ValueError, match="aware"):
        await store.remember(said("tea"), naive)
    assert await store.everything("sam") == []


async def test_the_same_id_twice_keeps_the_later_one(store: MemoryStore):
    await store.remember(said("I live in Leeds.", id="*"), said("I work in Bath.", id="work"))
    await store.remember(said("I live in York.", id="*", minutes=-5))
    found = await texts(store, "live")
    assert found[0] == "I live in York." and "I live in Leeds." not in found
    assert [memory.id for memory in await store.everything("sam")] == ["*", "work"]
    await store.remember(said("Bath.", id="new"), said("Hull.", id="new"))
    assert "Bath." not in await texts(store, "bath")


@of_ours
async def test_the_earlier_words_of_an_id_find_nothing(store: MemoryStore):
    await store.remember(said("I live in Leeds.", id="home"))
    await store.remember(said("I live in York.", id="home"))
    assert await texts(store, "live") == ["I live in York."]
    assert await texts(store, "leeds") == []


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
    await store.remember(said("The train was late again.", talk="first"))
    for minutes in (2, 3, 1):
        text = "The train to Leeds leaves at nine."
        await store.remember(said(text, minutes=minutes, talk=f"talk {minutes}"))
    found = await store.recall("sam", "when does the Leeds train leave", limit=4)
    assert [memory.when.minute for memory in found] == [3, 2, 1, 0]


@of_ours
async def test_a_rarer_word_counts_for_more(store: MemoryStore):
    await store.remember(said("The train was late again."))
    await store.remember(said("The train to Leeds leaves from platform four."))
    assert (await texts(store, "which platform has the Leeds train"))[0].startswith("The train to")


async def test_of_equals_of_one_talk_the_newer_comes_first(store: MemoryStore):
    for minutes in (2, 3, 1):
        await store.remember(said("The code is blue.", minutes=minutes))
    found = await store.recall("sam", "code")
    assert [memory.when.minute for memory in found] == [3, 2, 1]


@of_ours
async def test_a_fact_comes_before_the_turn_it_was_stated_in(store: MemoryStore):
    await store.remember(said("Well hello, my name is Sam."))
    await store.remember(said("The user's name is Sam.", sort=Sort.FACT))
    assert (await texts(store, "what is my name"))[0] == "The user's name is Sam."


@of_ours
async def test_word_endings_do_not_matter(store: MemoryStore):
    await store.remember(said("The user lives in Leeds.", sort=Sort.FACT))
    assert await texts(store, "living") == ["The user lives in Leeds."]


@pytest.mark.parametrize("limit", [0, 1, 3, -1])
async def test_no_more_come_back_than_asked_for(store: MemoryStore, limit: int):
    for minutes in range(5):
        await store.remember(said("tea", minutes=minutes))
    assert len(await texts(store, "tea", limit=limit)) == max(limit, 0)


WALK = "We walked along the river to the old mill."
IDLE = "By the way the weather was quite awful all day."


async def test_what_bears_on_a_query_is_not_left_out(store: MemoryStore):
    await store.remember(said(WALK), said(IDLE, minutes=1))
    for limit in (1, 3):
        found = await store.recall("sam", "the river and the old mill", limit=limit, relevant=True)
        assert found[0] == said(WALK) and len(found) <= limit


async def test_what_does_not_bear_on_a_query_is_left_out_if_so_asked(with_model: SqliteStore):
    await with_model.remember(said(WALK), said(IDLE, minutes=1))
    await with_model.settled()
    query = "the river and the old mill"
    assert await texts(with_model, query) == [WALK, IDLE]
    found = await with_model.recall("sam", query, relevant=True)
    assert [memory.text for memory in found] == [WALK]
    assert await with_model.recall("sam", "hello there", relevant=True) == []


@of_ours
async def test_where_there_is_no_vector_what_shares_a_word_bears_on_a_query(store: MemoryStore):
    await store.remember(said("tea"), said("milk", minutes=1))
    found = await store.recall("sam", "a cup of tea", relevant=True)
    assert [memory.text for memory in found] == ["tea"]


def refusals(count: int) -> list[Memory]:
    """Decisions about one and the same words, a minute apart."""
    text = 'Refused what the user asked for with "make the tea cheaper" (asks for discounts).'
    return [
        said(text, minutes=minutes, sort=Sort.DECISION, about="refuse", source=f"turn {minutes}")
        for minutes in range(count)
    ]


TEA = said("The tea in the market is cheaper.")
DISCOUNT = "asks for discounts: make the tea cheaper"  # closer to the refusals


async def test_decisions_are_told_newest_first_and_no_recall_brings_them(store: MemoryStore):
    made = refusals(60)
    await store.remember(*made, TEA)
    assert await store.recall("sam", DISCOUNT, limit=9) == [TEA]
    assert await store.decisions("sam", limit=3) == made[:-4:-1]
    assert len(await store.decisions("sam")) == 50 and await store.decisions("sam", limit=0) == []
    assert await store.decisions("ann") == []
    assert len(await store.everything("sam")) == 61


async def test_hundreds_of_decisions_take_no_turns_place(with_model: SqliteStore):
    await with_model.remember(TEA, *refusals(300))
    await with_model.settled()
    assert await with_model.recall("sam", DISCOUNT) == [TEA]
    assert len(await with_model.decisions("sam", limit=400)) == 300


async def test_a_decision_is_replaced_and_removed_as_any_memory(store: MemoryStore):
    [made] = refusals(1)
    later = replace(made, value="asked again")
    for each in (made, later):
        await store.remember(each)
    assert await store.decisions("sam") == [later]
    assert await store.forget("sam", ["turn 0"]) == 1
    assert await store.decisions("sam") == []


@of_ours
async def test_words_that_tell_nothing_match_nothing(store: MemoryStore):
    await store.remember(said("what is it that you do"))
    assert await texts(store, "what is it") == []
    assert await texts(store, "") == []


@pytest.mark.parametrize(
    "query",
    ["", " ", '"', "tea\"", "tea AND", "NEAR(tea", "text:tea", "tea*", "^tea", "-tea", "(tea",
     "owner : tea", "tea' OR 1=1 --", "t\0ea tea", "\ud800 tea", "_ tea", "² tea ½", "tea " * 5000],
)  # fmt: skip
async def test_no_query_breaks_the_search(store: MemoryStore, query: str):
    await store.remember(said("a cup of tea"))
    assert await texts(store, query) in (["a cup of tea"], [])


@of_ours
async def test_no_random_query_breaks_the_search(store: MemoryStore):
    await store.remember(said("a cup of tea"))
    chance = random.Random(1)
    alphabet = "ab\"'*^:(){}[]+-_.,;%\\/\0\n\u0301é中ßİ²٣\ud834🙂 ANDORNEAR"
    for _ in range(500):
        query = "".join(chance.choices(alphabet, k=chance.randint(0, 30)))
        await store.recall("sam", query)


@pytest.mark.parametrize("text", ["a lone \ud800 surrogate", "a \0 zero", "", " ", "🙂" * 10000])
async def test_odd_texts_and_users_are_kept(store: MemoryStore, text: str):
    for ids in ([f"{text}!"], None):
        await store.remember(said(text, id=f"{text}!", user=text), said("other"))
        [found] = await store.everything(text)
        assert found.text.startswith(text[:2]) and len(found.text) >= len(text) - 1
        assert await store.forget(text, ids) == 1
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
        said("The meeting is on Thursday.", id="fact", sort=Sort.FACT, source="turn"),
        said("The user has a cat.", id="other fact", sort=Sort.FACT, source="gone"),
        said("They spoke of a meeting.", id="summary", sort=Sort.SUMMARY),
        said("They spoke of a cat.", id="other summary", sort=Sort.SUMMARY, talk="before"),
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


async def test_nothing_expires_before_a_naive_time(store: MemoryStore):
    await store.remember(said("tea"))
    with pytest.raises(ValueError, match="aware"):
        await store.expire(datetime(2030, 3, 1))
    assert await store.everything("sam") == [said("tea")]


async def test_a_closed_store_raises_and_closes_twice(store: MemoryStore):
    await store.remember(said("tea"))
    await store.close()
    await store.close()
    for asked in (store.recall("sam", "tea"), store.remember(), store.expire(NOON)):
        with pytest.raises(MemoryStoreError, match="closed"):
            await asked


async def test_calls_at_once_are_all_answered(store: MemoryStore):
    await asyncio.gather(*(store.remember(said("tea", minutes=i)) for i in range(50)))
    assert len(await store.everything("sam")) == 50
