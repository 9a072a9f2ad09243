"""How fast, how dear and how right the local recogniser hears, replayed in real time.

    python -m benchmarks.listening --out listening.json [--audio FOLDER] [--seconds 60]

Two talks of the same clips. In `turns` Silero decides where each stretch of
speech begins and ends. In `monologue` one stretch of `--seconds` is spoken
without a pause that ends it: the worst case for the window. Of each:
`interim_interval` and `final_latency` (after the VAD's stop frame) in seconds,
`process_cores` (processor time of the whole pipeline, VAD included, a second of
sound), `recogniser_cores` (its share) and `word_error_rate`.

`--audio` is a folder of clips with `words.json`: {file name: words}.
"""

import argparse
import asyncio
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
from pipecat.audio.vad.silero import SileroVADAnalyzer
from pipecat.frames.frames import (
    EndFrame,
    Frame,
    InputAudioRawFrame,
    InterimTranscriptionFrame,
    TranscriptionFrame,
    VADUserStartedSpeakingFrame,
    VADUserStoppedSpeakingFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.audio.vad_processor import VADProcessor
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.workers.runner import WorkerRunner

from benchmarks.report import ROOT, provenance, summary, write
from benchmarks.sound import RATE, Pcm, edges, read_clip
from processors.services.moonshine import MoonshineService
from processors.services.moonshine_model import Sound
from processors.services.recogniser import Heard, Recogniser, shared_recogniser

CHUNK = RATE // 50  # 20 ms, as a microphone sends it
PAUSE = 0.8  # seconds of silence between the clips of `turns`
START, STOP = 0.2, 0.2  # Pipecat's default start_secs and stop_secs


@dataclass
class Clip:
    """Recorded speech and its words."""

    sound: Pcm
    words: str


@dataclass
class Costed:
    """A recogniser that adds up the processor seconds it takes."""

    recogniser: Recogniser
    cost: float = 0.0

    async def recognise(self, sound: Sound, *, final: bool) -> Heard:
        """Pass on, and add up."""
        heard = await self.recogniser.recognise(sound, final=final)
        self.cost += heard.cost
        return heard


@dataclass
class Talk:
    """What came out of one talk; times are seconds."""

    intervals: list[float] = field(default_factory=list)
    latencies: list[float] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)


class Listener(FrameProcessor):
    """Stands behind the recogniser and notes when its words come."""

    def __init__(self, talk: Talk) -> None:
        """Note into `talk`."""
        super().__init__()
        self._talk = talk
        self._interim: float | None = None
        self._stops: list[float] = []

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        """Note the frame's time and pass it on."""
        await super().process_frame(frame, direction)
        now = time.perf_counter()
        match frame:
            case VADUserStartedSpeakingFrame():
                self._interim = None
            case VADUserStoppedSpeakingFrame():
                self._stops.append(now)
            case InterimTranscriptionFrame():
                if self._interim is not None:
                    self._talk.intervals.append(now - self._interim)
                self._interim = now
            case TranscriptionFrame(text=text):
                # A stretch without words leaves no final: its stop is skipped.
                self._talk.latencies.append(now - self._stops[-1])
                self._talk.texts.append(text)
            case _:
                pass
        await self.push_frame(frame, direction)


def clips_in(folder: Path) -> list[Clip]:
    """The clips that the folder's words.json names, in its order."""
    words: dict[str, str] = json.loads((folder / "words.json").read_text())
    return [Clip(_trimmed(read_clip(folder / name)), text) for name, text in words.items()]


def _trimmed(sound: Pcm) -> Pcm:
    start, end = edges(sound)
    return sound[start:end]


def long_enough(clips: Sequence[Clip], seconds: float) -> list[Clip]:
    """The clips over and over until they last `seconds`."""
    chosen: list[Clip] = []
    for clip in cycle(clips):
        if sum(len(each.sound) for each in chosen) >= seconds * RATE:
            break
        chosen.append(clip)
    return chosen


def silence(seconds: float) -> Pcm:
    """Digital silence."""
    return np.zeros(int(seconds * RATE), np.int16)


