"""What one process loads once and every talk uses: models, stores, prepared lines."""

import asyncio
import gc
from dataclasses import dataclass, field
from pathlib import Path

from openai import AsyncOpenAI

from config.personas import load_persona, personas
from config.settings import Settings
from judgement.judge import Guarded, Judge
from judgement.llama import LlamaJudge
from judgement.permitted import Limits, Permitted
from judgement.persona import Persona
from judgement.policies import Informed, PolicyMatcher
from judgement.rules import Rules
from judgement.serving import LocalServer, packaged_model
from memory.blocks import Blocks
from memory.embedding import Embedder, read_vectors, write_vectors
from memory.minilm import PACKAGE, gguf_file
from memory.sqlite import SqliteStore
from memory.store import MemoryStore
from memory.volatile import VolatileStore
from memory.wishes import Wishes
from processors import door
from processors.role import Role
from processors.services import build_stt, build_tts
from processors.services.moonshine import MoonshineService
from processors.services.piper import PiperService
from processors.services.prepared import prepared
from processors.services.recogniser import shared_recogniser
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
    talks: Path
    judge_client: AsyncOpenAI | None = None
    policies: PolicyMatcher | None = None
    lines: dict[str, Line] = field(default_factory=dict[str, Line])

    @classmethod
    async def load(cls, settings: Settings) -> "Shared":
        """Load models, open stores, synthesise the lines of every persona."""
        server = await asyncio.to_thread(_server, settings)
        folder = Path(settings.memory.path).parent
        blocks = settings.blocks
        access = folder / "access.db"
        shared = cls(
            settings=settings,
            persona=load_persona(settings.persona),
            server=server,
            labels=await server.label_tokens() if server else {},
            store=_store(settings),
            blocks=Blocks(
                access,
                warnings=blocks.warnings,
                minutes=blocks.minutes,
                lasting_after=blocks.lasting_after,
            ),
            wishes=Wishes(access),
            talks=folder / "talks",
            judge_client=_judge_client(settings, server),
            policies=await _policies(settings),
        )
        await _warm(settings, server, shared.persona)
        shared.lines = await _prepared(settings, [shared.persona, *personas().values()])
        gc.freeze()  # what is here to stay needs no look by the collector after each talk
        return shared

    def judge(self, role: Role) -> Judge:
        """A judge for one talk: on time, and within the limits."""
        limits = self.settings.limits
        allowed = Limits(limits.first_seconds, limits.interruption_gap, limits.quiet_span)
        return Permitted(self._judge(role), allowed, patience=lambda: role.persona.patience)

    def _judge(self, role: Role) -> Judge:
        choice = self.settings.judge
        if self.judge_client is None:
            rules = Rules()
            return Informed(rules, self.policies, lambda: role.persona) if self.policies else rules
        local = self.server if choice.url is None else None
        llama = LlamaJudge(
            self.judge_client,
            model=choice.model or "local",
            slot=local.slot() if local else None,
            labels=self.labels if local else None,
        )
        return Guarded(llama, Rules(), budget=choice.budget)


def _judge_client(settings: Settings, server: LocalServer | None) -> AsyncOpenAI | None:
    """The way to the judge's server, one for all talks; None where the rules judge."""
    choice = settings.judge
    if choice.kind == "rules":
        return None
    url = choice.url or (server.url if server else None)
    key = choice.api_key.get_secret_value() if choice.api_key else "none"
    return AsyncOpenAI(base_url=url, api_key=key)


def _server(settings: Settings) -> LocalServer | None:
    choice = settings.model_server
    if choice is None:
        return None
    model = Path(choice.path) if choice.path else packaged_model(choice.package or "")
    return LocalServer(model, slots=choice.slots, context=choice.context, threads=choice.threads)


async def _policies(settings: Settings) -> PolicyMatcher | None:
    """What knows policies by meaning, if the rules judge and are to have it."""
    if settings.judge.kind != "rules" or settings.judge.policies == "words":
        return None
    folder = Path(settings.memory.path).parent / "models"
    kept = folder / f"{PACKAGE}.npz"
    embedder = await asyncio.to_thread(_embedder, folder)
    known = await asyncio.to_thread(read_vectors, kept)
    matcher = PolicyMatcher(embedder.embed, known)
    for persona in (load_persona(settings.persona), *personas().values()):
        await matcher.learn(persona)
    if matcher.known.keys() != known.keys():
        await asyncio.to_thread(write_vectors, kept, matcher.known)
    return matcher


def _embedder(folder: Path) -> Embedder:
    return Embedder(gguf_file(PACKAGE, folder))


def _store(settings: Settings) -> MemoryStore:
    if settings.memory.store == "sqlite":
        return SqliteStore(Path(settings.memory.path))
    return VolatileStore()


async def _warm(settings: Settings, server: LocalServer | None, persona: Persona) -> None:
    """Load the models that a talk would otherwise wait for, and ask each once."""
    if isinstance(build_stt(settings), MoonshineService):
        await asyncio.to_thread(shared_recogniser)
    if isinstance(build_tts(settings), PiperService):
        await asyncio.to_thread(shared_voice)
    if server:
        await server.warm(persona.manner)


async def _prepared(settings: Settings, cast: list[Persona]) -> dict[str, Line]:
    """The spoken lines by text, where the voice can be asked ahead."""
    voice = build_tts(settings)
    if not isinstance(voice, PiperService):
        return {}
    texts = {line for persona in cast for line in persona.lines()} | set(door.LINES)
    return await prepared(voice, texts, Path(settings.memory.path).parent / "lines")


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
