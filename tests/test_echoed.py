"""The agent's sound comes back into the microphone: the real pipeline, in a room that echoes."""

from functools import partial

import numpy as np
import pytest

from benchmarks.conversation import Conversation, Echo, talk_to
from benchmarks.echo_room import EchoRoom
from benchmarks.sound import RATE
from judgement.words import words_of
from processors.shared import Shared

LOUD, SOFT = (0.12, -6.0), (0.25, -20.0)  # s, dB


def echo(delay: float, decibels: float) -> Echo:
    chance = np.random.default_rng(7)
    return partial(EchoRoom, delay=delay, decibels=decibels, chance=chance)


def unguarded(shared: Shared) -> Shared:
    other = Shared(**vars(shared))
    overlap = shared.settings.overlap.model_copy(update={"echo_guard": False})
    other.settings = shared.settings.model_copy(update={"overlap": overlap})
    return other


def spoiled(talk: Conversation) -> bool:
    """Whether the agent gave way to its own voice, or waited for it."""
    user = [text for role, text in talk.context() if role == "user"]
    return bool(user) or "overlap: yielded" in talk.outcomes() or waited(talk) > 1.0


def runs(text: str) -> set[tuple[str, ...]]:
    """Every three words in a row."""
    words = words_of(text)
    return {tuple(words[at : at + 3]) for at in range(len(words) - 2)}


def waited(talk: Conversation) -> float:
    """Seconds for which the agent stood still in the middle of its words."""
    return sum(until - since for since, until in talk.pauses())


@pytest.mark.slow
@pytest.mark.parametrize("room", [LOUD, SOFT])
async def test_an_agent_that_hears_itself_says_all_and_nobody_else_has_spoken(
    shared: Shared, room: tuple[float, float]
):
    async with talk_to(shared, echo=echo(*room), persona="interviewer") as talk:
        await talk.until(talk.quiet_for(2.5), 30)
        greeting = talk.talk.role.persona.greeting
        assert talk.context() == [("assistant", greeting)], talk.outcomes()
        assert not spoiled(talk), (talk.outcomes(), talk.pauses())
        length = shared.lines[greeting].seconds * RATE
        assert len(talk.heard()) == pytest.approx(length, abs=0.1 * RATE)
        assert talk.talk.listener.unfinished == ""
        found = [m for m in talk.server_messages() if m["type"] == "echo"]
        assert found[-1]["delay_ms"] == pytest.approx(1000 * room[0], abs=60)


@pytest.mark.slow
async def test_without_the_guard_it_gives_way_to_itself(shared: Shared):
    deaf = unguarded(shared)
    async with talk_to(deaf, echo=echo(*LOUD), persona="interviewer") as talk:
        await talk.until(lambda: spoiled(talk), 30)


@pytest.mark.slow
async def test_a_voice_over_the_echo_stops_the_agent(shared: Shared):
    async with talk_to(shared, echo=echo(*LOUD), persona="interviewer") as talk:
        await talk.until(lambda: talk.heard_for(2.0))
        talk.begin("Stop talking now.")
        began = talk.now
        await talk.until(talk.outcome("yielded"))
        await talk.until(lambda: [text for role, text in talk.context() if role == "user"])
        assert talk.now - began < 3
        [said] = [text for role, text in talk.context() if role == "user"]
        # What the ears make of a voice in so loud an echo differs; it is not what the agent said.
        assert len(words_of(said)) <= 8, said
        assert not runs(said) & runs(talk.talk.role.persona.greeting), said
