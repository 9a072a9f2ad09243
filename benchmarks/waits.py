"""How sure a turn's end must be to be answered soon: the figures of `judgement.waits`, fitted.

    python -m benchmarks.waits --requests clinc150/data_full.json \
        --remarks topical_chat/valid_freq.json.gz --clips FOLDER --out waits.json

Speaks sentences that `training.endings` has not read (CLINC150's training requests,
Topical-Chat's remarks) by one voice at five pitches and by six others, takes clips of people
(such as Debian's asterisk-core-sounds-en-wav), each whole and cut at two places inside, and
asks at the shortest pause what the judge, Smart Turn and the base model
(`judgement.endings`) say, from what the recogniser heard. Fits the weights of `settled` by
logistic regressions, for each sort of voice, and gives from sentences left out of each fit:
the area under the curve, the share of ends that are sure where a share of cuts is; and for
the waits as they are, the seconds waited at ends and the share of pauses of 0.3 to 1.2 s
that would be taken for an end.
"""

import argparse
import asyncio
import gzip
import itertools
import json
import random
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict

from benchmarks import sound as clip
from benchmarks.report import provenance, write
from benchmarks.sound import LOUD, RATE, WINDOW, Pcm, edges, faded, levels, read_clip, resample
from benchmarks.voices import espeak
from judgement.artefact import DEFAULT, read_adapter
from judgement.decision import Action
from judgement.endings import Endings
from judgement.judge import Judge
from judgement.local import BASE, local_judge, opened_endings
from judgement.moment import Kind, Moment
from judgement.odds import CERTAIN
from judgement.pause import PAUSES
from judgement.serving import packaged_model
from judgement.waits import pause_for, settled
from processors.services.moonshine_model import MoonshineModel
from processors.services.voice import shared_voice
from processors.turn_model import SILENCE
from training.scoring.scores import auc, recall_at
from training.sources.messages import held_out

PITCHES = (0.88, 0.95, 1.0, 1.06, 1.15)
ACCENTS = (
    "en-us+m7", "en-gb-x-gbcwmd+m2", "en-us+f4", "en-gb+f5", "en-us+Andrea", "en-gb+Lee"
)  # fmt: skip
FADE = RATE // 100  # samples in which a word that is cut fades
TRAVEL = 0.1  # s until an answer is heard
INSIDE = np.linspace(0.3, 1.2, 19)  # s of a pause inside a sentence
SHARES = (0.02, 0.05, 0.1, 0.2)
ASKS = frozenset(
    "what how who where when why which can could would is are do does did will should".split()
)

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Found:
    """How likely the judge, the audio model and the base model find that a turn ends here."""

    who: str
    text: str
    heard: str
    is_end: bool
    judge: float
    sound: float
    ending: float


def sentences(requests: Path, remarks: Path, count: int) -> list[str]:
    """`count` of each, in an order that is always the same."""
    chance = random.Random(7)
    asked = [text for text, _ in json.loads(requests.read_text())["train"]]
    talks = json.loads(gzip.decompress(remarks.read_bytes())).values()
    said = [
        sentence.strip()
        for talk in talks
        for turn in talk["content"]
        for sentence in re.split(r"(?<=[.?!])\s+", turn["message"])
    ]
    whole = [text for text in said if text.isascii() and text.endswith((".", "?", "!"))]
    chosen: list[str] = []
    for texts in (whole, list(map(_punctuated, asked))):
        fitting = [text for text in texts if 4 <= len(text.split()) <= 18 and held_out(text)]
        chance.shuffle(fitting)
        chosen += fitting[:count]
    return chosen


def _punctuated(text: str) -> str:
    return f"{text.capitalize()}{'?' if text.split()[0] in ASKS else '.'}"


Case = tuple[str, str, Pcm, bool]  # who speaks, what, its sound, whether it ends there


