"""With consent a talk leaves what was decided and what followed; without it, nothing."""

import asyncio
from dataclasses import replace

import pytest

from benchmarks.conversation import talk_to
from memory.volatile import VolatileStore
from processors.hold import Hold
from processors.shared import Shared
from processors.talk import Talk
from training.labelling.recorded import read_talk


@pytest.mark.slow
@pytest.mark.parametrize("consent", [True, False])
async def test_a_talk_is_kept_with_consent_alone(shared: Shared, consent: bool):
    async with talk_to(shared, persona="assistant", user="sam", consent=consent) as talk:
        await talk.until(talk.quiet_for(1.0))
        ended = await talk.say("What is the capital of France?")
        await talk.until(lambda: talk.heard_from(ended))
        await talk.until(talk.quiet_for(1.0), 20)
        path = shared.talks / f"{talk.talk.id}.jsonl"
    if not consent:
        assert not await asyncio.to_thread(path.exists)
        return
    kept = await asyncio.to_thread(read_talk, path)
    assert kept.user == "sam"
    replied = next(each for each in kept.decisions if each.outcome == "replied")
    assert kept.next("user_starts", 0) < kept.next("user_stops", 0) < replied.at
    assert kept.agent_speaks(replied) < kept.next("agent_stops", replied.at)
    assert abs(replied.at - replied.moment.pause - kept.next("user_stops", 0)) < 0.1


@pytest.mark.parametrize("store", ["sqlite", "none"])
async def test_a_profile_without_memory_takes_no_consent(shared: Shared, store: str):
    memory = shared.settings.memory.model_copy(update={"store": store})
    settings = shared.settings.model_copy(update={"memory": memory})
    profiled = replace(shared, settings=settings, store=VolatileStore())
    talk = await Talk.begin(profiled, {"user": "sam", "consent": True}, Hold())
    assert talk.keeper.consent == talk.remembers == (store == "sqlite")
    await talk.end()
