"""What the sound of a voice adds to its words where a turn may be over.

    python -m benchmarks.turn_over --audio FOLDER --out turn_over.json

FOLDER has `phrases/` (each question short and long: the long one goes on where the short
one ends, so that up to there only the voice tells them apart) and `ami/` (30 s of a
meeting, words with times). Every case is a pause of 0.2 s at the end of a clip, or where
its sound is cut; `over` says whether the turn was over there. Gives the judge's
probability, Smart Turn's and both fused (`judgement.tuned`), and of each the share of
pairs that it puts in the right order (AUC) for the phrases' questions and for all cases.
"""

import argparse
import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3

from benchmarks.report import provenance, write
from benchmarks.sound import RATE, edges, read_clip
from judgement.artefact import DEFAULT
from judgement.decision import Action
from judgement.local import local_judge
from judgement.moment import Kind, Moment
from judgement.tuned import Fusion, fused
from training.scoring.scores import auc

PAUSE = 0.2  # s
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5)  # of the sound, beside 1 of the judge
Sound = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Case:
    """A pause after `said`: the sound up to it, and whether the turn was over."""

    name: str
    said: str
    sound: Sound
    over: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What each says of a case."""

    name: str
    said: str
    over: bool
    judge: float
    sound: float


def phrases(folder: Path) -> Iterator[Case]:
    """The end of each phrase, and in the long ones where their short form ends."""
    for file in sorted(folder.glob("*_long_*.wav")):
        short = file.with_name(file.name.replace("_long_", "_short_"))
        for whole in (file, short):
            yield Case(whole.stem, _about(whole)["text"], _sound(whole), over=True)
        about, count = _about(file), len(_about(short)["words"])
        end = float(about["starts"][count])
        said = " ".join(about["words"][:count])
        yield Case(f"{file.stem}, cut", said, _sound(file, end), over=False)


def meeting(sound: Path, words: Path) -> Iterator[Case]:
    """Where a speaker is silent for `PAUSE` s: over if another speaks next, or nobody."""
    heard = sorted(json.loads(words.read_text()), key=lambda word: word["start"])
    for speaker in sorted({word["speaker"] for word in heard}):
        own = [word for word in heard if word["speaker"] == speaker]
        said: list[str] = []
        for word, after in zip(own, [*own[1:], None], strict=True):
            said.append(word["word"])
            if after and after["start"] - word["end"] < PAUSE:
                continue
            until = after["start"] if after else np.inf
            between = [
                other
                for other in heard
                if other["speaker"] != speaker and word["end"] < other["start"] < until
            ]
            over = bool(between) or after is None
            if len(said) > 2:
                name = f"{sound.stem} {speaker} {word['end']:.2f}"
                yield Case(name, " ".join(said), _sound(sound, word["end"]), over)
            if over:
                said = []


def _about(clip: Path) -> dict[str, Any]:
    return json.loads(clip.with_suffix(".json").read_text())


def _sound(clip: Path, end: float | None = None) -> Sound:
    """The clip up to `end` s, or to the end of its sound, with a pause after it."""
    pcm = read_clip(clip)
    cut = pcm[: edges(pcm)[1] if end is None else round(end * RATE)]
    quiet = np.zeros(round(PAUSE * RATE), np.float32)
    return np.concatenate([(cut / 32768).astype(np.float32), quiet])


async def ask(cases: Sequence[Case], adapter: Path | None) -> list[Found]:
    """What the judge and Smart Turn say of each case."""
    smart_turn: Any = LocalSmartTurnAnalyzerV3()
    found: list[Found] = []
    async with local_judge(adapter) as judge:
        for case in cases:
            moment = Moment(Kind.PAUSE, case.said, pause=PAUSE)
            silence = (await judge.judge(moment)).probabilities[Action.SILENCE]
            heard = float(smart_turn._predict_endpoint(case.sound)["probability"])
            found.append(Found(case.name, case.said, case.over, 1 - silence, heard))
    return found


def order(found: Sequence[Found], scores: Sequence[float]) -> float | None:
    """AUC of `scores`; None where all or none of the turns were over."""
    over = np.array([each.over for each in found], bool)
    return None if over.all() or not over.any() else round(auc(np.array(scores), over), 3)


def figures(found: Sequence[Found]) -> dict[str, Any]:
    """AUC of the judge alone, of the sound alone, and of both by the sound's weight."""
    both = {
        weight: [fused(each.judge, each.sound, Fusion(1.0, weight)) for each in found]
        for weight in WEIGHTS
    }
    return {
        "n": len(found),
        "over": sum(each.over for each in found),
        "judge": order(found, [each.judge for each in found]),
        "sound": order(found, [each.sound for each in found]),
        "fused": {str(weight): order(found, scores) for weight, scores in both.items()},
    }


def main() -> None:
    """Ask, print, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--audio", type=Path, required=True, help="folder with phrases/ and ami/")
    parser.add_argument("--adapter", default="default", help="default, none, or its path")
    parser.add_argument("--out", type=Path, required=True, help="the JSON to write")
    args = parser.parse_args()
    adapter = {"none": None, "default": DEFAULT}.get(args.adapter, Path(args.adapter))
    texts = sorted((args.audio / "ami" / "transcripts").glob("*_words.json"))
    cases = list(phrases(args.audio / "phrases"))
    for text in texts:
        cases += meeting(args.audio / "ami" / f"{text.name.partition('_')[0]}.flac", text)
    found = asyncio.run(ask(cases, adapter))
    asked = [each for each in found if "_en-US" in each.name]
    report = {"phrases": figures(asked), "all": figures(found)}
    print(json.dumps(report, indent=1))
    write(args.out, {**provenance(), **report, "cases": [asdict(each) for each in found]})


if __name__ == "__main__":
    main()
