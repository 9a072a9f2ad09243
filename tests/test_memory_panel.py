""" "What do you remember of me?" in a real Chromium, over a server that holds no talk."""

import pytest

from tests.browser import expect
from tests.page import FAINT, NAMELESS, join, receive
from tests.panel import (
    NOT_REMOVED,
    THREE,
    UNDO,
    close,
    count,
    fact,
    forget,
    gone,
    memory,
    opened,
    opener,
    panel,
    rows,
    sent,
    told,
)

pytestmark = pytest.mark.browser


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
