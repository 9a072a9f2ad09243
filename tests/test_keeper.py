"""A talk's memory: writes that wait, recalls that never make anyone wait, consent."""

import asyncio
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from memory.decisions import Came, Decided
from memory.habits import Habits
from memory.keeper import RECALLED, Keeper
from memory.sqlite.store import SqliteStore
from memory.store import Memory, MemoryStoreError, Sort
from memory.volatile import VolatileStore
from memory.wishes import (
    INTERRUPTIONS_WELCOME,
    NO_INTERRUPTIONS,
    Wish,
    Wishes,
    WishKind,
    proactive,
    proactivity_in,
)
from tests.embeddings import Hashed
from tests.memories import said

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SAM = Wish(WishKind.CALL_ME, "Sam")
REFUSED = Decided("refused", "refuse", "make it cheaper", "asks for discounts", "discounts")
ASKED_AGAIN = replace(REFUSED, came=Came.ASKED_AGAIN)


class Store(VolatileStore):
    """A store that is down on demand, answers a recall when told to, and counts."""

    def __init__(self) -> None:
        super().__init__()
        self.is_down = False
        self.attempts = 0
        self.asked: list[str] = []
        self.answer = asyncio.Event()
        self.answer.set()
        self.late: list[Memory] = []  # what a recall found before it was held up

    async def remember(self, memory: Memory) -> None:
        self.attempts += 1
        if self.is_down:
            raise MemoryStoreError("the disk is full")
        await super().remember(memory)

    async def recall(
        self, user: str, query: str, *, limit: int = 3, relevant: bool = False
    ) -> list[Memory]:
        self.asked.append(query)
        await self.answer.wait()
        if self.is_down:
            raise MemoryStoreError("the disk is full")
        return self.late or await super().recall(user, query, limit=limit, relevant=relevant)

    async def texts(self) -> list[str]:
        return [memory.text for memory in await self.everything("sam")]


async def keep(store: Store, **options) -> Keeper:
    options = {"consent": True, "delays": (0.0, 0.0)} | options
    keeper = Keeper(store, "sam", "talk", **options)
    await keeper.start()
    return keeper


