"""The page's own messages: persona, proactivity, marks, consent, memories, the sample talk."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from loguru import logger
from pipecat.processors.frameworks.rtvi import RTVIProcessor

from judgement.decision import Action
from memory.facts import Facts
from memory.store import Memory, MemoryStoreError, Sort
from memory.talks import Removed
from memory.talks import forget as forget_talks
from processors.phone import RECORDED
from processors.sample import SamplePlayer
from processors.talk import Talk

PART = 100  # memories that are told in one message, at most
PART_BYTES = 48_000  # and how long they are together: a data channel surely takes 64 KiB
LONGEST = 3_500  # characters told of one memory; as JSON none is over 12 bytes
BREATH = 0.01  # s between two parts, in which sound goes on
AT_ONCE = 1_000  # memories that one message may forget


class ClientMessages:
    """Answers what a client sends beside sound and text. What makes no sense is told so."""

    def __init__(self, talk: Talk, rtvi: RTVIProcessor, sample: SamplePlayer):
        self._talk = talk
        self._rtvi = rtvi
        self._sample = sample
        self._has_greeted = False
        self._kinds: dict[str, Callable[[dict[str, Any]], Awaitable[bool]]] = {
            "persona": self._persona,
            "proactivity": self._proactivity,
            "mark": self._mark,
            "consent": self._consent,
            "memories": self._memories,
            "forget": self._forget,
            "sample": self._play_sample,
        }

    async def joined(self) -> None:
        """The client is ready: who it talks to, under which id, and once the first words."""
        await self._rtvi.send_server_message({"type": "talk", "id": self._talk.id})
        await self._tell_persona()
        if self._talk.company is None and not self._has_greeted:  # a room's visit does it
            self._has_greeted = True
            await self._talk.door.greet(self._talk.role.persona.greeting)

    async def answered(self, *, recorded: bool) -> None:
        """Somebody is there without a page: that it is recorded, if it is, and the first words."""
        await self._talk.door.greet(RECORDED if recorded else "", self._talk.role.persona.greeting)

    async def received(self, kind: str, data: object) -> None:
        """One message of the client."""
        answer = self._kinds.get(kind)
        if answer is None or not await answer(data if isinstance(data, dict) else {}):
            await self._notice(f"The message {kind[:40]!r} made no sense.")

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
        if self._talk.recorder.is_closed:
            await self._notice("You were forgotten: nothing more of this talk is kept, no mark.")
            return True
        action = Action(should) if should else None
        return self._talk.recorder.mark(number, right=data.get("right") is True, should=action)

    async def _consent(self, data: dict[str, Any]) -> bool:
        if data.get("value") is True and not self._talk.remembers:
            await self._notice("This agent keeps nothing of what is said beyond the talk.")
        elif data.get("value") is True:
            await self._talk.keeper.consented()
        elif data.get("value") is False:
            await self._talk.keeper.withdrawn()
        else:
            return False
        return True

    async def _memories(self, _: dict[str, Any]) -> bool:
        try:
            memories = await self._talk.keeper.remembered()
        except MemoryStoreError as error:
            await self._unreachable(error, "Memory cannot be read.")
            return True
        facts = Facts(each for each in memories if each.sort is Sort.FACT)
        parts = _parts(_told(each, facts) for each in memories)
        for number, items in enumerate(parts, 1):
            await self._rtvi.send_server_message(
                {
                    "type": "memories",
                    "items": items,
                    "consent": self._talk.keeper.consent,
                    "part": number,
                    "of": len(parts),
                }
            )
            await asyncio.sleep(BREATH)
        return True

    async def _forget(self, data: dict[str, Any]) -> bool:
        ids = data.get("ids")
        is_all = data.get("all") is True and ids is None
        if not is_all and not _are_ids(ids):
            return False
        try:
            count = await self._talk.keeper.forget(ids)
        except MemoryStoreError as error:
            await self._unreachable(error, "Memory cannot be reached: nothing was removed.")
            return True
        told: dict[str, Any] = {"type": "forgotten", "count": count, "ids": ids}
        if is_all:
            told |= (await self._forget_talks())._asdict()
        await self._rtvi.send_server_message(told)
        return True

    async def _forget_talks(self) -> Removed:
        """Remove talks and recordings of the user, this one's too: they hold their words."""
        recorder = self._talk.recorder
        try:
            await asyncio.to_thread(recorder.close)
            return await asyncio.to_thread(forget_talks, recorder.path.parent, self._talk.user)
        except OSError as error:
            await self._unreachable(error, "What is kept of your talks could not all be removed.")
            return Removed(0, 0)

    async def _unreachable(self, error: Exception, text: str) -> None:
        logger.warning(f"talk {self._talk.id}: {text} {error}")
        await self._notice(text)

    async def _notice(self, text: str) -> None:
        await self._rtvi.send_server_message({"type": "notice", "text": text})

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


def _told(memory: Memory, facts: Facts) -> dict[str, str]:
    """What the page is told of a memory; of an outdated fact also until when it held."""
    text = memory.text
    until = facts.until(memory) if memory.sort is Sort.FACT else None
    return {
        "id": memory.id,
        "sort": memory.sort.value,
        "who": memory.who,
        "text": text if len(text) <= LONGEST else text[:LONGEST] + "…",
        "when": memory.when.isoformat(),
        "talk": memory.talk,
        **({"until": until.isoformat()} if until else {}),
    }


def _parts(items: Iterable[dict[str, str]]) -> list[list[dict[str, str]]]:
    """The items in their order, as many in a part as one message carries; at least one part."""
    parts: list[list[dict[str, str]]] = [[]]
    room = PART_BYTES
    for item in items:
        size = len(json.dumps(item))
        if parts[-1] and (len(parts[-1]) == PART or size > room):
            parts.append([])
            room = PART_BYTES
        parts[-1].append(item)
        room -= size
    return parts


def _are_ids(ids: object) -> bool:
    if not isinstance(ids, list) or not 1 <= len(ids) <= AT_ONCE:
        return False
    return all(isinstance(each, str) for each in ids)