def spoken(texts: Sequence[str], chance: random.Random) -> Iterator[Case]:
    """Each sentence by the embedded voice, at some pitch; cut behind words."""
    voice = shared_voice()
    for text in texts:
        line, pitch = voice.line(text), chance.choice(PITCHES)
        pcm = resample(np.frombuffer(line.pcm, np.int16), round(line.rate * pitch))
        scale = len(pcm) * 2 / len(line.pcm)
        words = [int(end * scale) for _, end in line.words]
        inside = chance.sample(words[max(1, len(words) // 4) : -1], 2)
        yield from _whole_and_cut("joe", text, pcm, inside)


def accented(texts: Sequence[str], chance: random.Random) -> Iterator[Case]:
    """Each sentence by one of the other voices, where espeak-ng is installed."""
    for text, accent in zip(texts, itertools.cycle(ACCENTS), strict=False):
        if shutil.which("espeak-ng"):
            pcm = espeak(accent, text)
            yield from _whole_and_cut(accent, text, pcm, _quiet_places(pcm, chance))


def recorded(folder: Path | None, count: int, chance: random.Random) -> Iterator[Case]:
    """As many clips of people, each one sentence of 1.4 to 7 s."""
    files = sorted(folder.rglob("*.wav")) if folder else []
    chance.shuffle(files)
    clips = ((file.stem, read_clip(file)) for file in files)
    fitting = (each for each in clips if _fits(each[1]))
    for name, pcm in itertools.islice(fitting, count):
        yield from _whole_and_cut("people", name, pcm, _quiet_places(pcm, chance))


def _fits(pcm: Pcm) -> bool:
    is_sentence = 1.4 < len(pcm) / RATE < 7 and levels(pcm).max() > LOUD
    return is_sentence and clip.ends(pcm)


def _quiet_places(pcm: Pcm, chance: random.Random) -> list[int]:
    """Two samples inside, each where it is quietest for 0.1 s around: between words, mostly."""
    first, last = edges(pcm)
    found: list[int] = []
    for share in (chance.uniform(0.3, 0.85) for _ in range(2)):
        begin = int(first + share * (last - first)) // WINDOW - 10
        found.append((begin + int(np.argmin(levels(pcm)[begin : begin + 20]))) * WINDOW)
    return found


def _whole_and_cut(who: str, text: str, pcm: Pcm, inside: Sequence[int]) -> Iterator[Case]:
    yield who, text, pcm[: edges(pcm)[1]], True
    for end in inside:
        yield who, text, faded(pcm[:end], FADE), False


async def ask(cases: Iterable[Case], judge: Judge, endings: Endings) -> list[Found]:
    """What each says of each case in which words are recognised."""
    ear, turn = MoonshineModel(), cast(Any, LocalSmartTurnAnalyzerV3())
    found: list[Found] = []
    for number, (who, text, pcm, is_end) in enumerate(cases, 1):
        if not (heard := ear.transcribe(_then_silence(pcm, 0.1))):
            continue
        moment = Moment(Kind.PAUSE, heard, pause=PAUSES[0])
        silence = (await judge.judge(moment)).probabilities[Action.SILENCE]
        sound = float(turn._predict_endpoint(_then_silence(pcm, SILENCE))["probability"])
        ending = await endings.over(moment)
        found.append(Found(who, text, heard, is_end, 1 - silence, sound, ending or 0.0))
        if number % 60 == 0:
            print(f"{number} pauses", flush=True)
    return found


def _then_silence(pcm: Pcm, seconds: float) -> NDArray[np.float32]:
    quiet = np.zeros(int(seconds * RATE), np.int16)
    return (np.concatenate([pcm, quiet])[-8 * RATE :] / 32768).astype(np.float32)


def fitted(found: Sequence[Found]) -> dict[str, Any]:
    """The weights of judge, sound, ending and the bias, and what they are worth."""
    ends = np.array([each.is_end for each in found])
    said = [(each.judge, each.sound, each.ending) for each in found]
    model = LogisticRegression().fit(_logits(said), ends)
    each_class = cross_val_predict(
        LogisticRegression(), _logits(said), ends, groups=[each.text for each in found],
        cv=GroupKFold(10), method="predict_proba",
    )  # fmt: skip
    held_out = np.asarray(each_class, np.float64)[:, 1]
    return {
        "weights": [round(float(each), 2) for each in (*model.coef_[0], *model.intercept_)],
        "auc": round(auc(held_out, ends), 3),
        "ends_at": {str(share): round(recall_at(held_out, ends, share), 2) for share in SHARES},
    }


def waited(found: Sequence[Found]) -> dict[str, Any]:
    """What the waits as they are come to."""
    waits = [
        (each.is_end, pause_for(settled(each.judge, each.sound, each.ending))) for each in found
    ]
    ends = np.array([wait for is_end, wait in waits if is_end])
    inside = np.array([wait for is_end, wait in waits if not is_end])
    return {
        "seconds_at_ends": {q: round(float(np.quantile(ends, q)), 2) for q in (0.25, 0.5, 0.75)},
        "never": round(float(np.isinf(ends).mean()), 3),
        "taken_over": round(float((inside[:, None] + TRAVEL < INSIDE).mean()), 3),
    }


def _by_sort(found: Sequence[Found]) -> dict[str, list[Found]]:
    """Those of the embedded voice, of people, of the other voices."""
    sorts: dict[str, list[Found]] = {}
    for each in found:
        sorts.setdefault("others" if each.who in ACCENTS else each.who, []).append(each)
    return sorts


def _logits(probabilities: Sequence[Sequence[float]]) -> Numbers:
    held = np.clip(probabilities, CERTAIN, 1 - CERTAIN)
    return np.log(held / (1 - held))


async def run(given: argparse.Namespace) -> dict[str, Any]:
    """Ask, fit, report."""
    texts = sentences(given.requests, given.remarks, given.count)
    base, chance = packaged_model(BASE), random.Random(7)
    endings = await asyncio.to_thread(opened_endings, base, read_adapter(DEFAULT))
    assert endings is not None
    cases = itertools.chain(
        spoken(texts, chance),
        accented(texts[::3], chance),
        recorded(given.clips, given.count, chance),
    )
    async with local_judge() as judge:
        found = await ask(cases, judge, endings)
    sorts = {"all": found, **_by_sort(found)}
    report = {
        who: {"n": len(each), "fitted": fitted(each), "waits": waited(each)}
        for who, each in sorts.items()
    }
    print(json.dumps(report, indent=1))
    return {**provenance(), **report, "cases": [asdict(each) for each in found]}


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=Path, required=True, help="CLINC150's data_full.json")
    parser.add_argument("--remarks", type=Path, required=True, help="Topical-Chat, gzipped JSON")
    parser.add_argument("--clips", type=Path, help="a folder of clips in which people speak")
    parser.add_argument("--count", type=int, default=60, help="sentences of each (%(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="the JSON to write")
    given = parser.parse_args()
    write(given.out, asyncio.run(run(given)))


if __name__ == "__main__":
    main()
