"""One talk on disk: sound and decisions for a short while; with consent, decisions for longer."""

import asyncio
import json
import os
import shutil
import threading
import time
import wave
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from loguru import logger
from pipecat.processors.audio.audio_buffer_processor import AudioBufferProcessor

from judgement.decision import Action, Decision
from judgement.moment import Moment
from judgement.rows import row_of
from memory.talks import KeptTalk, append, kept_path, write_owner

RATE = 16_000  # Hz of the sound kept
LONGEST = 3600  # s of sound kept of one talk
ROWS = 20_000  # decisions kept of one talk


class Recorder:
    """Keeps a talk under `folder/talk`: audio.wav (user left, agent right) and rows.jsonl.

    Both grow as the talk does, so that it can be downloaded while it lasts;
    beside them stands whose talk it is, so that it can be forgotten. Without
    `keeps_sound` there is no audio.wav.
    While `consent` holds, decisions and the changes of the floor also go to
    `folder/TALK.jsonl`, which outlives the recording: see `memory.talks`.
    Rows are written by a thread of the recorder's own; a disk that takes
    nothing is logged once and ends no talk.
    """

    def __init__(
        self,
        folder: Path,
        talk: str,
        *,
        user: str = "",
        consent: Callable[[], bool] = lambda: False,
        keeps_sound: bool = True,
    ):
        self.path = folder / talk
        self._talk = talk
        self._user = user
        self._consent = consent
        self._keeps_sound = keeps_sound
        self._kept = KeptTalk(folder, talk, user)
        self._decisions = 0
        self._wave: wave.Wave_write | None = None
        self._seconds = 0.0
        self._writer = ThreadPoolExecutor(1, f"recorder-{talk[:8]}")
        self._closed = False
        self._sounding = threading.Lock()
        self._failed = False

    @property
    def is_closed(self) -> bool:
        """Whether nothing more is kept."""
        return self._closed

    def decided(self, moment: Moment, decision: Decision, outcome: str = "") -> int:
        """Keep a decision and what became of it; its number in this talk, from 1."""
        self._decisions += 1
        if self._decisions <= ROWS:
            name = f"{self._talk}:{self._decisions}"
            row = row_of(moment, decision.action, id=name) | _decided(moment, decision, outcome)
            self._write(self._append_row, row)
            if self._consent():
                self._write(self._kept.add, row)
        return self._decisions

    def floor(self, event: str, at: float) -> None:
        """Keep, with consent, that somebody began or ceased to speak `at` seconds of sound."""
        if self._consent():
            self._write(self._kept.add, {"at": round(at, 3), "event": event})

    def asking(self, every: float, at: float) -> None:
        """Keep, with consent, that from `at` s of sound on the judge is asked every so many s."""
        if self._consent():
            self._write(self._kept.add, {"at": round(at, 3), "asking_every": every})

    def mark(self, number: int, *, right: bool, should: Action | None) -> bool:
        """Note what a person thinks of a decision; False if there is no such number."""
        if not 1 <= number <= min(self._decisions, ROWS):
            return False
        rows, kept = self.path / "rows.jsonl", self._consent()
        self._write(lambda: mark_row(rows, number, right=right, should=should, kept=kept))
        return True

    def sound(self, pcm: bytes, sample_rate: int, channels: int) -> None:
        """Append 16-bit sound."""
        with self._sounding:
            if self._keeps_sound and not self._closed and self._seconds <= LONGEST:
                self._try(self._append_sound, pcm, sample_rate, channels)

    def flush(self) -> None:
        """Wait until all that was given so far is written."""
        if not self._closed:
            self._writer.submit(lambda: None).result()

    def close(self) -> None:
        """Write what waits, finish the files and keep nothing more. Safe to call twice."""
        self._closed = True
        self._writer.shutdown()
        with self._sounding:
            if self._wave:
                self._try(self._wave.close)
                self._wave = None

    def _write(self, write: Callable[..., object], *given: object) -> None:
        """Have `write` done behind whatever waits already."""
        if not self._closed:
            self._writer.submit(self._try, write, *given)

    def _try(self, write: Callable[..., object], *given: object) -> None:
        try:
            write(*given)
        except OSError as error:
            if not self._failed:
                logger.warning(f"talk {self._talk} goes on, but parts of it are not kept: {error}")
            self._failed = True

    def _append_row(self, row: dict[str, Any]) -> None:
        append(self._file("rows.jsonl"), row)

    def _append_sound(self, pcm: bytes, sample_rate: int, channels: int) -> None:
        if self._wave is None:
            self._wave = wave.open(str(self._file("audio.wav")), "wb")  # noqa: SIM115 - until close
            self._wave.setnchannels(channels)
            self._wave.setsampwidth(2)
            self._wave.setframerate(sample_rate)
        self._wave.writeframes(pcm)  # also keeps the header true
        self._seconds += len(pcm) / (2 * channels * sample_rate)

    def _file(self, name: str) -> Path:
        self.path.mkdir(parents=True, exist_ok=True)
        write_owner(self.path, self._user)
        return self.path / name


def _decided(moment: Moment, decision: Decision, outcome: str) -> dict[str, Any]:
    """What a row of a talk holds beside those of a data set. Times are seconds of sound."""
    return {
        "decided": decision.action.value,
        "probabilities": {a.value: round(p, 4) for a, p in decision.probabilities.items()},
        "judge": decision.judge,
        "fallback": decision.fallback,
        "reason": decision.reason,
        "outcome": outcome,
        "at": moment.at,
        "turn": moment.turn,
    }


def mark_row(
    rows: Path, number: int, *, right: bool, should: Action | None, kept: bool = True
) -> bool:
    """Write a person's mark into line `number` of `rows`; False if there is no such line.

    With `kept` the talk's lasting file, if there is one, gets it too.
    """
    lines = rows.read_text(encoding="utf-8").splitlines() if rows.is_file() else []
    if not 1 <= number <= len(lines):
        return False
    row = json.loads(lines[number - 1]) | {"marked": "right" if right else "wrong"}
    if should:
        row["label"] = should.value
    lines[number - 1] = json.dumps(row, ensure_ascii=False)
    beside = rows.with_suffix(".new")
    beside.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    os.replace(beside, rows)
    lasting = kept_path(rows.parent.parent, rows.parent.name)
    if kept and lasting.is_file():
        append(lasting, {"mark": number, "right": right, "should": should and should.value})
    return True


def sweep(folder: Path, *, older_than: float) -> int:
    """Remove talks untouched for `older_than` seconds; how many."""
    if not folder.is_dir():
        return 0
    limit = time.time() - older_than
    old = [each for each in folder.iterdir() if each.is_dir() and _touched(each) < limit]
    for each in old:
        shutil.rmtree(each, ignore_errors=True)
    return len(old)


def _touched(folder: Path) -> float:
    return max((file.stat().st_mtime for file in folder.iterdir()), default=folder.stat().st_mtime)


class SoundRecorder(AudioBufferProcessor):
    """Both sides of the talk, a second at a time, into a recorder."""

    def __init__(self, recorder: Recorder):
        super().__init__(
            sample_rate=RATE, num_channels=2, buffer_size=2 * RATE, auto_start_recording=True
        )

        @self.event_handler("on_audio_data")
        async def on_audio_data(_buffer: object, pcm: bytes, rate: int, channels: int):
            await asyncio.to_thread(recorder.sound, pcm, rate, channels)