async def settle() -> None:
    """Let every task that can go on do so."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_turns_and_the_users_facts_are_written():
    store = Store()
    keeper = await keep(store)
    keeper.heard("user", "my name is sam", NOON)
    keeper.heard("agent", "My name is Joe.", NOON + timedelta(seconds=1))
    keeper.heard("user", "  ", NOON)
    await keeper.close()
    assert await store.texts() == ["my name is sam", "The user's name is Sam.", "My name is Joe."]
    assert [memory.sort for memory in await store.everything("sam")].count(Sort.FACT) == 1


async def test_a_fact_stated_twice_is_kept_once_since_it_was_first_stated():
    store = Store()
    keeper = await keep(store)
    for minutes in (0, 5):
        keeper.heard("user", "my name is sam", NOON + timedelta(minutes=minutes))
    await keeper.close()
    [fact] = [each for each in await store.everything("sam") if each.sort is Sort.FACT]
    assert fact.when == NOON


async def test_a_naive_time_is_refused_at_once():
    keeper = await keep(Store())
    with pytest.raises(ValueError, match="aware"):
        keeper.heard("user", "hello", datetime(2026, 3, 1))
    await keeper.close()


async def test_what_is_said_while_the_store_is_down_is_written_when_it_is_back(caplog):
    store = Store()
    keeper = await keep(store)
    store.is_down = True
    keeper.heard("user", "one", NOON)
    keeper.heard("user", "two", NOON + timedelta(seconds=1))
    await settle()
    assert store.attempts == 3  # the first one and two retries, then it rests
    store.is_down = False
    keeper.heard("user", "three", NOON + timedelta(seconds=2))
    await settle()
    assert await store.texts() == ["one", "two", "three"]
    warnings = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1 and "the disk is full" in warnings[0].getMessage()
    await keeper.close()


async def test_closing_tries_once_more():
    store = Store()
    keeper = await keep(store)
    store.is_down = True
    keeper.heard("user", "one", NOON)
    await settle()
    store.is_down = False
    await keeper.close()
    assert await store.texts() == ["one"]


async def test_closing_gives_up_in_time_and_says_what_is_lost(caplog):
    store = Store()
    keeper = await keep(store)
    store.is_down = True
    keeper.heard("user", "one", NOON)
    await keeper.close(seconds=0.01)
    await keeper.close()
    assert "1 memories" in caplog.text
    keeper.heard("user", "after the end", NOON)
    keeper.recall_soon("end")


async def test_a_recall_never_waits_and_the_latest_query_wins():
    store = Store()
    await store.remember(Memory("a", "sam", "before", Sort.TURN, "user", "the tea is green", NOON))
    keeper = await keep(store)
    store.answer.clear()
    for query in ("coffee", "milk", "tea"):
        keeper.recall_soon(query)
        await settle()
    assert keeper.recalled == [] and store.asked == ["coffee"]
    store.answer.set()
    await settle()
    assert store.asked == ["coffee", "tea"]
    assert [memory.text for memory in keeper.recalled] == ["the tea is green"]
    await keeper.close()


async def test_a_failed_recall_leaves_the_last_one():
    store = Store()
    await store.remember(Memory("a", "sam", "before", Sort.TURN, "user", "the tea is green", NOON))
    keeper = await keep(store)
    keeper.recall_soon("tea")
    await settle()
    store.is_down = True
    keeper.recall_soon("milk")
    await settle()
    assert [memory.text for memory in keeper.recalled] == ["the tea is green"]
    await keeper.close()


async def test_the_turns_just_said_are_not_recalled_but_their_facts_are():
    store = Store()
    keeper = await keep(store)
    keeper.heard("user", "i live in leeds", NOON)
    await settle()
    keeper.recall_soon("where do i live")
    await settle()
    assert [memory.text for memory in keeper.recalled] == ["The user lives in Leeds."]
    await keeper.close()


async def test_what_does_not_bear_on_what_is_said_is_not_told():
    store = VolatileStore(Hashed())
    await store.remember(
        said("We walked along the river to the old mill."),
        said("By the way the weather was quite awful all day."),
    )
    await store.settled()
    keeper = Keeper(store, "sam", "now", consent=True)
    for query, told in (("the river and the old mill", 1), ("hello there", 0)):
        keeper.recall_soon(query)
        assert len(await keeper.recalled_now()) == told
    await keeper.close()
    await store.close()


async def test_without_consent_memory_lasts_for_the_talk_only():
    store = Store()
    keeper = await keep(store, consent=False)
    keeper.heard("user", "i live in leeds", NOON)
    await settle()
    keeper.recall_soon("live")
    await settle()
    assert [memory.text for memory in keeper.recalled] == ["The user lives in Leeds."]
    await keeper.close()
    assert store.attempts == 0


async def test_consent_keeps_what_the_talk_has_held_so_far():
    store = Store()
    await store.remember(Memory("a", "sam", "before", Sort.TURN, "user", "earlier", NOON))
    keeper = await keep(store, consent=False)
    assert keeper.last_seen is None
    keeper.heard("user", "one", NOON + timedelta(minutes=1))
    await settle()
    keeper.heard("user", "two", NOON + timedelta(minutes=2))
    await keeper.consented()
    await keeper.consented()
    keeper.heard("user", "three", NOON + timedelta(minutes=3))
    await keeper.close()
    assert await store.texts() == ["earlier", "one", "two", "three"]
    assert keeper.last_seen == NOON


async def test_consent_while_the_store_is_down_loses_nothing():
    store = Store()
    keeper = await keep(store, consent=False)
    keeper.heard("user", "one", NOON)
    await settle()
    store.is_down = True
    await keeper.consented()
    keeper.heard("user", "two", NOON + timedelta(minutes=1))
    await settle()
    store.is_down = False
    await keeper.close()
    assert await store.texts() == ["one", "two"]


async def test_the_last_talk_is_loaded_at_the_start():
    store = Store()
    await store.remember(Memory("a", "sam", "before", Sort.TURN, "user", "earlier", NOON))
    keeper = await keep(store)
    keeper.heard("user", "now", NOON + timedelta(days=3))
    await settle()
    assert keeper.last_seen == NOON
    await keeper.close()


async def test_a_wish_about_interruptions_is_kept_without_consent_and_a_name_is_not(
    tmp_path: Path,
):
    wishes = Wishes(tmp_path / "access.db")
    keeper = await keep(Store(), consent=False, wishes=wishes)
    keeper.heard("user", "call me sam and stop interrupting me", NOON)
    assert set(keeper.wishes) == {SAM, NO_INTERRUPTIONS}
    await keeper.close()
    assert wishes.get("sam") == (NO_INTERRUPTIONS,)

    keeper = await keep(Store(), consent=False, wishes=wishes)
    assert keeper.wishes == (NO_INTERRUPTIONS,)
    keeper.heard("user", "call me sam", NOON)
    keeper.heard("user", "you can interrupt me", NOON)
    await keeper.consented()
    await keeper.close()
    assert set(wishes.get("sam")) == {SAM, INTERRUPTIONS_WELCOME}
    wishes.close()


async def test_a_proactivity_set_by_hand_and_a_spoken_wish_replace_each_other(tmp_path: Path):
    wishes = Wishes(tmp_path / "access.db")
    keeper = await keep(Store(), consent=False, wishes=wishes)
    keeper.heard("user", "stop interrupting me", NOON)
    keeper.wish(proactive(0.7))
    assert keeper.wishes == (proactive(0.7),) and proactivity_in(keeper.wishes) == 0.7
    await keeper.close()

    keeper = await keep(Store(), consent=False, wishes=wishes)
    assert proactivity_in(keeper.wishes) == 0.7
    keeper.heard("user", "stop interrupting me", NOON)
    assert keeper.wishes == (NO_INTERRUPTIONS,) and proactivity_in(keeper.wishes) is None
    await keeper.close()
    wishes.close()


async def test_the_agents_words_are_no_wishes():
    keeper = await keep(Store())
    keeper.heard("agent", "call me joe and stop interrupting me", NOON)
    assert keeper.wishes == ()
    await keeper.close()


async def test_a_talk_starts_without_its_memory(tmp_path: Path, caplog):
    (tmp_path / "access.db").write_text("rubbish " * 100)
    (tmp_path / "memory.db").write_text("rubbish " * 100)
    store, wishes = SqliteStore(tmp_path / "memory.db"), Wishes(tmp_path / "access.db")
    keeper = Keeper(store, "sam", "talk", consent=True, wishes=wishes, delays=())
    await keeper.start()
    keeper.heard("user", "don't interrupt me", NOON)
    keeper.recall_soon("anything")
    assert keeper.wishes == (NO_INTERRUPTIONS,)
    await keeper.close(seconds=0.05)
    await store.close()
    assert "it is not a database" in caplog.text


async def test_forgetting_removes_what_waits_what_is_held_and_what_is_kept(tmp_path: Path):
    wishes = Wishes(tmp_path / "access.db")
    store = Store()
    await store.remember(Memory("a", "sam", "before", Sort.TURN, "user", "earlier", NOON))
    keeper = await keep(store, consent=False, wishes=wishes)
    keeper.heard("user", "one", NOON)
    await settle()
    keeper.heard("user", "stop interrupting me", NOON)
    assert await keeper.forget() == 3
    assert keeper.wishes == () and wishes.get("sam") == ()
    await keeper.close()
    assert await store.texts() == []
    wishes.close()


async def test_a_recall_under_way_brings_nothing_back_after_forgetting():
    store = Store()
    await store.remember(Memory("a", "sam", "before", Sort.TURN, "user", "the tea is green", NOON))
    keeper = await keep(store)
    found = await store.recall("sam", "tea")
    store.answer.clear()
    store.late = found
    keeper.recall_soon("tea")
    await settle()
    await keeper.forget()
    store.answer.set()
    await settle()
    assert keeper.recalled == []
    await keeper.close()


async def test_after_consent_is_withdrawn_nothing_more_outlives_the_talk():
    store = Store()
    keeper = await keep(store)
    keeper.heard("user", "keep this", NOON)
    await settle()
    await keeper.withdrawn()
    keeper.heard("user", "but not this", NOON)
    await keeper.close()
    assert await store.texts() == ["keep this"]


async def test_a_guests_words_are_kept_under_their_name_and_are_no_facts_of_the_user():
    store = Store()
    keeper = await keep(store)
    keeper.heard("Ann", "my name is Ann and call me Annie", NOON)
    await keeper.close()
    [turn] = await store.everything("sam")
    assert (turn.who, turn.sort) == ("Ann", Sort.TURN)
    assert keeper.wishes == ()


async def test_a_contradiction_of_an_earlier_talk_is_seen_while_the_user_speaks():
    store = Store()
    first = await keep(store)
    first.heard("user", "My meeting is on Thursday.", NOON)
    await first.close()
    keeper = await keep(store)
    keeper.saying("so as my meeting is")
    assert keeper.contradiction is None
    keeper.saying("so as my meeting is on Tuesday")
    assert keeper.contradiction and "Thursday" in keeper.contradiction.text
    keeper.heard("user", "My meeting is on Tuesday.", NOON + timedelta(days=1))
    keeper.saying("and my meeting is on Tuesday")
    assert keeper.contradiction is None
    await keeper.close()
    values = [each.value for each in await store.facts("sam")]
    assert values == ["thursday", "tuesday"]  # nothing is overwritten


async def test_an_outdated_fact_is_not_recalled_as_current():
    store = Store()
    keeper = await keep(store)
    keeper.heard("user", "My meeting is on Thursday.", NOON)
    keeper.heard("user", "My meeting has moved, my meeting is on Tuesday.", NOON)
    await settle()
    keeper.recall_soon("when is my meeting")
    await settle()
    facts = [each.value for each in keeper.recalled if each.sort is Sort.FACT]
    assert facts == ["tuesday"]
    await keeper.close()


async def test_one_turn_is_forgotten_with_what_it_stated():
    store = Store()
    keeper = await keep(store)
    keeper.heard("user", "My meeting is on Thursday.", NOON)
    keeper.heard("user", "I had soup.", NOON + timedelta(seconds=1))
    await settle()
    [turn, *_] = await keeper.remembered()
    assert await keeper.forget([turn.id]) == 2
    assert [each.text for each in await keeper.remembered()] == ["I had soup."]
    keeper.saying("my meeting is on Tuesday")
    assert keeper.contradiction is None
    await keeper.close()


async def test_a_subject_to_avoid_is_kept_with_consent_only(tmp_path: Path):
    wishes = Wishes(tmp_path / "access.db")
    for consent, kept in ((False, ()), (True, (Wish(WishKind.AVOID, "work"),))):
        keeper = await keep(Store(), wishes=wishes, consent=consent)
        keeper.heard("user", "please don't talk about work", NOON)
        assert keeper.wishes == (Wish(WishKind.AVOID, "work"),)
        await keeper.close()
        assert wishes.get("sam") == kept
    wishes.close()


async def test_habits_of_earlier_talks_are_there_in_the_next():
    store = Store()
    keeper = await keep(store)
    keeper.talked(Habits(1, pause=0.5), NOON)
    await keeper.close()
    assert (await keep(store)).habits == Habits(1, pause=0.5)


async def test_a_decision_is_kept_with_its_turn_and_with_what_came_of_it():
    store = Store()
    keeper = await keep(store)
    keeper.decided(REFUSED, NOON)
    keeper.heard("user", "Make it cheaper!", NOON)
    await settle()
    turn, decision = await keeper.remembered()
    assert (turn.sort, decision.sort, decision.value) == (Sort.TURN, Sort.DECISION, "")
    keeper.decided(ASKED_AGAIN, NOON + timedelta(minutes=1))
    await keeper.close()
    [decision] = [each for each in await store.everything("sam") if each.id == "refused"]
    assert (decision.source, decision.value) == (turn.id, "asked again")
    assert decision.text.endswith("The user asked again.")


async def test_decisions_of_earlier_talks_are_looked_up_when_the_user_asks_about_them():
    store = Store()
    earlier = await keep(store)
    earlier.decided(REFUSED, NOON)
    await earlier.close()
    keeper = await keep(store)
    for query, told in (("make it cheaper", []), ("why did you refuse it", ["refused"])):
        keeper.saying(query)
        await settle()
        assert keeper.recalled == []
        assert [each.id for each in keeper.decisions.bearing_on("you refused")] == told
    await keeper.close()


async def test_a_decision_lasts_no_longer_than_the_talk_without_consent():
    store = Store()
    keeper = await keep(store, consent=False)
    keeper.decided(REFUSED, NOON)
    await settle()
    assert [each.id for each in await keeper.remembered()] == ["refused"]
    await keeper.close()
    assert store.attempts == 0


@pytest.mark.parametrize("one", [True, False])
async def test_a_forgotten_decision_does_not_come_back_with_what_came_of_it(one: bool):
    store = Store()
    keeper = await keep(store)
    keeper.decided(REFUSED, NOON)
    keeper.heard("user", "Make it cheaper!", NOON)
    await settle()
    turn, _ = await keeper.remembered()
    assert await keeper.forget([turn.id] if one else None) == 2
    keeper.decided(ASKED_AGAIN, NOON)
    await keeper.close()
    assert await store.everything("sam") == []


async def test_decisions_take_no_place_in_a_recall_and_are_there_for_who_asks():
    store = Store()
    for number in range(14):
        decision = replace(REFUSED, id=f"refused {number}", said="cheaper tea")
        when = NOON - timedelta(days=1, minutes=number)
        await store.remember(
            Memory(
                decision.id, "sam", "before", Sort.DECISION, "agent", decision.text, when, "refuse"
            )
        )
    for number in range(RECALLED):
        await store.remember(
            Memory(str(number), "sam", "before", Sort.TURN, "user", "I want tea", NOON)
        )
    keeper = await keep(store)
    keeper.recall_soon("why did you refuse me cheaper tea")
    await settle()
    assert [each.sort for each in keeper.recalled] == [Sort.TURN] * RECALLED
    assert len(keeper.decisions.bearing_on("why did you refuse me that")) == 2
    assert keeper.decisions.bearing_on("is there any tea") == []
    await keeper.close()
