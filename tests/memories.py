"""Memories as tests of stores make them."""

from datetime import UTC, datetime, timedelta

from memory.store import Memory, MemoryStore, Sort

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def said(
    text: str,
    *,
    id: str = "",
    user: str = "sam",
    minutes: int = 0,
    talk: str = "talk",
    sort: Sort = Sort.TURN,
    **more: str,
) -> Memory:
    """Said by the user so many `minutes` after noon; named by what it is unless an id is given."""
    when = NOON + timedelta(minutes=minutes)
    return Memory(id or f"{user} {text} {minutes}", user, talk, sort, "user", text, when, **more)


async def texts(store: MemoryStore, query: str, *, user: str = "sam", limit: int = 3) -> list[str]:
    """What is recalled, best first."""
    return [memory.text for memory in await store.recall(user, query, limit=limit)]
