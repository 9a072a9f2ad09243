"""Daily's and LiveKit's SDKs as far as Pipecat's transports drive them, with nothing behind.

`FakeCall` stands for `daily.CallClient`, `FakeRoom` for `livekit.rtc.Room`.
"""

import asyncio
from types import SimpleNamespace
from typing import Any

import numpy as np
from livekit import rtc

RATE = 16_000
PIECE = RATE // 50


def sound(level: int) -> bytes:
    """20 ms of a tone."""
    return (level * np.sin(np.arange(PIECE) / 8)).astype(np.int16).tobytes()


class FakeCall:
    """A call that lets in whoever has no `refusal`. What it tells comes from another thread."""

    refusal = ""
    made: list["FakeCall"] = []

    def __init__(self, event_handler: Any) -> None:
        self.handler = event_handler
        self.renderers: dict[str, Any] = {}
        self.joined = self.left = 0
        self.name = ""
        self.made.append(self)

    def join(self, url: str, token: str, completion: Any, client_settings: Any) -> None:
        self.joined += 1
        refusal = FakeCall.refusal
        data = {"participants": {"local": {"id": "agent"}}, "meetingSession": {"id": "m"}}
        self._complete(completion, *((None, refusal) if refusal else (data, None)))

    def leave(self, completion: Any) -> None:
        self.left += 1
        self._complete(completion, None)

    def set_user_name(self, name: str) -> None:
        self.name = name

    def update_subscriptions(self, completion: Any = None, **_: Any) -> None:
        self._complete(completion, None)

    def set_audio_renderer(self, participant: str, callback: Any, **_: Any) -> None:
        self.renderers[participant] = callback

    def update_subscription_profiles(self, *_: Any, **__: Any) -> None: ...

    def release(self) -> None: ...

    def _complete(self, completion: Any, *result: Any) -> None:
        if completion:
            asyncio.get_running_loop().call_soon(completion, *result)

    async def comes(self, id: str, name: str) -> None:
        await self._tell(self.handler.on_participant_joined, _person(id, name))

    async def goes(self, id: str, name: str) -> None:
        await self._tell(self.handler.on_participant_left, _person(id, name), "leftCall")

    async def speaks(self, id: str, audio: bytes) -> None:
        data = SimpleNamespace(audio_frames=audio, sample_rate=RATE, num_channels=1)
        await self._tell(self.renderers[id], id, data, "microphone")

    async def breaks(self) -> None:
        await self._tell(self.handler.on_call_state_updated, "left")

    async def _tell(self, told: Any, *what: Any) -> None:
        await asyncio.to_thread(told, *what)
        await asyncio.sleep(0.02)


def _person(id: str, name: str) -> dict[str, Any]:
    return {"id": id, "info": {"userName": name, "isLocal": False}}


class FakeRoom:
    """A room that lets in whoever has no `refusal`."""

    refusal = ""
    made: list["FakeRoom"] = []

    def __init__(self, loop: Any = None) -> None:
        self.told: dict[str, Any] = {}
        self.remote_participants: dict[str, Any] = {}
        self.streams: dict[str, FakeStream] = {}
        self.local_participant = SimpleNamespace(identity="agent", publish_track=self._publish)
        self.joined = self.left = 0
        self.made.append(self)

    def on(self, event: str) -> Any:
        return lambda told: self.told.setdefault(event, told)

    async def connect(self, url: str, token: str, options: Any) -> None:
        self.joined += 1
        if FakeRoom.refusal:
            raise rtc.ConnectError(FakeRoom.refusal)

    async def disconnect(self) -> None:
        self.left += 1

    async def _publish(self, *_: Any) -> None: ...

    async def comes(self, id: str, name: str) -> None:
        person = SimpleNamespace(identity=id, name=name, metadata="")
        self.remote_participants[id] = person
        self.told["participant_connected"](person)
        track = SimpleNamespace(kind=rtc.TrackKind.KIND_AUDIO, sid=id)
        self.told["track_subscribed"](track, SimpleNamespace(sid=id), person)
        await asyncio.sleep(0.02)

    async def goes(self, id: str, name: str) -> None:
        self.told["participant_disconnected"](self.remote_participants.pop(id))
        await asyncio.sleep(0.02)

    async def speaks(self, id: str, audio: bytes) -> None:
        frame = rtc.AudioFrame(audio, RATE, 1, PIECE)
        await FakeStream.of[id].queue.put(rtc.AudioFrameEvent(frame))
        await asyncio.sleep(0.005)

    async def breaks(self) -> None:
        self.told["disconnected"]()
        await asyncio.sleep(0.02)


class FakeStream:
    """The sound of one person's track."""

    of: dict[str, "FakeStream"] = {}

    def __init__(self, track: Any) -> None:
        self.queue: asyncio.Queue[rtc.AudioFrameEvent] = asyncio.Queue()
        self.of[track.sid] = self

    def __aiter__(self) -> "FakeStream":
        return self

    async def __anext__(self) -> rtc.AudioFrameEvent:
        return await self.queue.get()

    async def aclose(self) -> None: ...


class FakeSource:
    """Where the agent's sound would go."""

    def __init__(self, *_: Any, **__: Any) -> None: ...

    async def capture_frame(self, frame: Any) -> None: ...

    async def aclose(self) -> None: ...
