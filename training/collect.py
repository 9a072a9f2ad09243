"""Recordings and transcripts to timed talks.

python -m training.collect IN... --out talks.jsonl
    [--words moonshine|whisper] [--model NAME] [--speakers channels|diarize|one]
    [--sides LEFT.wav RIGHT.wav]...

IN is a file or a folder: WebVTT, SRT, CHAT (.cha), ELAN (.eaf), RTTM with words or beside a CTM,
JSON lines, and any video or audio that ffmpeg reads. Written are JSON lines
{"d": talk, "s": speaker, "b": begin s, "e": end s, "t": words}, by talk and begin.

What is done is kept in OUT.parts and not done again. A file that cannot be used is named and
skipped; the exit code is 1 only if none could be used.
"""

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

from tqdm import tqdm

from training.collecting import stretches
from training.collecting.diarization import Diarizer
from training.collecting.formats import READERS, jsonlines, rttm
from training.collecting.inputs import Source, sources, suffix
from training.collecting.recognisers import recogniser
from training.collecting.recordings import Listener, Side, mixed, sides
from training.collecting.stretches import FormatError, Found, MissingTool, Said


class Collector:
    """Sources to stretches; models are loaded when the first source needs them."""

    def __init__(self, words: str, model: str | None, speakers: str) -> None:
        """Hear with `words` and `model`, tell `speakers` apart as the command line says."""
        self._words, self._model, self._speakers = words, model, speakers

    @cached_property
    def _listener(self) -> Listener:
        return Listener(recogniser(self._words, self._model))

    @cached_property
    def _diarizer(self) -> Diarizer:
        return Diarizer()

    def settings(self, source: Source) -> list[str | None]:
        """What else than its files decides what is found in `source`."""
        return [self._words, self._model, self._speakers] if source.heard else []

    def prepare(self, todo: Iterable[Source]) -> None:
        """Load what `todo` needs. Raises `MissingTool`."""
        heard = [source for source in todo if source.heard]
        if heard:
            _ = self._listener
        if any(self._told_apart(source) for source in heard):
            _ = self._diarizer

    def _told_apart(self, source: Source) -> bool:
        return self._speakers == "diarize" and not source.speakers and source.turns is None

    def found(self, source: Source) -> Found:
        """What is said in `source`. Raises `FormatError` where it cannot be used."""
        if not source.heard:
            return READERS[suffix(source.files[0])](source.files[0], source.talk)
        file, talk = source.files[0], source.talk
        if source.speakers:
            named = zip(source.speakers, source.files, strict=True)
            own = [Side(speaker, mixed(each)) for speaker, each in named]
            return Found(self._listener.sides(talk, own), [])
        if source.turns or self._told_apart(source):
            sound = mixed(file)
            turns = rttm.turns(source.turns) if source.turns else self._diarizer.turns(sound)
            return Found(self._listener.shared(talk, sound, turns), [])
        if self._speakers == "one":
            return Found(self._listener.sides(talk, [Side("1", mixed(file))]), [])
        channels, notes = sides(file)
        return Found(self._listener.sides(talk, channels), notes)


def collect(todo: Sequence[Source], collector: Collector, parts: Path) -> Iterator[str]:
    """Write each source's stretches to its file in `parts`; a sentence for each thing amiss."""
    bar = tqdm(todo, unit="talk", disable=None)
    for source in bar:
        bar.set_postfix_str(source.talk[-40:])
        try:
            found = collector.found(source)
            said = stretches.joined(found.said)
            if not said:
                raise FormatError(f"{source.files[0]}: no words in it")
        except (FormatError, OSError) as error:
            yield f"skipped {_named(error, source)}"
            continue
        stretches.write(part(parts, source, collector), said)
        if found.left_out:
            yield f"left out {len(found.left_out)}, the first: {found.left_out[0]}"


def _named(error: Exception, source: Source) -> str:
    text, file = str(error), str(source.files[0])
    return text if file in text else f"{file}: {text}"