async def _say(worker: PipelineWorker, sound: Pcm) -> None:
    """Send `sound` at the pace of speech."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for start in range(0, len(sound), CHUNK):
        piece = sound[start : start + CHUNK].tobytes()
        await worker.queue_frame(InputAudioRawFrame(piece, RATE, 1))
        await asyncio.sleep(max(0.0, begun + (start + CHUNK) / RATE - loop.time()))


async def _turns(worker: PipelineWorker, clips: Sequence[Clip]) -> float:
    for clip in clips:
        await _say(worker, np.concatenate((clip.sound, silence(PAUSE))))
    return sum(len(clip.sound) / RATE + PAUSE for clip in clips)


async def _monologue(worker: PipelineWorker, clips: Sequence[Clip]) -> float:
    sound = np.concatenate([clip.sound for clip in clips])
    head = int(START * RATE)
    await _say(worker, np.concatenate((silence(1.0), sound[:head])))
    await worker.queue_frame(VADUserStartedSpeakingFrame(start_secs=START))
    await _say(worker, np.concatenate((sound[head:], silence(STOP))))
    await worker.queue_frame(VADUserStoppedSpeakingFrame(stop_secs=STOP))
    await asyncio.sleep(1.0)
    return len(sound) / RATE


async def measure(clips: Sequence[Clip], *, monologue: bool) -> dict[str, Any]:
    """Hold one talk and sum it up."""
    recogniser, talk = Costed(shared_recogniser()), Talk()
    vad = [] if monologue else [VADProcessor(vad_analyzer=SileroVADAnalyzer())]
    pipeline = Pipeline([*vad, MoonshineService(recogniser=recogniser), Listener(talk)])
    worker = PipelineWorker(
        pipeline, params=PipelineParams(audio_in_sample_rate=RATE), enable_rtvi=False
    )
    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())
    await asyncio.sleep(0.5)
    used = time.process_time()
    seconds = await (_monologue if monologue else _turns)(worker, clips)
    used = time.process_time() - used
    await worker.queue_frame(EndFrame())
    await running
    return {
        "seconds": round(seconds, 1),
        "interim_interval": summary(talk.intervals),
        "final_latency": summary(talk.latencies),
        "process_cores": round(used / seconds, 3),
        "recogniser_cores": round(recogniser.cost / seconds, 3),
        "word_error_rate": round(
            error_rate(" ".join(clip.words for clip in clips), " ".join(talk.texts)), 4
        ),
        "heard": talk.texts,
    }


def error_rate(said: str, heard: str) -> float:
    """Words to insert, drop or replace, a word said; case and punctuation don't count."""
    reference, words = _plain(said), _plain(heard)
    costs = list(range(len(words) + 1))
    for row, word in enumerate(reference, 1):
        before, costs[0] = costs.copy(), row
        for column, other in enumerate(words, 1):
            costs[column] = min(
                before[column] + 1, costs[column - 1] + 1, before[column - 1] + (word != other)
            )
    return costs[-1] / len(reference)


def _plain(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())


async def run(folder: Path, seconds: float) -> dict[str, Any]:
    """Both talks, and where the figures come from."""
    clips = clips_in(folder)
    shared_recogniser()
    return {
        "ours": {
            "turns": await measure(clips, monologue=False),
            "monologue": await measure(long_enough(clips, seconds), monologue=True),
        },
        **provenance(),
    }


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="where the JSON goes")
    parser.add_argument("--audio", type=Path, default=ROOT / "tests" / "audio", help="clips")
    parser.add_argument("--seconds", type=float, default=60, help="length of the monologue")
    given = parser.parse_args()
    report = asyncio.run(run(given.audio, given.seconds))
    write(given.out, report)
    for name, figures in report["ours"].items():
        print(
            f"{name}: interim every {figures['interim_interval']['p50']} s "
            f"(p95 {figures['interim_interval']['p95']}), final after "
            f"{figures['final_latency']['p50']} s (p95 {figures['final_latency']['p95']}), "
            f"{figures['recogniser_cores']} cores, words wrong {figures['word_error_rate']:.1%}"
        )


if __name__ == "__main__":
    main()
