"""Forty calls at once over a provider's socket, on an echo."""

import pytest

from benchmarks.socket_load import measure


@pytest.mark.slow
async def test_forty_calls_at_once_are_all_answered():
    found = await measure(calls=40, seconds=5.0)
    assert found["answered"] == 40
    assert found["echo"]["n"] >= 40 * 4
