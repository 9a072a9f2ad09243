"""Two people and the agent in a room: the whole pipeline, real ears, in real time."""

import pytest

from benchmarks.party import party
from benchmarks.voices import voices
from memory.store import Sort
from processors.shared import Shared

JOE, HIGH = voices()[0], voices()[2]


@pytest.mark.slow
async def test_people_talk_to_each_other_and_one_of_them_asks_the_agent(shared: Shared):
    async with party(shared, Ann=HIGH, Bob=JOE) as room:
        talk = room.talk
        began = talk.now
        await room.says("Ann", "Bob, can you pass me the salt?")
        await room.says("Bob", "Here you are. Did you sleep well?")
        ended = await room.says("Ann", "Not at all. The dog next door was barking all night.")
        await talk.until(lambda: [d for d in talk.decisions() if d["outcome"] == "chose silence"])
        await talk.until(lambda: talk.now - ended > 4)
        assert talk.heard_from(began) is None
        assert not [m for m in talk.air.loudspeaker.messages if m["type"] == "bot-llm-started"]
        assert all(d["reason"].startswith("not meant") for d in talk.decisions())

        ended = await room.says("Bob", "Assistant, what is the capital of France?")
        await talk.until(talk.outcome("replied"))
        await talk.until(lambda: talk.heard_from(ended))
        await talk.until(talk.quiet_for(1.0), 20)

        said = [text for role, text in talk.context() if role == "user"]
        print(talk.context())
        kept = [(m.who, m.text) for m in await talk.talk.keeper.remembered() if m.sort is Sort.TURN]
    assert [line.split(":")[0] for line in said] == ["Ann", "Bob", "Ann", "Bob"]
    assert "salt" in said[0] and "sleep" in said[1] and "dog" in said[2] and "France" in said[3]
    assert [who for who, _ in kept if who != "agent"] == ["Ann", "Bob", "Ann", "Bob"]
    assert all(not text.startswith(f"{who}:") for who, text in kept)
