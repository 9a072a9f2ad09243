"""Facts that a model finds, and how far it is believed."""

import json
from typing import Any

import httpx
import pytest
from openai import AsyncOpenAI

from memory.extraction import FactFinder


def finder(content: str, status: int = 200) -> tuple[FactFinder, list[dict[str, Any]]]:
    asked: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content))
        message = {"role": "assistant", "content": content}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        body = {"id": "1", "object": "chat.completion", "created": 1, "model": "m"}
        return httpx.Response(status, json=body | {"choices": [choice]})

    http = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    client = AsyncOpenAI(base_url="http://model/v1", api_key="x", http_client=http, max_retries=0)
    return FactFinder(client, "m"), asked


def fact(text: str, about: str, value: str) -> dict[str, str]:
    return {"text": text, "about": about, "value": value}


async def test_a_fact_whose_value_was_said_is_taken():
    found, asked = finder(json.dumps({"facts": [fact("The user's boat is red.", "boat", "red")]}))
    [stated] = await found.facts_in("we painted the boat, it is red now")
    assert (stated.text, stated.about, stated.value) == ("The user's boat is red.", "boat", "red")
    assert asked[0]["response_format"]["json_schema"]["strict"] is True


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"facts": [fact("The user has a yacht.", "yacht", "a yacht")]}),
        json.dumps({"facts": [fact("", "boat", "red")]}),
        json.dumps({"facts": "none"}), json.dumps([1, 2]), "no json", "", '{"facts": [null]}',
    ],
)  # fmt: skip
async def test_what_was_not_said_or_makes_no_sense_is_no_fact(content: str):
    found, _ = finder(content)
    assert await found.facts_in("we painted the boat, it is red now") == []


async def test_a_server_that_fails_gives_no_facts():
    found, _ = finder("", status=500)
    assert await found.facts_in("we painted the boat") == []
