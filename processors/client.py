"""The page's own messages: persona, proactivity, marks, consent, the sample talk."""

from collections.abc import Awaitable, Callable
from typing import Any

from pipecat.processors.frameworks.rtvi import RTVIProcessor

from judgement.decision import Action
from processors.sample import SamplePlayer
from processors.talk import Talk


class ClientMessages:
    """Answers what a client sends beside sound and text. What makes no sense is told so."""

    def __init__(self, talk: Talk, rtvi: RTVIProcessor, sample: SamplePlayer):
        self._talk = talk
        self._rtvi = rtvi
        self._sample = sample
        self._kinds: dict[str, Callable[[dict[str, Any]], Awaitable[bool]]] = {
            "persona": self._persona,
            "proactivity": self._proactivity,
            "mark": self._mark,
            "consent": self._consent,
            "sample": self._play_sample,
        }

    async def joined(self) -> None:
        """The client is ready: who it talks to, under which id, and the first words."""
        await self._rtvi.send_server_message({"type": "talk", "id": self._talk.id})
        await self._tell_persona()
        await self._talk.door.greet(self._talk.role.persona.greeting)

    async def received(self, kind: str, data: object) -> None:
        """One message of the client."""
        answer = self._kinds.get(kind)
        if answer is None or not await answer(data if isinstance(data, dict) else {}):
            text = f"The message {kind[:40]!r} made no sense."
            await self._rtvi.send_server_message({"type": "notice", "text": text})

    async def _persona(self, data: dict[str, Any]) -> bool:
        known = self._talk.change_persona(str(data.get("name")))
        if known:
            await self._tell_persona()
        return known

    async def _proactivity(self, data: dict[str, Any]) -> bool:
        value = data.get("value")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
            return False
        self._talk.be_proactive(float(value))
        await self._tell_persona()
        return True

    async def _mark(self, data: dict[str, Any]) -> bool:
        number, should = data.get("id"), data.get("should")
        if not isinstance(number, int) or should not in (None, *Action):
            return False
        action = Action(should) if should else None
        return self._talk.recorder.mark(number, right=data.get("right") is True, should=action)

    async def _consent(self, data: dict[str, Any]) -> bool:
        if data.get("value") is True:
            await self._talk.keeper.consented()
        elif data.get("value") is False:
            await self._talk.keeper.withdrawn()
        else:
            return False
        return True

    async def _play_sample(self, _: dict[str, Any]) -> bool:
        await self._sample.play()
        return True

    async def _tell_persona(self) -> None:
        persona = self._talk.role.persona
        await self._rtvi.send_server_message(
            {
                "type": "persona",
                "name": persona.name,
                "title": persona.title,
                "proactivity": persona.proactivity,
            }
        )
