"""The sound of several people, one after the other and none lost.

Whoever speaks first is let through as they speak. Who begins meanwhile is kept, and
let through from their first sound on, faster than they spoke, once the first is
silent and what they said is decided about. So a talk needs one voice detector and
one recogniser however many are in the room, and every word has one speaker.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

SILENT = 0.35  # s of silence after which the next one may be let through
BEFORE = 0.4  # s that are kept from before somebody's voice is noticed
BEHIND = 0.6  # s of silence that are kept of a pause in what waits
LONGEST = 20.0  # s of one person's sound that may wait; older sound is dropped
NOTICED = 0.1  # s of voice that count: less may be a click
AT_ONCE = 2  # pieces that go through for one that comes, while somebody is late

Voiced = Callable[[bytes], bool]  # whether there is a voice in a few ms of 16-bit sound


@dataclass(slots=True)
class Lane:
    """One person's sound, as far as it was not let through yet. Lengths in seconds."""

    voiced: Voiced
    waiting: deque[tuple[bytes, float]] = field(default_factory=deque[tuple[bytes, float]])
    length: float = 0.0  # of what waits
    voice: float = 0.0  # of the voice in it
    silent: float = BEHIND  # since there was one

    def hear(self, audio: bytes, seconds: float) -> None:
        """Keep a piece of sound."""
        is_voice = self.voiced(audio)
        self.voice += seconds if is_voice else 0.0
        self.silent = 0.0 if is_voice else self.silent + seconds
        self.waiting.append((audio, seconds))
        self.length += seconds

    def trim(self) -> None:
        """Forget what is not worth waiting for: silence, and what is too old."""
        if self.voice and self.silent > BEHIND:
            self.length -= self.waiting.pop()[1]
        if self.voice < NOTICED and self.silent > BEFORE:
            self.voice = 0.0
        most = LONGEST if self.voice >= NOTICED else BEFORE
        while self.length > most:
            self.length -= self.waiting.popleft()[1]

    def take(self) -> bytes:
        """The oldest piece of sound."""
        audio, seconds = self.waiting.popleft()
        self.length -= seconds
        return audio


class Turnstile:
    """Gives out the sound of one person at a time, who is its `holder`."""

    def __init__(self) -> None:
        self._lanes: dict[str, Lane] = {}
        self._queue: list[str] = []  # who waits, in the order in which they began
        self.holder = ""

    def __contains__(self, who: str) -> bool:
        return who in self._lanes

    def join(self, who: str, voiced: Voiced) -> None:
        """Somebody may be heard from now on."""
        self._lanes.setdefault(who, Lane(voiced))
        self.holder = self.holder or who

    def leave(self, who: str) -> None:
        """Somebody is gone; what they said still goes through. The holder stays until then."""
        if who not in self._queue and who != self.holder:
            self._lanes.pop(who, None)

    def hear(self, who: str, audio: bytes, seconds: float) -> Iterator[bytes]:
        """Somebody's sound; what goes through now."""
        lane = self._lanes[who]
        lane.hear(audio, seconds)
        if who != self.holder:
            lane.trim()
            self._line_up(who, is_speaking=lane.voice >= NOTICED)
            return
        for _ in range(min(AT_ONCE, len(lane.waiting))):
            yield lane.take()

    @property
    def gives_way(self) -> bool:
        """Whether somebody waits, and the holder is silent."""
        lane = self._lanes[self.holder]
        return bool(self._queue) and not lane.waiting and lane.silent >= SILENT

    def pass_on(self) -> str:
        """Let the next one through; who it is."""
        self._lanes[self.holder].voice = 0.0
        self.holder = self._queue.pop(0)
        return self.holder

    def _line_up(self, who: str, *, is_speaking: bool) -> None:
        if is_speaking and who not in self._queue:
            self._queue.append(who)
