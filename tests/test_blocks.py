"""The ladder of blocks, standing wishes in the same file, and what counts as an affront."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from memory.affronts import is_affront
from memory.blocks import FOREVER, Blocks, Rung, Step
from memory.store import MemoryStoreError
from memory.wishes import INTERRUPTIONS_WELCOME, NO_INTERRUPTIONS, Wish, Wishes, WishKind

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    """A time of day that tests set."""

    def __init__(self) -> None:
        self.time = NOON

    def __call__(self) -> datetime:
        return self.time

    def pass_by(self, **length: float) -> None:
        self.time += timedelta(**length)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "access.db"


@pytest.fixture
def blocks(path: Path, clock: Clock):
    blocks = Blocks(path, now=clock)
    yield blocks
    blocks.close()


def block(blocks: Blocks, user: str = "sam") -> Step:
    """Affront until something other than a warning comes of it."""
    while (step := blocks.affront(user)).rung is Rung.WARNED:
        pass
    return step


def test_warnings_come_before_a_timed_block(blocks: Blocks):
    assert blocks.affront("sam") == Step(Rung.WARNED, left=1)
    assert blocks.affront("sam") == Step(Rung.WARNED, left=0)
    assert blocks.until("sam") is None
    assert blocks.affront("sam") == Step(Rung.BLOCKED, until=NOON + timedelta(minutes=10))
    assert blocks.until("sam") == NOON + timedelta(minutes=10)


def test_a_block_ends_and_the_ladder_begins_again(blocks: Blocks, clock: Clock):
    block(blocks)
    clock.pass_by(minutes=10)
    assert blocks.until("sam") is None
    assert blocks.affront("sam") == Step(Rung.WARNED, left=1)


def test_an_affront_during_a_block_changes_nothing(blocks: Blocks, clock: Clock):
    step = block(blocks)
    clock.pass_by(minutes=5)
    assert blocks.affront("sam") == step


def test_the_block_after_three_lasts(blocks: Blocks, clock: Clock):
    for _ in range(3):
        assert block(blocks).rung is Rung.BLOCKED
        clock.pass_by(minutes=11)
    assert block(blocks) == Step(Rung.LASTING, until=FOREVER)
    clock.pass_by(days=10_000)
    assert blocks.until("sam") == FOREVER


def test_a_warning_counts_for_a_day(blocks: Blocks, clock: Clock):
    blocks.affront("sam")
    clock.pass_by(hours=23)
    assert blocks.affront("sam").left == 0
    clock.pass_by(hours=2)
    assert blocks.affront("sam").left == 0  # the first one no longer counts


def test_one_user_is_not_blocked_for_another(blocks: Blocks):
    block(blocks)
    assert blocks.until("ann") is None
    assert blocks.affront("ann") == Step(Rung.WARNED, left=1)


def test_a_block_outlives_the_process(blocks: Blocks, path: Path, clock: Clock):
    blocks.affront("ann")
    block(blocks)
    blocks.close()
    later = Blocks(path, now=clock)
    assert later.until("sam") == NOON + timedelta(minutes=10)
    assert later.affront("ann").left == 0
    later.close()


def test_lifting_begins_anew(blocks: Blocks):
    block(blocks)
    assert blocks.lift("sam") is True
    assert blocks.until("sam") is None
    assert blocks.lift("sam") is False
    assert blocks.affront("sam") == Step(Rung.WARNED, left=1)


def test_a_block_lifted_elsewhere_is_lifted_here(blocks: Blocks, path: Path, clock: Clock):
    block(blocks)
    operator = Blocks(path, now=clock)
    operator.lift("sam")
    operator.close()
    assert blocks.until("sam") is None


def test_the_listing_names_blocks_in_force_only(blocks: Blocks, clock: Clock):
    block(blocks, "ann")
    clock.pass_by(minutes=6)
    block(blocks, "sam")
    blocks.affront("warned")
    assert [each.user for each in blocks.listing()] == ["ann", "sam"]
    clock.pass_by(minutes=5)
    assert [(each.user, each.times) for each in blocks.listing()] == [("sam", 1)]


def test_no_warnings_means_a_block_at_once(path: Path):
    blocks = Blocks(path, warnings=0, lasting_after=0)
    assert blocks.affront("sam").rung is Rung.LASTING
    blocks.close()


async def test_affronts_from_many_threads_are_all_counted(path: Path):
    blocks = Blocks(path, warnings=50)
    steps = await asyncio.gather(*(asyncio.to_thread(blocks.affront, "sam") for _ in range(20)))
    assert sorted(step.left for step in steps) == list(range(30, 50))
    blocks.close()


def test_a_file_that_is_no_database_is_named(path: Path):
    path.write_text("not a database " * 100)
    with pytest.raises(MemoryStoreError, match=r"access\.db: it is not a database"):
        Blocks(path).until("sam")


def test_wishes_outlive_the_process_and_share_the_file(blocks: Blocks, path: Path):
    block(blocks)
    wishes = Wishes(path)
    assert wishes.get("sam") == ()
    wishes.set("sam", NO_INTERRUPTIONS)
    wishes.close()
    later = Wishes(path)
    assert later.get("sam") == (NO_INTERRUPTIONS,)
    assert later.get("ann") == ()
    later.close()


def test_a_later_wish_about_the_same_replaces_the_earlier(path: Path):
    wishes = Wishes(path)
    name = Wish(WishKind.CALL_ME, "Sam")
    for wish in (NO_INTERRUPTIONS, name, INTERRUPTIONS_WELCOME):
        wishes.set("sam", wish)
    assert set(wishes.get("sam")) == {INTERRUPTIONS_WELCOME, name}
    assert wishes.forget("sam") == 2
    assert wishes.get("sam") == ()
    wishes.close()


@pytest.mark.parametrize(
    "said",
    [
        "you idiot", "You're a stupid bot.", "fuck you", "you are useless", "idiot", "i hate you",
        "shut the fuck up", "your an idiot", "Thanks. Fuck you.", "i will kill you",
        "kill yourself", "are you stupid", "send me nudes", "you stupid piece of shit",
    ],
)  # fmt: skip
def test_abuse_of_the_agent_is_an_affront(said: str):
    assert is_affront(said)


@pytest.mark.parametrize(
    "said",
    [
        "this damn printer", "This fucking printer won't work.", "oh shit", "fuck it", "damn",
        "shut up", "kill the process", "you are killing me", "i'm so stupid", "am i stupid",
        "is that a stupid question", "you can die from that", "i'll shoot you an email",
        "give me two chicken breasts", "show me underwear in size ten", "you're not an idiot",
        "i want to kill myself", "i hate this", "you creep me out", "your pig is cute", "",
    ],
)  # fmt: skip
def test_swearing_in_passing_is_no_affront(said: str):
    assert not is_affront(said)


@pytest.mark.parametrize(
    "said",
    [
        'She said "fuck you" to me.', "he called me an idiot", "my boss is a fucking idiot",
        "someone told me you're stupid", "what does moron mean", "she shouted you idiot",
    ],
)  # fmt: skip
def test_abuse_reported_or_quoted_is_no_affront(said: str):
    assert not is_affront(said)


def test_a_long_text_is_judged_quickly():
    for text in ("you are so " * 5000, "i will " * 5000, '"' * 9999, "he " * 20000, "a" * 50000):
        assert not is_affront(text)
