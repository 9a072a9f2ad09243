"""A room of several people with the real pipeline in this process, in real time.

async with party(shared, Ann=voices()[0], Bob=voices()[5]) as room:
    ended = await room.says("Ann", "Assistant, what time is it?")
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np
from pipecat.frames.frames import UserAudioRawFrame

from benchmarks.conversation import CHUNK, Conversation, talk_to
from benchmarks.sound import RATE, Pcm
from benchmarks.voices import Voice
from judgement.company import Company
from processors.shared import Shared

CALLED = ("Repartee", "assistant")


@dataclass
class Party:
    """The room from its people's side."""

    talk: Conversation
    people: dict[str, Voice]
    _speech: dict[str, list[Pcm]] = field(default_factory=dict[str, list[Pcm]])

    async def says(self, who: str, text: str) -> float:
        """Speak `text` in real time with the voice of `who`; when its last sound was over."""
        self.begins(who, text)
        await self.talk.until(lambda: not self._speech[who], seconds=120)
        return self.talk.now

    def begins(self, who: str, text: str) -> None:
        """Begin to speak without waiting for the end."""
        self._speech[who].append(self.people[who].speak(text))

    async def breathe(self) -> None:
        """Every microphone: 20 ms of speech or of silence at a time."""
        due, size = self.talk.now, int(RATE * CHUNK)
        while True:
            for who, speech in self._speech.items():
                pcm = speech[0][:size] if speech else np.zeros(0, np.int16)
                if speech:
                    speech[0] = speech[0][size:]
                    if not len(speech[0]):
                        speech.pop(0)
                audio = np.pad(pcm, (0, size - len(pcm))).tobytes()
                frame = UserAudioRawFrame(audio, RATE, 1, user_id=who)
                await self.talk.air.microphone.push_audio_frame(frame)
            due += CHUNK
            await asyncio.sleep(max(0.0, due - self.talk.now))

    def __post_init__(self) -> None:
        self._speech = {who: [] for who in self.people}


@asynccontextmanager
async def party(shared: Shared, **people: Voice) -> AsyncIterator[Party]:
    """A room in which `people` are from the beginning, once the agent has greeted them."""
    told = [{"id": who, "info": {"userName": who}} for who in people]
    company = Company(*CALLED)
    async with talk_to(shared, company=company, people=told, persona="assistant") as talk:
        room = Party(talk, people)
        breathing = asyncio.create_task(room.breathe())
        try:
            await talk.until(talk.quiet_for(1.0), 20)
            yield room
        finally:
            breathing.cancel()
