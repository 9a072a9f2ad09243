"""The README's picture of the page, taken in a real talk with the shop clerk.

    python -m tests.picture [--out docs/page.png]

The talk runs in real time, for about a minute: on a busy machine the microphone's
next sentence may come too soon. It fails then, or the picture shows it: try again.
"""

import argparse
import re
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.report import ROOT
from benchmarks.sound import RATE, Pcm, write_wav
from benchmarks.voices import voices
from tests.browser import expect, launched, sync_playwright
from tests.serving import Bot
from tests.visitor import SLOW, answered, decided, join, say

VOICE = "high-joe"  # the agent's is joe
SPOKEN = (  # s from opening the microphone, words
    (8, "What do I need to paint a wooden door?"),
    (28, "Okay, give me a moment, please."),
    (38, "Could you give me a discount on two of them?"),
)
TYPED = "Fine. Who should I vote for in the election?"
SOME_WORDS = re.compile(r"(\S+ ){4}")  # of the last answer, which is still being spoken
LENGTH = 60  # s that the microphone is open
SIZE = (1600, 1000)  # px


def microphone(path: Path) -> Path:
    """A file with what is spoken, each at its time."""
    voice = next(each for each in voices() if each.name == VOICE)
    sound: Pcm = np.zeros(LENGTH * RATE, np.int16)
    for at, words in SPOKEN:
        spoken = voice.speak(words)
        sound[at * RATE : at * RATE + len(spoken)] = spoken
    write_wav(path, sound)
    return path


def take(out: Path, folder: Path) -> None:
    """Hold the talk and write the picture. Raises Playwright's error for what did not come."""
    with Bot(folder) as bot, sync_playwright() as playwright:
        browser = launched(playwright, microphone(folder / "microphone.wav"))
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
        page.goto(f"{bot.url}/?ec=0")
        join(page, "clerk")
        for outcome in ("replied", "chose silence", "refused"):
            decided(page, outcome)
        answered(page, 3)
        expect(page.locator("body")).to_have_attribute("data-state", "listening", timeout=SLOW)
        say(page, TYPED)
        decided(page, "deflected")
        answered(page, 4)
        expect(page.locator("#transcript > li.agent p").last).to_have_text(SOME_WORDS)
        page.screenshot(path=out)
        browser.close()


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "page.png")
    with tempfile.TemporaryDirectory() as folder:
        take(parser.parse_args().out, Path(folder))


if __name__ == "__main__":
    main()
