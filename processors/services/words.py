"""Which words of a spoken line were heard by which sample."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate

import numpy as np
import soxr
from numpy.typing import NDArray
from pipecat.frames.frames import (
    AggregatedTextFrame,
    AggregatedTextProgressFrame,
    Frame,
    LLMAssistantPushAggregationFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
    TTSStoppedFrame,
    TTSTextFrame,
)
from pipecat.utils.text.base_text_aggregator import TextType

CHUNK = 0.04  # seconds of sound in a frame, at most
LOUD = 100  # of 32767: from here on it is no silence
BREATH = 0.005  # seconds kept before that

Pcm = NDArray[np.int16]
Word = tuple[str, int]  # and the sample at which its sound ends


@dataclass(frozen=True, slots=True)
class Line:
    """Speech ready to play: 16-bit mono `pcm`, `rate` samples a second.

    `words` are in order; joined with spaces they are the line's text.
    """

    pcm: bytes
    rate: int
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """What is said."""
        return " ".join(word for word, _ in self.words)

    @property
    def seconds(self) -> float:
        """How long it lasts."""
        return len(self.pcm) / 2 / self.rate

    def at_once(self) -> "Line":
        """The same without the silence that it begins with."""
        loud = np.abs(np.frombuffer(self.pcm, np.int16)) > LOUD
        if not loud.any():
            return self
        cut = max(0, int(loud.argmax()) - round(BREATH * self.rate))
        words = tuple((word, max(0, end - cut)) for word, end in self.words)
        return Line(self.pcm[2 * cut :], self.rate, words)

    def at(self, rate: int) -> "Line":
        """The same with `rate` samples a second."""
        if rate == self.rate:
            return self
        pcm = soxr.resample(np.frombuffer(self.pcm, np.int16), self.rate, rate)
        words = tuple((word, min(len(pcm), end * rate // self.rate)) for word, end in self.words)
        return Line(pcm.tobytes(), rate, words)


def joined(lines: Sequence[Line]) -> Line:
    """One line of several at the same rate, one after the other."""
    starts = accumulate((len(line.pcm) // 2 for line in lines), initial=0)
    words = [
        (word, start + end)
        for line, start in zip(lines, starts, strict=False)
        for word, end in line.words
    ]
    return Line(b"".join(line.pcm for line in lines), lines[0].rate, tuple(words))


def paced(line: Line) -> Iterator[bytes | Word]:
    """The line's sound in pieces of at most `CHUNK`, each word right after its own."""
    step = int(line.rate * CHUNK)
    at = 0
    for word, end in line.words:
        for start in range(at, end, step):
            yield line.pcm[2 * start : 2 * min(start + step, end)]
        at = max(at, end)
        yield word, end
    for start in range(at, len(line.pcm) // 2, step):
        yield line.pcm[2 * start : 2 * (start + step)]


def line_frames(
    line: Line,
    context_id: str,
    *,
    append_to_context: bool = True,
    stopped: bool = False,
    commit: bool = False,
) -> list[Frame]:
    """The line as frames that play as they are, with no TTS service in between.

    They are what a service with word times gives: the line's announcement and
    progress for the page, and one `TTSTextFrame` a word behind the word's
    sound, so that an interruption leaves in the context what was heard.
    `stopped` ends with a `TTSStoppedFrame`, so that the agent counts as silent
    afterwards. `commit` ends with the frame that writes the words to the
    context at once, for a line that no LLM answer follows.
    """
    said = AggregatedTextFrame(line.text, TextType.SENTENCE, context_id=context_id)
    said.append_to_context = False
    said.will_be_spoken = True
    said.skip_tts = True
    frames: list[Frame] = [
        TTSStartedFrame(context_id=context_id, append_to_context=append_to_context),
        said,
    ]
    heard = ""
    for piece in paced(line):
        if isinstance(piece, bytes):
            frames.append(TTSAudioRawFrame(piece, line.rate, 1, context_id=context_id))
            continue
        word = TTSTextFrame(piece[0], TextType.WORD, context_id=context_id, segment_id=said.id)
        word.append_to_context = append_to_context
        word.skip_tts = True
        heard = f"{heard} {piece[0]}".lstrip()
        frames += [word, _progress(said, heard)]
    if stopped:
        frames.append(TTSStoppedFrame(context_id=context_id))
    if commit:
        frames.append(LLMAssistantPushAggregationFrame())
    return frames


def _progress(said: AggregatedTextFrame, heard: str) -> AggregatedTextProgressFrame:
    return AggregatedTextProgressFrame(
        segment_id=said.id,
        context_id=said.context_id,
        text=said.text,
        text_type=said.text_type,
        accumulated_text=heard,
        remaining_text=said.text[len(heard) :],
    )


def spoken_words(text: str) -> list[str]:
    """The words of `text`, with what nobody pronounces kept at the word before it."""
    words: list[str] = []
    for token in text.split():
        if words and not any(letter.isalnum() for letter in token):
            words[-1] += f" {token}"
        else:
            words.append(token)
    return words


def word_ends(
    words: Sequence[str], spoken: Sequence[str], phonemes: Callable[[str], Sequence[str]]
) -> list[int]:
    """How many of the `spoken` phonemes are over when each of `words` is.

    `phonemes` gives those of a word by itself. In a sentence some are said
    otherwise, and spaces are no guide ("in the" is one word to espeak-ng), so
    both sequences are matched, and what lies between two matches is shared out
    evenly.
    """
    apart = [phonemes(word) for word in words]
    alone = [phoneme for each in apart for phoneme in each]
    blocks = SequenceMatcher(None, alone, spoken, autojunk=False).get_matching_blocks()
    anchors = [(0, 0)] + [
        (block.a + step, block.b + step) for block in blocks for step in (0, block.size)
    ]
    ends = np.interp(
        list(accumulate(len(each) for each in apart)),
        [a for a, _ in anchors],
        [b for _, b in anchors],
    )
    return [int(round(end)) for end in ends]
