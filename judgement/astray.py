"""How far a long turn has come from what the agent asked, by the meaning of its words."""

import asyncio

from judgement.grounds import asked
from judgement.moment import Moment
from judgement.policies import Embed
from memory.embedding import EmbeddingError

FAR = 0.2  # cosine of question and answer below which the answer has nothing of it
WORDS = 60  # of the turn's beginning and of its end, each by itself
WAIT = 0.1  # s that a moment waits for a look; a later one may find it done


class Astray:
    """Looks at a turn once, when it is long: what was near the question then may go on.

    A look that fails finds nothing.
    """

    def __init__(self, embed: Embed, *, wait: float | None = WAIT) -> None:
        """`embed` gives a row of length 1 for each text, or raises `EmbeddingError`.

        `wait` None is as long as it takes: for figures, not for a talk.
        """
        self._embed = embed
        self._wait = wait
        self._turn = -1  # that is looked at
        self._look: asyncio.Task[bool] | None = None

    async def is_astray(self, moment: Moment) -> bool:
        """Whether the open turn is far from the question before it, as it began and now."""
        if self._look is None or moment.turn != self._turn:
            self._turn, self._look = moment.turn, asyncio.create_task(self._is_far(moment))
        await asyncio.wait({self._look}, timeout=self._wait)
        return self._look.done() and self._look.result()

    async def _is_far(self, moment: Moment) -> bool:
        words = moment.said.split()
        parts = dict.fromkeys(" ".join(each) for each in (words[:WORDS], words[-WORDS:]))
        try:
            question, *answer = await self._embed([asked(moment), *parts])
        except EmbeddingError:
            return False
        return max(float(question @ part) for part in answer) < FAR
