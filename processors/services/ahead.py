"""Speech made before it may be heard: of a reply whose turn is not over yet."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, runtime_checkable

from pipecat.utils.text.base_text_aggregator import BaseTextAggregator

from processors.services.words import Line

PIECES = 2  # of a reply that are made ahead: while they play, the rest is made


@runtime_checkable
class SpeaksAhead(Protocol):
    """A voice that can begin with a reply that is still held back."""

    ahead: "Ahead"


class Ahead:
    """The sound of a held reply's first pieces: text in, no frame out.

    Pieces are cut as the voice itself cuts them, so that a reply that is let go
    finds them under their text.
    """

    def __init__(
        self, make: Callable[[str], Awaitable[Line]], pieces: Callable[[], BaseTextAggregator]
    ) -> None:
        """`make` speaks a text, `pieces` cuts a reply as the voice does."""
        self._make = make
        self._new_pieces = pieces
        self._pieces = pieces()
        self._made: dict[str, asyncio.Task[Line]] = {}

    def begin(self) -> None:
        """A reply begins; nothing of an earlier one is of use."""
        self.drop()
        self._pieces = self._new_pieces()

    async def hear(self, text: str) -> None:
        """More of the reply."""
        async for piece in self._pieces.aggregate(text):
            self._start(piece.text)

    async def end(self) -> None:
        """The reply is complete."""
        if last := await self._pieces.flush():
            self._start(last.text)

    def drop(self) -> None:
        """The reply is not to be heard."""
        for task in self._made.values():
            task.cancel()
        self._made.clear()

    async def take(self, text: str) -> Line | None:
        """The sound of `text`, or None where it was not made ahead."""
        task = self._made.pop(text, None)
        return await task if task else None

    def _start(self, text: str) -> None:
        if text.strip() and len(self._made) < PIECES:
            self._made[text] = asyncio.create_task(self._spoken(text))

    async def _spoken(self, text: str) -> Line:
        return await self._make(text)
