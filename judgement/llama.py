"""A Llama behind an OpenAI-compatible server as judge."""

import contextlib
import math
from collections.abc import Callable
from typing import Any

from openai import AsyncOpenAI, OpenAIError

from judgement.decision import Decision
from judgement.judge import JudgeError
from judgement.moment import Moment
from judgement.prompt import LABELS, instruct, opening, parse, render

KNOWN = 8  # questions whose answers are kept
# What reading an answer of the wrong shape raises; the client checks no shape.
_NONSENSE = (AttributeError, IndexError, KeyError, TypeError, ValueError)


class LlamaJudge:
    """Reads the five labels' probabilities off the next token: one token a question.

    A model that was `trained` for it is asked in the form that it was trained on,
    any other with an instruction. `slot` pins the questions to one slot of a
    llama.cpp server, whose cache then holds the stable beginning of the prompt;
    `labels` maps each label to its token there, and constrains the answer to
    them. A server that knows neither ignores both.
    """

    name = "llama"

    def __init__(
        self,
        client: AsyncOpenAI,
        *,
        model: str,
        slot: int | None = None,
        labels: dict[str, int] | None = None,
        trained: bool = False,
    ) -> None:
        self._client = client
        self._model = model
        self._trained = trained
        self._text: Callable[[Moment], str] = render if trained else instruct
        self._extra: dict[str, Any] = {}
        if slot is not None:
            self._extra = {"id_slot": slot, "cache_prompt": True, "post_sampling_probs": True}
            self._extra |= {"top_k": len(LABELS), "top_p": 1.0, "min_p": 0.0}
        self._known: dict[str, Decision] = {}  # by prompt, the latest questions
        self._bias = {str(token): 100 for token in (labels or {}).values()}

    async def judge(self, moment: Moment) -> Decision:
        """The likeliest of the five. Raises `JudgeError` if there is no usable answer."""
        prompt = self._text(moment)
        decision = self._known.get(prompt) or await self._ask(prompt)
        self._known = dict([*self._known.items(), (prompt, decision)][-KNOWN:])
        return decision

    async def _ask(self, prompt: str) -> Decision:
        try:
            answer = await self._client.completions.create(
                model=self._model,
                prompt=prompt,
                max_tokens=1,
                temperature=1.0,
                logprobs=20 if not self._extra else 5,
                logit_bias=self._bias or None,
                extra_body=self._extra or None,
            )
            decision = parse(_top_logprobs(answer.model_dump(warnings=False)), judge=self.name)
        except OpenAIError as error:
            raise JudgeError(f"its server answered {type(error).__name__}") from error
        except _NONSENSE as error:
            raise JudgeError("its server's answer made no sense") from error
        if decision is None:
            raise JudgeError(f"none of {', '.join(LABELS.values())} was among its tokens")
        return decision

    async def read_ahead(self, moment: Moment) -> None:
        """Have a trained model's slot hold what stands before the open turn of `moment`."""
        if not (self._extra and self._trained):
            return
        with contextlib.suppress(OpenAIError):
            await self._client.completions.create(
                model=self._model, prompt=opening(moment), max_tokens=0, extra_body=self._extra
            )


def _top_logprobs(answer: Any) -> dict[str, float]:
    """Token text to log-probability, from OpenAI's shape or llama.cpp's."""
    logprobs: Any = answer["choices"][0].get("logprobs") or {}
    if content := logprobs.get("content"):
        first: Any = content[0]
        top: list[Any] = first.get("top_logprobs") or first.get("top_probs") or []
        return {each["token"]: _logprob(each) for each in top}
    listed: list[Any] = logprobs.get("top_logprobs") or [{}]
    return dict(listed[0] or {})


def _logprob(token: Any) -> float:
    """llama.cpp gives a probability where it was asked for those after sampling."""
    return token["logprob"] if "logprob" in token else math.log(token["prob"] + 1e-9)
