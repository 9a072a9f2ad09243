"""Moonshine tiny-en as a function from sound to words.

A thin binding of the C library that the `moonshine-voice` wheel ships: the
package's own Python takes a list of floats, and importing it asks for a
sound card library and an HTTP client that a talk never uses.
"""

import ctypes
import os
import platform
import threading

import numpy as np
from numpy.typing import NDArray

from processors.services.weights import weights

RATE = 16_000  # samples a second, mono

_PACKAGE = "moonshine_voice"
_HEADER_VERSION = 30000  # of moonshine-c-api.h, for which the structures below hold
_TINY = 0  # ModelArch.TINY
_SHORTEST = RATE // 10  # the encoder refuses shorter sound
_LIBRARIES = {"Darwin": "libmoonshine.dylib", "Windows": "moonshine.dll"}
_OPENING = threading.Lock()

Sound = NDArray[np.float32]


class MoonshineError(Exception):
    """The library could not load the model or transcribe."""


class _Line(ctypes.Structure):
    """transcript_line_t: only `text` is read, the rest keeps the stride."""

    _fields_ = [
        ("text", ctypes.c_char_p),
        ("audio", ctypes.c_void_p),
        ("audio_count", ctypes.c_size_t),
        ("start", ctypes.c_float),
        ("duration", ctypes.c_float),
        ("id", ctypes.c_uint64),
        ("flags", ctypes.c_int8 * 5),
        ("spans", ctypes.c_void_p),
        ("span_count", ctypes.c_uint64),
        ("latency", ctypes.c_uint32),
        ("words", ctypes.c_void_p),
        ("word_count", ctypes.c_uint64),
    ]


class _Transcript(ctypes.Structure):
    _fields_ = [("lines", ctypes.POINTER(_Line)), ("line_count", ctypes.c_uint64)]


class _Option(ctypes.Structure):
    _fields_ = [("name", ctypes.c_char_p), ("value", ctypes.c_char_p)]


class MoonshineModel:
    """One copy of the model, about 100 MB. Calls on one copy run one at a time."""

    def __init__(self) -> None:
        """Load the library and the weights, in about 0.2 s.

        Raises `MissingWeights` when the package is not installed, `MoonshineError`
        when the library refuses the weights.
        """
        name = _LIBRARIES.get(platform.system(), "libmoonshine.so")
        self._library = ctypes.CDLL(str(weights(_PACKAGE, name)))
        self._library.moonshine_error_to_string.restype = ctypes.c_char_p
        self._handle = self._open(str(weights(_PACKAGE, "assets", "tiny-en")))

    def _open(self, folder: str) -> int:
        # The library's own voice activity detector would split a window into
        # lines; a threshold of 0 leaves it whole.
        option = _Option(b"vad_threshold", b"0")
        with _OPENING:
            # Read while the sessions are made. More threads than one only spin:
            # twice the processor time for the same answer.
            os.environ["MOONSHINE_ORT_SINGLE_THREAD"] = "1"
            handle = self._library.moonshine_load_transcriber_from_files(
                folder.encode(),
                ctypes.c_uint32(_TINY),
                ctypes.byref(option),
                ctypes.c_uint64(1),
                ctypes.c_int32(_HEADER_VERSION),
            )
        self._check(handle)
        return handle

    def transcribe(self, sound: Sound) -> str:
        """The words in `sound`, mono at `RATE`, from -1 to 1; about 25 ms a second of it.

        The interpreter is free meanwhile. Raises `MoonshineError`.
        """
        if len(sound) < _SHORTEST:
            return ""
        samples = np.ascontiguousarray(sound, dtype=np.float32)
        transcript = ctypes.POINTER(_Transcript)()
        self._check(
            self._library.moonshine_transcribe_without_streaming(
                ctypes.c_int32(self._handle),
                samples.ctypes.data_as(ctypes.c_void_p),
                ctypes.c_uint64(len(samples)),
                ctypes.c_int32(RATE),
                ctypes.c_uint32(0),
                ctypes.byref(transcript),
            )
        )
        if not transcript:
            return ""
        found = transcript.contents
        lines = (found.lines[each].text for each in range(found.line_count))
        return " ".join(line.decode(errors="ignore").strip() for line in lines if line)

    def _check(self, code: int) -> None:
        if code < 0:
            raise MoonshineError(self._library.moonshine_error_to_string(code).decode())
