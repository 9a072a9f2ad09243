"""How sure a turn's end must be to be answered soon: the figures of `judgement.waits`, fitted.

    python -m benchmarks.waits --requests clinc150/data_full.json \
        --remarks topical_chat/valid_freq.json.gz --out waits.json

Speaks sentences (CLINC150's training requests, Topical-Chat's remarks) by one voice at
five pitches, whole and cut at two words inside, and asks at 0.2 s of silence what the
judge, Smart Turn and the base model (`judgement.endings`) say, from what the recogniser
heard. Fits the weights of `settled` by logistic regressions, and gives for each, from
sentences left out of its fit: the area under the curve, the share of ends that are sure
where a share of cuts is; and for the waits as they are, the seconds waited at ends and
the share of pauses of 0.3 to 1.2 s that would be taken for an end.
"""

import argparse
import asyncio
import gzip
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict

from benchmarks.report import provenance, write
from benchmarks.sound import RATE, Pcm, edges, faded, resample
from judgement.decision import Action
from judgement.endings import Endings
from judgement.judge import Judge
from judgement.local import BASE, endings_server, local_judge, opened_endings
from judgement.moment import Kind, Moment
from judgement.odds import CERTAIN
from judgement.serving import packaged_model
from judgement.tuned import Fusion, fused
from judgement.waits import pause_for, settled
from processors.services.moonshine_model import MoonshineModel
from processors.services.voice import Voice, shared_voice

PITCHES = (0.88, 0.95, 1.0, 1.06, 1.15)
PAUSE = 0.2  # s
FADE = RATE // 100  # samples in which a word that is cut fades
TRAVEL = 0.1  # s until an answer is heard
PAUSES = np.linspace(0.3, 1.2, 19)  # s, inside sentences
SHARES = (0.02, 0.05, 0.1, 0.2)
ASKS = frozenset(
    "what how who where when why which can could would is are do does did will should".split()
)

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Found:
    """What is said of a pause: by judge and sound (`over`), and by the base model."""

    text: str
    heard: str
    is_end: bool
    over: float
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
        fitting = [text for text in texts if 6 <= len(text.split()) <= 18]
        chance.shuffle(fitting)
        chosen += fitting[:count]
    return chosen


def _punctuated(text: str) -> str:
    return f"{text.capitalize()}{'?' if text.split()[0] in ASKS else '.'}"


def cases(voice: Voice, text: str, chance: random.Random) -> Iterator[tuple[Pcm, bool]]:
    """The sentence whole, and cut after two of its words; whether it ends there."""
    line, pitch = voice.line(text), chance.choice(PITCHES)
    pcm = resample(np.frombuffer(line.pcm, np.int16), round(line.rate * pitch))
    scale = len(pcm) * 2 / len(line.pcm)
    ends = [int(end * scale) for _, end in line.words]
    yield pcm[: edges(pcm)[1]], True
    for word in chance.sample(range(max(1, len(ends) // 4), len(ends) - 1), 2):
        yield faded(pcm[: ends[word]], FADE), False


async def ask(
    texts: Sequence[str], judge: Judge, endings: Endings, *, every: int = 20
) -> list[Found]:
    """What each says of each case."""
    voice, ear, chance = shared_voice(), MoonshineModel(), random.Random(7)
    turn: Any = LocalSmartTurnAnalyzerV3()
    found: list[Found] = []
    for number, text in enumerate(texts, 1):
        for pcm, is_end in cases(voice, text, chance):
            heard = ear.transcribe(_then_silence(pcm, 0.1))
            moment = Moment(Kind.PAUSE, heard, pause=PAUSE)
            silence = (await judge.judge(moment)).probabilities[Action.SILENCE]
            sound = float(turn._predict_endpoint(_then_silence(pcm, PAUSE))["probability"])
            ending = await endings.over(moment)
            over = fused(1 - silence, sound, Fusion())
            found.append(Found(text, heard, is_end, over, ending or 0.0))
        if number % every == 0:
            print(f"{number}/{len(texts)} sentences", flush=True)
    return found


def _then_silence(pcm: Pcm, seconds: float) -> NDArray[np.float32]:
    quiet = np.zeros(int(seconds * RATE), np.int16)
    return np.concatenate([pcm, quiet]).astype(np.float32)[-8 * RATE :] / 32768


def fitted(found: Sequence[Found]) -> dict[str, Any]:
    """The weights without and with the base model, and what they are worth."""
    ends = np.array([each.is_end for each in found])
    over = _logits([each.over for each in found])
    ending = _logits([each.ending for each in found])
    groups = [each.text for each in found]
    columns = {"without": over[:, None], "with_ending": np.stack([over, ending], axis=1)}
    report: dict[str, Any] = {}
    for name, values in columns.items():
        model = LogisticRegression().fit(values, ends)
        held_out = cross_val_predict(
            LogisticRegression(), values, ends, groups=groups, cv=GroupKFold(10),
            method="predict_proba",
        )[:, 1]  # fmt: skip
        report[name] = {
            "weights": [round(float(each), 2) for each in (*model.coef_[0], *model.intercept_)],
            "auc": _auc(held_out[ends], held_out[~ends]),
            "ends_at": {str(share): _ends_at(held_out, ends, share) for share in SHARES},
        }
    return report


def waited(found: Sequence[Found]) -> dict[str, Any]:
    """What the waits as they are come to."""
    waits = [(each.is_end, pause_for(settled(each.over, each.ending))) for each in found]
    ends = np.array([wait for is_end, wait in waits if is_end])
    inside = np.array([wait for is_end, wait in waits if not is_end])
    return {
        "seconds_at_ends": {q: round(float(np.quantile(ends, q)), 2) for q in (0.25, 0.5, 0.75)},
        "never": round(float(np.isinf(ends).mean()), 3),
        "taken_over": round(float((inside[:, None] + TRAVEL < PAUSES).mean()), 3),
    }


def _logits(probabilities: Sequence[float]) -> Numbers:
    held = np.clip(probabilities, CERTAIN, 1 - CERTAIN)
    return np.log(held / (1 - held))


def _auc(ends: Numbers, inside: Numbers) -> float:
    above = (ends[:, None] > inside).mean() + (ends[:, None] == inside).mean() / 2
    return round(float(above), 3)


def _ends_at(scores: Numbers, ends: NDArray[np.bool_], share: float) -> float:
    """The share of ends above the score that so many of the pauses inside pass."""
    return round(float((scores[ends] > np.quantile(scores[~ends], 1 - share)).mean()), 2)


async def run(given: argparse.Namespace) -> dict[str, Any]:
    """Ask, fit, report."""
    texts = sentences(given.requests, given.remarks, given.count)
    endings = await opened_endings(await asyncio.to_thread(endings_server, packaged_model(BASE)))
    async with local_judge() as judge:
        found = await ask(texts, judge, endings)
    report = {"n": len(found), "fitted": fitted(found), "waits": waited(found)}
    print(json.dumps(report, indent=1))
    return {**provenance(), **report, "cases": [asdict(each) for each in found]}


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--requests", type=Path, required=True, help="CLINC150's data_full.json")
    parser.add_argument("--remarks", type=Path, required=True, help="Topical-Chat, gzipped JSON")
    parser.add_argument("--count", type=int, default=60, help="sentences of each (%(default)s)")
    parser.add_argument("--out", type=Path, required=True, help="the JSON to write")
    given = parser.parse_args()
    write(given.out, asyncio.run(run(given)))


if __name__ == "__main__":
    main()
