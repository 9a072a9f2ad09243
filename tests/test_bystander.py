"""Somebody farther off speaks over the agent: the real pipeline, a user known by a turn."""

import numpy as np
import pytest

from benchmarks.conversation import Conversation, spoken, talk_to
from judgement.words import words_of
from processors.shared import Shared

TURN = "I would like to know what the weather will be like on Tuesday."
BYSTANDER = "My sister and I are in Vienna on Thursday."
FAR = 10 ** (-22 / 20)


async def spoken_to(talk: Conversation) -> None:
    """The user has said something, and the agent begins a long line."""
    await talk.until(talk.quiet_for(1.5), 30)
    ended = await talk.say(TURN)
    await talk.until(lambda: talk.heard_from(ended))
    await talk.until(talk.quiet_for(1.5), 30)
    began = talk.now
    await talk.talk.door.greet(talk.talk.role.persona.greeting)
    await talk.until(lambda: talk.heard_from(began))


def users(talk: Conversation) -> list[str]:
    return [text for role, text in talk.context() if role == "user"]


@pytest.mark.slow
async def test_a_bystander_neither_stops_the_agent_nor_is_anything_of_it_in_the_context(
    shared: Shared,
):
    async with talk_to(shared, persona="interviewer") as talk:
        await spoken_to(talk)
        began, said = talk.now, users(talk)
        await talk.play((spoken(BYSTANDER) * FAR).astype(np.int16))
        await talk.until(talk.quiet_for(2.5), 30)
        assert users(talk) == said, talk.outcomes()
        assert not [each for each in talk.pauses(began) if each[1] - each[0] < 2]
        assert not [d for d in talk.decisions() if d["sent"] > began and d["kind"] == "overlap"]
        assert [m for m in talk.server_messages() if m["type"] == "far_voice"]


@pytest.mark.slow
async def test_the_user_stops_the_agent_over_a_bystander(shared: Shared):
    async with talk_to(shared, persona="interviewer") as talk:
        await spoken_to(talk)
        before = len(users(talk))
        bystander, bid = spoken(BYSTANDER) * FAR, spoken("Stop talking now.")
        bystander[-len(bid) :] += bid
        await talk.play(bystander.clip(-32768, 32767).astype(np.int16))
        await talk.until(talk.outcome("yielded"))
        await talk.until(lambda: len(users(talk)) > before)
        said = words_of(users(talk)[-1])
        assert len({"stop", "talking", "now"} & set(said)) >= 2 and len(said) <= 4, said
