"""How much of what a reply model wrote was thrown away, as far as the bot tells."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from benchmarks.caller import Message


@dataclass(slots=True)
class Tokens:
    """Sums of the bot's `speculation` messages over calls."""

    messages: int = 0
    released: int = 0
    dropped: int = 0

    def add(self, messages: Iterable[Message]) -> None:
        """Count one call's messages."""
        for message in messages:
            match message.type, message.data:
                case "server-message", {"type": "speculation", **told}:
                    self.messages += 1
                    self.released += int(told.get("tokens_released") or 0)
                    self.dropped += int(told.get("tokens_dropped") or 0)
                case _:
                    pass

    def figures(self) -> dict[str, Any] | None:
        """The report's part; None where the bot said nothing."""
        if not self.messages:
            return None
        written = self.released + self.dropped
        return {
            "messages": self.messages,
            "tokens_released": self.released,
            "tokens_dropped": self.dropped,
            "wasted": round(self.dropped / written, 4) if written else None,
        }
