"""Why a service failed, in a few words that hold neither a key nor what was said."""

import json
import re

from pipecat.frames.frames import ErrorFrame

_STATUS = re.compile(r"\b(?:http|status(?:[_ ]code)?|error code)\W{0,4}([45]\d\d)\b", re.I)
_CAUSES = (
    ("connection refused", ("connect call failed", "connection refused", "errno 111")),
    ("connection cut", ("incomplete", "peer closed", "no close frame", "1006", "1011", "1012")),
    ("connection cut", ("connection closed", "connectionclosed", "disconnected", "going away")),
    ("malformed message", ("expecting ", "jsondecode", "unterminated", "extra data")),
    ("malformed message", ("keyerror", "attributeerror", "validation error", "malformed")),
    ("no answer in time", ("timed out", "timeout")),
    ("no sound", ("no audio",)),
    ("connection failed", ("connection error", "connectionerror", "cannot connect", "unreachable")),
)


def why(error: ErrorFrame) -> str:
    """The reason in a few words: "HTTP 429", "connection refused", "connection cut"."""
    chain = _chain(error.exception)
    for each in chain:
        response = getattr(each, "response", None)
        for holder in (each, response):
            status = getattr(holder, "status_code", None) or getattr(holder, "status", None)
            if isinstance(status, int) and status >= 400:
                return f"HTTP {status}"
    text = " ".join([str(error.error), *(f"{type(each).__name__} {each}" for each in chain)])
    if found := _STATUS.search(text):
        return f"HTTP {found[1]}"
    if any(isinstance(each, (json.JSONDecodeError, KeyError, AttributeError)) for each in chain):
        return "malformed message"
    text = text.lower()
    for reason, signs in _CAUSES:
        if any(sign in text for sign in signs):
            return reason
    return type(chain[-1]).__name__ if chain else "an error"


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found
