"""A profile in the cloud whose providers are ours, and a second service on this machine for each.

async with cloud(tmp_path) as world:
    async with talk_to(world.shared) as talk: ...
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from config.services import Part
from config.settings import load
from processors.failover.probing import breakers
from processors.shared import Shared
from tests.providers.cartesia import VOICE, Cartesia
from tests.providers.deepgram import Deepgram
from tests.providers.openai import OpenAI
from tests.providers.provider import KEY, Provider

QUESTION = "What time do you close today?"
ANSWER = "We close at nine in the evening. On Sundays we close at six."
SPARE = ANSWER  # as a model says it that begins anew
SPARES = "spare"  # as a second recogniser or voice: the server of the second model
PROFILE = """
persona: clerk
stt:
  service: deepgram
  args: {{api_key: {key}, base_url: "{stt}"}}
  then: {then_stt}
llm:
  service: openai
  args: {{api_key: {key}, base_url: "{llm}/v1"}}
  settings: {{model: gpt-test}}
  then: {{service: openai, args: {{api_key: {key}, base_url: "{spare}/v1"}}}}
tts:
  service: cartesia
  args: {{api_key: {key}, url: "{tts}/tts/websocket"}}
  settings: {{voice: {voice}}}
  then: {then_tts}
judge: {{kind: rules}}
limits: {{first_seconds: 0, interruption_gap: 0, idle_seconds: 600}}
memory: {{store: sqlite, path: {folder}/memory.db, embedding: none}}
"""


@dataclass
class World:
    """The providers, and what a process has loaded to use them."""

    shared: Shared
    deepgram: Deepgram
    openai: OpenAI
    spare: OpenAI
    cartesia: Cartesia

    def provider(self, part: Part) -> Provider:
        """Whoever is asked first for `part`."""
        found: dict[Part, Provider] = {
            "stt": self.deepgram,
            "llm": self.openai,
            "tts": self.cartesia,
        }
        return found[part]

    @property
    def violations(self) -> list[str]:
        """What was asked against a published specification."""
        servers: list[Provider] = [self.deepgram, self.openai, self.spare, self.cartesia]
        return [each for server in servers for each in server.violations]


@asynccontextmanager
async def cloud(
    folder: Path,
    script: list[str] | None = None,
    *,
    stt: str = "moonshine",
    tts: str = "piper",
    every: float = 0.5,
) -> AsyncIterator[World]:
    """All providers well. `script`: what Deepgram hears; `every`: s between two probes."""
    async with AsyncExitStack() as stack:
        deepgram = await stack.enter_async_context(Deepgram(script or [QUESTION] * 20))
        openai = await stack.enter_async_context(OpenAI([ANSWER]))
        spare = await stack.enter_async_context(OpenAI([SPARE]))
        spare.heard = QUESTION
        cartesia = await stack.enter_async_context(Cartesia())
        (folder / "lines").mkdir(parents=True, exist_ok=True)
        path = folder / "cloud.yaml"
        spares = f"{{service: openai, args: {{api_key: {KEY}, base_url: '{spare.http}/v1'}}}}"
        path.write_text(
            PROFILE.format(
                key=KEY,
                stt=deepgram.ws,
                llm=openai.http,
                spare=spare.http,
                tts=cartesia.ws,
                voice=VOICE,
                folder=folder,
                then_stt=stt.replace(SPARES, spares),
                then_tts=tts.replace(SPARES, spares),
            )
        )
        shared = await Shared.load(load(path))
        shared.breakers = breakers(shared.settings, every=every)
        yield World(shared, deepgram, openai, spare, cartesia)
