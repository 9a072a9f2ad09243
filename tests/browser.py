"""Debian's Chromium, driven by Playwright, with a file where its microphone would be."""

import os
import shutil
from pathlib import Path

import pytest

REQUIRED = os.environ.get("REPARTEE_BROWSER") == "required"
CHROMIUM = shutil.which("chromium")

if not REQUIRED:  # a module that imports this one is skipped where Playwright is missing
    pytest.importorskip("playwright.sync_api")
from playwright.sync_api import (  # noqa: E402
    Browser,
    Page,
    Playwright,
    Route,
    expect,
    sync_playwright,
)

__all__ = ["Browser", "Page", "Route", "expect", "launched", "sync_playwright"]

FLAGS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--host-resolver-rules=MAP agent.example 127.0.0.1",  # a host that is not localhost
)


def launched(playwright: Playwright, microphone: Path | None = None) -> Browser:
    """A browser that plays the file `microphone` once, from when a page opens the microphone.

    Without Chromium the test is skipped, or fails where REPARTEE_BROWSER=required.
    """
    if CHROMIUM is None:
        missing = pytest.fail if REQUIRED else pytest.skip
        missing("needs Debian's chromium")
    sound = [f"--use-file-for-fake-audio-capture={microphone}%noloop"] if microphone else []
    return playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *sound])
