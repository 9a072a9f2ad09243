""" "What do you remember of me?" in a real Chromium, over a server that holds no talk."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.browser import Browser, Page, expect
from tests.page import FAINT, NAMELESS, join, receive, served, visits

pytestmark = pytest.mark.browser

UNDO = 8_000  # ms
NOT_REMOVED = {"type": "notice", "text": "Memory cannot be reached: nothing was removed."}

# From now on what the page sends is put down, and sent nowhere.
CATCH = """() => {
  window.sent = [];
  window.repartee.call.send = (type, data) => { window.sent.push([type, data]); return true; };
}"""


@pytest.fixture
def talk(visit: Callable[..., Page]) -> Callable[..., Page]:
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


def test_the_panel_is_there_while_a_talk_is(visit):
    page = visit()
    expect(opener(page)).to_be_disabled()
    expect(page.get_by_text("Join a talk to see it")).to_be_visible()
    join(page)
    expect(opener(page)).to_be_enabled()
    expect(page.get_by_text("Join a talk to see it")).to_be_hidden()
    receive(page, {"type": "link", "state": "out"})
    expect(opener(page)).to_be_disabled()


def test_facts_come_first_then_talks_with_the_newest_on_top(talk):
    page = talk()
    later = memory(90, "Spoke of Paris.", sort="summary", who="agent", talk="second")
    opened(page, *THREE, later)
    expect(panel(page).get_by_role("heading", level=3)).to_have_text(
        [
            "Facts",
            "Talk of Sunday, 1 March 2026 at 13:30",
            "Talk of Sunday, 1 March 2026 at 12:00",
        ]
    )
    expect(rows(page)).to_have_text(
        [
            "You1 Mar 2026, 12:02home: ParisForget this",
            "Summary of the talk1 Mar 2026, 13:30Spoke of Paris.Forget this",
            "Agent1 Mar 2026, 12:01Noted.Forget this",
            "You1 Mar 2026, 12:00I live in Paris.Forget this",
        ]
    )
    expect(count(page)).to_have_text("4 memories")


def test_a_decision_is_shown_as_the_agents_in_its_talk(talk):
    page = talk()
    text = "Refused what the user asked for with “cheaper” (discounts). The user asked again."
    opened(page, memory(0, "cheaper"), memory(1, text, sort="decision", who="agent"))
    expect(rows(page)).to_have_text(
        [
            f"Agent’s decision1 Mar 2026, 12:01{text}Forget this",
            "You1 Mar 2026, 12:00cheaperForget this",
        ]
    )
    expect(panel(page).get_by_role("heading", level=3)).to_have_count(1)
    page.get_by_label("Search").fill("decision")
    expect(rows(page)).to_have_count(1)


def test_of_an_outdated_fact_it_is_said_until_when_it_held(talk):
    page = talk()
    outdated = fact(2, "home: Paris") | {"until": "2026-03-03T09:30:00+00:00"}
    opened(page, outdated, fact(3, "home: Rome"))
    expect(rows(page)).to_have_text(
        [
            "You1 Mar 2026, 12:03home: RomeForget this",
            "You1 Mar 2026, 12:02Held until 3 Mar 2026, 09:30home: ParisForget this",
        ]
    )
    page.get_by_label("Search").fill("held until 3 mar")
    expect(rows(page)).to_have_count(1)


def test_a_search_finds_words_speakers_and_dates(talk):
    page = talk()
    opened(page, *THREE)
    search = page.get_by_label("Search")
    search.fill("PARIS live")
    expect(rows(page)).to_have_count(1)
    expect(count(page)).to_have_text("1 of 3 memories matches")
    search.fill("agent 1 mar")
    expect(rows(page)).to_have_count(1)
    search.fill("London")
    expect(rows(page)).to_have_count(0)
    expect(panel(page)).to_contain_text("Nothing matches “London”.")
    search.press("Escape")
    expect(rows(page)).to_have_count(3)
    expect(panel(page)).to_be_visible()


def test_a_long_list_comes_in_parts_and_is_shown_a_hundred_at_a_time(talk):
    page = talk()
    opener(page).click()
    items = [memory(number, f"words of {number}") for number in range(250)]
    parts = [items[at : at + 100] for at in range(0, 250, 100)]
    for number, part in enumerate(parts, 1):
        expect(rows(page)).to_have_count(0)
        expect(count(page)).to_have_text("Looking…")
        receive(page, told(*part, part=number, of=3))
    expect(count(page)).to_have_text("250 memories")
    expect(rows(page)).to_have_count(100)
    page.get_by_role("button", name="Show 100 more of 150").press("Enter")
    expect(rows(page)).to_have_count(200)
    expect(rows(page).nth(100)).to_be_focused()
    page.get_by_role("button", name="Show 50 more of 50").click()
    expect(rows(page)).to_have_count(250)
    expect(panel(page).get_by_role("heading", level=3)).to_have_count(1)
    expect(page.get_by_role("button", name="more of")).to_have_count(0)


def test_what_is_forgotten_can_be_undone_for_eight_seconds(talk):
    page = talk()
    opened(page, *THREE)
    forget(page, "Noted.")
    expect(count(page)).to_have_text("2 memories")
    expect(page.get_by_role("status").filter(has_text="You can undo this for 8 s")).to_be_visible()
    page.clock.run_for(UNDO - 1)
    page.get_by_role("button", name="Undo: Noted.").click()
    expect(count(page)).to_have_text("3 memories")
    expect(page.get_by_role("button", name="Forget this: Noted.")).to_be_focused()
    page.clock.run_for(UNDO)
    assert sent(page) == []


def test_what_is_not_undone_is_forgotten_after_eight_seconds(talk):
    page = talk()
    opened(page, *THREE)
    forget(page, "Noted.")
    page.clock.run_for(UNDO)
    assert sent(page) == [["forget", {"ids": ["m1"]}]]
    expect(rows(page)).to_have_count(2)
    receive(page, gone("m1"))
    expect(page.get_by_text("1 memory removed for good.")).to_be_visible()
    assert sent(page) == []


def test_closing_the_panel_ends_the_way_back(talk):
    page = talk()
    opened(page, *THREE)
    forget(page, "Noted.")
    forget(page, "home: Paris")
    close(page)
    assert sent(page) == [["forget", {"ids": ["m1", "m2"]}]]
    page.clock.run_for(UNDO)
    assert sent(page) == []


def test_leaving_the_page_ends_the_way_back(talk):
    page = talk()
    opened(page, *THREE)
    forget(page, "Noted.")
    page.evaluate("dispatchEvent(new Event('pagehide'))")
    assert sent(page) == [["forget", {"ids": ["m1"]}]]


def test_where_more_went_than_was_asked_for_the_list_is_asked_for_again(talk):
    page = talk()
    opened(page, *THREE)
    forget(page, "I live in Paris.")
    page.clock.run_for(UNDO)
    sent(page)
    receive(page, gone("m0", count=2))
    assert sent(page) == [["memories", {}]]
    receive(page, told(THREE[1]))
    expect(rows(page)).to_have_count(1)


def test_what_could_not_be_forgotten_is_back_on_the_list(talk):
    page = talk()
    opened(page, *THREE)
    forget(page, "Noted.")
    page.clock.run_for(UNDO)
    expect(rows(page)).to_have_count(2)
    receive(page, NOT_REMOVED)
    expect(rows(page)).to_have_count(3)
    expect(panel(page).get_by_role("alert")).to_have_text(str(NOT_REMOVED["text"]))


def test_a_server_that_does_not_answer_is_told(talk):
    page = talk()
    opened(page, *THREE)
    forget(page, "Noted.")
    page.clock.run_for(UNDO)
    page.clock.run_for(10_000)
    expect(rows(page)).to_have_count(3)
    expect(panel(page).get_by_role("alert")).to_contain_text("The server did not answer")
    forget(page, "Noted.")
    sent(page)
    close(page)
    page.clock.run_for(10_000)
    expect(page.locator("#notice")).to_contain_text("The server did not answer")


def test_memories_that_cannot_be_read_are_told(talk):
    page = talk()
    opener(page).click()
    receive(page, {"type": "notice", "text": "Memory cannot be read."})
    expect(panel(page).get_by_role("alert")).to_have_text("Memory cannot be read.")
    expect(count(page)).to_be_empty()
    expect(panel(page)).not_to_contain_text("Nothing yet")


def test_forget_me_asks_first_and_then_forgets_all(talk):
    page = talk()
    first = user_of_next_talk(page)
    page.get_by_label("Remember me").check()
    join(page)
    sent(page)
    opened(page, *THREE)
    forget(page, "Noted.")
    page.get_by_role("button", name="Forget me", exact=True).click()
    question = "Forget all 2 memories, wishes and recordings? This cannot be undone."
    expect(page.get_by_role("group", name=question)).to_be_visible()
    expect(page.get_by_role("button", name="No, keep it")).to_be_focused()
    page.get_by_role("button", name="No, keep it").click()
    expect(page.get_by_role("group", name=question)).to_be_hidden()
    expect(page.get_by_role("button", name="Forget me", exact=True)).to_be_focused()
    assert sent(page) == []
    page.get_by_role("button", name="Forget me", exact=True).click()
    page.get_by_role("button", name="Yes, forget me").click()
    assert sent(page) == [["consent", {"value": False}], ["forget", {"all": True}]]
    expect(rows(page)).to_have_count(0)
    receive(page, all_gone(3, talks=2, recordings=1))
    expect(panel(page)).to_contain_text(
        "You are forgotten: 3 memories, what was decided in 2 talks, one recording and all wishes"
    )
    expect(kept(page)).to_contain_text("Only this talk; nothing of it is kept.")
    page.clock.run_for(UNDO)
    assert sent(page) == []
    page.keyboard.press("Escape")
    expect(page.get_by_label("Remember me")).not_to_be_checked()
    after = user_of_next_talk(page)
    assert after != first
    assert all(re.fullmatch(r"[0-9a-f-]{36}", each) for each in (first, after))


def test_what_was_forgotten_can_no_longer_be_downloaded(talk):
    page = talk()
    download = page.get_by_role("button", name="Download this talk")
    receive(page, {"type": "talk", "id": "t"}, gone("m1"))
    expect(download).to_be_enabled()
    receive(page, all_gone(3))
    expect(download).to_be_disabled()
    receive(page, {"type": "talk", "id": "next"})
    expect(download).to_be_enabled()


def test_whoever_could_not_be_forgotten_stays_who_they_are(talk):
    page = talk()
    first = user_of_next_talk(page)
    join(page)
    opened(page, *THREE)
    page.get_by_role("button", name="Forget me", exact=True).click()
    page.get_by_role("button", name="Yes, forget me").click()
    receive(page, NOT_REMOVED)
    expect(rows(page)).to_have_count(3)
    expect(panel(page).get_by_role("alert")).to_have_text(str(NOT_REMOVED["text"]))
    page.keyboard.press("Escape")
    assert user_of_next_talk(page) == first


def user_of_next_talk(page: Page) -> str:
    receive(page, {"type": "link", "state": "out"})
    with page.expect_request("**/start") as start:
        page.get_by_role("button", name="Join").click()
    expect(page.locator("body")).to_have_attribute("data-link", "failed")
    return start.value.post_data_json["body"]["user"]


def test_an_empty_list_says_what_would_be_on_it(talk):
    page = talk()
    opened(page)
    expect(panel(page)).to_contain_text("Nothing yet. From now on what both of you say is kept")
    page.keyboard.press("Escape")
    opened(page, consent=False)
    expect(panel(page)).to_contain_text("Nothing yet. If you tick “Remember me after this talk”")


def test_without_consent_the_list_is_said_to_be_of_this_talk_only(talk):
    page = talk()
    opened(page, *THREE, consent=False)
    expect(kept(page)).to_contain_text("Only this talk; nothing of it is kept.")
    expect(panel(page)).to_have_accessible_description(kept(page).inner_text())
    page.get_by_role("button", name="Forget me", exact=True).click()
    expect(panel(page)).to_contain_text("and what earlier talks left?")


def test_with_consent_nothing_is_said_to_be_of_this_talk_only(talk):
    page = talk()
    opened(page, *THREE)
    expect(count(page)).to_have_text("3 memories")
    expect(kept(page)).to_be_empty()


def test_an_agent_that_remembers_nobody_says_so_and_offers_no_way_to_consent(
    browser: Browser, tmp_path: Path
):
    with served(tmp_path, remembers=False) as url, visits(browser, url) as visit:
        page = visit()
        page.evaluate(CATCH)
        join(page)
        expect(page.get_by_label("Remember me")).to_be_hidden()
        expect(page.get_by_text("keeps nothing of what is said beyond the talk")).to_be_visible()
        for items in ((), THREE):
            opened(page, *items, consent=False)
            expect(kept(page)).to_have_text(
                "Only this talk; nothing of it is kept. This agent remembers nobody beyond a talk."
            )
            expect(panel(page)).not_to_contain_text("Remember me")
            page.get_by_role("button", name="Forget me", exact=True).click()
            expect(panel(page)).not_to_contain_text("earlier talks")
            page.keyboard.press("Escape")
        with page.expect_request("**/start") as start:
            user_of_next_talk(page)
        assert start.value.post_data_json["body"]["consent"] is False


def test_a_talk_that_ends_under_the_panel_leaves_what_was_not_yet_forgotten(talk):
    page = talk()
    opened(page, *THREE)
    forget(page, "Noted.")
    receive(page, {"type": "link", "state": "lost"})
    expect(panel(page).get_by_role("alert")).to_contain_text("The talk has ended")
    expect(count(page)).to_have_text("3 memories")
    expect(page.get_by_role("button", name="Forget this: Noted.")).to_be_disabled()
    expect(page.get_by_role("button", name="Forget me", exact=True)).to_be_disabled()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Join")).to_be_focused()
    page.clock.run_for(UNDO)
    assert sent(page) == []


def test_the_keyboard_alone_opens_forgets_undoes_and_closes(talk):
    page = talk()
    opener(page).press("Enter")
    sent(page)
    receive(page, told(fact(0, "home: Paris"), fact(1, "name: Sam")))
    expect(page.get_by_role("heading", name="What I remember of you")).to_be_focused()
    reached = []
    for _ in range(6):
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        reached.append(page.evaluate("(e => e.ariaLabel || e.id)(document.activeElement)"))
    assert reached == [
        "memories-close",
        "memories-search",
        "forget-me",
        "Memories",
        "Forget this: name: Sam",
        "Forget this: home: Paris",
    ]
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Undo: home: Paris")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Forget this: home: Paris")).to_be_focused()
    page.keyboard.press("Enter")
    page.clock.run_for(UNDO)
    expect(rows(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(panel(page)).to_be_hidden()
    expect(opener(page)).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_the_panel_fits_has_names_and_can_be_read(talk, width: int, scheme: str):
    page = talk(width, color_scheme=scheme)
    outdated = fact(4, "home: Rome") | {"until": "2026-03-03T09:30:00+00:00"}
    opened(page, *THREE, memory(3, "a-word-without-an-end" * 20), outdated, consent=False)
    forget(page, "Noted.")
    page.get_by_role("button", name="Forget me", exact=True).click()
    receive(page, NOT_REMOVED)
    assert page.evaluate(FAINT) == []
    assert page.evaluate(NAMELESS) == []
    for each in ("document.documentElement", "document.querySelector('#memories-list')"):
        assert page.evaluate(f"{each}.scrollWidth <= {each}.clientWidth")
    box = panel(page).bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= width
    assert box["y"] >= 0 and box["y"] + box["height"] <= 900
