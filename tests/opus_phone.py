"""A telephone that speaks nothing but Opus: says a tone and tells how much of it came back.

python -m tests.opus_phone sip:repartee@127.0.0.1:5060
"""

import asyncio
import sys

import numpy as np
from baresip import Account, Call, Config, Runtime, UserAgent
from baresip.errors import AudioNotActive

RATE, CHANNELS, HERTZ = 48_000, 2, 700
SECONDS = 2.0


async def call(to: str) -> tuple[int, float]:
    """The line's rate, and the part of what came back that is the tone."""
    runtime = Runtime()
    await runtime.start(Config(net_interface="127.0.0.1"))
    account = Account("opus", "127.0.0.1", "", reg_interval=0, audio_codecs=("opus/48000/2",))
    agent = await UserAgent.create(runtime, account)
    dialled = await agent.dial(to)
    await dialled.wait_established(10)
    heard = await exchange(dialled)
    await dialled.hangup()
    await runtime.close()
    return RATE, share(heard)


async def exchange(dialled: Call) -> np.ndarray:
    """What comes while the tone is said."""
    count = int(RATE * 0.02)
    heard: list[bytes] = []
    for chunk in range(int(SECONDS / 0.02)):
        at = np.arange(chunk * count, (chunk + 1) * count) / RATE
        tone = (8000 * np.sin(2 * np.pi * HERTZ * at)).astype(np.int16)
        try:
            dialled.audio.write(np.repeat(tone, CHANNELS).tobytes())
            heard.append(dialled.audio.read(100_000))
        except AudioNotActive:
            pass
        await asyncio.sleep(0.02)
    return np.frombuffer(b"".join(heard), np.int16)[::CHANNELS]


def share(heard: np.ndarray) -> float:
    """How much of the second half's power lies within 20 Hz of the tone."""
    sound = heard[len(heard) // 2 :].astype(np.float64)
    power = np.abs(np.fft.rfft(sound)) ** 2
    hertz = np.fft.rfftfreq(len(sound), 1 / RATE)
    return float(power[np.abs(hertz - HERTZ) < 20].sum() / max(power.sum(), 1.0))


if __name__ == "__main__":
    rate, part = asyncio.run(call(sys.argv[1]))
    print(f"{rate} {part:.2f}")
