"""The built page in a real Chromium, over a server that holds no talk."""

from urllib.parse import urlsplit

import pytest

from tests.browser import expect
from tests.page import FAINT, NAMELESS, join, receive

pytestmark = pytest.mark.browser

ACTIONS = ("reply", "silence", "interrupt", "refuse", "deflect")

# Counts from now on how often what an element says changes.
WATCH = """(where) => {
  window.changes = 0;
  const options = { childList: true, characterData: true, subtree: true };
  new MutationObserver((all) => { window.changes += all.length; })
    .observe(document.querySelector(where), options);
}"""

FOCUSED = "document.activeElement.id || document.activeElement.textContent"


def decision(
    number: int, kind: str, action: str, outcome: str, **more: object
) -> dict[str, object]:
    probabilities = {each: 0.8 if each == action else 0.05 for each in ACTIONS}
    return {
        "type": "decision",
        "id": number,
        "at": float(number),
        "kind": kind,
        "said": f"words of {number}",
        "pause": 0.4,
        "action": action,
        "probabilities": probabilities,
        "reason": f"reason of {number}",
        "facts": [],
        "latency_ms": 12.3,
        "judge": "rules",
        "fallback": False,
        "outcome": outcome,
    } | more


def heard(text: str, *, final: bool) -> dict[str, object]:
    return {"type": "user-words", "text": text, "final": final}


def floor(who: str, speaking: bool) -> dict[str, object]:
    return {"type": "floor", "who": who, "speaking": speaking}


def test_nothing_is_fetched_from_elsewhere_even_with_the_microphone_on(visit, url: str):
    page = visit()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.reload()
    page.get_by_role("button", name="Join").click()
    expect(page.locator("body")).to_have_attribute("data-link", "failed")
    assert {urlsplit(each).netloc for each in asked} == {urlsplit(url).netloc}
    assert any(each.endswith("/start") for each in asked)


def test_a_failed_join_is_told_and_can_be_tried_again(visit):
    page = visit()
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("alert")).to_contain_text("Joining did not work")
    expect(page.get_by_role("button", name="Join")).to_be_focused()


def test_each_control_has_a_name(visit):
    page = visit()
    join(page)
    receive(page, decision(1, "pause", "reply", "replied"))
    page.get_by_role("button", name="Wrong").click()
    assert page.evaluate(NAMELESS) == []


def test_the_keyboard_reaches_every_control_in_reading_order(visit):
    page = visit()
    join(page)
    receive(
        page,
        {"type": "talk", "id": "x"},
        decision(1, "partial", "silence", "kept listening"),
        decision(2, "pause", "reply", "replied"),
    )
    reached: list[str] = []
    for _ in range(17):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
        page.keyboard.press("Escape")
    assert reached == [
        "Skip to the talk",
        "leave",
        "mute",
        "device",
        "Who you talk to",
        "persona",
        "proactivity",
        "consent",
        "memories-open",
        "transcript-box",
        "text",
        "send",
        "download",
        "decisions-box",
        "0:01.0Kept listening once“words of 1”",
        "Right",
        "Wrong",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1600])
def test_the_page_fits_and_can_be_read(visit, width: int, scheme: str):
    page = visit(width, color_scheme=scheme)
    assert page.evaluate(FAINT) == []
    join(page)
    receive(
        page,
        heard("a rather long sentence that goes on for quite some time", final=True),
        heard("and more", final=False),
        *(decision(i, "pause", action, "done") for i, action in enumerate(ACTIONS)),
        decision(9, "pause", "reply", "replied", fallback=True, facts=["likes tea"]),
        asking(0.5, busy=True),
        echo(5.0, 180),
        {"type": "blocked", "until": None},
        {"type": "notice", "text": "a notice"},
    )
    assert page.evaluate(FAINT) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    talk, timeline = (page.locator(f"#{each}").bounding_box() for each in ("talk", "timeline"))
    assert (talk["x"] + talk["width"] <= timeline["x"]) == (width == 1600)


def test_words_appear_while_they_are_spoken_and_then_for_good(visit):
    page = visit()
    join(page)
    entries = page.locator("#transcript > li")
    receive(page, heard("hello th", final=False))
    expect(entries.locator(".interim")).to_have_text("hello th")
    receive(page, heard("Hello there.", final=True), floor("agent", True))
    expect(entries).to_have_text(["YouHello there."])
    receive(page, *({"type": "agent-words", "text": word} for word in ("Good", "day", ".")))
    receive(page, {"type": "cut-off"}, heard("wait", final=False))
    expect(entries).to_have_text(["YouHello there.", "AgentGood day. — cut off", "Youwait"])


