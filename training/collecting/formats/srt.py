"""SubRip: numbered cues with a comma in their times."""

from pathlib import Path

from training.collecting.formats.subtitles import Names, cues, fresh, spread
from training.collecting.formats.text import spoken
from training.collecting.stretches import Found


def read(path: Path, talk: str) -> Found:
    """What the cues of `path` say. Raises `FormatError` where there is none."""
    found, left_out = cues(path)
    found = fresh(found)
    names = Names(spoken(line) for cue in found for line in cue.text)
    said = [each for cue in found for each in spread(talk, cue, names.pieces(cue.text))]
    return Found(said, left_out)
