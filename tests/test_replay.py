"""A recorded telephone call, replayed on sound time."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.sound import read_clip
from judgement.decision import Action
from judgement.moment import Kind
from judgement.rules import Rules
from processors.services.moonshine_model import RATE
from tests.replay import Heard, Step, hear, replay

TALKS = Path(__file__).parent / "talks"
MS = RATE // 1000


@dataclass(frozen=True)
class Call:
    """Both sides of the call, what was heard of it, and the processor seconds that took."""

    user: NDArray[np.int16]
    agent: NDArray[np.int16]
    heard: list[Heard]
    cost: float

    async def decided(self, chunk: int) -> list[Step]:
        return await replay(self.heard, len(self.user), Rules(), chunk=chunk)


@pytest.fixture(scope="module")
def call() -> Call:
    user = read_clip(TALKS / "auto_repairs_caller.flac")
    agent = read_clip(TALKS / "auto_repairs_agent.flac")
    began = time.process_time()
    heard = asyncio.run(hear(user, agent))
    return Call(user, agent, heard, time.process_time() - began)


async def test_a_call_replayed_twice_is_decided_alike(call: Call):
    assert await call.decided(20 * MS) == await call.decided(20 * MS)


@pytest.mark.parametrize("chunk", [10 * MS, 32 * MS, 40 * MS], ids=["10 ms", "32 ms", "40 ms"])
async def test_the_size_of_the_chunks_changes_no_decision(call: Call, chunk: int):
    assert await call.decided(chunk) == await call.decided(20 * MS)


async def test_the_same_sound_is_heard_alike_a_second_time(call: Call):
    until = 12 * RATE
    part = [each for each in call.heard if each.at < until - RATE]
    again = await hear(call.user[:until], call.agent[:until])
    assert [each for each in again if each.at < until - RATE] == part


async def test_a_call_holds_words_under_way_pauses_and_overlaps(call: Call):
    kinds = {step.kind for step in await call.decided(20 * MS)}
    assert {Kind.PARTIAL, Kind.PAUSE, Kind.OVERLAP} <= kinds


async def test_the_agent_answers_what_was_said_and_waits_in_between(call: Call):
    steps = await call.decided(20 * MS)
    pauses = [step for step in steps if step.kind is Kind.PAUSE]
    assert {Action.REPLY, Action.SILENCE} == {step.action for step in pauses}
    assert all(step.said for step in pauses)


async def test_a_replay_takes_less_than_a_third_of_the_talk_s_time(call: Call):
    began = time.process_time()
    await call.decided(20 * MS)
    assert call.cost + time.process_time() - began < len(call.user) / RATE / 3
