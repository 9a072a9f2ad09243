"""How likely a turn is over by its words: a linear reading of the base model's last state.

The base model has read many messages and knows where they end (TurnGPT,
https://arxiv.org/abs/2010.10874); `training.endings` fits what its state says of that.
The reading takes no pass of its own: it is two rows of the base's output matrix, those of
tokens that nothing else uses, in the copy that `judgement.repacked` makes. So the server
answers it as it answers everything, from the cache of what it has read.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from judgement.moment import Moment
from judgement.odds import from_logit
from judgement.signals import AGENT_ASKED

ENDS, GOES_ON = 15, 16  # reserved tokens of SmolLM2's, which no text makes
SCALE = 0.1  # of a reading in the matrix: far below every logit, so that no reply holds one


@dataclass(frozen=True, slots=True)
class Head:
    """A reading: what stands before a message, a weight for each number of the state."""

    user: str  # before a user's message
    agent: str  # before an agent's
    over: str  # behind it
    weights: tuple[float, ...]
    bias: float

    @property
    def rows(self) -> dict[int, tuple[float, ...]]:
        """The rows of the output matrix that give the reading, by token."""
        ends = tuple(SCALE * each for each in self.weights)
        return {ENDS: ends, GOES_ON: (0.0,) * len(ends)}

    def prompt(self, said: str, asked: str = "") -> str:
        """A message so far, as the base reads it; `asked` is the question that it answers."""
        before = f"{self.agent}{asked}{self.over}" if asked else ""
        return f"{before}{self.user}{spoken(said)}"


def spoken(said: str) -> str:
    """Without the mark at its end: a recogniser's guess would be taken for an end."""
    return said.rstrip(" .!?,")


def read_head(file: Path) -> Head | None:
    """The head in `file`; None if there is no such file. Raises `ValueError` naming it."""
    if not file.is_file():
        return None
    try:
        given: Any = json.loads(file.read_text(encoding="utf-8"))
        user, agent, over = (str(given[key]) for key in ("user", "agent", "over"))
        weights = tuple(float(each) for each in given["weights"])
        return Head(user, agent, over, weights, float(given["bias"]))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{file}: no reading of endings ({error!r})") from error


class Endings:
    """Asks one llama.cpp server; the same words are asked about once."""

    def __init__(self, client: httpx.AsyncClient, head: Head, *, keeps: object = None) -> None:
        """`client` has the address of a server with the head; `keeps` is what must live as long."""
        self._client = client
        self._head = head
        self._keeps = keeps
        self._last = ("", 0.0)

    def anew(self) -> "Endings":
        """The same for another talk."""
        return Endings(self._client, self._head, keeps=self._keeps)

    async def over(self, moment: Moment) -> float | None:
        """The probability that the open turn ends where it stands; None if the server fails."""
        prompt = self._prompt(moment)
        if prompt != self._last[0]:
            try:
                found = await self._ask(prompt)
            except (httpx.HTTPError, KeyError, IndexError, TypeError, ValueError):
                return None
            self._last = (prompt, found)
        return self._last[1]

    def _prompt(self, moment: Moment) -> str:
        last = moment.history[-1] if moment.history else None
        asked = bool(last and last.who == "agent" and moment.signals.get(AGENT_ASKED))
        return self._head.prompt(moment.said, last.text if last and asked else "")

    async def _ask(self, prompt: str) -> float:
        asked = {
            "prompt": prompt,
            "max_tokens": 1,
            "temperature": 1.0,
            "logprobs": 2,
            "logit_bias": {str(ENDS): 100, str(GOES_ON): 100},
            "top_k": 2,
            "top_p": 1.0,
            "min_p": 0.0,
            "post_sampling_probs": True,
            "cache_prompt": True,
        }
        answer = await self._client.post("/v1/completions", json=asked)
        return self._ending(answer.raise_for_status().json())

    def _ending(self, answer: Mapping[str, Any]) -> float:
        tokens = answer["choices"][0]["logprobs"]["content"][0]["top_probs"]
        found = {int(each["id"]): float(each["prob"]) for each in tokens}
        return from_logit(math.log(found[ENDS] / found[GOES_ON]) / SCALE + self._head.bias)
