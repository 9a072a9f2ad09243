"""An answer in pieces for the voice: the first one short, so that it is heard soon."""

from collections.abc import AsyncIterator

from pipecat.utils.text.base_text_aggregator import Aggregation, TextType
from pipecat.utils.text.simple_text_aggregator import SimpleTextAggregator

SHORTEST = 3  # words of a first clause
_ENDS = frozenset(",;:")


class ClauseAggregator(SimpleTextAggregator):
    """Sentences, but of an answer's first sentence its first clause by itself."""

    def __init__(self) -> None:
        super().__init__()
        self._is_first = True

    async def aggregate(self, text: str) -> AsyncIterator[Aggregation]:
        """The pieces that `text` completes."""
        for char in text:
            if clause := self._clause_before(char):
                yield clause
            async for sentence in super().aggregate(char):
                self._is_first = False
                yield sentence

    async def flush(self) -> Aggregation | None:
        """What is left of the answer; the next one begins."""
        self._is_first = True
        return await super().flush()

    async def handle_interruption(self) -> None:
        """Drop what is left; the next answer begins."""
        self._is_first = True
        await super().handle_interruption()

    async def reset(self) -> None:
        """As if nothing had been said."""
        self._is_first = True
        await super().reset()

    def _clause_before(self, char: str) -> Aggregation | None:
        """The first clause, where `char` is the space behind it."""
        if not (self._is_first and char.isspace() and self._text[-1:] in _ENDS):
            return None
        if len(self._text.split()) < SHORTEST:
            return None
        clause, self._text, self._is_first = self._text, "", False
        return Aggregation(clause.strip(), TextType.SENTENCE)
