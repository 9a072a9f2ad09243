"""What one process loads once and every talk uses: models, stores, prepared lines."""

import asyncio
import gc
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from loguru import logger
from openai import AsyncOpenAI

from config.personas import load_persona, personas
from config.sections import Service
from config.services import Part, known
from config.settings import PARTS, Settings
from judgement.artefact import Adapter, AdapterError
from judgement.astray import Astray
from judgement.cuts_in import CutsIn
from judgement.endings import Endings
from judgement.judge import Guarded, Judge, read_ahead
from judgement.llama import LlamaJudge
from judgement.local import complete, judge_server, opened, opened_endings, read_by
from judgement.moment import Kind, Moment
from judgement.nearest import Nearest
from judgement.permitted import Limits, Permitted
from judgement.persona import Persona
from judgement.policies import ByExample, Informed, OnTime, PolicyMatcher, unexampled
from judgement.rules import Rules
from judgement.serving import LocalServer, packaged_model
from memory.blocks import Blocks
from memory.embedding import Embedding, read_vectors, write_vectors
from memory.extraction import FactFinder
from memory.invitations import Invitations
from memory.store import MemoryStore, MemoryStoreError
from memory.wishes import Wishes
from processors import asked, door, phone
from processors.failover.base import LINES
from processors.failover.breaker import Breaker
from processors.failover.probing import breakers
from processors.remembering import build_embedding, build_finder, build_store, models_folder
from processors.role import Role
from processors.seats import Seats
from processors.services.moonshine import MoonshineService
from processors.services.piper import PiperService
from processors.services.prepared import prepared
from processors.services.recogniser import shared_recogniser
from processors.services.speaker import SpeakerError, speaker
from processors.services.voice import shared_voice
from processors.services.words import Line


