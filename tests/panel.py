"""The page in a talk, and its panel of what is remembered."""

from collections.abc import Callable

from tests.browser import Page
from tests.page import join, receive

UNDO = 8_000  # ms
NOT_REMOVED = {"type": "notice", "text": "Memory cannot be reached: nothing was removed."}

# From now on what the page sends is put down, and sent nowhere.
CATCH = """() => {
  window.sent = [];
  window.repartee.call.send = (type, data) => { window.sent.push([type, data]); return true; };
}"""


def in_talk(visit: Callable[..., Page]) -> Callable[..., Page]:
    """Opens the page in a talk, with a clock that the test sets."""

    def opened(width: int = 1280, **options: object) -> Page:
        options = {"locale": "en-GB", "timezone_id": "UTC"} | options
        page = visit(width, **options)
        page.clock.install(time=0)
        page.clock.pause_at(60)
        page.evaluate(CATCH)
        join(page)
        return page

    return opened


def memory(number: int, text: str, **more: object) -> dict[str, object]:
    """Said `number` minutes after noon."""
    return {
        "id": f"m{number}",
        "sort": "turn",
        "who": "user",
        "text": text,
        "when": f"2026-03-01T{12 + number // 60:02}:{number % 60:02}:00+00:00",
        "talk": "first",
    } | more


def fact(number: int, text: str) -> dict[str, object]:
    return memory(number, text, sort="fact")


def told(*items: dict[str, object], consent: bool = True, part: int = 1, of: int = 1):
    """The server's answer."""
    return {"type": "memories", "items": items, "consent": consent, "part": part, "of": of}


def gone(*ids: str, count: int | None = None) -> dict[str, object]:
    return {"type": "forgotten", "count": len(ids) if count is None else count, "ids": list(ids)}


def all_gone(count: int, *, talks: int = 0, recordings: int = 0) -> dict[str, object]:
    removed = {"count": count, "talks": talks, "recordings": recordings}
    return {"type": "forgotten", "ids": None} | removed


def sent(page: Page) -> list[list[object]]:
    """What the page has sent since the last time."""
    return page.evaluate("window.sent.splice(0)")


def opened(page: Page, *items: dict[str, object], consent: bool = True) -> None:
    """Open the panel and answer it."""
    opener(page).click()
    assert sent(page) == [["memories", {}]]
    receive(page, told(*items, consent=consent))


def opener(page: Page):
    return page.get_by_role("button", name="What do you remember of me?")


def panel(page: Page):
    return page.get_by_role("dialog", name="What I remember of you")


def rows(page: Page):
    return panel(page).get_by_role("listitem")


def count(page: Page):
    return page.locator("#memories-count")


def kept(page: Page):
    """What the panel says of how long it is kept, to a screen reader too."""
    return panel(page).get_by_role("status").and_(page.locator("#memories-kept"))


def forget(page: Page, text: str) -> None:
    panel(page).get_by_role("button", name=f"Forget this: {text}").click()


def close(page: Page) -> None:
    """Close the panel, and wait until something was sent because of it."""
    page.get_by_role("button", name="Close").click()
    page.wait_for_function("window.sent.length")


THREE = (memory(0, "I live in Paris."), memory(1, "Noted.", who="agent"), fact(2, "home: Paris"))
