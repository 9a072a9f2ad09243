"""A talk with the real pipeline in this process, real voices and ears, in real time.

async with talk_to(shared) as talk:
    ended = await talk.say("What time is it?")
    await talk.until(lambda: talk.heard_from(ended))
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache
from typing import Any

import numpy as np
import soxr
from pipecat.frames.frames import InputAudioRawFrame, InputTransportMessageFrame
from pipecat.observers.base_observer import BaseObserver
from pipecat.processors.aggregators.llm_response_universal import LLMAssistantAggregator
from pipecat.workers.runner import WorkerRunner

from benchmarks.air import Air
from benchmarks.ear import understood
from benchmarks.echo_room import EchoRoom, Pieces
from benchmarks.sound import RATE, Pcm, added
from bot import agent
from judgement.company import Company
from judgement.words import words_of
from processors.hold import Hold
from processors.services.voice import shared_voice
from processors.shared import Shared
from processors.talk import Talk

CHUNK = 0.02
STALL = 0.5  # s in which a sentence was made, and nothing was heard
TAKES = 5  # of a sentence: no two are alike, and one in thirty is taken for other words
Echo = Callable[[Pieces], EchoRoom]


@cache
def spoken(text: str) -> Pcm:
    """`text` by the embedded voice, 16 kHz: the take that the embedded ears understand best.

    What a talk is asked here begins behind the ears.
    """
    wanted = words_of(text)
    best, likeness = np.zeros(0, np.int16), -1.0
    for _ in range(TAKES):
        take = _take(text)
        alike = SequenceMatcher(None, wanted, words_of(understood(take))).ratio()
        if alike > likeness:
            best, likeness = take, alike
        if likeness == 1.0:
            break
    return best


def _take(text: str) -> Pcm:
    line = shared_voice().line(text)
    return soxr.resample(np.frombuffer(line.pcm, np.int16), line.rate, RATE)


@dataclass
class Conversation:
    """A talk from the user's side. Times are the event loop's."""

    air: Air
    talk: Talk
    speak: LLMAssistantAggregator
    beneath: Callable[[float], Pcm] | None = None  # what the room adds to 20 ms from a time on
    _speech: list[Pcm] = field(default_factory=list[Pcm])
    _spoken_at: float = 0.0  # when the last sample of speech was over

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def say(self, text: str, *, silence: float = 0.0) -> float:
        """Speak `text` in real time; when its last sound was over."""
        ended = await self.play(spoken(text))
        await asyncio.sleep(silence)
        return ended

    async def play(self, pcm: Pcm) -> float:
        """Speak `pcm` in real time; when its last sample was over."""
        self._speech.append(pcm)
        await self.until(lambda: not self._speech, seconds=120)
        return self._spoken_at

    def begin(self, text: str) -> None:
        """Start to speak without waiting for the end."""
        self._speech.append(spoken(text))

    async def type(self, text: str) -> None:
        await self.message("send-text", {"content": text, "options": {"run_immediately": True}})

    async def message(self, kind: str, data: Any = None) -> None:
        message = {"label": "rtvi-ai", "type": kind, "id": "1", "data": data}
        await self.air.microphone.broadcast_frame(InputTransportMessageFrame, message=message)

    async def until(self, true: Callable[[], Any], seconds: float = 8.0) -> Any:
        """Wait until `true()`; what it gave. Raises `TimeoutError` after `seconds`."""
        deadline = self.now + seconds
        while not (found := true()):
            if self.now >= deadline:
                raise TimeoutError(f"not within {seconds} s: {self.outcomes()}")
            await asyncio.sleep(0.01)
        return found

    def decisions(self) -> list[dict[str, Any]]:
        return [m for m in self.server_messages() if m["type"] == "decision"]

    def outcomes(self) -> list[str]:
        return [f"{d['kind']}: {d['outcome']}" for d in self.decisions()]

    def server_messages(self) -> list[dict[str, Any]]:
        messages = self.air.loudspeaker.messages
        return [{"sent": m["at"], **m["data"]} for m in messages if m["type"] == "server-message"]

    def outcome(self, name: str) -> Callable[[], dict[str, Any] | None]:
        """For `until`: the first decision with that outcome."""
        return lambda: next((d for d in self.decisions() if d["outcome"] == name), None)

    def heard_from(self, after: float) -> float | None:
        """When the first sound of the agent after `after` began."""
        played = self.air.loudspeaker.played
        return next((t for t, pcm in played if t >= after and np.abs(pcm).max() > 500), None)

    def heard_for(self, seconds: float) -> bool:
        """Whether the agent has been heard for so long."""
        began = self.heard_from(0)
        return began is not None and self.now - began > seconds

    def pauses(self, after: float = 0.0) -> list[tuple[float, float]]:
        """From when to when the agent's sound stood still for over 0.1 s."""
        played = [(t, t + len(pcm) / RATE) for t, pcm in self.air.loudspeaker.played if t >= after]
        ends = zip(played, played[1:], strict=False)
        return [(end, start) for (_, end), (start, _) in ends if start - end > 0.1]

    def standstill(self, seconds: float) -> float | None:
        """Since when nothing has played, if for at least so long."""
        last, pcm = self.air.loudspeaker.played[-1]
        ended = last + len(pcm) / RATE
        return ended if self.now - ended > seconds else None

    def words_told(self, after: float = 0.0) -> list[tuple[float, str]]:
        """The agent's words as the client learns that they were heard, each with its time."""
        told = [m for m in self._messages("bot-tts-text") if m["at"] >= after]
        return [(m["at"], m["data"]["text"]) for m in told]

    def agent_began(self, after: float) -> list[float]:
        """When the client learnt that the agent began to speak."""
        return [m["at"] for m in self._messages("bot-started-speaking") if m["at"] >= after]

    def _messages(self, kind: str) -> list[dict[str, Any]]:
        return [m for m in self.air.loudspeaker.messages if m["type"] == kind]

    def heard(self, after: float = 0.0) -> Pcm:
        """All the agent's sound since `after`."""
        parts = [pcm for t, pcm in self.air.loudspeaker.played if t >= after]
        return np.concatenate(parts) if parts else np.zeros(0, np.int16)

    def quiet_for(self, seconds: float) -> Callable[[], bool]:
        """For `until`: the agent has spoken, and nothing has played for so long since."""

        def quiet() -> bool:
            loud = [t for t, pcm in self.air.loudspeaker.played if np.abs(pcm).max() > 500]
            return bool(loud) and self.now - max(loud) > seconds

        return quiet

    def context(self) -> list[tuple[str, str]]:
        """What was said, as the reply model will see it."""
        messages: list[Any] = self.speak.context.get_messages()
        return [(message["role"], message["content"]) for message in messages]

    async def _breathe(self) -> None:
        """The microphone: 20 ms of speech or of silence at a time, in real time."""
        due = self.now
        size = int(RATE * CHUNK)
        while True:
            pcm = self._speech[0][:size] if self._speech else np.zeros(0, np.int16)
            if self._speech:
                self._spoken_at = self.now - (size - len(pcm)) / RATE
                self._speech[0] = self._speech[0][size:]
                if not len(self._speech[0]):
                    self._speech.pop(0)
            chunk = np.pad(pcm, (0, size - len(pcm)))
            if self.beneath:
                chunk = added(chunk, self.beneath(due - CHUNK))
            await self.air.microphone.push_audio_frame(InputAudioRawFrame(chunk.tobytes(), RATE, 1))
            due += CHUNK
            if self.now - due > STALL:
                due = self.now
            await asyncio.sleep(max(0.0, due - self.now))