@dataclass
class Shared:
    """Loaded by `load`, before the first talk, so that no talk waits for a model."""

    settings: Settings
    persona: Persona
    server: LocalServer | None
    labels: dict[str, int]
    store: MemoryStore
    blocks: Blocks
    wishes: Wishes
    invitations: Invitations
    talks: Path
    embedding: Embedding | None = None
    finder: FactFinder | None = None
    judge_client: AsyncOpenAI | None = None
    judge_server: LocalServer | None = None
    adapter: Adapter | None = None
    endings: Endings | None = None
    policies: PolicyMatcher | None = None
    nearest: Nearest | None = None
    lines: dict[str, Line] = field(default_factory=dict[str, Line])
    breakers: dict[Part, Breaker] = field(default_factory=dict[Part, Breaker])
    seats: Seats = field(default_factory=Seats)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set[asyncio.Task[None]])
    _expired: datetime = datetime.min.replace(tzinfo=UTC)

    @classmethod
    async def load(cls, settings: Settings) -> "Shared":
        """Load models, open stores, synthesise the lines of every persona."""
        folder = Path(settings.memory.path).parent
        adapter = await asyncio.to_thread(_adapter, settings)
        judge_server = await asyncio.to_thread(_judge_server, settings, adapter)
        server = await asyncio.to_thread(_server, settings, adapter)
        blocks = settings.blocks
        access = folder / "access.db"
        embedding = await asyncio.to_thread(build_embedding, settings)
        policies, nearest = await _policies(settings, embedding)
        shared = cls(
            settings=settings,
            persona=load_persona(settings.persona),
            server=server,
            labels=await judge_server.label_tokens() if judge_server else {},
            store=build_store(settings, embedding),
            blocks=Blocks(
                access,
                warnings=blocks.warnings,
                minutes=blocks.minutes,
                lasting_after=blocks.lasting_after,
            ),
            wishes=Wishes(access),
            invitations=Invitations(access),
            talks=folder / "talks",
            embedding=embedding,
            finder=build_finder(settings, server and server.url),
            judge_client=_judge_client(settings, judge_server),
            judge_server=judge_server,
            adapter=adapter,
            endings=await asyncio.to_thread(_endings, settings, adapter),
            policies=policies,
            nearest=nearest,
            seats=Seats(settings.access.talks, settings.access.half_open),
        )
        shared.breakers = breakers(settings)
        await _warm(settings, server, shared.persona)
        shared.lines = await _prepared(settings, [shared.persona, *personas().values()])
        gc.freeze()  # what is here to stay needs no look by the collector after each talk
        return shared

    @property
    def judges_here(self) -> bool:
        """Whether a model on this machine judges."""
        return self.judge_server is not None

    def expire_soon(self) -> None:
        """Remove what is older than the profile says, at most once a day."""
        days, today = self.settings.memory.keep_days, datetime.now(UTC)
        if days and today - self._expired > timedelta(days=1):
            self._expired = today
            self._behind(self._expire(today - timedelta(days=days)))

    async def _expire(self, before: datetime) -> None:
        try:
            if count := await self.store.expire(before):
                logger.info(f"memory: {count} memories were too old and are gone")
        except MemoryStoreError as error:
            logger.warning(f"memory: what is too old could not be removed: {error}")

    def _behind(self, work: Coroutine[Any, Any, None]) -> None:
        """Do `work` while talks go on."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def judge(self, role: Role) -> Judge:
        """A judge for one talk: on time, and within the limits."""
        limits = self.settings.limits
        allowed = Limits(limits.first_seconds, limits.interruption_gap, limits.quiet_span)
        judge = self._judge(role)
        if self.judge_server:
            begun = Moment(Kind.PARTIAL, "", persona=role.policy)
            self._behind(read_ahead(judge, begun))
        return Permitted(judge, allowed, patience=lambda: role.persona.patience)

    def _judge(self, role: Role) -> Judge:
        astray = Astray(self.embedding.embed) if self.embedding else None
        return CutsIn(self._deciding(role), astray)

    def _deciding(self, role: Role) -> Judge:
        known = OnTime(self.policies, lambda: role.persona) if self.policies else None
        if not self.judge_client:
            return Informed(Rules(), known) if known else Rules()
        judge = self._llama(self.judge_client)
        if self.nearest:
            judge = Informed(judge, OnTime(self.nearest, lambda: _others(role.persona, known)))
        if known:
            judge = ByExample(judge, known, lambda: role.persona)
        return Guarded(judge, Rules(), budget=self.settings.judge.budget)

    def _llama(self, client: AsyncOpenAI) -> Judge:
        local = self.judge_server
        llama = LlamaJudge(
            client,
            model=self.settings.judge.model or "local",
            slot=local.slot() if local else None,
            labels=self.labels if local else None,
            trained=self.adapter is not None,
        )
        return complete(llama, self.adapter, self.endings and self.endings.anew())


def _others(persona: Persona, known: OnTime | None) -> Persona:
    """The persona with the policies that its examples do not decide."""
    return unexampled(persona, persona.examples) if known else persona


def _judge_client(settings: Settings, server: LocalServer | None) -> AsyncOpenAI | None:
    """The way to the judge's server, one for all talks; None where the rules judge."""
    choice = settings.judge
    if choice.kind == "rules":
        return None
    url = choice.url or (server.url if server else None)
    key = choice.api_key.get_secret_value() if choice.api_key else "none"
    return AsyncOpenAI(base_url=url, api_key=key)


def _adapter(settings: Settings) -> Adapter | None:
    """What the judge on the model server was trained with. Raises `SettingsError`."""
    choice = settings.judge
    if not _judges_here(settings) or choice.adapter_path is None:
        return None
    try:
        return opened(choice.adapter_path, _model(settings))
    except AdapterError as error:
        raise settings.error("judge.adapter", str(error)) from error


def _judges_here(settings: Settings) -> bool:
    return settings.judge.kind == "llama" and settings.judge.url is None


def _judge_server(settings: Settings, adapter: Adapter | None) -> LocalServer | None:
    choice = settings.model_server
    if choice is None or not _judges_here(settings):
        return None
    models, threads = models_folder(settings), settings.judge.threads
    return judge_server(
        _model(settings), adapter, slots=choice.slots, threads=threads, models=models
    )


