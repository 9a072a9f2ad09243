"""Replies from any OpenAI-compatible server, local ones among them."""

from typing import Any

from openai import AsyncOpenAI
from pipecat.services.openai.llm import OpenAILLMService


class OpenAIService(OpenAILLMService):
    """Pipecat's service, which lets go of its connections when the talk is over."""

    _made: AsyncOpenAI | None = None

    def create_client(self, *args: Any, **kwargs: Any) -> AsyncOpenAI:
        """The client of this talk."""
        self._made = super().create_client(*args, **kwargs)
        return self._made

    async def cleanup(self) -> None:
        """End the talk's use of the server."""
        await super().cleanup()
        if self._made:
            await self._made.close()
