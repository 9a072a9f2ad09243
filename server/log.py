"""The log without what people say or send, unless a setting asks for it.

Pipecat writes that at DEBUG, which is not shown then. These are the places where it
does so at a higher level.
"""

import sys
from typing import TYPE_CHECKING

from loguru import logger

if TYPE_CHECKING:
    from loguru import Record

# By module, after which words of a message somebody's own follow.
TELLING = {
    "pipecat.transports.smallwebrtc.connection": ("Error parsing JSON message",),
    "pipecat.processors.frameworks.rtvi.processor": (
        "Invalid RTVI transport message",
        "Unsupported RTVI message type",
        "Invalid message",
        "Exception processing message",
    ),
    "pipecat.runner.run": ("422 Validation error on", "Raw body", "Failed to parse"),
    "pipecat.services.tts_service": ("not speaking",),
}


def log_to_stderr(*, words: bool) -> None:
    """From now on, log there; with `words`, what people say as well."""
    logger.remove()
    logger.configure(patcher=_as_it_is if words else _cut)
    logger.add(sys.stderr, level="DEBUG" if words else "INFO", diagnose=words)


def _as_it_is(record: "Record") -> None:
    """Nothing is changed: loguru would keep the patcher before, if there were none."""


def _cut(record: "Record") -> None:
    for start in TELLING.get(record["name"] or "", ()):
        at = record["message"].find(start)
        if at >= 0:
            record["message"] = f"{record['message'][: at + len(start)]} (not logged)"
            return
