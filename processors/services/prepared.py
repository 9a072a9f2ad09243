"""Lines synthesised once and kept on disk, so that a second start has them at once."""

import asyncio
import hashlib
import json
import wave
from collections.abc import Iterable
from pathlib import Path

from processors.services.speaker import Speaker
from processors.services.words import Line


async def prepared(voice: Speaker, texts: Iterable[str], folder: Path) -> dict[str, Line]:
    """Each of `texts` as a line ready to play, from `folder` where it is there already."""
    return {text: (await _line(voice, text, folder)).at_once() for text in sorted(set(texts))}


async def _line(voice: Speaker, text: str, folder: Path) -> Line:
    path = folder / hashlib.sha256(f"{voice.name_of_voice}\n{text}".encode()).hexdigest()[:24]
    kept = await asyncio.to_thread(_read, path)
    if kept is None:
        kept = await voice.prepare(text)
        await asyncio.to_thread(_write, path, kept)
    return kept


def _read(path: Path) -> Line | None:
    """The line kept at `path`; None if there is none, or half of one."""
    try:
        words = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        with wave.open(str(path.with_suffix(".wav"))) as sound:
            pcm = sound.readframes(sound.getnframes())
            return Line(pcm, sound.getframerate(), tuple((word, end) for word, end in words))
    except (OSError, ValueError, EOFError, wave.Error):
        return None


def _write(path: Path, line: Line) -> None:
    """Sound first: without its words a line does not count."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path.with_suffix(".wav")), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(line.rate)
        sound.writeframes(line.pcm)
    path.with_suffix(".json").write_text(json.dumps(line.words), encoding="utf-8")
