"""How likely a model of chats takes a message for complete: as it would write it, it ends here.

The base model has read many messages and knows where they end, without training
(TurnGPT, https://arxiv.org/abs/2010.10874). Beside the judge and the sound of the voice
it tells sentences that are over from those that only could be (`python -m benchmarks.waits`).
"""

import math
from dataclasses import dataclass
from typing import Any

import httpx

from judgement.moment import Moment
from judgement.signals import AGENT_ASKED

SEEN = 40  # of the likeliest next tokens
ENDS = frozenset(".?!\n")


@dataclass(frozen=True, slots=True)
class Marks:
    """What a model's chat template writes before, between and after messages."""

    user: str  # before a user's message
    agent: str  # before an agent's, with a user's behind it
    agent_over: str  # between the two
    over: str  # the first piece behind a user's message


class Endings:
    """Asks one llama.cpp server; the same words are asked about once."""

    def __init__(self, client: httpx.AsyncClient, marks: Marks, *, keeps: object = None) -> None:
        """`client` has the server's address; `keeps` is what must live as long."""
        self._client = client
        self._marks = marks
        self._keeps = keeps
        self._last = ("", 0.0)

    def anew(self) -> "Endings":
        """The same for another talk."""
        return Endings(self._client, self._marks, keeps=self._keeps)

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
        said = moment.said.rstrip(" .!?,")  # the recogniser's guess would be taken for an end
        last = moment.history[-1] if moment.history else None
        if last and last.who == "agent" and moment.signals.get(AGENT_ASKED):
            asked = f"{self._marks.agent}{last.text}{self._marks.agent_over}"
            return f"{asked}{said}"
        return f"{self._marks.user}{said}"

    async def _ask(self, prompt: str) -> float:
        asked = {
            "prompt": prompt,
            "max_tokens": 1,
            "temperature": 0,
            "logprobs": SEEN,
            "cache_prompt": True,
        }
        answer = await self._client.post("/v1/completions", json=asked)
        return self._ending(answer.raise_for_status().json())

    def _ending(self, answer: Any) -> float:
        tokens = answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
        return sum(math.exp(each["logprob"]) for each in tokens if self._ends(each["token"]))

    def _ends(self, token: str) -> bool:
        text = token.strip(" ")
        return not text or text == self._marks.over or text[0] in ENDS


async def read_marks(client: httpx.AsyncClient) -> Marks:
    """What the template of the model behind `client` writes. Raises `httpx.HTTPError`."""
    told, asked, said = "<told>", "<asked>", "<said>"
    messages = [("system", told), ("assistant", asked), ("user", said)]
    written = await _written(client, *({"role": r, "content": c} for r, c in messages))
    _, _, rest = written.partition(told)
    before, _, rest = rest.partition(asked)
    between, _, after = rest.partition(said)
    over = after.partition(">")[0] + ">" if after.startswith("<") else after[:1]
    user, agent = (each.removeprefix(over).lstrip() for each in (between, before))
    return Marks(user, agent, between, over)


async def _written(client: httpx.AsyncClient, *messages: dict[str, str]) -> str:
    answer = await client.post("/apply-template", json={"messages": messages})
    return str(answer.raise_for_status().json()["prompt"])
