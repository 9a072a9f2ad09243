"""What a person does and sees at the page, in a talk with the real agent."""

from typing import Any

from tests.browser import Page, expect

SLOW = 30_000  # ms that a loaded machine may take


def join(page: Page, persona: str = "assistant") -> None:
    """Join, and be greeted."""
    page.locator("#persona").select_option(persona)
    page.locator("#join").click()
    linked(page, "in")
    answered(page, 1)


def linked(page: Page, state: str) -> None:
    expect(page.locator("body")).to_have_attribute("data-link", state, timeout=SLOW)


def say(page: Page, text: str) -> None:
    """Type `text` as a turn."""
    page.locator("#text").fill(text)
    page.locator("#send").click()


def decided(page: Page, outcome: str) -> Any:
    """The newest card with that outcome, once there is one."""
    card = page.locator("article.decision").filter(has=page.locator(f".outcome >> text={outcome}"))
    card.last.wait_for(timeout=SLOW)
    return card.last


def answered(page: Page, turns: int) -> None:
    """The agent has begun its answer number `turns`, the greeting counted."""
    agent = page.locator("#transcript > li.agent")
    expect(agent.nth(turns - 1)).to_be_visible(timeout=SLOW)
