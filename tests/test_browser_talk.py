"""A person at the page: a real Chromium in a real talk with the real agent."""

import io
import json
import wave
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.sound import LOUD as LOUD_LEVEL
from benchmarks.sound import RATE, levels, read_clip, write_wav
from judgement.moment import Kind
from judgement.rows import moment_of
from tests.browser import Browser, Page, expect, launched, sync_playwright
from tests.serving import Bot
from tests.visitor import SLOW, answered, decided, join, linked, say

CLIP = Path(__file__).parent / "audio" / "weather_question.wav"
UNTIL_SPOKEN = 7  # s from opening the microphone until the question, the greeting among them

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

# Whether the agent's sound, as the page plays it, is loud at this moment.
LOUD = """() => {
  const stream = document.querySelector('#agent-sound').srcObject;
  if (!stream) return false;
  if (window.heardStream !== stream) {
    const context = new AudioContext();
    window.heard = context.createAnalyser();
    context.createMediaStreamSource(stream).connect(window.heard);
    window.heardStream = stream;
  }
  const samples = new Float32Array(window.heard.fftSize);
  window.heard.getFloatTimeDomainData(samples);
  return Math.max(...samples.map(Math.abs)) > 0.02;
}"""


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    with Bot(tmp_path_factory.mktemp("browser")) as bot:
        yield bot


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Its microphone asks about the weather once."""
    silence = np.zeros(UNTIL_SPOKEN * RATE, np.int16)
    microphone = tmp_path_factory.mktemp("microphone") / "question.wav"
    write_wav(microphone, np.concatenate([silence, read_clip(CLIP), silence]))
    with sync_playwright() as playwright:
        browser = launched(playwright, microphone)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, bot: Bot) -> Iterator[Callable[[], Page]]:
    """Opens the page as somebody new; fails the test on an error in the page."""
    errors: list[str] = []
    contexts = []

    def opened() -> Page:
        context = browser.new_context(viewport={"width": 1600, "height": 1000})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{bot.url}/?ec=0")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not errors


def downloaded(page: Page) -> dict[str, bytes]:
    with page.expect_download() as download:
        page.locator("#download").click()
    packed = zipfile.ZipFile(io.BytesIO(Path(download.value.path()).read_bytes()))
    return {name: packed.read(name) for name in packed.namelist()}


def spoken_seconds(sound: bytes) -> float:
    """How long the agent, on the right, is heard in a recording."""
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getframerate(), file.getnchannels()) == (RATE, 2)
        pcm = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    return float((levels(pcm[1::2]) >= LOUD_LEVEL).sum()) / 100


def rows_of(parts: dict[str, bytes]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in parts["rows.jsonl"].splitlines()]


def test_a_spoken_question_is_heard_decided_and_answered(visit):
    page = visit()
    join(page)
    user = page.locator("#transcript > li.user")
    expect(user.first).to_contain_text("weather in Paris", timeout=SLOW)
    card = decided(page, "replied")
    expect(card).to_have_attribute("data-action", "reply")
    expect(card).to_have_attribute("data-kind", "pause")
    expect(card).to_contain_text("weather in Paris")
    answered(page, 2)
    page.wait_for_function(LOUD, timeout=SLOW)
    expect(page.locator("#transcript > li.agent").nth(1)).to_contain_text("Paris", timeout=SLOW)


@pytest.mark.slow
def test_a_typed_question_is_answered(visit):
    page = visit()
    join(page)
    say(page, "What is the capital of France?")
    expect(page.locator("#transcript > li.user")).to_contain_text("capital of France")
    decided(page, "replied")
    answered(page, 2)
    page.wait_for_function(LOUD, timeout=SLOW)


@pytest.mark.slow
def test_a_talk_is_downloaded_as_sound_and_rows_with_the_marks(visit):
    page = visit()
    join(page, "clerk")
    say(page, "Could you make it cheaper?")
    card = decided(page, "refused")
    card.get_by_role("button", name="Wrong").click()
    card.locator("select").select_option("reply")
    number = int(card.get_attribute("data-id"))
    answered(page, 2)
    expect(page.locator("body")).to_have_attribute("data-state", "listening", timeout=SLOW)
    parts = downloaded(page)
    assert set(parts) == {"audio.wav", "rows.jsonl"}
    assert spoken_seconds(parts["audio.wav"]) > 1
    row = rows_of(parts)[number - 1]
    assert row["id"].endswith(f":{number}")
    assert (row["marked"], row["label"]) == ("wrong", "reply")
    moment = moment_of(row)
    assert (moment.kind, moment.said) == (Kind.PAUSE, "Could you make it cheaper?")
    page.locator("#leave").click()
    linked(page, "out")
    assert rows_of(downloaded(page))[number - 1] == row


@pytest.mark.slow
def test_the_sample_talk_plays_without_a_microphone(visit):
    page = visit()
    page.locator("#sample").click()
    linked(page, "in")
    expect(page.locator("#mute")).to_have_text("Turn microphone on")
    expect(page.locator("#transcript > li.user").first).to_be_visible(timeout=SLOW)
    decided(page, "replied")
    answered(page, 2)
    page.wait_for_function(LOUD, timeout=SLOW)


@pytest.mark.slow
def test_a_reload_in_mid_talk_ends_it_and_another_goes_on(visit, bot: Bot):
    page = visit()
    join(page)
    page.reload()
    linked(page, "out")
    join(page)
    say(page, "What is the capital of France?")
    decided(page, "replied")
    answered(page, 2)


@pytest.mark.slow
def test_a_second_tab_is_sent_back_and_the_first_talk_goes_on(visit, bot: Bot):
    page = visit()
    join(page)
    second = page.context.new_page()
    second.goto(f"{bot.url}/?ec=0")
    second.locator("#join").click()
    expect(second.locator("[data-problem=tab]")).to_contain_text("in another tab")
    page.bring_to_front()
    say(page, "What is the capital of France?")
    decided(page, "replied")
    page.locator("#leave").click()
    linked(page, "out")
    join(second)
    expect(second.locator("[data-problem=tab]")).to_have_count(0)


@pytest.mark.slow
def test_a_server_that_goes_and_comes_back_in_mid_talk_is_told_and_can_be_joined(visit, bot: Bot):
    page = visit()
    join(page)
    bot.kill()
    linked(page, "lost")
    expect(page.locator("[data-problem=link]")).to_contain_text("Join again")
    expect(page.locator("[data-problem=server]")).to_contain_text("cannot be reached")
    bot.start()
    expect(page.locator("[data-problem=server]")).to_have_count(0, timeout=SLOW)
    join(page)
    expect(page.locator("[data-problem=link]")).to_have_count(0)
    say(page, "What is the capital of France?")
    decided(page, "replied")
    answered(page, 2)


@pytest.mark.slow
def test_where_the_slider_was_put_is_remembered(visit):
    page = visit()
    slider = page.get_by_label("Proactivity")
    page.locator("#persona").select_option("assistant")
    slider.fill("0.9")
    page.locator("#join").click()
    answered(page, 1)
    expect(slider).to_have_value("0.9")
    page.locator("#leave").click()
    page.reload()
    expect(page.get_by_role("button", name="Join")).to_be_enabled()
    expect(slider).not_to_have_value("0.9")
    join(page)
    expect(slider).to_have_value("0.9", timeout=SLOW)
    page.get_by_label("Persona").select_option("clerk")
    expect(page.locator("body")).to_have_attribute("data-link", "in")
    expect(slider).to_have_value("0.9", timeout=SLOW)
