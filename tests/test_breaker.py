"""When a service that fails is left alone, and when it is asked again."""

import asyncio
import json

import httpx
import pytest
from openai import APIConnectionError, RateLimitError
from pipecat.frames.frames import ErrorFrame

from processors.failover.breaker import FAILURES, Breaker
from processors.failover.why import why


class Patient:
    """Ill until it is healed."""

    def __init__(self) -> None:
        self.is_ill = True
        self.asked = 0

    async def ask(self) -> None:
        self.asked += 1
        if self.is_ill:
            raise ConnectionError("still ill")


def opened(breaker: Breaker) -> Breaker:
    for _ in range(FAILURES):
        breaker.failed()
    return breaker


async def test_it_opens_after_three_failures_in_a_row():
    breaker = Breaker(every=60)
    breaker.failed()
    breaker.failed()
    breaker.worked()
    breaker.failed()
    assert not breaker.is_open
    breaker.failed()
    breaker.failed()
    assert breaker.is_open


async def test_a_probe_closes_it_once_the_service_is_well():
    patient = Patient()
    breaker = opened(Breaker(patient.ask, every=0.01))
    await asyncio.sleep(0.05)
    assert breaker.is_open and patient.asked > 1
    patient.is_ill = False
    await asyncio.sleep(0.05)
    assert not breaker.is_open and breaker.mended == 1
    asked = patient.asked
    await asyncio.sleep(0.03)
    assert patient.asked == asked


async def test_what_was_under_way_when_it_opened_does_not_close_it():
    breaker = opened(Breaker(every=60))
    breaker.worked()
    assert breaker.is_open


REQUEST = httpx.Request("POST", "https://api.example.com/v1/chat/completions")
BUSY = httpx.Response(429, request=REQUEST)


@pytest.mark.parametrize(
    ("error", "exception", "reason"),
    [
        ("LLM failed", RateLimitError("slow down", response=BUSY, body=None), "HTTP 429"),
        ("connection error: status_code: 500", None, "HTTP 500"),
        ("Unknown: server rejected WebSocket connection: HTTP 401", None, "HTTP 401"),
        ("Multiple exceptions: [Errno 111] Connect call failed", None, "connection refused"),
        ("x", APIConnectionError(request=REQUEST), "connection failed"),
        ("no close frame received or sent", None, "connection cut"),
        ("x", json.JSONDecodeError("Expecting value", "oops", 0), "malformed message"),
        ("x", KeyError("context_id"), "malformed message"),
        ("sk-secret what the user said", None, "an error"),
    ],
)
def test_a_reason_is_short_and_holds_nothing_that_was_said(
    error: str, exception: Exception | None, reason: str
):
    frame = ErrorFrame(error)
    frame.exception = exception
    assert why(frame) == reason
