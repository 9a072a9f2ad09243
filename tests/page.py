"""The built page over a server that holds no talk: events are handed to it by hand."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from tests.browser import Browser, Page, expect
from tests.test_web import app_over

# Each control that has no name for a screen reader.
NAMELESS = """() => [...document.querySelectorAll('button, select, input, summary, [tabindex="0"]')]
  .filter((e) => !(e.getAttribute('aria-label') || e.textContent.trim() || e.labels?.length))
  .map((e) => e.outerHTML)"""

# Each piece of text on a ground that it is hard to read on, with its contrast.
FAINT = """() => {
  const channels = (c) => c.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const c = channels(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] > 0) return c;
    }
  };
  return [...document.querySelectorAll('body *')]
    .filter((e) => e.checkVisibility() && !e.matches(':disabled, :disabled *, .skip'))
    .filter((e) => [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()))
    .map((e) => {
      const [a, b] = [light(channels(getComputedStyle(e).color)), light(ground(e))];
      return [(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), e.textContent];
    })
    .filter(([contrast]) => contrast < 4.5);
}"""


@contextmanager
def served(folder: Path, *, remembers: bool = True) -> Iterator[str]:
    """Where the page is served, for a profile that remembers users or one that does not."""
    app = app_over(folder, remembers=remembers)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://localhost:{port}/"
    server.should_exit = True
    thread.join()


@contextmanager
def visits(browser: Browser, url: str) -> Iterator[Callable[..., Page]]:
    """Opens the page in a browser that knows nobody; fails the test on an error in the page."""
    errors: list[str] = []
    contexts = []

    def opened(width: int = 1280, **options: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(url)
        expect(page.locator("#persona option")).to_have_count(2)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not errors, errors


def receive(page: Page, *events: dict[str, object]) -> None:
    """Hand the page events as though they came from a talk."""
    page.evaluate("(events) => events.forEach(window.repartee.receive)", list(events))


def join(page: Page) -> None:
    receive(page, {"type": "link", "state": "joining"}, {"type": "link", "state": "in"})
