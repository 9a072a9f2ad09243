"""Who speaks when in a sound that several share: pyannote's models in Moonshine's library.

On talks under about two minutes it tends to hear one speaker. An RTTM of the
same name beside a recording (pyannote.audio and others write such) goes before.
"""

import ctypes
import platform
from collections.abc import Iterator, Sequence

import numpy as np

from training.collecting.formats.rttm import Turn
from training.collecting.recognisers import RATE, Sound, Stretch
from training.collecting.stretches import JOIN, FormatError, MissingTool

_SHORTEST = 0.1  # s
_COVERED = 0.8  # from this share under a longer turn of another, words cannot be told apart
_PACKAGE = "moonshine_voice"
_HEADER_VERSION = 30000  # of moonshine-c-api.h, for which the structures below hold
_OPTIONS = {
    b"identify_speakers": b"true",
    b"word_timestamps": b"false",
    b"diarization_analyze_cadence": b"10",  # s, the longest that it takes; less is only slower
}
_LIBRARIES = {"Darwin": "libmoonshine.dylib", "Windows": "moonshine.dll"}


class _Span(ctypes.Structure):
    """speaker_span_t: times in seconds of the sound."""

    _fields_ = [
        ("start", ctypes.c_float),
        ("duration", ctypes.c_float),
        ("id", ctypes.c_uint64),
        ("index", ctypes.c_uint32),
        ("characters", ctypes.c_uint64 * 2),
    ]


class _Line(ctypes.Structure):
    """transcript_line_t."""

    _fields_ = [
        ("text", ctypes.c_char_p),
        ("audio", ctypes.c_void_p),
        ("audio_count", ctypes.c_size_t),
        ("times", ctypes.c_float * 2),
        ("id", ctypes.c_uint64),
        ("flags", ctypes.c_int8 * 5),
        ("spans", ctypes.POINTER(_Span)),
        ("span_count", ctypes.c_uint64),
        ("latency", ctypes.c_uint32),
        ("words", ctypes.c_void_p),
        ("word_count", ctypes.c_uint64),
    ]


class _Transcript(ctypes.Structure):
    _fields_ = [("lines", ctypes.POINTER(_Line)), ("line_count", ctypes.c_uint64)]


class _Option(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("value", ctypes.c_char_p)]


class Diarizer:
    """The library with its models loaded, in about a second."""

    def __init__(self) -> None:
        """Load them. Raises `MissingTool` where the package is not installed."""
        try:
            from loguru import logger

            logger.disable("pipecat")  # greets on import
            from processors.services.weights import weights

            library = weights(_PACKAGE, _LIBRARIES.get(platform.system(), "libmoonshine.so"))
            folder = weights(_PACKAGE, "assets", "tiny-en")
        except ImportError as error:
            raise MissingTool(
                f"Nobody to tell speakers apart: {error}. Or put an RTTM of the same name beside "
                "each recording, or use --speakers channels or one"
            ) from error
        self._library = ctypes.CDLL(str(library))
        self._library.moonshine_error_to_string.restype = ctypes.c_char_p
        options = (_Option * len(_OPTIONS))(*_OPTIONS.items())
        self._handle: int = self._checked(
            self._library.moonshine_load_transcriber_from_files(
                str(folder).encode(),
                ctypes.c_uint32(0),  # tiny
                options,
                ctypes.c_uint64(len(options)),
                ctypes.c_int32(_HEADER_VERSION),
            )
        )

    def turns(self, sound: Sound) -> list[Turn]:
        """Who speaks when in `sound`, mono at `RATE`; about a quarter of its length."""
        samples = np.ascontiguousarray(sound, dtype=np.float32)
        transcript = ctypes.POINTER(_Transcript)()
        self._checked(
            self._library.moonshine_transcribe_without_streaming(
                ctypes.c_int32(self._handle),
                samples.ctypes.data_as(ctypes.c_void_p),
                ctypes.c_uint64(len(samples)),
                ctypes.c_int32(RATE),
                ctypes.c_uint32(0),
                ctypes.byref(transcript),
            )
        )
        return list(_turns(transcript.contents)) if transcript else []

    def _checked(self, code: int) -> int:
        if code < 0:
            text = self._library.moonshine_error_to_string(code).decode()
            raise FormatError(f"speakers cannot be told apart: {text}")
        return code


def _turns(transcript: _Transcript) -> Iterator[Turn]:
    for line in transcript.lines[: transcript.line_count]:
        for span in line.spans[: line.span_count]:
            yield Turn(str(span.index + 1), span.start, span.start + span.duration)


def apart(turns: Sequence[Turn], speech: Sequence[Stretch]) -> list[Turn]:
    """Each speaker's turns where there is speech, pauses under `JOIN` filled, by begin.

    Speech in which one speaker alone has turns is all theirs. A turn that lies
    under a longer one of another speaker is left out: one sound does not give
    two people's words.
    """
    cut = [turn for stretch in speech for turn in _within(turns, *stretch)]
    filled: dict[str, list[Turn]] = {}
    for turn in sorted(cut, key=lambda each: each.begin):
        own = filled.setdefault(turn.speaker, [])
        if own and turn.begin - own[-1].end < JOIN:
            own[-1] = own[-1]._replace(end=max(own[-1].end, turn.end))
        else:
            own.append(turn)
    every = [turn for own in filled.values() for turn in own]
    kept = [turn for turn in every if not any(_covers(other, turn) for other in every)]
    return sorted(kept, key=lambda each: each.begin)


def _within(turns: Sequence[Turn], begin: float, end: float) -> list[Turn]:
    """`turns` from `begin` to `end`, in which there is speech throughout."""
    cut = [turn._replace(begin=max(turn.begin, begin), end=min(turn.end, end)) for turn in turns]
    cut = [turn for turn in cut if turn.end - turn.begin >= _SHORTEST]
    if len({turn.speaker for turn in cut}) == 1:
        return [Turn(cut[0].speaker, begin, end)]
    return cut


def _covers(other: Turn, turn: Turn) -> bool:
    length = turn.end - turn.begin
    shared = min(other.end, turn.end) - max(other.begin, turn.begin)
    longer = other.end - other.begin > length
    return other.speaker != turn.speaker and longer and shared >= _COVERED * length
