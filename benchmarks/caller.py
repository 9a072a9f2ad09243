"""A caller who talks to a running bot as a browser would, and measures what it hears.

    async with Caller("http://localhost:7860", body={"persona": "assistant"}) as caller:
        end = await caller.say(read_clip(path))
        answered = await caller.until_heard(after=end, timeout=8)

Times are seconds of `time.monotonic()`. A spoken sample's time is when it passes
the lips, so a frame leaves 20 ms after its first sample; a heard sample's time
is when it reaches the ear.
"""

import asyncio
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import numpy as np

from benchmarks.line import CallError, Line
from benchmarks.microphone import Microphone, Utterance
from benchmarks.sound import Pcm, write_wav
from benchmarks.timeline import Timeline
from benchmarks.webrtc import WebRTCLine

LABEL = "rtvi-ai"
PROTOCOL = "2.2.0"
TICK = 0.01  # seconds between two looks at what was heard

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Message:
    """One RTVI message from the bot and when it came."""

    at: float
    type: str
    data: Any


class Caller:
    """One call, from pick-up to hang-up, as an async context manager.

    `heard` and `said` are the two sides' sound, `messages` what the bot sent
    beside it, oldest first.
    """

    def __init__(
        self,
        url: str,
        *,
        body: Mapping[str, Any] | None = None,
        line: Line | None = None,
        patience: float = 30.0,
    ) -> None:
        """Call the bot at `url`, over WebRTC unless `line` says otherwise.

        `body` goes with `/start`. The bot has `patience` seconds to be ready.
        """
        self._line = line or WebRTCLine(url, body or {})
        self._patience = patience
        self._microphone = Microphone()
        self.heard = Timeline()
        self.said = self._microphone.said
        self.messages: list[Message] = []
        self.started = 0.0

    async def __aenter__(self) -> Self:
        try:
            async with asyncio.timeout(self._patience):
                await self._line.connect(self._microphone, self.heard, self._receive)
                if self._line.tells:
                    await self._get_ready()
        except TimeoutError as error:
            await self._line.hang_up()
            raise CallError(f"the bot was not ready within {self._patience:.0f} s") from error
        except BaseException:
            await self._line.hang_up()
            raise
        self.started = time.monotonic()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._line.hang_up()

    def begin(self, pcm: Pcm) -> Utterance:
        """Start to speak; the utterance knows its onset and its end once they are past."""
        return self._microphone.play(pcm)

    def record(self, path: Path) -> None:
        """Write the call so far as a stereo WAV, the caller left and the agent right."""
        span = (self.started, max(self.heard.end, self.started))
        write_wav(path, np.stack([self.said.sound(*span), self.heard.sound(*span)], axis=1))

    async def say(self, pcm: Pcm) -> float:
        """Speak `pcm` in real time; when its last sound left the lips."""
        return await self.begin(pcm).end

    def surround(self, beneath: Callable[[float], Pcm] | None) -> None:
        """From now on the microphone also picks up `beneath`: 20 ms of sound for a time."""
        self._microphone.beneath = beneath

    def hush(self) -> None:
        """Stop speaking in the middle of the word."""
        self._microphone.hush()

    async def until_heard(
        self,
        *,
        after: float,
        timeout: float,  # noqa: ASYNC109 - ends a look, cancels nothing
    ) -> float | None:
        """When the agent first makes sound at or after `after`; None if not in `timeout` s."""
        return await _until(lambda: self.heard.onset(after), after + timeout)

    async def until_silent(
        self,
        *,
        after: float,
        timeout: float,  # noqa: ASYNC109 - ends a look, cancels nothing
        hold: float = 0.3,
    ) -> float | None:
        """When the agent falls silent for `hold` s; None if not within `timeout` s."""
        return await _until(lambda: self.heard.silence(after, hold), after + timeout + hold)

    async def until_message(
        self,
        type: str,
        *,
        after: float = 0.0,
        timeout: float = 5.0,  # noqa: ASYNC109 - ends a look, cancels nothing
        where: Callable[[Any], bool] = lambda data: True,
    ) -> Message:
        """The first message of `type` since `after` whose data passes `where`.

        Raises `TimeoutError` when none comes within `timeout` seconds from now.
        """
        found = await _until(
            lambda: next((m for m in self.of(type, after) if where(m.data)), None),
            time.monotonic() + timeout,
        )
        if found is None:
            raise TimeoutError(f"no {type} message within {timeout} s")
        return found

    def of(self, type: str, after: float = 0.0) -> list[Message]:
        """The messages of `type` that came at or after `after`."""
        return [m for m in self.messages if m.type == type and m.at >= after]

    async def send_text(self, text: str) -> None:
        """Type `text`, as in the page's typing box."""
        options = {"run_immediately": True, "audio_response": True}
        await self._send("send-text", {"content": text, "options": options})

    async def send_message(self, type: str, data: Any = None) -> None:
        """Send a client message of the application's own `type`."""
        await self._send("client-message", {"t": type, "d": data})

    async def _get_ready(self) -> None:
        about = {"library": "repartee-caller"}
        await self._send("client-ready", {"version": PROTOCOL, "about": about})
        await self.until_message("bot-ready", timeout=self._patience)

    async def _send(self, type: str, data: Any) -> None:
        await self._line.send({"label": LABEL, "type": type, "id": uuid.uuid4().hex, "data": data})

    def _receive(self, message: Mapping[str, Any]) -> None:
        if message.get("label") == LABEL:
            self.messages.append(
                Message(time.monotonic(), str(message.get("type")), message.get("data"))
            )


async def _until(look: Callable[[], T | None], deadline: float) -> T | None:
    """What `look` finds, looking again and again until the deadline."""
    while (found := look()) is None and time.monotonic() < deadline:  # noqa: ASYNC110
        await asyncio.sleep(TICK)
    return found
