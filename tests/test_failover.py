"""A talk in the cloud in which a service fails, in every way, and another takes over."""

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.conversation import Conversation, talk_to
from config.services import Part
from tests.cloud import ANSWER, QUESTION, cloud
from tests.providers.provider import Fault

pytest.importorskip("deepgram", reason="pip install -e '.[cloud]'")
pytest.importorskip("cartesia", reason="pip install -e '.[cloud]'")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]
SOON = 2.5  # s from the caller's last sound to the agent's first
FAULTS: list[Fault] = list(Fault)


@pytest.fixture(autouse=True)
def collected() -> Iterator[None]:
    yield
    gc.collect()


async def greeted(talk: Conversation) -> None:
    await talk.until(lambda: talk.heard_from(0), 10)
    await talk.until(talk.quiet_for(0.6), 15)


async def answered(talk: Conversation) -> float:
    """Ask; the seconds until something was heard. The answer is heard to its end."""
    ended = await talk.say(QUESTION)
    await talk.until(lambda: talk.heard_from(ended), 10)
    first = talk.heard_from(ended)
    assert first is not None
    return first - ended


def failovers(talk: Conversation) -> list[str]:
    return [m["text"] for m in talk.server_messages() if "failover" in m]


def said(talk: Conversation) -> str:
    return " ".join(text for role, text in talk.context() if role == "assistant")


def heard(talk: Conversation) -> list[str]:
    return [text for role, text in talk.context() if role == "user"]


async def test_a_whole_talk_on_the_three_providers(tmp_path: Path):
    async with cloud(tmp_path) as world, talk_to(world.shared) as talk:
        await greeted(talk)
        await answered(talk)
        await talk.until(lambda: ANSWER in said(talk), 15)
        assert heard(talk) == [QUESTION]
        assert not failovers(talk)
        assert not world.violations


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("part", ["stt", "llm", "tts"])
async def test_another_takes_over_in_time_and_nothing_is_lost(
    part: Part, fault: Fault, tmp_path: Path
):
    async with cloud(tmp_path) as world, talk_to(world.shared) as talk:
        await greeted(talk)
        await world.provider(part).fail(fault)
        assert await answered(talk) < SOON
        await talk.until(lambda: failovers(talk), 5)
        told = failovers(talk)[0]
        await talk.until(talk.quiet_for(1.0), 20)
        assert "failed (" in told and "took over" in told
        assert "close" in heard(talk)[0].lower()
        words = said(talk).lower()
        assert words.count("close at nine") == 1
        assert not world.violations


async def test_a_breaker_opens_after_three_and_closes_when_the_first_is_well(tmp_path: Path):
    async with cloud(tmp_path) as world, talk_to(world.shared) as talk:
        await greeted(talk)
        await world.openai.fail(Fault.BROKEN)
        for _ in range(4):
            await answered(talk)
            await talk.until(talk.quiet_for(0.8), 20)
        assert sum("failed" in each for each in failovers(talk)) == 3
        await world.openai.heal()
        await talk.until(lambda: not world.shared.breakers["llm"].is_open, 10)
        world.openai.asked.clear()
        await answered(talk)
        assert "openai is well again" in failovers(talk)
        assert world.openai.asked


async def test_both_models_down_there_is_an_apology(tmp_path: Path):
    async with cloud(tmp_path) as world, talk_to(world.shared) as talk:
        await greeted(talk)
        await world.openai.fail(Fault.BROKEN)
        await world.spare.fail(Fault.REFUSED)
        assert await answered(talk) < SOON
        await talk.until(lambda: "can't answer right now" in said(talk), 10)


async def test_a_second_model_that_is_slow_is_announced(tmp_path: Path):
    async with cloud(tmp_path) as world, talk_to(world.shared) as talk:
        await greeted(talk)
        await world.openai.fail(Fault.HANG)
        world.spare.delay = 4.0
        assert await answered(talk) < SOON
        await talk.until(lambda: "One moment." in said(talk) and "nine" in said(talk), 12)


async def test_both_voices_down_there_is_a_prepared_apology(tmp_path: Path):
    async with cloud(tmp_path, tts="spare") as world, talk_to(world.shared) as talk:
        await greeted(talk)
        await world.cartesia.fail(Fault.GONE)
        await world.spare.fail(Fault.BROKEN)
        assert await answered(talk) < SOON
        await talk.until(lambda: "can't answer right now" in said(talk), 10)


async def test_both_recognisers_down_the_caller_is_told_so(tmp_path: Path):
    async with cloud(tmp_path, stt="spare") as world, talk_to(world.shared) as talk:
        await greeted(talk)
        await world.deepgram.fail(Fault.GONE)
        await world.spare.fail(Fault.BROKEN)
        assert await answered(talk) < SOON
        await talk.until(lambda: "can't hear you right now" in said(talk), 10)


async def test_a_second_recogniser_in_the_cloud_hears_all_of_it(tmp_path: Path):
    async with cloud(tmp_path, stt="spare") as world, talk_to(world.shared) as talk:
        await greeted(talk)
        await world.deepgram.fail(Fault.CUT)
        assert await answered(talk) < SOON
        await talk.until(lambda: ANSWER in said(talk), 15)
        assert heard(talk) == [QUESTION]


async def test_a_cough_is_no_failure(tmp_path: Path):
    async with cloud(tmp_path, [""] * 9) as world, talk_to(world.shared) as talk:
        await greeted(talk)
        await talk.say("Um.", silence=3.0)
        assert not failovers(talk)


@pytest.mark.parametrize("part", ["stt", "tts"])
async def test_one_failure_does_not_keep_the_first_from_the_next_turn(part: Part, tmp_path: Path):
    async with cloud(tmp_path) as world, talk_to(world.shared) as talk:
        await greeted(talk)
        first = world.provider(part)
        await first.fail(Fault.CUT)
        await answered(talk)
        await talk.until(talk.quiet_for(1.0), 20)
        await first.heal()
        first.asked.clear()
        assert await answered(talk) < SOON
        await talk.until(talk.quiet_for(1.0), 20)
        assert len(failovers(talk)) == 1
        assert first.asked


async def test_an_interrupted_agent_falls_silent_and_answers_what_it_was_told(tmp_path: Path):
    async with cloud(tmp_path, [QUESTION, "Stop, wait."]) as world, talk_to(world.shared) as talk:
        world.openai.script = [ANSWER, "All right."]
        await greeted(talk)
        await answered(talk)
        await talk.say("Stop, wait.")
        await talk.until(talk.outcome("yielded"), 5)
        await talk.until(lambda: "All right." in said(talk), 10)
        assert ANSWER not in said(talk)
        assert not failovers(talk)
