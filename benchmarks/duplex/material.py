"""Who speaks and what: voices, sentences and recordings of one set, made when asked for."""

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.duplex.cutting import Span, break_at, quietest, spans, widened
from benchmarks.duplex.sentences import SETS, Sentences
from benchmarks.duplex.stretches import Stretch, of_calls, of_clips, of_meetings, sounds
from benchmarks.ear import understood
from benchmarks.sound import RATE, Pcm, ends, read_clip
from benchmarks.voices import Voice, other_voices, voices
from judgement.words import is_backchannel, words_of

HESITATIONS = {"um", "uh", "i", "oh"}  # understood as a backchannel, and are none
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Folders:
    """Where recordings lie; None for such as there are not."""

    clips: Path
    phrases: Path | None = None
    ami: Path | None = None
    calls: Path | None = None
    prompts: Path | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """Something to say, with its pauses in seconds from its first sample.

    `over` says whether a turn ends with it; `source` is the kind of material.
    """

    who: str
    text: str
    source: str
    pcm: Pcm
    pauses: tuple[Span, ...] = ()
    over: bool = True


@dataclass(frozen=True, slots=True)
class Halting:
    """A clip and the sample at which its speaker is made to halt."""

    who: str
    text: str
    source: str
    pcm: Pcm
    at: int

    def paused(self, seconds: float) -> Spoken:
        """With a pause of so many seconds."""
        pcm, pause = widened(self.pcm, self.at, seconds)
        return Spoken(self.who, self.text, self.source, pcm, (pause,))


class Material:
    """One set: `dev` or `test`. What is drawn from it comes in the same order each time."""

    def __init__(self, name: str, folders: Folders) -> None:
        """Nothing is read or made yet."""
        self.says: Sentences = SETS[name]
        self._name = name
        self._folders = folders

    @cached_property
    def voices(self) -> list[Voice]:
        """The set's own."""
        return voices() if self._name == "dev" else other_voices()

    def spoken(self, texts: Sequence[str]) -> Iterator[tuple[Voice, str]]:
        """Voices and texts without end, so that every voice comes to say every text."""
        for index, text in enumerate(itertools.cycle(texts)):
            yield self.voices[(index + index // len(texts)) % len(self.voices)], text

    def halting(self) -> Iterator[Halting]:
        """Synthetic sentences without end, each with the place where its speaker halts."""
        for voice, text in self.spoken(self.says.halting):
            before, _, after = text.partition(" | ")
            said = f"{before}, {after}"
            pcm = voice.speak(said)
            yield Halting(voice.name, text, "voices", pcm, break_at(pcm, len(before) / len(said)))

    @cached_property
    def phrases(self) -> list[Halting]:
        """Questions that could be over where their speaker halts: the long phrases."""
        found: list[Halting] = []
        for path in sounds(self._folders.phrases, "*_long_*"):
            about = _about(path)
            count = len(_about(path.with_name(path.name.replace("_long_", "_short_")))["words"])
            pcm = read_clip(path)
            at = quietest(pcm, float(about["starts"][count]), 0.06)
            found.append(Halting(path.stem, about["text"], "phrases", pcm, at))
        return self._own(found)

    @cached_property
    def questions(self) -> list[Spoken]:
        """Whole questions: the short phrases."""
        paths = sounds(self._folders.phrases, "*_short_*")
        return self._own(
            [Spoken(p.stem, _about(p)["text"], "phrases", read_clip(p)) for p in paths]
        )

    @cached_property
    def real(self) -> list[Spoken]:
        """Stretches of recorded speech with pauses of their own."""
        return [_said(each) for each in self._stretches if each.pauses]

    @cached_property
    def turns(self) -> list[Spoken]:
        """Stretches of recorded speech without a pause, after which another spoke."""
        return [_said(each) for each in self._stretches if each.over and not each.pauses]

    @cached_property
    def acknowledgements(self) -> list[tuple[str, Pcm]]:
        """Backchannels by people: the calls' short sounds that are understood as one."""
        found: list[tuple[str, Pcm]] = []
        for path in sounds(self._folders.calls):
            pcm = read_clip(path)
            short = [span for span in spans(pcm, join=0.3) if 0.15 <= span.length <= 1.0]
            for span in short:
                piece = pcm[round(max(0, span.start - 0.1) * RATE) : round((span.end + 0.1) * RATE)]
                text = understood(piece)
                if is_backchannel(text) and not HESITATIONS & {*words_of(text)}:
                    found.append((f"{path.stem} {span.start:.1f}: {text}", piece))
        return self._own(found)

    @cached_property
    def recordings(self) -> list[tuple[str, Pcm]]:
        """Whole recordings of ordinary speech, for listening to."""
        folders = self._folders
        places = (folders.clips, folders.ami, folders.calls, folders.prompts)
        paths = [path for place in places for path in sounds(place)]
        return [(path.stem, read_clip(path)) for path in paths]

    @cached_property
    def _stretches(self) -> list[Stretch]:
        found = of_clips(self._folders.clips)
        found += of_calls(self._folders.calls) + of_meetings(self._folders.ami)
        return self._own([each for each in found if ends(each.pcm)])

    def _own(self, found: Sequence[Item]) -> list[Item]:
        """The set's half: every other item."""
        return list(found[self._name == "test" :: 2])


def _about(clip: Path) -> dict[str, Any]:
    return json.loads(clip.with_suffix(".json").read_text())


def _said(stretch: Stretch) -> Spoken:
    heard = (stretch.pcm, stretch.pauses, stretch.over)
    return Spoken(stretch.who, "(recording)", "recordings", *heard)
