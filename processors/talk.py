"""One talk: who it is with, and all that lasts as long as it does."""

import asyncio
import gc
import re
import uuid
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
from pipecat.audio.vad.vad_analyzer import VADParams

from config.personas import personas
from config.settings import Settings
from judgement.among import Among
from judgement.company import Company
from judgement.doubt import Doubt
from judgement.echo import Echo
from judgement.listener import Listener
from memory.habits import Habits
from memory.keeper import Keeper
from memory.wishes import proactive, proactivity_in
from processors.door import Door
from processors.ears import Ears
from processors.echo_path import EchoPath
from processors.hold import Hold
from processors.near_field import NearField
from processors.recorder import Recorder
from processors.role import Role
from processors.rooms.broken import Broken
from processors.rooms.voice import Voice
from processors.seats import Seat
from processors.shared import Shared
from processors.turn_model import TurnModel

_USER = re.compile(r"[\w.@+-]{1,64}")


@dataclass
class Talk:
    """Made by `begin`, closed by `end`, nothing of it kept beyond but what memory was given."""

    id: str
    user: str
    role: Role
    listener: Listener
    keeper: Keeper
    recorder: Recorder
    door: Door
    vad: Ears
    turn_model: TurnModel | None
    doubt: Doubt
    hold: Hold
    remembers: bool  # with consent; else nothing outlives the talk
    seat: Seat = field(default_factory=Seat)
    by_phone: bool = False
    company: Company | None = None  # in a room
    broke: str = ""  # why the connection to it did
    _beside: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])

    @classmethod
    async def begin(
        cls,
        shared: Shared,
        body: object,
        hold: Hold,
        seat: Seat | None = None,
        *,
        by_phone: bool = False,
        company: Company | None = None,
    ) -> "Talk":
        """A talk as the client asked for it in `body`; what it got wrong is left out.

        `hold` is where its sound leaves: the transport's `audio_out_filter`. `company`
        is who is there, if it is held in a room.
        """
        wish: Mapping[str, Any] = body if isinstance(body, Mapping) else {}
        talk = str(uuid.uuid4())
        known = _user(wish.get("user"))
        user = known or f"guest-{talk}"
        role = _role(shared, wish)
        if company:
            company.call(role.persona.name)
        limits, remembers = shared.settings.limits, shared.settings.memory.is_lasting
        listener = Listener(
            role.policy,
            patience=role.persona.patience,
            idle_seconds=limits.idle_seconds,
            idle_times=limits.idle_times,
            echo=Echo() if shared.settings.overlap.echo_guard else None,
            among=Among(company),
        )
        keeper = Keeper(
            shared.store,
            user,
            talk,
            consent=remembers and wish.get("consent") is True,
            wishes=shared.wishes if known else None,  # nobody else comes back
            embedding=shared.embedding,
            finder=shared.finder,
            recalled=shared.settings.memory.recalled,
        )
        shared.expire_soon()
        await keeper.start()
        doubt = _doubt(shared.settings, hold)
        echo = _echo(shared.settings, hold)
        vad, turn_model = await asyncio.to_thread(_ears, shared.settings, doubt, echo)
        begun = cls(
            id=talk,
            user=user,
            role=role,
            listener=listener,
            keeper=keeper,
            recorder=Recorder(
                shared.talks,
                talk,
                user=user,
                consent=lambda: keeper.consent,
                keeps_sound=shared.settings.phone.record if by_phone else company is None,
            ),
            door=Door(shared.blocks, user, max_text=limits.max_text),
            vad=vad,
            turn_model=turn_model,
            remembers=remembers,
            doubt=doubt,
            hold=hold,
            seat=seat or Seat(),
            by_phone=by_phone,
            company=company,
        )
        if wish.get("proactivity") is None:
            begun._obey()
        return begun

    def change_persona(self, name: str) -> bool:
        """Become another persona from the next moment on; False if there is none of that name."""
        persona = personas().get(name)
        if persona is None:
            return False
        self.role.play(persona)
        self._obey()
        if self.company:
            self.company.call(name)
        self.listener.patience = persona.patience
        return True

    def be_proactive(self, value: float) -> None:
        """From 0 (speaks only when asked) to 1, in later talks with the user too."""
        self.keeper.wish(proactive(value))
        self._obey()

    def _obey(self) -> None:
        """Be as proactive as the user wishes, where they said so."""
        if (wished := proactivity_in(self.keeper.wishes)) is not None:
            self.role.be_proactive(wished)
        self.listener.policy = self.role.policy

    def voice(self) -> Voice:
        """What tells the voice of one person in a room from silence. It takes 0.1 s to load."""
        return Voice(self.vad.params)

    def check_connection(self) -> None:
        """Whether the talk ended of itself. Raises `Broken`."""
        if self.broke:
            raise Broken(self.broke)

    def beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do `work` for as long as the talk lasts."""
        self._beside.add(asyncio.create_task(work))

    async def end(self) -> None:
        """Write what is still to be written and let go of the rest."""
        for task in self._beside:
            task.cancel()
        now = datetime.now(UTC)
        self.keeper.heard(self.listener.speaker or "user", self.listener.unfinished, now)
        self.keeper.talked(Habits(1, **self.listener.rhythm.talk()), now)
        await self.keeper.close()
        await asyncio.to_thread(self.recorder.close)
        # A finished pipeline stays in reference cycles, some 10 MB of it.
        asyncio.get_running_loop().call_later(1.0, gc.collect)


def _doubt(settings: Settings, hold: Hold) -> Doubt:
    overlap = settings.overlap
    hold.low, hold.longest = overlap.low, overlap.longest_pause
    return Doubt(hold, pause_after=overlap.pause_after, longest=overlap.longest_pause)


def _echo(settings: Settings, hold: Hold) -> EchoPath | None:
    """What tells the agent's own sound, which leaves through `hold`; None where that is off."""
    if not settings.overlap.echo_guard:
        return None
    echo = EchoPath()
    hold.told = echo.played.tell
    return echo


def _ears(settings: Settings, doubt: Doubt, echo: EchoPath | None) -> tuple[Ears, TurnModel | None]:
    """Two models of a talk's own, 0.1 s to load: off the event loop, where others talk."""
    margin = settings.overlap.far_below
    near = None if margin is None else NearField(margin)
    ears = Ears(VADParams(**settings.vad.model_dump()), doubt.window, echo, near)
    return ears, TurnModel(LocalSmartTurnAnalyzerV3()) if settings.turn == "smart-turn" else None


def _user(name: object) -> str:
    return name if isinstance(name, str) and _USER.fullmatch(name) else ""


def _role(shared: Shared, wish: Mapping[str, Any]) -> Role:
    role = Role(personas().get(str(wish.get("persona")), shared.persona))
    proactivity = wish.get("proactivity")
    if isinstance(proactivity, (int, float)) and not isinstance(proactivity, bool):
        role.be_proactive(float(proactivity))
    return role
