"""How fast this machine's own models are: whether its processor suffices for a talk."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

import httpx
import numpy as np
import soxr

from config.settings import PARTS, Settings
from judgement.moment import Kind, Moment
from processors.services.words import Line
from server.doctor.asked import Asked
from server.doctor.finding import Finding, ok, warn

SENTENCE = "Could you tell me what time the shop closes on a Sunday afternoon?"
WORDS = SENTENCE.split()
RATE = 16_000
ROUNDS = 5
# What a talk needs, in seconds: a quarter second of sound must be read in less than that.
LATE = {"recogniser": 0.25, "reply": 0.6, "voice": 0.4}


async def speed(asked: Asked) -> list[Finding]:
    """One line with the time of each model that runs here."""
    settings = asked.settings
    used = {settings.services(part)[part].service for part in PARTS}
    took: dict[str, float] = {}
    said: Line | None = None
    if "piper" in used or "moonshine" in used:
        took["voice"], said = await asyncio.to_thread(_voice)
    if "moonshine" in used and said:
        took["recogniser"] = await _recogniser(said)
    if "llama" in used and settings.model_server:
        took["reply"] = await _reply(settings)
    if settings.judge.kind == "llama" and settings.judge.url is None:
        took["judge"] = await _judge(settings)
    return [_found(took, settings)]


def _found(took: dict[str, float], settings: Settings) -> Finding:
    if not took:
        return ok("speed", "no model of this profile runs on this machine")
    cores, load = os.cpu_count() or 1, os.getloadavg()[0]
    times = ", ".join(f"{name} {seconds * 1000:.0f} ms" for name, seconds in took.items())
    shown = f"{cores} cores, of which {load:.1f} are busy: {times}"
    limits = LATE | {"judge": settings.judge.budget}
    late = [name for name, seconds in took.items() if seconds > limits[name]]
    if not late:
        return ok("speed", f"{shown}: enough for a talk")
    whose = " and ".join(late)
    text = f"{shown}: {whose} too slow; end what else is running, or take a service elsewhere"
    return warn("speed", f"{text} for it (docs/services.md), or judge: {{kind: rules}}")


def _voice() -> tuple[float, Line]:
    """Seconds until a sentence is spoken, and the sentence."""
    from processors.services.voice import shared_voice

    voice = shared_voice()
    began = time.monotonic()
    said = voice.line(SENTENCE)
    return time.monotonic() - began, said


async def _recogniser(said: Line) -> float:
    """Seconds until the words so far are read, as it is asked every quarter second."""
    from processors.services.recogniser import shared_recogniser

    recogniser = await asyncio.to_thread(shared_recogniser)
    pcm = soxr.resample(np.frombuffer(said.pcm, np.int16), said.rate, RATE)
    sound = np.asarray(pcm / 32768, np.float32)
    return await _median(lambda: recogniser.recognise(sound, final=False))


async def _reply(settings: Settings) -> float:
    """Seconds until the first word, of a prompt whose beginning has been read."""
    from config.personas import load_persona
    from judgement.serving import LocalServer, packaged_model

    choice = settings.model_server
    assert choice is not None
    model = Path(choice.path) if choice.path else packaged_model(choice.package or "")
    server = await asyncio.to_thread(LocalServer, model, slots=1, threads=choice.threads)
    manner = load_persona(settings.persona).manner
    await server.warm(manner)
    messages = [{"role": "system", "content": manner}, {"role": "user", "content": SENTENCE}]
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
        began = time.monotonic()
        asked = {"messages": messages, "max_tokens": 1}
        (await client.post("/chat/completions", json=asked)).raise_for_status()
        return time.monotonic() - began


async def _judge(settings: Settings) -> float:
    """Seconds for a question that adds a word to one that was asked before."""
    from judgement.local import local_judge
    from judgement.serving import packaged_model
    from processors.remembering import models_folder

    choice = settings.model_server
    assert choice is not None
    base = Path(choice.path) if choice.path else packaged_model(choice.package or "")
    made = models_folder(settings)
    adapter, threads = settings.judge.adapter_path, settings.judge.threads
    async with local_judge(adapter, model=base, threads=threads, models=made) as judge:
        await judge.judge(Moment(Kind.PARTIAL, WORDS[0]))
        said = iter(range(2, len(WORDS)))
        return await _median(
            lambda: judge.judge(Moment(Kind.PARTIAL, " ".join(WORDS[: next(said)])))
        )


async def _median(work: Callable[[], Awaitable[object]]) -> float:
    """Seconds that `work` takes, of some rounds the middle one."""
    took: list[float] = []
    for _ in range(ROUNDS):
        began = time.monotonic()
        await work()
        took.append(time.monotonic() - began)
    return median(took)
