"""Transcripts with times, a module a format: each has `read(path, talk) -> Found`.

All raise `FormatError` where nothing in the file can be used. They are written
here rather than taken from packages because times decide the labels: webvtt-py
drops cues with a comma in their times and keeps one voice a cue, pylangacq
refuses a file that was renamed, pympi-ling leaves unaligned slots without a time.
"""

from collections.abc import Callable
from pathlib import Path

from training.collecting.formats import chat, elan, jsonlines, rttm, srt, webvtt
from training.collecting.stretches import Found

Reader = Callable[[Path, str], Found]

READERS: dict[str, Reader] = {
    ".vtt": webvtt.read,
    ".srt": srt.read,
    ".cha": chat.read,
    ".eaf": elan.read,
    ".rttm": rttm.read,
    ".jsonl": jsonlines.read,
    ".jsonl.gz": jsonlines.read,
}
