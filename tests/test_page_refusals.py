"""What the page says where no talk comes about, and what one can do then."""

import asyncio
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from tests.browser import Page, Route, expect
from tests.page import FAINT, receive

pytestmark = pytest.mark.browser

TURN = {"urls": ["turn:127.0.0.1:9"], "username": "me", "credential": "word"}
FOCUSED = "document.activeElement.id"
# Keeps what each connection is made with.
NOTES = """
window.configurations = [];
const Real = RTCPeerConnection;
window.RTCPeerConnection = class extends Real {
  constructor(...given) { super(...given); window.configurations.push(given[0]); }
};
"""


def refusing(page: Page, path: str, status: int, seconds: int = 0, detail: str = "No.") -> None:
    headers = {"Retry-After": str(seconds)} if seconds else {}
    body = json.dumps({"detail": detail})
    page.route(path, lambda route: route.fulfill(status=status, headers=headers, body=body))


def press_join(page: Page) -> None:
    page.get_by_role("button", name="Join").click()


def test_who_is_not_signed_in_is_told_how_to_be(visit: Callable[..., Page]):
    page = visit()
    refusing(page, "**/start", 401)
    press_join(page)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Open the link of your invitation")
    expect(alert).to_contain_text("python -m server invite NAME")
    expect(page.get_by_role("button", name="Try again")).to_be_hidden()


def test_a_page_whose_sign_in_has_ended_says_so_and_not_that_the_server_is_gone(visit):
    page = visit()
    refusing(page, "**/api/profile", 401)
    receive(page, {"type": "link", "state": "lost"})
    expect(page.get_by_role("alert")).to_contain_text("You are not signed in, or no longer")
    expect(page.get_by_role("alert")).not_to_contain_text("cannot be reached")


@pytest.mark.parametrize(
    ("status", "says"), [(503, "All lines are busy."), (429, "You have begun too many talks")]
)
def test_who_finds_no_line_sees_the_seconds_pass_and_tries_again(visit, status: int, says: str):
    page = visit()
    page.clock.install()
    refusing(page, "**/start", status, 9)
    press_join(page)
    expect(page.get_by_role("alert")).to_contain_text(says)
    expect(page.get_by_role("alert")).to_contain_text("You can try again in 9 s.")
    again = page.get_by_role("button", name="Try again")
    expect(again).to_have_attribute("aria-disabled", "true")
    expect(again).to_have_accessible_description("in 9 s")
    page.clock.run_for(4000)
    expect(again).to_have_accessible_description("in 5 s")
    expect(page.get_by_role("alert")).to_contain_text("You can try again in 9 s.")
    tried: list[str] = []
    page.on("request", lambda request: tried.append(request.url))
    page.locator("#again").dispatch_event("click")
    assert not any(each.endswith("/start") for each in tried)
    page.clock.run_for(6000)
    expect(again).to_have_attribute("aria-disabled", "false")
    expect(page.locator("#notice")).to_have_text("You can try again now.")
    page.locator("#join").focus()
    page.keyboard.press("Shift+Tab")
    while page.evaluate(FOCUSED) != "again":
        page.keyboard.press("Shift+Tab")
    with page.expect_request("**/start"):
        page.keyboard.press("Enter")
    expect(again).to_have_attribute("aria-disabled", "true")


def test_who_tries_again_is_left_at_the_button_that_ends_it(visit):
    page = visit()
    receive(page, failed("busy", often=False, seconds=1))
    page.locator("#again").focus()
    receive(page, {"type": "link", "state": "joining"})
    expect(page.locator("#retry")).to_be_hidden()
    assert page.evaluate(FOCUSED) == "leave"


def failed(kind: str, **more: Any) -> dict[str, Any]:
    return {"type": "link", "state": "failed", "why": {"kind": kind} | more}


def test_an_offer_that_finds_no_seat_is_told_as_busy(visit):
    page = visit()
    page.clock.install()
    page.route("**/start", lambda route: route.fulfill(json={"sessionId": "s"}))
    refusing(page, "**/sessions/s/api/offer", 503, 1)
    press_join(page)
    for _ in range(10):  # the transport offers again by itself, and then gives up
        page.clock.run_for(1000)
        page.wait_for_timeout(50)
    expect(page.get_by_role("alert")).to_contain_text("All lines are busy")


