"""One talk on disk: its sound and its decisions as rows, kept for a short while."""

import asyncio
import json
import shutil
import time
import wave
from pathlib import Path

from pipecat.processors.audio.audio_buffer_processor import AudioBufferProcessor

from judgement.decision import Action, Decision
from judgement.moment import Moment
from judgement.rows import row_of

RATE = 16_000  # Hz of the sound kept
LONGEST = 3600  # s of sound kept of one talk
ROWS = 20_000  # decisions kept of one talk


class Recorder:
    """Keeps a talk under `folder/talk`: audio.wav (user left, agent right) and rows.jsonl.

    Both grow as the talk does, so that it can be downloaded while it lasts.
    """

    def __init__(self, folder: Path, talk: str):
        self.path = folder / talk
        self._talk = talk
        self._decisions = 0
        self._wave: wave.Wave_write | None = None
        self._seconds = 0.0

    def decided(self, moment: Moment, decision: Decision) -> int:
        """Keep a decision; its number in this talk, from 1."""
        self._decisions += 1
        if self._decisions <= ROWS:
            row = row_of(moment, decision.action, id=f"{self._talk}:{self._decisions}")
            row |= {"judge": decision.judge, "reason": decision.reason}
            with self._file("rows.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
        return self._decisions

    def mark(self, number: int, *, right: bool, should: Action | None) -> bool:
        """Note what a person thinks of a decision; False if there is no such number."""
        return mark_row(self.path / "rows.jsonl", number, right=right, should=should)

    def sound(self, pcm: bytes, sample_rate: int, channels: int) -> None:
        """Append 16-bit sound."""
        if self._seconds > LONGEST:
            return
        if self._wave is None:
            self._wave = wave.open(str(self._file("audio.wav")), "wb")  # noqa: SIM115 - until close
            self._wave.setnchannels(channels)
            self._wave.setsampwidth(2)
            self._wave.setframerate(sample_rate)
        self._wave.writeframes(pcm)  # also keeps the header true
        self._seconds += len(pcm) / (2 * channels * sample_rate)

    def close(self) -> None:
        """Finish the files."""
        if self._wave:
            self._wave.close()
            self._wave = None

    def _file(self, name: str) -> Path:
        self.path.mkdir(parents=True, exist_ok=True)
        return self.path / name


def mark_row(rows: Path, number: int, *, right: bool, should: Action | None) -> bool:
    """Write a person's mark into line `number` of `rows`; False if there is no such line."""
    lines = rows.read_text(encoding="utf-8").splitlines() if rows.is_file() else []
    if not 1 <= number <= len(lines):
        return False
    row = json.loads(lines[number - 1]) | {"marked": "right" if right else "wrong"}
    if should:
        row["label"] = should.value
    lines[number - 1] = json.dumps(row, ensure_ascii=False)
    rows.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
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