def _endings(settings: Settings, adapter: Adapter | None) -> Endings | None:
    """What tells where a message ends, beside the trained judge."""
    choice = settings.model_server
    if choice is None or adapter is None:
        return None
    return opened_endings(
        _model(settings), adapter, slots=choice.slots, models=models_folder(settings)
    )


def _server(settings: Settings, adapter: Adapter | None) -> LocalServer | None:
    """The server of the replies, on the same file as the judge's: it is in memory once."""
    choice = settings.model_server
    if choice is None:
        return None
    model = _model(settings)
    if _judges_here(settings):
        model = read_by(model, adapter, models_folder(settings))
    return LocalServer(model, slots=choice.slots, context=choice.context, threads=choice.threads)


def _model(settings: Settings) -> Path:
    choice = settings.model_server
    assert choice is not None
    return Path(choice.path) if choice.path else packaged_model(choice.package or "")


async def _policies(
    settings: Settings, embedding: Embedding | None
) -> tuple[PolicyMatcher | None, Nearest | None]:
    """What knows policies by meaning: by their examples, and for a llama here by their topics."""
    here, by_words = _judges_here(settings), settings.judge.policies == "words"
    if not here and (settings.judge.kind != "rules" or by_words):
        return None, None
    if embedding is None:
        raise settings.error("memory.embedding", "judge.policies by meaning need a sentence model")
    kept = models_folder(settings) / f"{embedding.name.replace('/', '-')}.npz"
    known = await asyncio.to_thread(read_vectors, kept)
    matcher = None if by_words else PolicyMatcher(embedding.embed, known)
    nearest = Nearest(embedding.embed, known) if here else None
    learnt = dict(known)
    for each in filter(None, (matcher, nearest)):
        for persona in (load_persona(settings.persona), *personas().values()):
            await each.learn(persona)
        learnt |= each.known
    if learnt.keys() != known.keys():
        await asyncio.to_thread(write_vectors, kept, learnt)
    return matcher, nearest


async def _warm(settings: Settings, server: LocalServer | None, persona: Persona) -> None:
    """Load the models that a talk would otherwise wait for, and ask each once."""
    kinds = {known(part, each.service).path for part, each in _services(settings)}
    if f"{MoonshineService.__module__}.{MoonshineService.__name__}" in kinds:
        await asyncio.to_thread(shared_recogniser)
    if f"{PiperService.__module__}.{PiperService.__name__}" in kinds:
        await asyncio.to_thread(shared_voice)
    if server:
        await server.warm(persona.manner)


def _services(settings: Settings) -> list[tuple[Part, Service]]:
    return [(part, each) for part in PARTS for each in settings.services(part).values()]


async def _prepared(settings: Settings, cast: list[Persona]) -> dict[str, Line]:
    """The spoken lines by text, where a voice can be asked ahead.

    The second voice says what it has to say for a first one that fails, and all
    of it where the first cannot be reached now.
    """
    own = {line for persona in cast for line in persona.lines()}
    own |= {*door.LINES, *phone.LINES, asked.FAREWELL, settings.phone.busy}
    if settings.phone.message:
        own.add(settings.phone.message)
    spare = set(LINES) if any(settings.part(part).then for part in PARTS) else set[str]()
    folder = Path(settings.memory.path).parent / "lines"
    for key in settings.services("tts"):
        if not (voice := speaker(settings, key)):
            own = set()  # not in another voice than that of the answers
            continue
        try:
            return await prepared(voice, own | spare, folder)
        except SpeakerError as error:
            logger.warning(f"{key}: the prepared lines could not be made: {error}")
    return {}


_loaded: Shared | None = None


def share(shared: Shared) -> None:
    """Make `shared` what `shared_now` gives."""
    global _loaded
    _loaded = shared


def shared_now() -> Shared:
    """What this process has loaded. Raises `RuntimeError` before that."""
    if _loaded is None:
        raise RuntimeError("nothing is loaded yet: call share(await Shared.load(settings)) first")
    return _loaded
