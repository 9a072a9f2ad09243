"""A room as a Pipecat transport, and how it tells of its people."""

from collections.abc import Mapping
from typing import Any

from pipecat.runner.types import DailyRunnerArguments, LiveKitRunnerArguments, RunnerArguments
from pipecat.transports.base_transport import BaseTransport

AHEAD = 60  # ms of sound that LiveKit may hold; with its own 1000 it would be late to fall silent


def is_room(arguments: RunnerArguments) -> bool:
    """Whether a talk is to be held in a room."""
    return isinstance(arguments, DailyRunnerArguments | LiveKitRunnerArguments)


def join(
    arguments: DailyRunnerArguments | LiveKitRunnerArguments, name: str, **sound: Any
) -> BaseTransport:
    """The transport of a room that the agent enters as `name`. Their packages are extras."""
    if isinstance(arguments, DailyRunnerArguments):
        from pipecat.transports.daily.transport import DailyParams, DailyTransport

        params = DailyParams(**sound)
        return DailyTransport(arguments.room_url, arguments.token, name, params=params)
    from pipecat.transports.livekit.transport import LiveKitParams, LiveKitTransport

    params = LiveKitParams(audio_out_queue_size_ms=AHEAD, **sound)
    return LiveKitTransport(arguments.url, arguments.token, arguments.room_name, params=params)


def is_daily(transport: BaseTransport) -> bool:
    """Whether a room is Daily's and not LiveKit's."""
    return "on_joined" in transport._event_handlers


async def name_of(transport: Any, participant: Mapping[str, Any]) -> str:
    """What somebody in the room calls themselves; "" for nothing."""
    info = participant.get("info")
    if isinstance(info, Mapping):
        return str(info.get("userName") or "")
    known = await transport.get_participant_metadata(participant["id"])
    return str(known.get("name") or "")