def test_a_typed_text_that_comes_back_as_a_transcript_is_shown_once(visit):
    page = visit()
    join(page)
    receive(page, {"type": "typed", "text": "good morning"}, heard("good morning", final=True))
    expect(page.locator("#transcript > li")).to_have_count(1)


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ([], "Listening"),
        ([floor("user", True)], "Listening"),
        ([floor("user", False), {"type": "writing", "on": True}], "Thinking"),
        ([{"type": "writing", "on": True}, floor("agent", True)], "Speaking"),
        ([floor("agent", True), {"type": "cut-off"}, floor("user", True)], "Interrupted"),
        ([floor("user", True), {"type": "cut-off"}], "Listening"),
        ([{"type": "link", "state": "lost"}], "Not in a talk"),
    ],
)
def test_the_state_follows_from_what_is_heard(visit, events: list[dict[str, object]], state: str):
    page = visit()
    join(page)
    receive(page, *events)
    expect(page.locator("#state")).to_have_text(state)


def test_quiet_decisions_fold_into_a_line_that_opens(visit):
    page = visit()
    join(page)
    quiet = [decision(i, "partial", "silence", "kept listening") for i in range(1, 5)]
    receive(page, *quiet, decision(5, "pause", "silence", "waiting"))
    receive(
        page,
        decision(6, "pause", "reply", "replied"),
        decision(7, "partial", "silence", "kept listening"),
    )
    expect(page.locator("#decisions > li")).to_have_count(3)
    line = page.locator("summary", has_text="Kept listening 5 times")
    expect(page.get_by_text("reason of 3")).to_be_hidden()
    line.press("Enter")
    expect(page.get_by_text("reason of 3")).to_be_visible()


def asking(every: float, *, busy: bool) -> dict[str, object]:
    return {"type": "asking", "at": 4.1, "every": every, "busy": busy}


def test_how_often_the_judge_is_asked_is_a_line_between_the_decisions(visit):
    page = visit()
    join(page)
    quiet = [decision(i, "partial", "silence", "kept listening") for i in range(1, 5)]
    receive(page, *quiet[:2], asking(0.5, busy=True), *quiet[2:], asking(0.25, busy=False))
    rows = page.locator("#decisions > li")
    lines = [
        "Kept listening 2 times",
        "0:04.1Asking every 0.5 s: this machine is busy",
        "Kept listening 2 times",
        "0:04.1Asking every 0.25 s again",
    ]
    expect(rows).to_contain_text(lines)
    receive(page, decision(2, "partial", "interrupt", "cut in"))
    expect(rows).to_contain_text(["Kept listening once", "cut in", *lines[1:]])


def echo(at: float, delay: int) -> dict[str, object]:
    return {"type": "echo", "at": at, "delay_ms": delay, "level_db": -12}


def test_an_echo_is_a_line_between_the_decisions_and_is_read_out_once_a_talk(visit):
    page = visit()
    join(page)
    said = page.locator("#timeline").get_by_role("status")
    page.evaluate(WATCH, "#timeline-said")
    expect(said).to_be_empty()
    quiet = [decision(i, "partial", "silence", "kept listening") for i in range(1, 4)]
    receive(page, quiet[0], echo(1.6, 180), *quiet[1:], echo(3.2, 240))
    expect(page.locator("#decisions > li")).to_contain_text(
        [
            "Kept listening once",
            "0:01.6The microphone heard the agent’s own voice, 0.18 s late: set aside",
            "Kept listening 2 times",
            "0:03.2The microphone heard the agent’s own voice, 0.24 s late: set aside",
        ]
    )
    expect(said).to_have_text("The microphone heard the agent’s own voice. It is set aside.")
    assert page.evaluate("window.changes") == 1
    join(page)
    expect(said).to_be_empty()
    receive(page, echo(0.9, 180))
    expect(said).to_have_text("The microphone heard the agent’s own voice. It is set aside.")


