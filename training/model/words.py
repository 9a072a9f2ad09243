"""Where in a prompt's tokens a turn goes on, and where it is over."""

from collections.abc import Iterator, Sequence
from typing import Any

from judgement.decision import Action
from judgement.moment import Kind, Moment
from judgement.prompt import opening, standing

GOES_ON, OVER, UNTOLD = 0, 1, -1


class Words:
    """Knows which tokens begin a word and which end a line."""

    def __init__(self, tokenizer: Any) -> None:
        pieces: list[str] = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
        self._begins = {at for at, piece in enumerate(pieces) if piece and piece[0] == "Ġ"}
        [self._line] = tokenizer.encode("\n", add_special_tokens=False)
        [self._colon] = tokenizer.encode(":", add_special_tokens=False)

    def turns(self, tokens: Sequence[int], moment: Moment, label: str) -> tuple[int, ...]:
        """By token: what it says of its turn if it ends a word of one, else `UNTOLD`.

        The open turn is over where a pause is to be answered.
        """
        told = [UNTOLD] * len(tokens)
        lines = list(self._lines(tokens))
        first, present = len(standing(moment)), opening(moment).count("\n")
        for begin, end in lines[first:present]:
            self._tell(told, tokens, begin, end, OVER)
        if moment.kind in (Kind.PAUSE, Kind.PARTIAL):
            over = moment.kind is Kind.PAUSE and label != Action.SILENCE
            self._tell(told, tokens, *lines[present], OVER if over else GOES_ON)
        return tuple(told)

    def _tell(
        self, told: list[int], tokens: Sequence[int], begin: int, end: int, last: int
    ) -> None:
        """Of the words in the line from `begin` to `end`, "who: words"."""
        words = tokens.index(self._colon, begin) + 1
        for at in range(words, end - 1):
            if tokens[at + 1] in self._begins:
                told[at] = GOES_ON
        if words < end:
            told[end - 1] = last

    def _lines(self, tokens: Sequence[int]) -> Iterator[tuple[int, int]]:
        begin = 0
        for at, token in enumerate(tokens):
            if token == self._line:
                yield begin, at
                begin = at + 1