async def answered(asked: dict[str, str]) -> dict[str, str]:
    """An answer to an offer, without an address to reach anybody at."""
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    await peer.setRemoteDescription(RTCSessionDescription(asked["sdp"], asked["type"]))
    await peer.setLocalDescription(await peer.createAnswer())
    lines = peer.localDescription.sdp.splitlines(keepends=True)
    await peer.close()
    sdp = "".join(each for each in lines if "candidate" not in each)
    return {"sdp": sdp, "type": "answer", "pc_id": "p"}


def answer(route: Route) -> None:
    if route.request.method == "PATCH":
        return route.fulfill(json={})
    with ThreadPoolExecutor() as aside:  # Playwright has a loop in this thread
        made = aside.submit(asyncio.run, answered(route.request.post_data_json)).result()
    route.fulfill(json=made)


def test_a_talk_for_which_no_way_is_found_points_to_who_can_mend_it(visit):
    page = visit()
    page.clock.install()
    page.route("**/start", lambda route: route.fulfill(json={"sessionId": "s"}))
    page.route("**/sessions/s/api/offer", answer)
    with page.expect_response("**/sessions/s/api/offer"):
        press_join(page)
    expect(page.locator("body")).to_have_attribute("data-link", "joining")
    page.clock.run_for(21_000)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("No way was found between this browser and the agent")
    expect(alert).to_contain_text("docs/nat.md")
    expect(alert).to_contain_text("python -m server doctor")
    expect(page.get_by_role("button", name="Join")).to_be_focused()


def test_a_session_that_ended_meanwhile_is_told_as_no_way(visit):
    page = visit()
    page.route("**/start", lambda route: route.fulfill(json={"sessionId": "s"}))
    refusing(page, "**/sessions/s/api/offer", 404, detail="There is no such session.")
    press_join(page)
    expect(page.get_by_role("alert")).to_contain_text("No way was found")


def test_the_servers_that_help_are_used(visit, url: str):
    page = visit()
    page.add_init_script(NOTES)
    page.reload()
    page.route(
        "**/start",
        lambda route: route.fulfill(
            json={"sessionId": "s", "iceConfig": {"iceServers": [TURN, {"urls": "stun:[::1]:9"}]}}
        ),
    )
    refusing(page, "**/sessions/s/api/offer", 400)
    press_join(page)
    expect(page.get_by_role("alert")).to_contain_text("Joining did not work: No.")
    used = page.evaluate("window.configurations[0].iceServers")
    assert used == [TURN, {"urls": "stun:[::1]:9"}]


def test_a_server_that_is_gone_is_told_once(visit):
    page = visit()
    page.route("**/start", lambda route: route.abort())
    page.route("**/api/profile", lambda route: route.abort())
    press_join(page)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("The server cannot be reached", timeout=15_000)
    expect(page.locator(".problem")).to_have_count(1)


def test_a_page_without_https_says_at_once_that_no_microphone_is_given(visit, url: str):
    page = visit()
    other = page.context.new_page()
    where = url.replace("localhost", "agent.example").rstrip("/")
    other.goto(where)
    alert = other.get_by_role("alert")
    expect(alert).to_contain_text(f"only to pages on localhost or HTTPS, and {where} is neither")
    expect(alert).to_contain_text("python -m server doctor")
    receive(other, {"type": "link", "state": "out"}, {"type": "microphone", "state": "off"})
    expect(alert).to_contain_text("python -m server doctor")
    other.get_by_role("button", name="Join").click()
    expect(other.locator(".problem[data-problem=microphone]")).to_have_count(1)
    expect(other.locator("body")).to_have_attribute("data-link", "failed")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_each_of_these_fits_and_can_be_read(visit, width: int, scheme: str):
    page = visit(width, color_scheme=scheme)
    for why in (
        failed("busy", often=True, seconds=3000),
        failed("no-way"),
        failed("late"),
        failed("sign-in"),
        failed("other", text="Nobody knows."),
    ):
        receive(page, why, {"type": "microphone", "state": "denied"})
        assert page.evaluate(FAINT) == []
        assert page.evaluate("document.documentElement.scrollWidth") == width
