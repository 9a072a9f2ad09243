"""Sound given to a call by the clock: the agent's, or a prepared sentence where no talk is held."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from processors.resampling import Pcm
from processors.services.words import Line

if TYPE_CHECKING:  # the stack beneath it is needed for a line alone
    from processors.sip.call import SipCall

LOOK = 0.01  # s between two looks at a call
AHEAD = 0.04  # s of sound given to the line before its time, so that it never runs dry
EARLY = 0.1  # the same for a sentence, which nobody interrupts
PACKET = 0.02  # s of a telephone's packet
JOINED = 0.3  # s in which an exchange joins both ends of a call that was answered
PATIENCE = 5.0  # s more than a sentence lasts, for who puts it on hold


async def give(call: SipCall, pcm: Pcm, rate: int, ahead: float = AHEAD) -> bool:
    """Give the line some sound and wait until it is due in `ahead` s; False once it is over."""
    while call.held or not call.say(pcm, rate):
        if call.ended.is_set():
            return False
        await asyncio.sleep(LOOK)
    await asyncio.sleep(call.waiting() - ahead)
    return True


async def announce(call: SipCall, line: Line) -> None:
    """Say `line` to a caller with whom no talk is held, until it was heard or they are gone."""
    with suppress(TimeoutError):
        async with asyncio.timeout(JOINED + line.seconds + PATIENCE):
            await asyncio.sleep(JOINED)
            await _say(call, line)


async def _say(call: SipCall, line: Line) -> None:
    pcm, step = np.frombuffer(line.pcm, np.int16), round(line.rate * PACKET)
    for start in range(0, len(pcm), step):
        if not await give(call, pcm[start : start + step], line.rate, EARLY):
            return
    await call.drained()
