"""speculation: the share of the reply model's tokens that were written for nothing.

Counted over all calls of the run, by the bot's own `speculation` messages. None for a bot
that sends none. Alone, it has callers who halt in the middle make it speculate.
"""

from typing import Any

from benchmarks.duplex import pauses
from benchmarks.duplex.bench import Bench

TRIALS = 12


async def measure(bench: Bench) -> dict[str, dict[str, Any] | None]:
    """Each contender's count."""
    if not bench.tokens:
        trials = pauses.plan(bench.material, bench.count(TRIALS), bench.chance("speculation"))
        await bench.drive("speculation", trials, pauses.take, pauses.show)
    return {name: tokens.figures() for name, tokens in bench.tokens.items()}
