"""Sound and messages that nobody should send, in the real pipeline: the talk goes on."""

import asyncio
import gc
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pipecat.frames.frames import InputTransportMessageFrame
from pipecat.pipeline.worker import PipelineWorker

from benchmarks.conversation import Conversation, talk_to
from benchmarks.ear import understood
from benchmarks.sound import RATE, Pcm, read_clip
from judgement.signals import NO_INTERRUPTIONS
from judgement.words import words_of
from memory.sqlite.store import SqliteStore
from processors.memory import signals_of
from processors.shared import Shared
from tests.test_socket import MESSAGES, message

AUDIO = Path(__file__).parent / "audio"
QUESTION = "What is the capital of France?"
SLOW = 20.0  # s that a loaded machine may take to answer


def clip(name: str) -> Pcm:
    return read_clip(AUDIO / f"{name}.wav")


def quiet(seconds: float) -> Pcm:
    return np.zeros(round(seconds * RATE), np.int16)


def noise(seconds: float, level: int = 3000) -> Pcm:
    """White noise."""
    sound = np.random.default_rng(7).normal(0, level, round(seconds * RATE))
    return np.clip(sound, -32768, 32767).astype(np.int16)


def cough() -> Pcm:
    """Two bursts that begin at once and die away, louder below 1 kHz."""
    fade = np.exp(-np.arange(round(0.3 * RATE)) / (0.06 * RATE))
    burst = np.convolve(noise(0.3, 20_000) * fade, np.ones(8) / 8, "same").astype(np.int16)
    return np.concatenate([burst, quiet(0.1), burst // 2])


def mixed(*voices: Pcm) -> Pcm:
    """Several people at once."""
    longest = max(map(len, voices))
    padded = [np.pad(voice.astype(np.int32), (0, longest - len(voice))) for voice in voices]
    return np.clip(sum(padded), -32768, 32767).astype(np.int16)


async def still_answers(talk: Conversation) -> None:
    """Ask a question and hear an answer."""
    seen = len(talk.decisions())
    ended = await talk.say(QUESTION)
    await talk.until(lambda: any(d["outcome"] == "replied" for d in talk.decisions()[seen:]), SLOW)
    await talk.until(lambda: talk.heard_from(ended), SLOW)


def notices(talk: Conversation) -> list[str]:
    return [m["text"] for m in talk.server_messages() if m["type"] == "notice"]


@pytest.mark.slow
@pytest.mark.parametrize("sound", [noise(5), quiet(5), cough()], ids=["noise", "silence", "cough"])
async def test_what_is_no_speech_is_not_answered(shared: Shared, sound: Pcm):
    async with talk_to(shared, persona="assistant") as talk:
        await talk.until(talk.quiet_for(0.5))
        began = talk.now
        await talk.play(np.concatenate([sound, quiet(2)]))
        assert talk.heard_from(began) is None, talk.decisions()
        assert [role for role, _ in talk.context()] == ["assistant"]
        await still_answers(talk)


@pytest.mark.slow
async def test_a_cough_does_not_stop_the_agent(shared: Shared):
    async with talk_to(shared, persona="interviewer") as talk:
        await talk.until(lambda: talk.heard_from(0))
        await talk.play(cough())
        await talk.until(talk.quiet_for(1.0))
        assert talk.context() == [("assistant", talk.talk.role.persona.greeting)]


@pytest.mark.slow
async def test_a_minute_of_speech_is_heard_to_its_end(shared: Shared):
    names = ["admiration_reading", "antecedents_reading", "advantage_reading", "ask_not_speech"]
    speech = np.concatenate([clip(name) for name in names])
    speech = np.concatenate([speech, speech])[: 60 * RATE]
    async with talk_to(shared, persona="assistant") as talk:
        await talk.until(talk.quiet_for(0.5))
        await talk.play(speech)
        await talk.until(lambda: talk.outcomes()[-1] == "pause: replied", SLOW)
        said = " ".join(text for role, text in talk.context() if role == "user")
        real = words_of(understood(speech[: 8 * RATE]))
        assert len(set(real) & set(words_of(said))) > 0.7 * len(set(real)), said
        assert len(words_of(said)) > 100
        await talk.until(talk.quiet_for(1.0), SLOW)
        await still_answers(talk)


@pytest.mark.slow
async def test_two_people_at_once_are_answered_as_one(shared: Shared):
    async with talk_to(shared, persona="assistant") as talk:
        await talk.until(talk.quiet_for(0.5))
        await talk.play(mixed(clip("weather_question"), clip("antecedents_reading")))
        await talk.until(talk.outcome("replied"), SLOW)
        await talk.until(talk.quiet_for(1.0), SLOW)
        await still_answers(talk)


@pytest.mark.parametrize("text", ["", "   ", "x" * 100_000], ids=["empty", "blank", "huge"])
async def test_a_text_that_cannot_be_a_turn_is_told_so(shared: Shared, text: str):
    async with talk_to(shared, persona="assistant") as talk:
        await talk.type(text)
        await talk.until(lambda: notices(talk))
        assert not talk.decisions()
        await talk.type(QUESTION)
        await talk.until(talk.outcome("replied"))
        assert ("user", QUESTION) in talk.context()


async def test_a_text_not_to_be_answered_at_once_goes_through_the_judge_all_the_same(
    shared: Shared,
):
    async with talk_to(shared, persona="clerk") as talk:
        options = {"run_immediately": False}
        await talk.message("send-text", {"content": "make it cheaper", "options": options})
        await talk.until(talk.outcome("refused"))


FILE = {"format": "text/plain", "name": "x", "source": {"type": "url", "url": "http://x.test/"}}
MALFORMED: list[Any] = [
    {"label": "rtvi-ai"},
    {"label": "rtvi-ai", "type": "send-text", "id": 5, "data": {}},
    {"label": "rtvi-ai", "type": "send-text", "id": "1", "data": None},
    {"label": "rtvi-ai", "type": "send-text", "id": "1", "data": {"content": ["a", 1]}},
    {"label": "rtvi-ai", "type": "send-text", "id": "1", "data": "hello"},
    {"label": "rtvi-ai", "type": "no-such-type", "id": "1", "data": {}},
    {"label": "rtvi-ai", "type": "client-message", "id": "1", "data": None},
    {"label": "rtvi-ai", "type": "client-message", "id": "1", "data": {"t": "mark", "d": 5}},
    {"label": "rtvi-ai", "type": "client-message", "id": "1", "data": {"t": "consent"}},
    {"label": "rtvi-ai", "type": "client-message", "id": "1", "data": {"t": {}, "d": {}}},
    {"label": "rtvi-ai", "type": "raw-audio", "id": "1", "data": None},
    {"label": "rtvi-ai", "type": "raw-audio", "id": "1", "data": {"base64Audio": "!!"}},
    {"label": "rtvi-ai", "type": "dtmf", "id": "1", "data": {"buttons": 5}},
    {"label": "rtvi-ai", "type": "send-file", "id": "1", "data": {"file": {}}},
    {"label": "rtvi-ai", "type": "send-file", "id": "1", "data": {"content": "x", "file": FILE}},
    {"label": "rtvi-ai", "type": "client-ready", "id": "1", "data": {"version": "x"}},
    {"label": "other", "type": "hello"},
    {},
    [],
    5,
    None,
]


async def test_malformed_messages_change_nothing(shared: Shared):
    async with talk_to(shared, persona="assistant") as talk:
        for message in MALFORMED:
            await talk.air.microphone.broadcast_frame(InputTransportMessageFrame, message=message)
        await talk.type(QUESTION)
        await talk.until(talk.outcome("replied"))
        assert [text for role, text in talk.context() if role == "user"] == [QUESTION]


@pytest.mark.parametrize("persona", ["nobody", "../../etc/passwd", "", 5, None, {"a": 1}])
async def test_an_unknown_persona_is_the_profile_s_own(shared: Shared, persona: object):
    async with talk_to(shared, persona=persona) as talk:
        told = next(m for m in talk.server_messages() if m["type"] == "persona")
        assert told["name"] == shared.persona.name


async def test_a_persona_or_proactivity_that_cannot_be_is_told_and_changes_nothing(shared: Shared):
    async with talk_to(shared, persona="assistant", proactivity=99) as talk:
        assert talk.talk.role.persona.proactivity == 1.0
        wrong: list[dict[str, Any]] = [
            *({"t": "persona", "d": {"name": name}} for name in ("nobody", 5, None)),
            *({"t": "proactivity", "d": {"value": x}} for x in (-1, 2, "high", True, None)),
        ]
        for sent in wrong:
            await talk.message("client-message", sent)
        await talk.until(lambda: len(notices(talk)) == len(wrong))
        assert talk.talk.role.persona.name == "assistant"
        assert talk.talk.role.persona.proactivity == 1.0


async def test_a_proactivity_set_by_hand_stands_against_an_earlier_wish_and_in_later_talks(
    shared: Shared,
):
    async with talk_to(shared, persona="assistant", user="slides") as talk:
        talk.talk.keeper.heard("user", "stop interrupting me", datetime.now(UTC))
        assert signals_of(talk.talk.keeper) == {NO_INTERRUPTIONS: True}
        await talk.message("client-message", {"t": "proactivity", "d": {"value": 0.8}})
        await talk.until(lambda: not signals_of(talk.talk.keeper))
        await talk.message("client-message", {"t": "persona", "d": {"name": "clerk"}})
        await talk.until(lambda: talk.talk.role.persona.name == "clerk")
        assert talk.talk.listener.policy.proactivity == 0.8
    async with talk_to(shared, persona="assistant", user="slides") as talk:
        assert talk.talk.listener.policy.proactivity == 0.8
        talk.talk.keeper.heard("user", "stop interrupting me", datetime.now(UTC))
    async with talk_to(shared, persona="assistant", user="slides") as talk:
        assert signals_of(talk.talk.keeper) == {NO_INTERRUPTIONS: True}
        assert talk.talk.listener.policy.proactivity < 0.8


async def test_a_client_that_is_ready_twice_is_greeted_once(shared: Shared):
    async with talk_to(shared, persona="assistant") as talk:
        for number in range(5):
            await talk.message("client-ready", {"version": "1.0.0", "about": {"library": "test"}})
            await talk.message("client-message", {"t": f"mark {number}"})
        await talk.until(lambda: len(notices(talk)) == 5)
        await talk.until(talk.quiet_for(1.0))
        assert talk.context() == [("assistant", talk.talk.role.persona.greeting)]


@pytest.mark.slow
async def test_no_message_of_ten_thousand_ends_a_running_talk(shared: Shared):
    chance = random.Random(9)
    async with talk_to(shared, persona="assistant") as talk:
        for number in range(MESSAGES):
            made = message(chance)
            await talk.air.microphone.broadcast_frame(InputTransportMessageFrame, message=made)
            if number % 500 == 0:
                await talk.message("client-message", {"t": f"mark {number}"})
                told = f"The message 'mark {number}' made no sense."
                await talk.until(lambda told=told: told in notices(talk), 60)
        await talk.until(talk.quiet_for(1.0), SLOW)
        await still_answers(talk)


async def test_a_client_that_vanishes_in_mid_word_leaves_its_words_and_nothing_else(
    shared: Shared,
):
    before, tasks = workers(), asyncio.all_tasks()
    await vanish(shared, user="vanishes", consent=True)
    assert isinstance(shared.store, SqliteStore)
    await shared.store.settled()
    assert asyncio.all_tasks() == tasks
    assert workers() == before
    assert QUESTION in [memory.text for memory in await shared.store.everything("vanishes")]


async def vanish(shared: Shared, **body: object) -> None:
    """Ask by typing, then go while speaking; the talk ends by itself."""
    async with talk_to(shared, **body) as talk:
        await talk.type(QUESTION)
        await talk.until(talk.outcome("replied"))
        await talk.until(lambda: talk.heard_from(0))
        talk.begin("I was just about to say")
        await talk.until(lambda: talk.talk.listener.user_speaks)
        await talk.air._call_event_handler("on_client_disconnected", None)
        await talk.until(lambda: not is_running())


def is_running() -> bool:
    """Whether a talk's runner still runs."""
    running = (task.get_coro() for task in asyncio.all_tasks())
    return any(getattr(each, "__qualname__", "") == "WorkerRunner.run" for each in running)


def workers() -> set[int]:
    """Every pipeline there is."""
    gc.collect()
    return {id(each) for each in gc.get_objects() if isinstance(each, PipelineWorker)}