@asynccontextmanager
async def talk_to(
    shared: Shared,
    *observers: BaseObserver,
    echo: Echo | None = None,
    company: Company | None = None,
    people: Sequence[Mapping[str, Any]] = (),
    **body: Any,
) -> AsyncIterator[Conversation]:
    """A talk from its greeting to its end, watched by `observers`, in a room that may `echo`.

    A `company` is one of `people`, each as a room's transport tells of them: nobody
    breathes but they, with a microphone of their own.
    """
    hold = Hold()
    air = Air(hold)
    talk = await Talk.begin(shared, body, hold, company=company)
    worker = agent(air, talk, shared)
    for observer in observers:
        worker.add_observer(observer)
    speak = next(p for p in _all(worker.pipeline) if isinstance(p, LLMAssistantAggregator))
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    conversation = Conversation(air, talk, speak, echo and echo(_pieces(air)))
    await conversation.until(lambda: hasattr(air.microphone, "_audio_in_queue"), 5)
    breathing = None if company else asyncio.create_task(conversation._breathe())
    try:
        await air._call_event_handler("on_connected")
        for person in people or [None]:
            await air._call_event_handler("on_client_connected", person)
        await conversation.message("client-ready", {"version": "2.2.0", "about": {"library": "t"}})
        await conversation.until(lambda: conversation.server_messages())
        yield conversation
    finally:
        if breathing:
            breathing.cancel()
        await worker.cancel()
        await running
        await talk.end()


def _pieces(air: Air) -> Pieces:
    return lambda first: air.loudspeaker.played[first:]


def _all(processor: Any) -> list[Any]:
    inner = getattr(processor, "processors", [])
    return [processor, *(found for each in inner for found in _all(each))]
