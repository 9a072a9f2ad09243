"""A person who looks at what is remembered: a real Chromium in a real talk with the real agent."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from memory.sqlite.store import SqliteStore
from memory.store import Memory, Sort
from tests.browser import Page, expect, launched, sync_playwright
from tests.serving import Bot

T = TypeVar("T")
SLOW = 30_000  # ms that a loaded machine may take
MANY = 3_000  # memories: some 1 MB over the data channel
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(300)]


def in_store(bot: Bot, use: Callable[[SqliteStore], Awaitable[T]]) -> T:
    """What `use` gets from the agent's store. Playwright runs a loop in this thread already."""

    async def run() -> T:
        store = SqliteStore(bot.memory)
        try:
            return await use(store)
        finally:
            await store.close()

    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(run())).result()


def turn(number: int, user: str) -> Memory:
    text = f"turn {number:05} " + "and so on " * 10
    when = NOON + timedelta(seconds=number)
    return Memory(f"{number:032x}", user, "earlier", Sort.TURN, "user", text, when)


def join(page: Page) -> None:
    page.locator("#join").click()
    expect(page.locator("body")).to_have_attribute("data-link", "in", timeout=SLOW)
    expect(page.locator("#transcript > li.agent").first).to_be_visible(timeout=SLOW)


def test_memories_of_an_earlier_talk_are_listed_and_forgotten(tmp_path: Path):
    with Bot(tmp_path) as bot, sync_playwright() as playwright:
        browser = launched(playwright)
        page = browser.new_page()
        page.goto(bot.url)
        page.evaluate("localStorage.setItem('repartee-user', 'sam')")
        turns = [turn(number, "sam") for number in range(MANY)]
        in_store(bot, lambda store: store.remember(*turns))
        page.get_by_label("Remember me").check()
        join(page)
        panel, count = page.locator("#memories"), page.locator("#memories-count")
        page.locator("#memories-open").click()
        expect(count).to_contain_text("memories", timeout=SLOW)
        page.get_by_label("Search").fill("turn 00077")
        expect(count).to_contain_text("1 of 3")
        panel.get_by_role("button", name="Forget this").click()
        page.get_by_role("button", name="Close").click()
        expect(panel).to_be_hidden()
        page.locator("#memories-open").click()
        expect(count).to_contain_text("memories", timeout=SLOW)
        page.get_by_label("Search").fill("turn 00077")
        expect(panel).to_contain_text("Nothing matches")
        kept = in_store(bot, lambda store: store.everything("sam"))
        assert len(kept) >= MANY - 1 and turns[77].id not in [each.id for each in kept]
        page.locator("#forget-me").click()
        page.get_by_role("button", name="Yes, forget me").click()
        expect(panel).to_contain_text("You are forgotten", timeout=SLOW)
        assert in_store(bot, lambda store: store.everything("sam")) == []
        browser.close()