def part(parts: Path, source: Source, collector: Collector) -> Path:
    """Where the stretches of `source` are kept once they are found."""
    return parts / f"{source.identity(*collector.settings(source))}.jsonl"


def assembled(kept: Iterable[tuple[Source, Path]]) -> tuple[list[Said], list[str]]:
    """All stretches by talk and begin; of two sources that hold one talk the first counts."""
    origin: dict[str, Source] = {}
    said: list[Said] = []
    amiss: list[str] = []
    for source, path in kept:
        found = jsonlines.read(path, source.talk).said
        talks = {each.talk for each in found}
        if clash := sorted(talks & origin.keys()):
            other = origin[clash[0]].files[0]
            amiss.append(f"skipped {source.files[0]}: the talk {clash[0]} is in {other} as well")
            continue
        origin |= dict.fromkeys(talks, source)
        said += found
    return sorted(said, key=lambda each: (each.talk, each.begin, each.end)), amiss


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; gives the exit code."""
    options = _options(arguments)
    parts = options.out.with_name(options.out.name + ".parts")
    collector = Collector(options.words, options.model, options.speakers)
    every, amiss = _sources(options.inputs, options.sides)
    todo = [each for each in every if not part(parts, each, collector).exists()]
    print(f"{len(every)} to collect, {len(every) - len(todo)} of them done before")
    try:
        collector.prepare(todo)
        for sentence in collect(todo, collector, parts):
            amiss.append(sentence)
            tqdm.write(sentence, file=sys.stderr)
        kept = [(each, part(parts, each, collector)) for each in every]
        said, clashes = assembled((each, path) for each, path in kept if path.exists())
        return _close(options.out, said, amiss + clashes)
    except KeyboardInterrupt:
        print(f"stopped; what is done is in {parts}: the same command goes on from there")
        return 130
    except (MissingTool, OSError) as error:  # or a full disk, a folder not to be written to
        sys.exit(f"collect: {error}")


def _sources(
    inputs: Iterable[Path], pairs: Iterable[Sequence[Path]]
) -> tuple[list[Source], list[str]]:
    """What there is to collect, and a sentence for each input that is nothing."""
    amiss: list[str] = []
    good: list[Path] = []
    named: list[Sequence[Path]] = []
    for path in inputs:
        try:
            sources([path])
            good.append(path)
        except FormatError as error:
            amiss.append(f"skipped {error}")
    for files in pairs:
        try:
            sources([], [files])
            named.append(files)
        except FormatError as error:
            amiss.append(f"skipped {error}")
    return sources(good, named), amiss


def _close(out: Path, said: list[Said], amiss: list[str]) -> int:
    """Write `said` and sum up."""
    if amiss:
        print(f"{len(amiss)} amiss:", *amiss, sep="\n  ")
    if not said:
        print(f"nothing could be collected; {out} is as it was")
        return 1
    stretches.write(out, said)
    talks = len({each.talk for each in said})
    hours = sum(each.end - each.begin for each in said) / 3600
    print(f"{out}: {talks} talks, {len(said)} stretches, {hours:.2f} h of speech")
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    summary, _, more = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m training.collect",
        description=summary,
        epilog=more.partition("\n\n")[2],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("inputs", nargs="*", type=Path, metavar="IN", help="a file or a folder")
    parser.add_argument("--out", type=Path, required=True, help="the JSON lines to write")
    parser.add_argument("--words", choices=("moonshine", "whisper"), default="moonshine")
    parser.add_argument("--model", help="Whisper's model: a folder or a faster-whisper name")
    parser.add_argument(
        "--speakers",
        choices=("channels", "diarize", "one"),
        default="channels",
        help="who speaks in a recording: one a channel; told apart by voice; one in all",
    )
    parser.add_argument(
        "--sides",
        nargs="+",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="the recordings of one talk, a file a speaker; may be repeated",
    )
    options = parser.parse_args(arguments)
    if not options.inputs and not options.sides:
        parser.error("name at least one file or folder, or --sides")
    return options


if __name__ == "__main__":
    sys.exit(main())
