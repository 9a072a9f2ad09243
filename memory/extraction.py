"""Facts that a language model finds in what a user says, beside those of the patterns."""

import json
import logging
from typing import Any

from openai import AsyncOpenAI, OpenAIError

from memory.anchors import Stated
from memory.terms import terms_in

log = logging.getLogger(__name__)

MOST = 5  # facts of one turn
SECONDS = 20.0
TASK = (
    "You note what a user states about themselves and their life, for later talks. "
    "From the user's words take each lasting fact: one short sentence in the third person "
    '("The user\'s sister lives in Toronto."), what it is about ("sister lives") and its value '
    '("Toronto"). Nothing that is asked, supposed, joked, quoted or said of the moment only. '
    "No facts is a good answer."
)
_TEXT = {"type": "string"}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "facts": {
            "type": "array",
            "maxItems": MOST,
            "items": {
                "type": "object",
                "properties": {"text": _TEXT, "about": _TEXT, "value": _TEXT},
                "required": ["text", "about", "value"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["facts"],
    "additionalProperties": False,
}


class FactFinder:
    """Asks an OpenAI-compatible server. What it answers is believed only in part.

    A fact counts if its value stands in the user's own words, so that a model
    that makes things up adds nothing.
    """

    def __init__(self, client: AsyncOpenAI, model: str) -> None:
        """`client` belongs to the caller."""
        self._client = client
        self._model = model

    async def facts_in(self, text: str) -> list[Stated]:
        """The facts in the words of a turn; none where the server fails, which is logged."""
        try:
            answer = await self._client.chat.completions.create(
                model=self._model,
                temperature=0,
                timeout=SECONDS,
                messages=[{"role": "system", "content": TASK}, {"role": "user", "content": text}],
                response_format={
                    "type": "json_schema",
                    "json_schema": {"name": "facts", "strict": True, "schema": SCHEMA},
                },
            )
            found = json.loads(answer.choices[0].message.content or "{}").get("facts", [])
            return [fact for each in found[:MOST] if (fact := _stated(each, text))]
        except (OpenAIError, ValueError, AttributeError, IndexError, TypeError) as error:
            log.warning("no facts from %s: %s", self._model, type(error).__name__)
            return []


def _stated(entry: dict[str, Any], text: str) -> Stated | None:
    fact, about, value = (str(entry.get(name, "")).strip() for name in ("text", "about", "value"))
    said = set(terms_in(text))
    if not fact or not value or not said.issuperset(terms_in(value)):
        return None
    return Stated(fact, " ".join(terms_in(about)) or fact, value.lower())