def test_a_decision_shows_all_that_led_to_it(visit):
    page = visit()
    join(page)
    receive(page, decision(1, "pause", "refuse", "refused", facts=["likes tea"], fallback=True))
    card = page.get_by_role("article")
    for text in (
        "You paused for 0.4 s",
        "refuse",
        "words of 1",
        "reason of 1",
        "likes tea",
        "12 ms",
    ):
        expect(card).to_contain_text(text)
    expect(card).to_contain_text("fallback")
    bars = card.get_by_role("list", name="Probability of each action").get_by_role("listitem")
    expect(bars).to_have_text([f"{a}{80 if a == 'refuse' else 5} %" for a in ACTIONS])


def test_a_later_word_on_a_decision_replaces_the_earlier_one(visit):
    page = visit()
    join(page)
    receive(page, decision(1, "pause", "silence", "waiting"))
    receive(page, decision(2, "partial", "silence", "kept listening"))
    expect(page.locator("#decisions > li.run")).to_have_count(1)
    receive(page, decision(1, "pause", "silence", "chose silence"))
    expect(page.locator("#decisions > li")).to_have_count(2)
    expect(page.locator("#decisions > li.single")).to_contain_text("chose silence")


def test_a_mark_goes_to_the_finished_talk(visit):
    page = visit()
    page.route("**/marks", lambda route: route.fulfill(status=204))
    join(page)
    receive(page, {"type": "talk", "id": "t"}, decision(3, "overlap", "silence", "went on"))
    receive(page, {"type": "link", "state": "out"})
    with page.expect_request("**/api/talks/t/marks") as first:
        page.get_by_role("button", name="Wrong").click()
    with page.expect_request("**/api/talks/t/marks") as second:
        page.get_by_label("What it should have done").select_option(label="reply (yield)")
    with page.expect_request("**/api/talks/t/marks") as third:
        page.get_by_role("button", name="Right").click()
    assert [each.value.post_data_json for each in (first, second, third)] == [
        {"id": 3, "right": False, "should": None},
        {"id": 3, "right": False, "should": "reply"},
        {"id": 3, "right": True, "should": "silence"},
    ]


def test_a_mark_that_cannot_be_kept_is_told(visit):
    page = visit()
    join(page)
    receive(page, {"type": "talk", "id": "t"}, decision(3, "overlap", "silence", "went on"))
    page.get_by_role("button", name="Right").click()
    expect(page.get_by_role("alert")).to_contain_text("The mark could not be kept")


def test_a_server_that_is_gone_is_told_until_it_is_back(visit):
    page = visit()
    page.route("**/api/profile", lambda route: route.abort())
    receive(page, {"type": "link", "state": "lost"})
    gone = page.get_by_role("alert").get_by_text("The server cannot be reached")
    expect(gone).to_be_visible()
    page.unroute("**/api/profile")
    expect(gone).to_be_hidden()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("none", "No microphone was found"),
        ("denied", "was not allowed to use the microphone"),
        ("busy", "Another program is using the microphone"),
        ("insecure", "only to pages on localhost or HTTPS"),
    ],
)
def test_a_microphone_that_cannot_be_used_is_told(visit, state: str, words: str):
    page = visit()
    receive(page, {"type": "microphone", "state": state})
    expect(page.get_by_role("alert")).to_contain_text(words)
    receive(page, {"type": "microphone", "state": "on"})
    expect(page.get_by_role("alert")).to_be_empty()


def test_a_second_tab_is_sent_back_to_the_first(visit, url: str):
    page = visit()
    page.evaluate(
        "() => void navigator.locks.request('repartee-talk', () => new Promise(() => {}))"
    )
    second = page.context.new_page()
    second.goto(url)
    second.get_by_role("button", name="Join").click()
    expect(second.get_by_role("alert")).to_contain_text("in another tab")
    expect(second.locator("body")).to_have_attribute("data-link", "out")


def test_the_next_talk_starts_as_chosen(visit):
    page = visit()
    page.get_by_label("Persona").select_option("clerk")
    page.get_by_label("Proactivity").press("ArrowRight")
    page.get_by_label("Remember me").check()
    with page.expect_request("**/start") as start:
        page.get_by_role("button", name="Play a sample talk").click()
    body = start.value.post_data_json["body"]
    del body["user"]
    assert body == {"consent": True, "persona": "clerk", "proactivity": 0.35}


def test_motion_stops_where_it_is_not_wanted(visit):
    page = visit(reduced_motion="reduce")
    receive(page, {"type": "link", "state": "joining"})
    assert page.evaluate("getComputedStyle(document.querySelector('.dot')).animationName") == "none"
