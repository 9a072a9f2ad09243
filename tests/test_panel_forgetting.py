"""The panel of what is remembered: all is to go, things go wrong, nothing is kept."""

import re
from pathlib import Path

import pytest

from tests.browser import Browser, Page, expect
from tests.page import join, receive, served, visits
from tests.panel import (
    CATCH,
    NOT_REMOVED,
    THREE,
    UNDO,
    all_gone,
    close,
    count,
    forget,
    gone,
    kept,
    opened,
    opener,
    panel,
    rows,
    sent,
    told,
)

pytestmark = pytest.mark.browser


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
