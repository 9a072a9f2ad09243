"""Pipecat's Smart Turn as a judge of rows that have sound.

Such a row has `"audio": {"file": path beside the data file, "begin": s, "end": s}`: the
open turn's sound with the pause so far.
"""

import asyncio
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from judgement.decision import Action, Decision
from training.rows import Row, RowError

RATE = 16000  # Hz that the model hears
OVER = 0.5  # the model's own threshold


def has_sound(row: Row) -> bool:
    """Whether Smart Turn can say something of `row`."""
    return bool(row.get("audio")) and row["moment"]["kind"] == "pause"


class SmartTurn:
    """Replies where the voice sounds finished."""

    name = "smart-turn"

    def __init__(self, folder: Path) -> None:
        """Sound files are looked for in `folder`."""
        from pipecat.audio.turn.smart_turn.local_smart_turn_v3 import LocalSmartTurnAnalyzerV3

        self._model: Any = LocalSmartTurnAnalyzerV3()
        self._folder = folder

    async def ask(self, row: Row) -> Decision:
        """What the sound of `row` says, whatever the words. Raises `RowError`."""
        try:
            over = await asyncio.to_thread(self._probability, row["audio"])
        except (RuntimeError, KeyError, TypeError, ValueError) as error:
            raise RowError(f"row {row['id']}: its sound cannot be read: {error!r}") from error
        probabilities = dict.fromkeys(Action, 0.0)
        probabilities |= {Action.REPLY: over, Action.SILENCE: 1 - over}
        action = Action.REPLY if over > OVER else Action.SILENCE
        return Decision(action, probabilities, f"sounds finished at {over:.0%}", self.name)

    def _probability(self, audio: dict[str, Any]) -> float:
        read: Any = import_module("soundfile").read  # neither of the two has types
        resample: Any = import_module("soxr").resample
        sound, rate = read(self._folder / audio["file"], dtype="float32", always_2d=True)
        cut = sound[int(audio["begin"] * rate) : int(audio["end"] * rate)].mean(axis=1)
        heard = resample(cut, rate, RATE).astype(np.float32)
        return float(self._model._predict_endpoint(heard)["probability"])
