"""Speech made before it may be heard: of a reply whose turn is not over yet."""

import asyncio
from collections.abc import AsyncIterator, Callable
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
        self, make: Callable[[str], AsyncIterator[Line]], pieces: Callable[[], BaseTextAggregator]
    ) -> None:
        """`make` speaks a text, `pieces` cuts a reply as the voice does."""
        self._make = make
        self._new_pieces = pieces
        self._pieces = pieces()
        self._made: dict[str, _Made] = {}

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
        for made in self._made.values():
            made.drop()
        self._made.clear()

    def take(self, text: str) -> AsyncIterator[Line] | None:
        """The sound of `text` as it is made, or None where none was made ahead."""
        made = self._made.pop(text, None)
        return made.lines() if made else None

    def _start(self, text: str) -> None:
        if text.strip() and len(self._made) < PIECES:
            self._made[text] = _Made(self._make(text))


class _Made:
    """Lines that are made whether or not somebody waits for them."""

    def __init__(self, lines: AsyncIterator[Line]) -> None:
        self._ready: asyncio.Queue[Line | None] = asyncio.Queue()
        self._making = asyncio.create_task(self._fill(lines))

    def drop(self) -> None:
        """Make no more."""
        self._making.cancel()

    async def lines(self) -> AsyncIterator[Line]:
        """What was made, then what is still being made. Raises what kept it from that."""
        while (line := await self._ready.get()) is not None:
            yield line
        await self._making

    async def _fill(self, lines: AsyncIterator[Line]) -> None:
        try:
            async for line in lines:
                self._ready.put_nowait(line)
        finally:
            self._ready.put_nowait(None)
