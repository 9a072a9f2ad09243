"""What a bot says that it decided, where it says so."""

from collections.abc import Container, Iterable

from benchmarks.caller import Message

MESSAGE_LATE = 0.2  # seconds after a sound in which its decision's message may still come
TO_EAR = 3.0  # seconds from that message to the sound, at most
CUT_IN = "cut in"
SPOKEN = {CUT_IN, "replied", "refused", "deflected", "warned", "opened", "changed the subject"}


def cut_in_behind(messages: Iterable[Message], sound: float) -> Message | None:
    """The decision to cut in that the agent's sound at `sound` came from, or None.

    A sound comes from the last decision before it that makes the agent speak.
    """
    before = [m for m in _decided(messages, SPOKEN) if m.at - MESSAGE_LATE <= sound]
    last = before[-1] if before else None
    if last is None or last.data["outcome"] != CUT_IN or sound > last.at + TO_EAR:
        return None
    return last


def cut_ins(messages: Iterable[Message]) -> list[Message]:
    """The decisions to interrupt that were carried out."""
    return _decided(messages, {CUT_IN})


def _decided(messages: Iterable[Message], outcomes: Container[str]) -> list[Message]:
    return [
        message
        for message in messages
        if message.type == "server-message"
        and isinstance(message.data, dict)
        and message.data.get("outcome", "") in outcomes
    ]
