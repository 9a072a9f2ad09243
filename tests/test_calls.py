"""A caller is answered and interrupts, over WebRTC and over the plain socket."""

import time
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from typing import Any

import pytest

from benchmarks.caller import Caller
from benchmarks.conversation import spoken
from benchmarks.ear import understood
from benchmarks.socket_caller import socket_caller
from benchmarks.webrtc import WebRTCLine
from judgement.words import words_of
from tests.serving import Bot, until

QUESTION = "Can you tell me about the history of London?"
ANSWER = 20.0  # s that a loaded machine may take
IN_FLIGHT = 0.2  # s that a word may follow the decision that cut it off
STOP = 3.0  # s from the user's first sound to the agent's silence, on a loaded machine


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    with Bot(tmp_path_factory.mktemp("calls")) as bot:
        yield bot


def calls(bot: Bot, user: str) -> dict[str, Caller]:
    body = {"user": user, "consent": True}
    return {"webrtc": Caller(bot.url, body=body), "websocket": socket_caller(bot.url, body)}


async def greeted(caller: Caller) -> None:
    await caller.until_message("bot-stopped-speaking", timeout=ANSWER)


def outcome(name: str) -> Callable[[Any], bool]:
    return lambda data: data.get("type") == "decision" and data["outcome"] == name


@pytest.mark.slow
async def test_a_caller_whose_connection_is_made_anew_twice_goes_on_in_the_same_talk(bot: Bot):
    line = WebRTCLine(bot.url, {"user": "breaks", "consent": True})
    async with Caller(bot.url, line=line) as caller:
        await greeted(caller)
        for _ in range(2):
            await line.anew()
            asked = time.monotonic()
            await caller.send_text(QUESTION)
            assert await caller.until_heard(after=asked, timeout=ANSWER) is not None


@pytest.mark.slow
async def test_an_answer_goes_on_over_a_connection_that_is_made_anew(bot: Bot):
    line = WebRTCLine(bot.url, {"user": "breaks", "consent": True})
    async with Caller(bot.url, line=line) as caller:
        await greeted(caller)
        asked = time.monotonic()
        await caller.send_text(QUESTION)
        assert await caller.until_heard(after=asked, timeout=ANSWER) is not None
        await line.anew()
        made = time.monotonic()
        assert await caller.until_heard(after=made, timeout=1.0) is not None
        assert await caller.until_silent(after=made + 1.0, timeout=ANSWER) is not None
        assert await until(lambda: QUESTION in bot.remembered("breaks"))


@pytest.mark.slow
@pytest.mark.parametrize("line", ["webrtc", "websocket"])
async def test_a_caller_is_answered_interrupts_and_hears_the_agent_stop(bot: Bot, line: str):
    """What the agent keeps of its answer is what the caller heard of it."""
    user = f"interrupts-{line}"
    async with calls(bot, user)[line] as caller:
        await greeted(caller)
        end = await caller.say(spoken(QUESTION))
        began = await caller.until_heard(after=end, timeout=ANSWER)
        assert began is not None
        await until_said(caller, end, words=5)
        onset = await caller.begin(spoken("Wait, stop there.")).onset
        silent = await caller.until_silent(after=onset, timeout=STOP)
        assert silent is not None and silent - onset < STOP
        yielded = await caller.until_message("server-message", where=outcome("yielded"))
        written = words_of(told(caller, "bot-llm-text", end, yielded.at))
        kept = words_of(told(caller, "bot-tts-text", end, yielded.at + IN_FLIGHT, " "))
        assert kept == written[: len(kept)] and len(kept) < len(written)
        heard = words_of(understood(caller.heard.sound(began, silent)))
        assert abs(len(heard) - len(kept)) <= 2, (heard, kept)
        # By letters: "misunderstanding" may be heard as "ema sundar standing".
        alike = SequenceMatcher(None, " ".join(heard), " ".join(kept)).ratio()
        assert alike > 0.6, (heard, kept)
        assert await until(lambda: remembers(bot, user, kept)), bot.remembered(user, "agent")


async def until_said(caller: Caller, after: float, *, words: int) -> None:
    """Wait until the agent has said so many words of its answer."""
    assert await until(lambda: len(caller.of("bot-tts-text", after)) >= words)


def told(caller: Caller, kind: str, after: float, before: float, glue: str = "") -> str:
    """The text of all messages of a kind between two times."""
    return glue.join(m.data["text"] for m in caller.of(kind, after) if m.at <= before)


def remembers(bot: Bot, user: str, words: list[str]) -> bool:
    return words in [words_of(text) for text in bot.remembered(user, "agent")]
