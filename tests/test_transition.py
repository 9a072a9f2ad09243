"""What benchmarks.transition measures, against an agent whose delays are known."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest

from benchmarks import turns
from benchmarks.caller import Caller, Message
from benchmarks.line import Receive
from benchmarks.microphone import FRAME, PERIOD, Microphone
from benchmarks.report import ratio, summary
from benchmarks.sound import RATE, Pcm
from benchmarks.timeline import Timeline
from benchmarks.transition import figures, parser, table
from benchmarks.turns import Outcome, Step, settle, stages, take

SOUND: Pcm = (8000 * np.sin(np.arange(RATE) / 6)).astype(np.int16)


class PunctualLine:
    """An agent that answers `answer` s after the user's last sound and yields after `stop` s."""

    tells = True

    def __init__(self, answer: float | None, stop: float, length: float = 10.0) -> None:
        self._answer = answer
        self._stop = stop
        self._length = length
        self._task: asyncio.Task[None] | None = None

    async def connect(self, microphone: Microphone, heard: Timeline, receive: Receive) -> None:
        receive({"label": "rtvi-ai", "type": "bot-ready", "data": {}})
        self._task = asyncio.create_task(self._talk(microphone, heard))

    async def _talk(self, microphone: Microphone, heard: Timeline) -> None:
        now = time.monotonic()
        while True:
            await asyncio.sleep(now + PERIOD - time.monotonic())
            microphone.frame(now)
            heard.add(SOUND[:FRAME] if self._speaks(microphone, now) else SOUND[:FRAME] * 0, now)
            now += PERIOD

    def _speaks(self, microphone: Microphone, now: float) -> bool:
        """From `answer` s after the user's newest sound, or `stop` s into their second."""
        first = microphone.said.onset(0.0)
        over = first and microphone.said.silence(first, 0.06, now)
        if over is None or self._answer is None:
            return False
        again = microphone.said.onset(over)
        until = min(over + self._answer + self._length, again + self._stop if again else now + 1)
        return over + self._answer <= now < until

    async def send(self, message: Mapping[str, Any]) -> None:
        pass

    async def hang_up(self) -> None:
        if self._task is not None:
            self._task.cancel()


@asynccontextmanager
async def talking_to(line: PunctualLine) -> AsyncIterator[Caller]:
    async with Caller("", line=line) as caller:
        yield caller


@pytest.fixture(autouse=True)
def in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Turns that do not take a real talk's time."""
    monkeypatch.setattr(turns, "PATIENCE", 0.6)
    monkeypatch.setattr(turns, "ENOUGH", 0.2)
    monkeypatch.setattr(turns, "HELD", 0.2)
    monkeypatch.setattr(turns, "GAP", 0.1)


async def test_a_transition_runs_from_the_last_sound_to_the_first() -> None:
    async with talking_to(PunctualLine(answer=0.2, stop=0)) as caller:
        outcome = await take(caller, Step("tone", "", SOUND[: RATE // 4]))
    assert outcome.transition == pytest.approx(0.2, abs=0.03)
    assert outcome.barge_in is None and not outcome.missed


async def test_a_barge_in_runs_from_the_users_onset_to_the_agents_silence() -> None:
    async with talking_to(PunctualLine(answer=0.1, stop=0.3)) as caller:
        outcome = await take(caller, Step("tone", "", SOUND[: RATE // 4], SOUND[: RATE // 4]))
    assert outcome.barge_in == pytest.approx(0.3, abs=0.04)


async def test_an_agent_that_never_yields_counts_with_the_whole_patience() -> None:
    async with talking_to(PunctualLine(answer=0.1, stop=9)) as caller:
        outcome = await take(caller, Step("tone", "", SOUND[: RATE // 4], SOUND[: RATE // 4]))
    assert outcome.barge_in == turns.PATIENCE


async def test_an_answer_that_ended_by_itself_is_no_barge_in() -> None:
    async with talking_to(PunctualLine(answer=0.1, stop=9, length=0.1)) as caller:
        outcome = await take(caller, Step("tone", "", SOUND[: RATE // 4], SOUND[: RATE // 4]))
    assert outcome.transition is not None and outcome.barge_in is None


async def test_a_turn_without_an_answer_is_missed() -> None:
    async with talking_to(PunctualLine(answer=None, stop=0)) as caller:
        outcome = await take(caller, Step("tone", "", SOUND[: RATE // 4]))
    assert outcome.missed


async def test_an_agent_that_speaks_into_a_pause_is_early() -> None:
    halves = np.concatenate([SOUND[:4000], SOUND[:8000] * 0, SOUND[:4000]])
    async with talking_to(PunctualLine(answer=0.2, stop=0.1)) as caller:
        outcome = await take(caller, Step("tone", "", halves))
    assert outcome.early and not outcome.missed and outcome.transition is None


def test_stages_count_from_the_last_sound_and_only_those_of_the_turn() -> None:
    messages = [
        Message(1.0, "bot-llm-started", None),
        Message(12.2, "user-transcription", {"text": "hm", "final": False}),
        Message(12.4, "user-transcription", {"text": "hello", "final": True}),
        Message(12.5, "server-message", {"type": "decision", "latency": 0.04}),
        Message(12.6, "metrics", {"ttfb": [{"processor": "OpenAILLMService#0", "value": 0.1}]}),
        Message(14.0, "bot-tts-started", None),
    ]
    found = stages(messages, onset=10.0, end=12.0, answered=13.0)
    assert found == pytest.approx(
        {"transcript": 0.4, "decision": 0.5, "decision_took": 0.04, "llm_ttfb": 0.1}
    )


async def test_an_agent_is_settled_when_it_is_silent_and_writes_no_more() -> None:
    line = PunctualLine(answer=None, stop=0)
    async with talking_to(line) as caller:
        caller.messages.append(Message(0.0, "bot-llm-started", None))
        assert not await settle(caller, limit=0.1)
        caller.messages.append(Message(0.0, "bot-llm-stopped", None))
        assert await settle(caller, limit=0.1)


def test_a_missed_turn_is_reported_and_is_no_sample() -> None:
    outcomes = [Outcome("a", "x", transition=1.0), Outcome("b", "y"), Outcome("c", "z", early=True)]
    report = figures(outcomes)
    assert report["transition"]["samples"] == [1.0]
    assert (report["missed"], report["early"]) == (1, 1)


def test_a_report_without_samples_still_makes_a_table() -> None:
    report = {"ours": figures([]), "plain": figures([Outcome("a", "x", transition=0.5)])}
    assert "0.50" in table(report, ["ours", "plain"])


def test_a_ratio_below_one_is_faster() -> None:
    assert ratio(summary([0.5]), summary([1.0])) == {"p50": 0.5, "p95": 0.5}
    assert ratio(summary([]), summary([1.0])) == {"p50": None, "p95": None}


def test_every_option_has_a_sentence() -> None:
    actions = [action for action in parser()._actions if action.dest != "help"]
    assert all(action.help and action.help.endswith(".") for action in actions)
