"""The user makes a sound while the agent speaks: real ears and voice, a scripted judge."""

import numpy as np
import pytest

from benchmarks.conversation import Conversation, talk_to
from benchmarks.ear import understood
from benchmarks.sound import RATE
from judgement.decision import Action
from judgement.doubt import State
from judgement.moment import Kind
from judgement.words import words_of
from processors.shared import Shared
from tests.test_actions import STORY, judged

LATE = 0.05  # s for a decision or a word to come through


def is_final(moment) -> bool:
    return bool(moment.signals.get("finished"))


async def paused(talk: Conversation, words: str) -> float:
    """Say `words` over the greeting; when the agent paused."""
    await talk.until(lambda: talk.heard_for(1.0))
    talk.begin(words)
    await talk.until(lambda: talk.talk.doubt.state is State.DOUBT)
    return await talk.until(lambda: talk.standstill(0.1))


@pytest.mark.slow
async def test_a_false_alarm_holds_the_agent_and_then_the_very_same_answer_goes_on(shared: Shared):
    deaf = judged(shared, Kind.OVERLAP, Action.SILENCE)
    async with talk_to(deaf, persona="interviewer") as talk:
        stood = await paused(talk, "And then we came over here with Sam.")
        await talk.until(talk.context)
        greeting = talk.talk.role.persona.greeting
        assert talk.context() == [("assistant", greeting)]
        since, until = max(talk.pauses(), key=lambda pause: pause[1] - pause[0])
        assert since == pytest.approx(stood, abs=0.02)
        assert until - since > 0.5
        assert not [word for at, word in talk.words_told() if since + LATE < at < until]
        assert [word for at, word in talk.words_told() if at > until]
        line = deaf.lines[greeting]
        assert len(talk.heard()) == pytest.approx(line.seconds * RATE, abs=0.05 * RATE)
        heard = words_of(understood(talk.heard()))
        assert len(set(heard) & set(words_of(greeting))) > len(set(words_of(greeting))) / 2
        assert "overlap: went on" in talk.outcomes()


@pytest.mark.slow
async def test_the_agent_is_softer_at_once(shared: Shared):
    deaf = judged(shared, Kind.OVERLAP, Action.SILENCE)
    overlap = shared.settings.overlap.model_copy(update={"pause_after": 5.0})
    deaf.settings = shared.settings.model_copy(update={"overlap": overlap})
    async with talk_to(deaf, persona="interviewer") as talk:
        await talk.until(lambda: talk.heard_for(1.0))
        talk.begin("Come over here, Sam.")
        await talk.until(lambda: talk.talk.doubt.state is State.DOUBT)
        softer = talk.now + 0.06
        await talk.until(lambda: talk.now > softer + 0.5)
        before = np.abs(talk.heard()[: RATE // 2]).max()
        assert 0 < np.abs(talk.heard(softer)).max() < before / 2


@pytest.mark.slow
async def test_a_yield_out_of_a_pause_leaves_what_was_heard(shared: Shared):
    slow = judged(shared, Kind.OVERLAP, Action.SILENCE, lambda m: not is_final(m))
    async with talk_to(slow, persona="interviewer") as talk:
        stood = await paused(talk, "Now I would like to say something.")
        yielded = await talk.until(talk.outcome("yielded"))
        assert yielded["sent"] - stood > 0.5
        await talk.until(lambda: len(talk.context()) >= 2)
        heard = [word for at, word in talk.words_told() if at < stood + LATE]
        assert talk.context()[0] == ("assistant", " ".join(heard))
        assert "say something" in talk.context()[1][1].lower()
        assert not [t for t, _ in talk.air.loudspeaker.played if stood < t < yielded["sent"] + LATE]


@pytest.mark.slow
async def test_hanging_up_in_a_pause_ends_the_talk(shared: Shared):
    deaf = judged(shared, Kind.OVERLAP, Action.SILENCE)
    async with talk_to(deaf, persona="interviewer") as talk:
        await paused(talk, STORY)
        left = talk.now
    assert talk.now - left < 1.0


@pytest.mark.slow
async def test_an_agent_that_cuts_in_speaks_on_over_the_user(shared: Shared):
    eager = judged(shared, Kind.PARTIAL, Action.INTERRUPT, lambda m: m.turn_seconds > 3)
    async with talk_to(eager, persona="interviewer") as talk:
        await talk.until(talk.quiet_for(1.0))
        began = talk.now
        talk.begin(STORY)
        await talk.until(talk.outcome("cut in"))
        await talk.until(lambda: talk.heard_from(began))
        assert talk.talk.doubt.state is State.OWN
        await talk.until(lambda: talk.talk.doubt.state is not State.OWN)
        # It yields, or has said all: either way it was never in doubt over its own opener.
        assert talk.talk.doubt.state in (State.YIELDING, State.SILENT)


@pytest.mark.slow
@pytest.mark.parametrize("said", ["Tuesday.", "The second one."])
async def test_a_short_bid_stops_the_agent(shared: Shared, said: str):
    async with talk_to(shared, persona="interviewer") as talk:
        await talk.until(lambda: talk.heard_for(0.8))
        await talk.say(said)
        await talk.until(talk.outcome("yielded"))
        await talk.until(lambda: len(talk.context()) >= 2)
        assert words_of(talk.context()[1][1]) == words_of(said)
